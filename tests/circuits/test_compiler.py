"""What a compiled rule promises: witnesses for all holdings that fit, and failures that tell the owner alone."""

from __future__ import annotations

import numpy as np
import pytest
from compiler_samples import account_of, assert_every_wire_is_used, margin_rule

import zkmargin.circuits as zk
from zkmargin.circuits.errors import FalseStatement, InvalidInput


def test_a_whole_model() -> None:
    rule, entries = margin_rule(5, 7)
    compiled = zk.compile_rule(rule, entries)
    table = account_of(np.random.default_rng(1), 20, len(entries))
    lanes = compiled.witness(table)
    assert lanes.dtype == np.uint16
    assert lanes.shape == (20, compiled.system.lane_count)
    assert compiled.system.satisfied(lanes)
    assert compiled.system.join(lanes)[:, : len(entries)].tolist() == table.tolist()
    assert_every_wire_is_used(compiled.system)


def test_entries_come_first_and_signed() -> None:
    entries = [zk.Entry("A", 1), zk.Entry("B", 5), zk.Entry("C")]
    system = zk.compile_rule(lambda holdings: zk.require(holdings[1] >= 0), entries).system
    assert system.entries == 3
    assert system.lanes[:3] == (1, 5, 4)
    assert system.offsets[:3] == (1 << 15, 1 << 79, 1 << 63)


def test_extreme_holdings() -> None:
    """Every bound at once: the largest and the smallest number of each entry, of narrow and wide entries."""
    entries = [zk.Entry("A", 1), zk.Entry("B", 4), zk.Entry("C", 6)]

    def rule(holdings: zk.Holdings) -> None:
        x = holdings.units
        total = (
            abs(x).sum()
            + zk.max(x)
            - zk.min(x)
            + zk.sum_largest(x, 2)
            + zk.rescale(x.as_decimals(3), 0, zk.Rounding.UP).sum()
        )
        zk.require(total + (1 << 120) >= zk.norm2(x[:2]), "always true")
        zk.require(zk.kth_largest(x, 2) + (1 << 100) == zk.kth_largest(x, 2) + (1 << 100), "a tautology")

    compiled = zk.compile_rule(rule, entries)
    edges = [[sign * (1 << (16 * entry.lanes - 1)) - (sign > 0) for entry in entries] for sign in (-1, 1)]
    mixed = [[edges[(i >> k) & 1][k] for k in range(3)] for i in range(8)]
    lanes = compiled.witness(np.array(mixed, dtype=object))
    assert compiled.system.satisfied(lanes)


def test_holdings_that_do_not_fit_are_refused_without_their_number() -> None:
    compiled = zk.compile_rule(lambda holdings: zk.require(holdings[0] >= 0), [zk.Entry("A", 1), zk.Entry("B")])
    for table, where in (([[32_768, 0]], "'A'"), ([[0, 0], [0, 2**63]], "account 1, entry 'B'")):
        with pytest.raises(InvalidInput, match=where) as refusal:
            compiled.witness(np.array(table, dtype=object))
        assert "32768" not in str(refusal.value)
        assert str(2**63) not in str(refusal.value)
    for table in ([[0]], [[0, 0, 0]], [], [[0.5, 1]], [[True, 1]], [["1", 1]], np.zeros((1, 1, 2), np.int64)):
        with pytest.raises(InvalidInput, match="holdings"):
            compiled.witness(table)


def test_the_owner_learns_what_failed_and_nobody_else() -> None:
    def rule(holdings: zk.Holdings) -> None:
        zk.require(holdings["cash"] >= zk.Fixed.parse("5.00", 2), "minimum cash")
        zk.require(holdings["B"] > 7, "more than seven")
        zk.require(holdings[["B", "C"]] == [8, 9], "exact numbers")

    compiled = zk.compile_rule(rule, [zk.Entry("cash", decimals=2), zk.Entry("B"), zk.Entry("C")])
    cases = [
        ([400, 8, 9], "minimum cash", "missed by 1.00"),
        ([500, 7, 9], "more than seven", "missed by 1"),
        ([500, 8, 14], "exact numbers", "missed by 5 at entry 1"),
    ]
    for account, name, detail in cases:
        with pytest.raises(zk.RequirementFailed, match=f"requirement '{name}' does not hold for account 1$") as failure:
            compiled.witness([[500, 8, 9], account])
        assert isinstance(failure.value, FalseStatement)
        assert failure.value.code == "false-statement"
        assert failure.value.requirement == name
        assert failure.value.detail().endswith(detail)
        assert "missed" not in repr(failure.value)
        assert "missed" not in str(failure.value.args)
    assert compiled.evaluate([case[0] for case in cases]).holds.tolist() == [False] * 3


def test_explanations_form_a_tree() -> None:
    rule, entries = margin_rule(2, 2)
    (root,) = zk.trace_rule(rule, entries).explain([10_000_000, 3, -2])
    assert root.name == "initial margin"
    assert [part.name for part in root.parts] == ["equity", "worst scenario", "gross charge"]
    assert list(root.texts())[1] == f"  equity: {root.parts[0].numbers.item()}"
    assert root.parts[2].numbers.item() == "0.03665515"


def test_components_nest() -> None:
    def rule(holdings: zk.Holdings) -> None:
        inner = abs(holdings["A"]).named("inner")
        outer = (zk.pos(inner - 3) * 2).named("outer")
        zk.require(outer + inner <= 100, "limit")

    (root,) = zk.trace_rule(rule, [zk.Entry("A")]).explain([-5])
    assert list(root.texts()) == ["limit: 91", "  outer: 4", "    inner: 5", "  inner: 5"]
