"""Reports on compiled rules: complete, readable, and free of surprises."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from circuit_models import BY_NAME

import zkmargin.circuits as zk
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.inspection import ENTRIES, Cost, Inspection


def compiled(name: str = "scenario grid with tiers") -> zk.Compiled:
    return zk.compile_rule(BY_NAME[name].rule, BY_NAME[name].entries)


def correlated() -> zk.Compiled:
    def rule(holdings: zk.Holdings) -> None:
        risk = zk.norm2(holdings[1:]).named("risk")
        zk.require(holdings["cash"] >= 3 * risk, "margin")

    return zk.compile_rule(rule, [zk.Entry("cash", 2), zk.Entry("A", 1), zk.Entry("B", 1)])


@pytest.mark.parametrize("name", BY_NAME)
def test_costs_add_up(name: str) -> None:
    model = compiled(name)
    total = Cost()
    for cost in model.inspect().costs.values():
        total = total.plus(cost)
    assert total == model.inspect().total
    assert total.wires == model.system.wires
    assert total.lanes == model.system.lane_count
    assert total.linear_rows == model.system.linear.rows


def test_costs_are_booked_where_they_come_from() -> None:
    costs = compiled().inspect().costs
    assert list(costs) == [ENTRIES, "worst scenario", "size charge", "margin"]
    assert costs[ENTRIES] == Cost(wires=3, lanes=3)
    # The largest of four scenarios: what is above the last, and the slacks of the three others.
    assert costs["worst scenario"].wires == 4
    assert costs["worst scenario"].linear_rows == 3
    # Of the requirement itself there is one slack.
    assert costs["margin"].wires == costs["margin"].linear_rows == 1
    # Two instruments, each: p and n of |x|, what is above the last of two lines, and the slack of the other line.
    assert costs["size charge"].wires == 2 * (2 + 1 + 1)
    assert correlated().inspect().costs["risk"].product_rows == 3


def test_rows_are_readable() -> None:
    listing = list(correlated().inspect().rows())
    assert listing == [
        "linear 0 (margin): cash - 3 risk/Root[0] - margin/slack[0] = 0",
        "linear 1 (risk, Root): - risk/Square[0] - risk/Square[1] + risk/Root: square[0] - risk/Root: slack[0] = 0",
        "product 0 (risk, Root): (risk/Root[0]) * (risk/Root[0]) = risk/Root: square[0]",
        "product 1 (risk, Square): (A) * (A) = risk/Square[0]",
        "product 2 (risk, Square): (B) * (B) = risk/Square[1]",
    ]


def test_rows_show_coefficients_and_constants() -> None:
    model = zk.compile_rule(lambda h: zk.require(5 * h["A"] + 3 >= 2 * h["B"]), [zk.Entry("A"), zk.Entry("B")])
    (row,) = model.inspect().rows()
    assert row == "linear 0 (requirement 1): 5 A - 2 B - requirement 1/slack[0] + 3 = 0"
    for kind, at in (("linear", 1), ("linear", -1), ("product", 0)):
        with pytest.raises(InvalidInput, match="is not among them"):
            model.inspect().row(kind, at)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BY_NAME)
def test_every_wire_is_held_by_some_row(name: str) -> None:
    inspection = compiled(name).inspect()
    assert len({str(report.name) for report in inspection.wires}) == inspection.system.wires
    for report in inspection.wires:
        assert report.rows
        assert (report.low, report.high) == (inspection.system.lower(report.wire), inspection.system.upper(report.wire))


def test_a_wire_without_rows_would_show() -> None:
    """Only an entry that the rule does not use can be without rows."""
    model = zk.compile_rule(lambda h: zk.require(h["A"] >= 0), [zk.Entry("A"), zk.Entry("unused")])
    reports = model.inspect().wires
    assert [report.rows for report in reports] == [("linear 0",), (), ("linear 0",)]


def test_rows_are_true_for_an_honest_witness() -> None:
    """The listing is the system: evaluated as arithmetic, every printed row holds."""
    model = correlated()
    inspection = model.inspect()
    wires = model.wires(np.array([[100, 7, -20]]))[0].tolist()
    assert not untrue(inspection, wires)
    for place in range(len(wires)):
        assert untrue(inspection, [wire + (at == place) for at, wire in enumerate(wires)]), inspection.names[place]


def untrue(inspection: Inspection, wires: Sequence[int]) -> list[str]:
    """The rows that do not hold for these numbers, read as they are printed."""
    found = []
    for row in inspection.rows():
        text = row.split(": ", 1)[1]
        for wire in sorted(range(len(wires)), key=lambda wire: -len(str(inspection.names[wire]))):
            text = text.replace(str(inspection.names[wire]), f"({wires[wire]})")
        left, right = text.split(" = ")
        if arithmetic(left) != arithmetic(right):
            found.append(row)
    return found


def arithmetic(text: str) -> int:
    """The value of sums of `k (x)` terms and of one product of two of them."""
    product = re.fullmatch(r"\((\(.*?\))\) \* \((\(.*?\))\)", text)
    if product:
        return arithmetic(product[1]) * arithmetic(product[2])
    total = 0
    for sign, factor, value in re.findall(r"([+-]?) ?(\d*) ?(?:\((-?\d+)\))?", text):
        if factor or value:
            total += (-1 if sign == "-" else 1) * int(factor or 1) * int(value or 1)
    return total
