"""Families against plain references: a few lines of fractions for each, on random accounts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_samples import case, model, symbol
from model_samples import Case, poorest

from zkmargin.circuits import RequirementFailed, trace_rule
from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models import factors
from zkmargin.circuits.models.grid_pricing import with_scenarios
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.predicates import meets, rule
from zkmargin.circuits.models.scenario_grid import ScenarioGrid

AMOUNTS = st.integers(-60, 60)
SHAPES = st.sampled_from(["step", "marginal"])
SIDES = st.sampled_from(["below", "above"])
TIERS = {"rates": ["0.1", "0.2", "0.5"], "bounds": ["10", "40"]}
RATES = [Fraction(rate) for rate in TIERS["rates"]]
BOUNDS = [Fraction(bound) for bound in TIERS["bounds"]]


def tiered(notional: Fraction, shape: str, belong: str = "below") -> Fraction:
    """The requirement of one position by its tiers."""
    if shape == "step":
        over = [bound < notional if belong == "below" else bound <= notional for bound in BOUNDS]
        return RATES[sum(over)] * notional
    edges = [Fraction(0), *BOUNDS, max(notional, BOUNDS[-1])]
    parts = [max(Fraction(0), min(notional, high) - low) for low, high in pairwise(edges)]
    return sum((rate * part for rate, part in zip(RATES, parts, strict=True)), Fraction(0))


def linear(shape: str, by: str, belong: str, sizes: list[int], prices: list[str], **fields: Any) -> Case:
    parameters = model(
        tiers=shape,
        tiers_by=by,
        bounds_belong=belong,
        markets=[{"symbol": "*"} | TIERS],
        levels=[{"name": "initial", "share": "1.5"}, {"name": "maintenance"}],
        **fields,
    )
    return case(parameters, 0, sizes, prices, asset_entries=[{"decimals": 0, "lanes": 2}] * len(sizes))


@given(st.lists(AMOUNTS, min_size=2, max_size=2), SHAPES, SIDES)
def test_tiers_by_notional(sizes: list[int], shape: str, belong: str) -> None:
    prices = [Fraction(1), Fraction(5, 2)]
    numbers = linear(shape, "notional", belong, sizes, ["1", "2.5"]).numbers()
    expected = sum(tiered(abs(size) * price, shape, belong) for size, price in zip(sizes, prices, strict=True))
    assert numbers["maintenance requirement"] == expected
    assert numbers["initial requirement"] == Fraction(3, 2) * expected


@given(st.lists(AMOUNTS, min_size=2, max_size=2), SHAPES, SIDES)
def test_tiers_by_amount(sizes: list[int], shape: str, belong: str) -> None:
    prices = [Fraction(1), Fraction(5, 2)]
    numbers = linear(shape, "amount", belong, sizes, ["1", "2.5"]).numbers()
    expected = sum(
        tiered(Fraction(abs(size)), shape, belong) * price for size, price in zip(sizes, prices, strict=True)
    )
    assert numbers["maintenance requirement"] == expected


@given(AMOUNTS)
def test_units_change_nothing(size: int) -> None:
    """Prices in eighths and rates in thirds give the same numbers, times the units."""
    parameters = {"markets": [{"symbol": "*", "rates": ["1"]}], "levels": [{"name": "maintenance"}]}
    numbers = case(model(price_unit=8, rate_unit=3, **parameters), 7, [size], ["20"]).numbers()
    assert numbers["value"] == 8 * (7 + size * Fraction(20, 8))
    assert numbers["maintenance equity"] == 3 * numbers["value"]
    assert numbers["maintenance requirement"] == abs(size) * 20


ORDER_BOOK = Book.build(
    name="orders",
    currency="USD",
    entries=[{"kind": "cash", "symbol": "USD", "decimals": 0}]
    + [
        {"kind": "perpetual", "symbol": symbol(0), "decimals": 0, "lanes": 2} | more
        for more in ({}, {"order": "bid"}, {"order": "ask"}, {"order": "quote"})
    ],
)


@given(AMOUNTS, st.integers(0, 60), st.integers(0, 60), AMOUNTS)
def test_resting_orders_at_their_worst_side(size: int, bids: int, asks: int, quote: int) -> None:
    parameters = model(markets=[{"symbol": "*", "rates": ["0.25"]}], levels=[{"name": "maintenance"}])
    rows = [{"symbol": "USD", "price": "1"}, {"symbol": symbol(0), "price": "4"}]
    snapshot = Snapshot.build(book=ORDER_BOOK.digest, time="2026-01-01T00:00:00Z", source="a test", instruments=rows)
    given = Case(parameters, Market(ORDER_BOOK, snapshot), (10, size, bids, asks, quote))
    numbers = given.numbers()
    assert numbers["maintenance requirement"] == max(abs(size + bids), abs(size - asks))
    assert numbers["value"] == 10 + quote + 4 * size
    if bids:
        with pytest.raises(RequirementFailed, match="orders are not negative"):
            given.compiled(meets("maintenance")).witness([[10**9, size, -1, asks, quote]])


def test_another_tier() -> None:
    """A position one above its bound, under the lanes of one at the bound: the segment does not reach."""
    at = linear("step", "amount", "below", [40], ["1"])
    compiled = at.compiled(meets("maintenance"))
    edge = poorest(at, compiled)
    lanes = compiled.witness([list(edge.units)])
    wires = compiled.system.join(lanes)
    wires[0, 1] += 1
    wires[0, 0] -= 1
    assert not compiled.system.satisfied(compiled.system.split(wires))
    with pytest.raises(RequirementFailed):
        compiled.witness([[edge.units[0] - 1, 41]])
    assert compiled.system.satisfied(lanes)


def test_equality_is_part_of_the_model() -> None:
    """Where equal is not enough, the last unit counts."""
    for equality, holds in (("meets", True), ("fails", False)):
        parameters = model(markets=[{"symbol": "*", "rates": ["0.5"]}], levels=[{"name": "initial"}], equality=equality)
        assert case(parameters, -50, [100], ["1"]).holds(meets("initial")) is holds
        assert case(parameters, -49, [100], ["1"]).holds(meets("initial"))


# The grid.

EXPIRIES = ("2026-02-01T08:00:00Z", "2026-06-01T08:00:00Z")
OPTIONS = [
    f"X/USD:USD-{time[2:10].replace('-', '')}-{strike}-{side}"
    for time, strike, side in [
        (EXPIRIES[0], 90, "P"),
        (EXPIRIES[0], 110, "C"),
        (EXPIRIES[1], 100, "C"),
        (EXPIRIES[1], 100, "P"),
    ]
]
GRID_BOOK = Book.build(
    name="grid",
    currency="USD",
    entries=[
        {"kind": "cash", "symbol": "USD", "decimals": 2},
        {"kind": "collateral", "symbol": "Y", "decimals": 0, "lanes": 2},
        {"kind": "perpetual", "symbol": "X/USD:USD", "decimals": 0, "lanes": 2, "contract_size": "0.5"},
    ]
    + [
        {"kind": "option", "symbol": one, "decimals": 0, "lanes": 2, "expiry": EXPIRIES[place // 2]}
        for place, one in enumerate(OPTIONS)
    ],
)
LEVEL = {"name": "maintenance", "loss_factor": "0.9", "linear": "0.01", "naked_options": "0.02", "peg": True}
GRID: dict[str, Any] = {
    "family": "scenario-grid",
    "name": "grid",
    "engine": "none",
    "source": "a test",
    "as_of": "2026-01-01",
    "scenarios": [
        {"name": "up", "move": "1", "volatility": "up"},
        {"name": "down", "move": "-1", "volatility": "down"},
        {"name": "crash", "move": "-5", "weight": "0.25"},
        {"name": "skew", "move": "0", "volatility": "skew linear", "weight": "2"},
    ],
    "default_range": "0.5",
    "ranges": [{"underlying": "X", "range": "0.1"}],
    "shocks": {"up": "0.5", "down": "0.3", "short_power": "0.3", "long_power": "0.13"},
    "skew": {
        "linear_base": "0.4",
        "linear_slope": "0",
        "absolute_base": "0",
        "absolute_slope": "0",
        "least": "0.1",
        "width": "1",
        "static": "0.1",
        "scale": "0",
    },
    "discount": {
        "long_base": "0.9",
        "long_rate": "1",
        "long_add": "0",
        "short_base": "1.1",
        "short_rate": "0",
        "short_add": "0",
    },
    "basis": {"up": "0.05", "down": "-0.05", "add": "0.5", "per_year": "2"},
    "peg": {"threshold": "0.98", "factor": "2"},
    "minimum_delta": {"net": "0.02", "hedged": "0.01"},
    "floor": {"short_options": "0.03", "option": "0.5", "linear": "0.25"},
    "levels": [LEVEL],
    "collateral": [{"asset": "Y", "underlying": "X", "offsets": True, "haircuts": ["0.1"]}],
    "value_decimals": 4,
    "factor_decimals": 6,
}


def grid_market(parameters: ScenarioGrid) -> Market:
    prices = {"USD": "1", "Y": "20", "X/USD:USD": "101"}
    rows = [
        {"symbol": one, "price": prices.get(one, "0")} | ({"volatility": "0.6"} if one in OPTIONS else {})
        for one in GRID_BOOK.symbols
    ]
    snapshot = Snapshot.build(
        book=GRID_BOOK.digest,
        time="2026-01-01T08:00:00Z",
        source="a test",
        stable_price="0.93",
        instruments=rows,
        underlyings=[{"asset": "X", "index": "100"}],
        expiries=[{"underlying": "X", "expiry": time, "forward": "102", "rate": "0.05"} for time in EXPIRIES],
    )
    return Market(GRID_BOOK, with_scenarios(parameters, GRID_BOOK, snapshot))


GRID_MODEL = ScenarioGrid.build(**GRID)
GRID_MARKET = grid_market(GRID_MODEL)


def grid_reference(units: list[int]) -> Fraction:
    """The requirement of a grid account: the formula page of scenario_grid.py, in fractions, with nothing shared."""
    scenarios = GRID_MARKET.snapshot.scenarios
    assert scenarios is not None
    value = {
        name: [Fraction(one, 10**4) for one in row] for name, row in zip(scenarios.rows, scenarios.values, strict=True)
    }
    mark = [Fraction(row.price) for row in GRID_MARKET.snapshot.instruments]
    collateral, perpetual, options = units[1], units[2] * Fraction(1, 2), units[3:]
    days = [31, 151]
    groups = [(range(3, 5), days[0]), (range(5, 7), days[1])]

    def change(name: str, group: range, tenor: int) -> Fraction:
        shocked = sum(value[name][i] * units[i] for i in group)
        now = sum(mark[i] * units[i] for i in group)
        t = factors.years(tenor * 86_400)
        long = Fraction(round(factors.multiply(Decimal("0.9"), (-t * Decimal("0.05")).exp()), 6))
        short = Fraction(round(min(Decimal("1.1"), (t * Decimal("0.05")).exp()), 6))
        return (shocked * long if shocked >= 0 else shocked * short) - now

    losses = [Fraction(0)]
    for name, weight in (("up", 1), ("down", 1), ("crash", Fraction(1, 4)), ("skew", 2)):
        moved = (value[name][2] - mark[2]) * perpetual + (value[name][1] - mark[1]) * collateral
        parts = [change(name, *group) for group in groups]
        losses.append(weight * (sum(map(abs, parts)) - moved if name == "skew" else -sum(parts) - moved))
    basis = Fraction(0)
    for group, tenor in groups:
        now = sum(mark[i] * units[i] for i in group)
        worst = max(
            Fraction(0), *(now - sum(value[name][i] * units[i] for i in group) for name in ("basis up", "basis down"))
        )
        rate = Decimal("0.5") + 2 * factors.years(tenor * 86_400)
        basis += worst * Fraction(round(rate, 6))
    losses.append(basis)
    deltas = [value["delta"][2] * perpetual] + [value["delta"][3 + i] * one for i, one in enumerate(options)]
    net, gross = abs(sum(deltas)), sum(map(abs, deltas))
    losses.append((Fraction(2, 100) * net + Fraction(1, 100) * (gross - net) / 2) * 100)
    sold = sum(max(0, -one) for one in options)
    losses.append(
        Fraction(3, 100) * 100 * sold + Fraction(1, 2) * sum(map(abs, options)) + Fraction(1, 4) * abs(units[2])
    )
    naked = max(0, -options[0]) + max(0, -options[1]) + max(0, -(options[2] + options[3]))
    factor = Fraction(9, 10) + 2 * (Fraction(98, 100) - Fraction(93, 100))
    charges = Fraction(1, 100) * abs(perpetual) * 100 + Fraction(2, 100) * naked * 100
    return max(losses) * factor + charges + Fraction(1, 10) * 20 * collateral


@settings(max_examples=60)
@given(st.integers(0, 30), AMOUNTS, st.lists(AMOUNTS, min_size=4, max_size=4))
def test_the_grid_follows_its_formula(collateral: int, perpetual: int, options: list[int]) -> None:
    units = [0, collateral, perpetual, *options]
    given = Case(GRID_MODEL, GRID_MARKET, tuple(units))
    assert given.numbers()["maintenance requirement"] == grid_reference(units)


def without(*parts: str) -> list[int]:
    """Requirements of some accounts, in scaled integers, under a grid that lacks these parts."""
    lacking = ScenarioGrid.build(**{name: value for name, value in GRID.items() if name not in parts})
    accounts = np.random.default_rng(11).integers(-60, 60, (40, 5)).tolist()
    # A perpetual against a synthetic one of the same delta; a calendar spread.
    accounts += [[-2, 0, 0, 1, -1], [0, 0, -30, 30, 0]]
    traced = trace_rule(rule(lacking, grid_market(lacking), meets("maintenance")), GRID_BOOK.entries)
    (component,) = [one for one in traced.components if one.name == "maintenance requirement"]
    numbers = traced.evaluate([[0, 0, *one] for one in accounts]).components["maintenance requirement"]
    return [int(number) * 10 ** (40 - component.quantity.decimals) for number in numbers]


@pytest.mark.parametrize("part", ["discount", "basis", "minimum_delta", "floor"])
def test_every_part_of_the_grid_can_bind(part: str) -> None:
    """Leaving it out changes some requirement: none of the parts is decoration."""
    others = {"minimum_delta": ("discount", "basis", "floor"), "floor": ("discount",)}.get(part, ())
    assert without(*others) != without(*others, part)


def test_grids_refuse_what_they_do_not_margin() -> None:
    other = ScenarioGrid.build(**(GRID | {"collateral": []}))
    with pytest.raises(InvalidInput, match="collateral: model grid has no terms for Y"):
        Case(other, grid_market(other), (0,) * 7).numbers()
    fewer = ScenarioGrid.build(**(GRID | {"scenarios": GRID["scenarios"][:3]}))
    with pytest.raises(InvalidInput, match="scenarios: the rows are not those of model grid"):
        Case(fewer, GRID_MARKET, (0,) * 7).numbers()
    below = ScenarioGrid.build(**(GRID | {"scenarios": [{"name": "gone", "move": "-11"}]}))
    with pytest.raises(InvalidInput, match=r"scenarios\[0\].move: takes a price below zero"):
        grid_market(below)
