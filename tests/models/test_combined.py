"""Combinations: sums by kind of instrument, larger and smaller, multipliers, credit and caps."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from linear_samples import model as linear_model
from model_samples import Case, poorest, shown
from preset_samples import grid_case
from statistical_samples import ABOUT, case, correlated, shortfall

from zkmargin.circuits import RequirementFailed
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.combined import Combination
from zkmargin.circuits.models.predicates import meets


def combination(parts: list[dict[str, Any]], how: str, **fields: Any) -> Combination:
    about = {"family": "combination", "levels": ["maintenance"]} | ABOUT
    return Combination.build(**(about | {"parts": parts, "how": how} | fields))


def with_model(given: Case, model: MarginModel) -> Case:
    return Case(model, given.market, given.units)


ROWS = ["w 0", "w 1", "w 2", "delta A"]
TAIL = shortfall(measure="value at risk", windows=[{"name": "w", "days": 3, "confidence": "0.5"}])
MEAN = shortfall(measure="expected shortfall", windows=[{"name": "w", "days": 3, "confidence": "0.5"}])
ROOT = correlated(factors=["A"], volatilities=["1"], correlations=[["1"]])


def account(model: MarginModel, cash: int = 0) -> Case:
    """One instrument worth 10, on three days worth 4, 7 and 12, with an exposure of 5."""
    return case(model, [2], ROWS, [[4], [7], [12], [5]], 0, ["10"], cash=cash * 10**6)


def requirement(model: MarginModel) -> Fraction:
    given = account(model).numbers()
    return given["maintenance requirement"] / getattr(model, "scale", 1)


def test_the_parts_alone() -> None:
    assert [requirement(one) for one in (TAIL, MEAN, ROOT)] == [6, 9, 10]


@pytest.mark.parametrize(
    ("how", "multiplier", "expected"),
    [("sum", "1", 6 + 9 + 10), ("larger", "1", 10), ("smaller", "1", 6), ("larger", "2", 18), ("sum", "0.5", 20.5)],
)
def test_requirements_combine(how: str, multiplier: str, expected: float) -> None:
    """The mean carries both sides times two; the charges meet at a common scale."""
    parts = [{"model": TAIL}, {"model": MEAN, "multiplier": multiplier}, {"model": ROOT}]
    model = combination(parts, how)
    edge = poorest(account(model), account(model).compiled(meets("maintenance")))
    assert Fraction(edge.units[0], 10**6) + 20 == Fraction(str(expected))
    assert edge.numbers()["maintenance requirement"] == 2 * Fraction(str(expected))


def test_credit_and_cap() -> None:
    parts = [{"model": ROOT}]
    for fields, least in (({}, -10), ({"credit": "3"}, -13), ({"equity_cap": "10"}, -10)):
        model = combination(parts, "sum", **fields)
        edge = poorest(account(model), account(model).compiled(meets("maintenance")))
        assert Fraction(edge.units[0], 10**6) == least
    capped = combination(parts, "sum", equity_cap="9.99")
    assert not account(capped, 10**6).holds(meets("maintenance"))


def test_kinds_share_the_account() -> None:
    """Options by grid, perpetuals and futures by rate: each part sees its own, and the sum is charged once."""
    given = grid_case("paradex-pm")
    rates = linear_model(markets=[{"symbol": "*", "rates": ["0.1"]}], levels=[{"name": "maintenance"}])
    parts = [
        {"model": given.model, "kinds": ["option"]},
        {"model": rates, "kinds": ["perpetual", "future"]},
    ]
    both = with_model(given, combination(parts, "sum", levels=["initial", "maintenance"]))
    flat = list(given.units)
    for place, entry in enumerate(given.market.book.entries):
        if entry.kind in ("perpetual", "future"):
            flat[place] = 0
    options_only = Case(given.model, given.market, tuple(flat)).numbers()["initial requirement"]
    # A quarter of a perpetual at 100,000 and 0.4 of a future at 100,400, a tenth of each.
    expected = options_only + Fraction(1, 10) * (Fraction(1, 4) * 100_000 + Fraction(2, 5) * 100_400)
    assert both.numbers()["initial requirement"] == expected
    compiled = both.compiled(meets("initial"))
    edge = poorest(both, compiled)
    assert shown(compiled, edge.units)
    with pytest.raises(RequirementFailed):
        compiled.witness([list(edge.changed(0, -1).units)])


def test_a_combination_is_a_document() -> None:
    model = combination([{"model": TAIL}, {"model": ROOT, "multiplier": "0.5"}], "larger")
    assert Combination.parse(model.canonical()) == model


def test_parts_are_checked_where_they_stand() -> None:
    part = ROOT.model_dump(mode="json", exclude_none=True) | {"volatilities": []}
    with pytest.raises(InvalidInput, match=r"parts\[0\].model\..*volatilities: one is needed for each factor"):
        combination([{"model": part}], "sum")
    with pytest.raises(InvalidInput, match=r"parts\[0\].model: "):
        combination([{"model": {"family": "astrology"}}], "sum")
    with pytest.raises(InvalidInput, match=r"levels: are out of order"):
        combination([{"model": ROOT}], "sum", levels=["maintenance", "initial"])
