"""Value at risk and expected shortfall against the published ranks and tail means, and what windows do."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_samples import Case
from statistical_samples import case, shortfall

from zkmargin.circuits import RequirementFailed
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.predicates import fails, meets

FILE = json.loads((Path(__file__).parents[1] / "vectors" / "ore_var.json").read_text(encoding="utf-8"))["cases"]
GROUPS = [one for one in FILE if one["fn"] == "hist_var_es"]


def published_case(group: dict[str, Any], measure: str, confidence: str, size: int) -> Case:
    """One unit of an instrument worth nothing now and the published profit or loss on each day."""
    pnl = [int(Fraction(one) * 10**6) for one in group["pnl"]]
    model = shortfall(measure=measure, windows=[{"name": "w", "days": len(pnl), "confidence": confidence}])
    return case(model, [size], [f"w {day}" for day in range(len(pnl))], [[one] for one in pnl])


@pytest.mark.parametrize("group", GROUPS, ids=lambda one: one["group"])
@pytest.mark.parametrize(
    ("quantile", "confidence", "size"),
    [("0.01", "0.99", 1), ("0.05", "0.95", 1), ("0.95", "0.95", -1), ("0.99", "0.99", -1)],
)
def test_quantiles_as_published(group: dict[str, Any], quantile: str, confidence: str, size: int) -> None:
    """The upper quantiles are those of the other side of the trade."""
    given = published_case(group, "value at risk", confidence, size).numbers()
    assert given["maintenance requirement"] == -size * Fraction(group["expected"][f"quantile_{quantile}"])


@pytest.mark.parametrize("group", GROUPS, ids=lambda one: one["group"])
@pytest.mark.parametrize(("quantile", "confidence"), [("0.01", "0.99"), ("0.05", "0.95")])
def test_tail_means_as_published(group: dict[str, Any], quantile: str, confidence: str) -> None:
    given = published_case(group, "expected shortfall", confidence, 1)
    worst = group["es_uses_n_worst"][quantile]
    assert given.model.scale == given.model.windows[0].rank == worst  # type: ignore[attr-defined]
    mean = given.numbers()["maintenance requirement"] / worst
    assert abs(mean + Fraction(group["expected"][f"es_{quantile}"])) <= Fraction(1, 10**6)


def reference(losses: list[int], rank: int, measure: str) -> Fraction:
    worst = sorted(losses, reverse=True)[:rank]
    return Fraction(worst[-1]) if measure == "value at risk" else Fraction(sum(worst), rank)


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=12, max_size=12),
    st.tuples(st.integers(-5, 5), st.integers(-5, 5)),
    st.sampled_from(["value at risk", "expected shortfall"]),
    st.sampled_from(["largest", "sum"]),
)
def test_windows_combine(moves: list[tuple[int, int]], sizes: tuple[int, int], measure: str, combine: str) -> None:
    """Two windows of eight and four days: the calculator against sorting, with many ties."""
    windows = [
        {"name": "recent", "days": 8, "confidence": "0.7", "weight": "0.75"},
        {"name": "stress", "days": 4, "confidence": "0.5"},
    ]
    model = shortfall(measure=measure, windows=windows, combine=combine)
    rows = [f"recent {day}" for day in range(8)] + [f"stress {day}" for day in range(4)]
    made = case(model, sizes, rows, moves, decimals=0)
    losses = [-sum(size * move for size, move in zip(sizes, day, strict=True)) for day in moves]
    parts = [Fraction(3, 4) * reference(losses[:8], 3, measure), reference(losses[8:], 3, measure)]
    expected = max(Fraction(0), max(parts) if combine == "largest" else sum(parts))
    numbers = made.numbers()
    assert numbers["maintenance requirement"] == model.scale * expected
    edge = made.changed(0, -int(-expected * 10**6 // 1))
    assert edge.holds(meets("maintenance"))
    assert edge.changed(0, -1).holds(fails("maintenance"))


@pytest.mark.parametrize("measure", ["value at risk", "expected shortfall"])
def test_small_windows_compile_to_rows_that_hold(measure: str) -> None:
    model = shortfall(measure=measure, windows=[{"name": "w", "days": 9, "confidence": "0.7"}])
    moves = [[3], [-7], [0], [-7], [5], [-2], [-9], [1], [-4]]
    made = case(model, [2], [f"w {day}" for day in range(9)], moves, decimals=0, cash=14 * 10**6)
    compiled = made.compiled(meets("maintenance"))
    need = 14 if measure == "value at risk" else Fraction(2 * (9 + 7 + 7), 3)
    edge = made.changed(0, -int(-need * 10**6 // 1) - made.units[0])
    assert compiled.system.satisfied(compiled.witness([list(edge.units)]))
    with pytest.raises(RequirementFailed):
        compiled.witness([list(edge.changed(0, -1).units)])


def test_ranks() -> None:
    def rank(days: int, confidence: str) -> int:
        return (
            shortfall(measure="value at risk", windows=[{"name": "w", "days": days, "confidence": confidence}])
            .windows[0]
            .rank
        )

    assert [rank(250, "0.99"), rank(250, "0.975"), rank(100, "0.99"), rank(1, "0.5")] == [3, 7, 2, 1]


def test_a_window_with_missing_days_is_refused() -> None:
    model = shortfall(measure="value at risk", windows=[{"name": "w", "days": 3, "confidence": "0.5"}])
    with pytest.raises(InvalidInput, match=r"scenarios.rows: window w has 2 days, the model says 3"):
        case(model, [1], ["w 0", "w 1", "v 2"], [[1], [2], [3]]).numbers()


@pytest.mark.parametrize("confidence", ["0", "1", "1.5", "-0.5"])
def test_a_quantile_lies_inside(confidence: str) -> None:
    with pytest.raises(InvalidInput, match=r"windows\[0\].confidence"):
        shortfall(measure="value at risk", windows=[{"name": "w", "days": 3, "confidence": confidence}])
