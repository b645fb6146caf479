"""From constraints on symbols to numbered wires and rows.

Wires come in this order: the account's entries; what atoms and certificates put on wires, in the order of their
symbols; one slack wire for each inequality. Rows follow the constraints. Everything is decided by the trace alone, so
the same rule gives the same system on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.bounds import lanes_and_offset, power_text
from zkmargin.circuits.certificates import Certificates, Constraint
from zkmargin.circuits.coefficients import Indices
from zkmargin.circuits.errors import InternalError, InvalidInput
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.forms import Forms
from zkmargin.circuits.rowform import linear_forms, reduce_rows
from zkmargin.circuits.system import LANE_BITS, MODULUS, System
from zkmargin.circuits.trace import Trace


@dataclass(frozen=True, eq=False)
class Slack:
    """The slack wires of one constraint: `margin[rows] // divisors`, on the wires from `first_wire` on."""

    constraint: Constraint
    rows: Indices
    divisors: Ints
    first_wire: int

    @property
    def trivial(self) -> bool:
        """Whether no division is needed."""
        return bool(np.all(self.divisors == 1))


@dataclass(frozen=True, eq=False)
class RowGroup:
    """Which rows of the system a constraint became; `linear` or product rows from `first_row` on."""

    constraint: Constraint
    first_row: int
    count: int


@dataclass(eq=False)
class Lowering:
    """Numbers wires and collects rows."""

    trace: Trace
    wire_symbols: Indices
    places: Indices
    definitions: Forms
    lanes: list[int]
    offsets: list[int]
    low: Ints
    high: Ints
    slacks: list[Slack]
    linear: list[Forms]
    products: list[tuple[Forms, Forms, Forms]]
    linear_groups: list[RowGroup]
    product_groups: list[RowGroup]

    @staticmethod
    def of(trace: Trace, certificates: Certificates) -> Lowering:
        lowering = _number_wires(trace, certificates)
        for definition in reversed(certificates.definitions):
            # Definitions of older atoms come later in the list: a value is resolved before it is used.
            resolved = lowering.lower(definition.forms)
            lowering.places[definition.symbols] = lowering.definitions.count + np.arange(resolved.count)
            lowering.definitions = Forms.stack([lowering.definitions, resolved])
        for constraint in certificates.constraints:
            lowering._add(constraint)
        lowering._drop_unused()
        return lowering

    def lower(self, forms: Forms) -> Forms:
        """The same forms in terms of wires."""
        if np.any(self.places[forms.columns()] < 0):
            raise InternalError("a row speaks of a value that no certificate binds")
        return forms.substitute(self.places, self.definitions)

    def system(self) -> System:
        """The finished product."""
        sides = [[product[i] for product in self.products] for i in range(3)]
        left, right, output = (linear_forms(side) for side in sides)
        linear = linear_forms(self.linear)
        return System(len(self.trace.entries), tuple(self.lanes), tuple(self.offsets), linear, left, right, output)

    def _add(self, constraint: Constraint) -> None:
        forms = [self.lower(side.forms) for side in constraint.sides]
        if constraint.kind == "product":
            left, right, output = forms
            self._check_products(constraint, forms)
            self.product_groups.append(RowGroup(constraint, sum(one[0].count for one in self.products), left.count))
            self.products.append((left, right, output))
        elif constraint.kind == "zero":
            reduced, _ = reduce_rows(forms[0], equality=True)
            self._add_linear(constraint, reduced)
        else:
            self._add_inequality(constraint, forms[0])

    def _add_inequality(self, constraint: Constraint, forms: Forms) -> None:
        """`form - slack == 0`, but for rows that hold for all values the wires can take."""
        low, _ = forms.interval(self.low, self.high)
        rows = np.flatnonzero(low < 0)
        if len(rows) == 0:
            return
        reduced, divisors = reduce_rows(forms.take(rows), equality=False)
        high = constraint.sides[0].interval[1].ravel()[rows] // divisors
        first = len(self.lanes)
        self._add_wires(np.zeros(len(rows), dtype=object), high, constraint)
        self.slacks.append(Slack(constraint, rows, divisors, first))
        minus_slack = Forms.symbols(first, len(rows)).scaled(np.full(len(rows), -1, np.int64))
        self._add_linear(constraint, reduced.plus(minus_slack))

    def _add_linear(self, constraint: Constraint, forms: Forms) -> None:
        self._check_linear(constraint, forms)
        self.linear_groups.append(RowGroup(constraint, sum(one.count for one in self.linear), forms.count))
        self.linear.append(forms)

    def _add_wires(self, low: Ints, high: Ints, constraint: Constraint) -> None:
        pairs = [lanes_and_offset(int(a), int(b), constraint.where) for a, b in zip(low, high, strict=True)]
        self._append(pairs)

    def _append(self, pairs: list[tuple[int, int]]) -> None:
        self.lanes += [lanes for lanes, _ in pairs]
        self.offsets += [offset for _, offset in pairs]
        low = np.array([-offset for _, offset in pairs], dtype=object)
        high = np.array([(1 << (LANE_BITS * lanes)) - 1 - offset for lanes, offset in pairs], dtype=object)
        self.low, self.high = np.concatenate([self.low, low]), np.concatenate([self.high, high])

    def _drop_unused(self) -> None:
        """A wire that no row mentions would be free, and of no use: take it out."""
        rows = [*self.linear, *(side for product in self.products for side in product)]
        used = np.zeros(len(self.lanes), np.bool_)
        used[: len(self.trace.entries)] = True
        for forms in rows:
            used[forms.columns()] = True
        if used.all():
            return
        names, kept = np.cumsum(used) - 1, np.flatnonzero(used)
        self.wire_symbols = self.wire_symbols[used[: len(self.wire_symbols)]]
        self.lanes, self.offsets = [self.lanes[i] for i in kept], [self.offsets[i] for i in kept]
        self.low, self.high = self.low[kept], self.high[kept]
        self.slacks = [replace(slack, first_wire=int(names[slack.first_wire])) for slack in self.slacks]
        self.linear = [forms.renamed(names) for forms in self.linear]
        self.products = [(a.renamed(names), b.renamed(names), c.renamed(names)) for a, b, c in self.products]

    def _check_linear(self, constraint: Constraint, forms: Forms) -> None:
        for row, size in enumerate(self._sizes(forms)):
            _refuse_wrap(constraint, row, int(size))

    def _check_products(self, constraint: Constraint, forms: list[Forms]) -> None:
        left, right, output = (self._sizes(side) for side in forms)
        for row, size in enumerate(left * right + output):
            _refuse_wrap(constraint, row, int(size))

    def _sizes(self, forms: Forms) -> Ints:
        """The largest sum of absolute terms of each row, over everything the wires can hold."""
        sizes = np.maximum(-self.low, self.high)
        without = Forms(forms.count, forms.dense, forms.sparse, abs(exact.wide(forms.constants)))
        return without.interval(-sizes, sizes)[1]


def _number_wires(trace: Trace, certificates: Certificates) -> Lowering:
    entries = len(trace.entries)
    chosen = np.concatenate([np.arange(entries, dtype=np.int64), *certificates.wires])
    symbols = np.sort(chosen)
    places = np.full(trace.symbols, -1, np.int64)
    places[symbols] = np.arange(len(symbols))
    identity = Forms.symbols(0, len(symbols))
    none = np.zeros(0, dtype=object)
    lowering = Lowering(trace, symbols, places, identity, [], [], none, none, [], [], [], [], [])
    lanes = [entry.lanes for entry in trace.entries]
    pairs = [(count, 1 << (LANE_BITS * count - 1)) for count in lanes]
    for symbol in symbols[entries:].tolist():
        owner = partial(trace.owner, symbol)
        pairs.append(lanes_and_offset(trace.low[symbol], trace.high[symbol], owner))
    lowering._append(pairs)
    return lowering


def _refuse_wrap(constraint: Constraint, row: int, size: int) -> None:
    if size >= MODULUS // 2:
        raise InvalidInput(
            f"{constraint.where()}: row {row} reaches {power_text(size)} and could wrap in the "
            "field; narrow the entries or rescale earlier"
        )
