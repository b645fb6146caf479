"""From requirements to rows: decides the side of every atom and collects the certificates.

Atoms are visited from the last to the first. When an atom's turn comes, everything that uses its value has written
its rows already, so the sides on which each of its instances is used are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from zkmargin.circuits.bounds import power_text
from zkmargin.circuits.coefficients import Flags, Indices
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.expression import Quantity
from zkmargin.circuits.forms import Forms
from zkmargin.circuits.trace import Auxiliary, Node, Trace


@dataclass(frozen=True, eq=False)
class Constraint:
    """Rows of one kind with one purpose: `at least` and `zero` speak of `sides[0]`, `product` of `l * r = o`."""

    kind: Literal["at least", "zero", "product"]
    sides: tuple[Quantity, ...]
    label: str
    component: str

    def where(self) -> str:
        """For messages and listings."""
        return self.component if self.component == self.label else f"{self.component}, {self.label}"


@dataclass(frozen=True, eq=False)
class Definition:
    """Symbols that are not wires but stand for an expression of others."""

    symbols: Indices
    forms: Forms


@dataclass(eq=False)
class Certificates:
    """What atoms write their certificates on."""

    trace: Trace
    constraints: list[Constraint] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    wires: list[Indices] = field(default_factory=list)
    component: str = ""
    label: str = ""
    _upper: Flags = field(init=False)
    _lower: Flags = field(init=False)

    def __post_init__(self) -> None:
        self._upper = np.zeros(self.trace.symbols, np.bool_)
        self._lower = np.zeros(self.trace.symbols, np.bool_)

    # The vocabulary of certificates.

    def at_least(self, left: Quantity, right: Quantity | Any = 0) -> None:
        """Rows for `left >= right`: a slack wire each, which cannot be negative."""
        margin = left - right
        positive, negative = margin.forms.columns_by_sign()
        self._mark(self._lower, positive)
        self._mark(self._upper, negative)
        self._add("at least", margin)

    def equal(self, left: Quantity, right: Quantity | Any = 0) -> None:
        """Rows for `left == right`."""
        difference = left - right
        self._mark_both(difference)
        self._add("zero", difference)

    def product(self, left: Quantity, right: Quantity, output: Quantity) -> None:
        """Rows for `left * right == output`."""
        for side in (left, right, output):
            self._mark_both(side)
        self._add("product", left, right, output)

    def choose(
        self, name: str, low: Any, high: Any, honest: Callable[..., Any], *inputs: Quantity, shape: tuple[int, ...]
    ) -> Quantity:
        """Wires that the prover is free to choose within `low..high`; `honest` computes the right choice.

        The circuit enforces the range only up to whole lanes: `low` if it is not positive, and at most the next
        power of 2^16 above. A certificate must not rely on more.
        """
        count = int(np.prod(shape, dtype=np.int64))
        lows = np.broadcast_to(np.asarray(low, dtype=object), shape).ravel()
        highs = np.broadcast_to(np.asarray(high, dtype=object), shape).ravel()
        first = self.trace.allocate(lows, highs)
        self.trace.auxiliaries.append(Auxiliary(first, count, honest, inputs, f"{self.label}: {name}", self.component))
        self.wires.append(first + np.arange(count, dtype=np.int64))
        return Quantity(self.trace, shape, Forms.symbols(first, count), 0)

    # The walk.

    def certify(self) -> None:
        """Write all rows of a trace: requirements first, then the atoms they need."""
        for requirement in self.trace.requirements:
            self.component = self.label = requirement.name
            self._require(requirement.margin, requirement.equality)
        labels = self.trace.labels()
        for node in reversed(self.trace.nodes):
            self.component, self.label = self.trace.claims.get(node.first, ""), labels[node.first]
            self._certify_node(node)

    def _require(self, margin: Quantity, equality: bool) -> None:
        low, high = (bound.ravel() for bound in margin.interval)
        never = (high < 0) | ((low > 0) & equality)
        if np.any(never):
            at = int(np.flatnonzero(never)[0])
            raise InvalidInput(
                f"{self.label}: cannot hold for any account; entry {at} of its margin is between "
                f"{power_text(int(low[at]))} and {power_text(int(high[at]))}"
            )
        flat = margin.reshape(-1)
        if equality:
            self.equal(flat)
        else:
            # What holds for all accounts needs no proof.
            self.at_least(flat[np.flatnonzero(low < 0)])

    def _certify_node(self, node: Node) -> None:
        symbols = node.first + np.arange(node.count, dtype=np.int64)
        upper, lower = self._upper[symbols], self._lower[symbols]
        for over, under in ((True, False), (False, True), (True, True)):
            chosen = np.flatnonzero((upper == over) & (lower == under))
            if len(chosen):
                self._certify_instances(node, symbols[chosen], [part[chosen] for part in node.arguments], over, under)

    def _certify_instances(
        self, node: Node, symbols: Indices, arguments: list[Quantity], over: bool, under: bool
    ) -> None:
        t = Quantity(self.trace, (len(symbols),), Forms.symbols(0, self.trace.symbols).take(symbols), 0)
        direct = None
        if not under:
            direct = node.atom.overstated(self, t, *arguments)
        elif not over:
            direct = node.atom.understated(self, t, *arguments)
        if direct is not None:
            self._define(symbols, direct, over)
            return
        self.wires.append(symbols)
        if over and under:
            node.atom.exact(self, t, *arguments)
        elif over:
            node.atom.upper(self, t, *arguments)
        else:
            node.atom.lower(self, t, *arguments)

    def _define(self, symbols: Indices, direct: Quantity, over: bool) -> None:
        """The expression takes the value's place in rows, so what it contains is used on the same side."""
        positive, negative = direct.forms.columns_by_sign()
        self._mark(self._upper if over else self._lower, positive)
        self._mark(self._lower if over else self._upper, negative)
        self.definitions.append(Definition(symbols, direct.forms))

    def _mark_both(self, quantity: Quantity) -> None:
        columns = quantity.forms.columns()
        self._mark(self._upper, columns)
        self._mark(self._lower, columns)

    def _mark(self, flags: Flags, columns: Indices) -> None:
        flags[columns[columns < len(flags)]] = True

    def _add(self, kind: Literal["at least", "zero", "product"], *sides: Quantity) -> None:
        if sides[0].size:
            flat = tuple(side.reshape(-1) for side in sides)
            self.constraints.append(Constraint(kind, flat, self.label, self.component))
