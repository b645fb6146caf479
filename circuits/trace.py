"""A `Trace` is what a rule wrote down when it ran once: its symbols, atoms, requirements and named components.

Symbols are integers known to the account's owner alone, each with an interval. The first ones are the account's
entries; every atom adds those of its output, every certificate those of its auxiliary wires. All later readings of a
rule (evaluate, explain, compile) walk this record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.fixed import check_decimals
from zkmargin.circuits.system import LANE_BITS, MAX_LANES

if TYPE_CHECKING:
    from zkmargin.circuits.atoms.base import Atom
    from zkmargin.circuits.expression import Comparison, Quantity

DEFAULT_LANES = 4


class EntryLike(Protocol):
    """One entry of the account vector, as a book describes it."""

    @property
    def name(self) -> str: ...
    @property
    def lanes(self) -> int: ...
    @property
    def decimals(self) -> int: ...


@dataclass(frozen=True)
class Entry:
    """An entry: a signed integer of `lanes` times 16 bits, in units of `10^-decimals`."""

    name: str
    lanes: int = DEFAULT_LANES
    decimals: int = 0


@dataclass(frozen=True, eq=False)
class Node:
    """One use of an atom: `count` instances side by side, whose outputs are the symbols from `first` on."""

    atom: Atom
    arguments: tuple[Quantity, ...]
    first: int
    count: int
    parts: tuple[Component, ...]


@dataclass(frozen=True, eq=False)
class Requirement:
    """`margin >= 0` (or `== 0`) has to hold entry by entry; strict comparisons are already folded into the margin."""

    name: str
    margin: Quantity
    equality: bool


@dataclass(frozen=True, eq=False)
class Component:
    """A quantity to which the rule gave a name, and the named components it was computed from."""

    name: str
    quantity: Quantity
    parts: tuple[Component, ...]

    def __repr__(self) -> str:
        return f"Component({self.name!r})"


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """A block of symbols that the prover chooses, and the program by which an honest prover chooses them."""

    first: int
    count: int
    honest: Callable[..., Any]
    inputs: tuple[Quantity, ...]
    label: str
    component: str


@dataclass(eq=False)
class Trace:
    """Grows while a rule runs; certificates add auxiliary symbols to it while it is compiled."""

    entries: tuple[EntryLike, ...]
    low: Ints = field(init=False)
    high: Ints = field(init=False)
    nodes: list[Node] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    auxiliaries: list[Auxiliary] = field(default_factory=list)
    claims: dict[int, str] = field(default_factory=dict)
    known: dict[tuple[Any, ...], Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_entries(self.entries)
        halves = [1 << (LANE_BITS * entry.lanes - 1) for entry in self.entries]
        self.low = np.array([-half for half in halves], dtype=object)
        self.high = np.array([half - 1 for half in halves], dtype=object)

    @property
    def symbols(self) -> int:
        return len(self.low)

    def allocate(self, low: Ints, high: Ints) -> int:
        """Add symbols with these intervals; returns the first."""
        first = self.symbols
        self.low = np.concatenate([self.low, low.astype(object)])
        self.high = np.concatenate([self.high, high.astype(object)])
        return first

    def apply(self, atom: Atom, arguments: Sequence[Quantity]) -> Node:
        """Record the use of an atom, or find the earlier use of the same atom on the same arguments."""
        key = (atom, *((argument.shape, argument.forms.fingerprint()) for argument in arguments))
        if key not in self.known:
            low, high = atom.interval(*(argument.interval for argument in arguments))
            first = self.allocate(low, high)
            parts = unite(*(argument.parts for argument in arguments))
            self.known[key] = Node(atom, tuple(arguments), first, len(low), parts)
            self.nodes.append(self.known[key])
        return self.known[key]

    def require(self, comparison: Comparison, name: str) -> None:
        names = {requirement.name for requirement in self.requirements}
        if name in names:
            raise InvalidInput(f"requirement {name!r}: the name is used twice")
        self.requirements.append(Requirement(name, comparison.margin, comparison.equality))
        self.claim(comparison.margin, name)

    def name(self, quantity: Quantity, name: str) -> Component:
        if any(component.name == name for component in self.components):
            raise InvalidInput(f"component {name!r}: the name is used twice")
        component = Component(name, quantity, quantity.parts)
        self.components.append(component)
        self.claim(quantity, name)
        return component

    def nodes_needed(self) -> list[Node]:
        """The atoms on which requirements rest, in the order of their creation; others are only shown."""
        needed: dict[int, Node] = {}
        pending = [requirement.margin for requirement in self.requirements]
        while pending:
            for node in self._nodes_of(pending.pop()):
                if node.first not in needed:
                    needed[node.first] = node
                    pending.extend(node.arguments)
        return [needed[first] for first in sorted(needed)]

    def claim(self, quantity: Quantity, name: str) -> None:
        """Book the atoms a quantity rests on under `name`, as far as no inner component has claimed them."""
        pending = [quantity]
        while pending:
            for node in self._nodes_of(pending.pop()):
                if node.first not in self.claims:
                    self.claims[node.first] = name
                    pending.extend(node.arguments)

    def labels(self) -> dict[int, str]:
        """A name for each atom, by its first symbol: its class, numbered within its component from the second on."""
        counts: dict[tuple[str, str], int] = {}
        labels = {}
        for node in self.nodes:
            kind = type(node.atom).__name__
            key = (self.claims.get(node.first, ""), kind)
            counts[key] = counts.get(key, 0) + 1
            labels[node.first] = kind if counts[key] == 1 else f"{kind} {counts[key]}"
        return labels

    def owner(self, symbol: int) -> str:
        """Which component and atom a symbol belongs to: for messages."""
        for node in self.nodes:
            if node.first <= symbol < node.first + node.count:
                return f"{self.claims.get(node.first, '')}, {self.labels()[node.first]}"
        for block in self.auxiliaries:
            if block.first <= symbol < block.first + block.count:
                return f"{block.component}, {block.label}"
        return f"entry {self.entries[symbol].name!r}"

    def _nodes_of(self, quantity: Quantity) -> list[Node]:
        columns = quantity.forms.columns()
        firsts = np.array([node.first for node in self.nodes], dtype=np.int64)
        places = np.unique(np.searchsorted(firsts, columns[columns >= len(self.entries)], side="right"))
        return [self.nodes[place - 1] for place in places.tolist()]


def unite(*lists: tuple[Component, ...]) -> tuple[Component, ...]:
    """All components of several lists in order, each once."""
    return tuple(dict.fromkeys(component for parts in lists for component in parts))


def _check_entries(entries: Sequence[EntryLike]) -> None:
    if not entries:
        raise InvalidInput("entries: an account needs at least one entry")
    names = set()
    for entry in entries:
        check_decimals(entry.decimals)
        if type(entry.lanes) is not int or not 1 <= entry.lanes <= MAX_LANES:
            raise InvalidInput(f"entry {entry.name!r}: 1 to {MAX_LANES} lanes are possible")
        if entry.name in names:
            raise InvalidInput(f"entry {entry.name!r}: the name is used twice")
        names.add(entry.name)
