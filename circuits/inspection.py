"""Looking into a compiled rule: where its cost comes from, what a row says, and which rows hold a wire in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.lowering import Lowering, RowGroup
from zkmargin.circuits.system import LinearForms, System
from zkmargin.circuits.trace import Trace

ENTRIES = "account entries"

Kind = Literal["linear", "product"]


@dataclass(frozen=True)
class Cost:
    """What one component takes; committed bits are 16 a lane."""

    wires: int = 0
    lanes: int = 0
    linear_rows: int = 0
    product_rows: int = 0

    def plus(self, other: Cost) -> Cost:
        return Cost(
            self.wires + other.wires,
            self.lanes + other.lanes,
            self.linear_rows + other.linear_rows,
            self.product_rows + other.product_rows,
        )


@dataclass(frozen=True)
class WireName:
    """Where a wire comes from: its component, what it is, and its place among its like."""

    component: str
    label: str
    index: int

    def __str__(self) -> str:
        return self.label if self.component == ENTRIES else f"{self.component}/{self.label}[{self.index}]"


@dataclass(frozen=True)
class WireReport:
    """One wire with its range and the rows that mention it; `kind row` texts such as `linear 7`."""

    wire: int
    name: WireName
    low: int
    high: int
    rows: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Inspection:
    """Reports on a system and its origin; contains nothing private."""

    lowering: Lowering
    system: System

    @cached_property
    def names(self) -> tuple[WireName, ...]:
        """A name for each wire."""
        trace, labels, taken = self._trace, self._trace.labels(), dict[tuple[str, str], int]()

        def block(component: str, label: str, places: Iterable[int]) -> list[WireName]:
            """Names of wires that belong together; a block of the same name as an earlier one is numbered."""
            taken[component, label] = number = taken.get((component, label), 0) + 1
            return [WireName(component, label if number == 1 else f"{label} {number}", place) for place in places]

        names = {symbol: WireName(ENTRIES, entry.name, symbol) for symbol, entry in enumerate(trace.entries)}
        for node in trace.nodes:
            group = block(trace.claims.get(node.first, ""), labels[node.first], range(node.count))
            names.update(enumerate(group, node.first))
        for chosen in trace.auxiliaries:
            names.update(enumerate(block(chosen.component, chosen.label, range(chosen.count)), chosen.first))
        wires = [names[symbol] for symbol in self.lowering.wire_symbols.tolist()]
        for slack in self.lowering.slacks:
            constraint = slack.constraint
            label = "slack" if constraint.label == constraint.component else f"{constraint.label}: slack"
            wires += block(constraint.component, label, slack.rows.tolist())
        return tuple(wires)

    @cached_property
    def costs(self) -> dict[str, Cost]:
        """Cost by component, in the order in which the rule came to them; what is free is left out."""
        owners = [ENTRIES, *(self._trace.claims.get(node.first, "") for node in self._trace.nodes)]
        costs = dict.fromkeys([*owners, *(requirement.name for requirement in self._trace.requirements)], Cost())

        def book(component: str, cost: Cost) -> None:
            costs[component] = costs[component].plus(cost)

        for name, lanes in zip(self.names, self.system.lanes, strict=True):
            book(name.component, Cost(wires=1, lanes=lanes))
        for group in self.lowering.linear_groups:
            book(group.constraint.component, Cost(linear_rows=group.count))
        for group in self.lowering.product_groups:
            book(group.constraint.component, Cost(product_rows=group.count))
        return {component: cost for component, cost in costs.items() if cost != Cost()}

    @property
    def total(self) -> Cost:
        return Cost(self.system.wires, self.system.lane_count, self.system.linear.rows, self.system.products)

    def row(self, kind: Kind, row: int) -> str:
        """A row as people write it."""
        label = self._label(kind, row)
        if kind == "linear":
            return f"{label}: {self._form(self.system.linear, row)} = 0"
        left, right, output = (self._form(side, row) for side in self._sides)
        return f"{label}: ({left}) * ({right}) = {output}"

    def rows(self) -> Iterator[str]:
        """All rows, linear ones first."""
        yield from (self.row("linear", row) for row in range(self.system.linear.rows))
        yield from (self.row("product", row) for row in range(self.system.products))

    @cached_property
    def wires(self) -> tuple[WireReport, ...]:
        """Every wire with its defining rows."""
        mentions: list[list[str]] = [[] for _ in range(self.system.wires)]
        for row in range(self.system.linear.rows):
            for wire, _ in self.system.linear.terms(row):
                mentions[wire].append(f"linear {row}")
        for row in range(self.system.products):
            for wire in sorted({wire for side in self._sides for wire, _ in side.terms(row)}):
                mentions[wire].append(f"product {row}")
        return tuple(
            WireReport(wire, self.names[wire], self.system.lower(wire), self.system.upper(wire), tuple(rows))
            for wire, rows in enumerate(mentions)
        )

    @property
    def _trace(self) -> Trace:
        return self.lowering.trace

    @property
    def _sides(self) -> tuple[LinearForms, LinearForms, LinearForms]:
        return self.system.left, self.system.right, self.system.output

    def _label(self, kind: Kind, row: int) -> str:
        groups = self.lowering.linear_groups if kind == "linear" else self.lowering.product_groups
        firsts = np.array([group.first_row for group in groups], dtype=np.int64)
        count = self.system.linear.rows if kind == "linear" else self.system.products
        if not 0 <= row < count:
            raise InvalidInput(f"row: there are {count} {kind} rows, {row} is not among them")
        group: RowGroup = groups[int(np.searchsorted(firsts, row, side="right")) - 1]
        return f"{kind} {row} ({group.constraint.where()})"

    def _form(self, forms: LinearForms, row: int) -> str:
        terms = [_term(value, str(self.names[wire])) for wire, value in forms.terms(row)]
        constant = forms.constants[row]
        if constant or not terms:
            terms.append(_term(constant, ""))
        text = " ".join(terms)
        return text[2:] if text.startswith("+ ") else text


def _term(value: int, name: str) -> str:
    sign, size = ("-" if value < 0 else "+"), abs(value)
    if not name:
        return f"{sign} {size}"
    return f"{sign} {name}" if size == 1 else f"{sign} {size} {name}"
