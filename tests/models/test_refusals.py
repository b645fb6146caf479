"""What a model needs and does not get, and what it does not margin: refused by the name of the field."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linear_samples import case as linear_case
from linear_samples import model as linear_model
from model_samples import Case
from preset_samples import case_of
from statistical_samples import correlated, shortfall
from weighted_samples import case as weighted_case
from weighted_samples import cash, perpetual, spot_order, weighted

from zkmargin.circuits import trace_rule
from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.grid_pricing import check_scenarios, with_scenarios
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.predicates import meets, rule
from zkmargin.circuits.models.presets import preset
from zkmargin.circuits.models.scenario_grid import ScenarioGrid
from zkmargin.circuits.models.transitions import Transition

USD = {"kind": "cash", "symbol": "USD", "decimals": 0}
SWAP = {"kind": "perpetual", "symbol": "A/USD:USD", "decimals": 0, "lanes": 2}
NOW = "2026-01-01T00:00:00Z"


def market(entries: list[dict[str, Any]], prices: dict[str, Any] | None = None, **fields: Any) -> Market:
    book = Book.build(name="test", currency="USD", entries=entries)
    rows = [{"symbol": one, "price": "1"} | (prices or {}).get(one, {}) for one in book.symbols]
    return Market(
        book, Snapshot.build(**({"book": book.digest, "time": NOW, "source": "t", "instruments": rows} | fields))
    )


def refused(model: Any, place: Market, message: str, level: str = "maintenance") -> None:
    with pytest.raises(InvalidInput, match=message):
        trace_rule(rule(model, place, meets(level)), place.book.entries)


RATE = linear_model(markets=[{"symbol": "*", "rates": ["0.1"]}], levels=[{"name": "maintenance"}])
TAIL = shortfall(measure="value at risk", windows=[{"name": "w", "days": 1, "confidence": "0.5"}])
ROOT = correlated(factors=["A"], volatilities=["1"], correlations=[["1"]])
OPTION = {
    "kind": "option",
    "symbol": "A/USD:USD-260201-5-C",
    "decimals": 0,
    "expiry": "2026-02-01T00:00:00Z",
}


def test_linear_models_do_not_margin_options() -> None:
    refused(RATE, market([USD, OPTION]), "entries: model test does not margin options")


def test_markets_without_terms() -> None:
    other = linear_model(markets=[{"symbol": "B/USD:USD", "rates": ["0.1"]}], levels=[{"name": "maintenance"}])
    refused(other, market([USD, SWAP]), "markets: model test has no terms for A/USD:USD")


def test_open_interest_that_is_not_there() -> None:
    terms = {"symbol": "*", "rates": ["0.1"], "open_interest": {"lower": "1", "upper": "2"}}
    levels = [{"name": "maintenance", "open_interest": True}]
    refused(linear_model(markets=[terms], levels=levels), market([USD, SWAP]), r"instruments\[1\].open_interest")


def test_funding_needs_terms_and_indices() -> None:
    place = market([USD, SWAP])
    both = Market(place.book, place.snapshot, place.snapshot)
    refused(RATE, both, "funding: model test has no terms")
    paid = linear_model(
        markets=[{"symbol": "*", "rates": ["0.1"]}], levels=[{"name": "maintenance"}], funding={"decimals": 0}
    )
    refused(paid, both, r"instruments\[1\].funding_index: this model needs it for A/USD:USD")


def test_the_earlier_snapshot_is_earlier() -> None:
    place = market([USD, SWAP])
    later = market([USD, SWAP], time="2026-01-02T00:00:00Z").snapshot
    with pytest.raises(InvalidInput, match="since: this snapshot is later"):
        Market(place.book, place.snapshot, later)
    assert Market(place.book, later, place.snapshot).since == place.snapshot


@pytest.mark.parametrize("model", [TAIL, ROOT, preset("paradex-pm")], ids=["shortfall", "correlated", "grid"])
def test_families_that_look_at_positions_only(model: Any) -> None:
    entries = [USD, SWAP, SWAP | {"order": "bid"}]
    rows = model.rows if isinstance(model, ScenarioGrid) else ("w 1", "delta A")
    scenarios = {"grid": "g", "decimals": 0, "rows": list(rows), "values": [[1, 1]] * len(rows)}
    refused(model, market(entries, scenarios=scenarios), r"entries\[2\].order: model .* does not margin resting orders")


def test_scenarios_that_are_not_there() -> None:
    refused(TAIL, market([USD, SWAP]), "scenarios: this model needs the recorded moves")
    refused(ROOT, market([USD, SWAP]), r"scenarios.rows: model test needs delta A")
    with pytest.raises(InvalidInput, match="scenarios: this model needs them"):
        market([USD, SWAP]).scenario_values(market([USD]).places("cash"), market([USD]).places("cash"))


def test_levels_and_windows_of_statistical_models() -> None:
    levels = [{"name": "maintenance"}, {"name": "initial"}]
    window = {"name": "w", "days": 1, "confidence": "0.5"}
    with pytest.raises(InvalidInput, match="levels: are out of order"):
        shortfall(measure="value at risk", windows=[window], levels=levels)
    with pytest.raises(InvalidInput, match="windows: a name is used twice"):
        shortfall(measure="value at risk", windows=[window, window])
    with pytest.raises(InvalidInput, match="levels: are out of order"):
        correlated(
            factors=["A"],
            volatilities=["1"],
            correlations=[["1"]],
            levels=[one | {"multiplier": "1"} for one in levels],
        )


@pytest.mark.parametrize("model", [TAIL, ROOT], ids=["shortfall", "correlated"])
def test_an_account_of_cash_alone(model: Any) -> None:
    scenarios = {"grid": "g", "decimals": 0, "rows": ["w 1", "delta A"], "values": [[1], [0]]}
    given = Case(model, market([USD], scenarios=scenarios), (5,))
    assert given.numbers()["maintenance requirement"] == 0
    assert given.holds(meets("maintenance"))
    assert not given.changed(0, -6).holds(meets("maintenance"))


def test_haircuts_of_collateral() -> None:
    """A tenth of the collateral does not count, it loses on the day, and below zero it is refused."""
    gold = {"kind": "collateral", "symbol": "GOLD", "decimals": 0}
    scenarios = {"grid": "g", "decimals": 0, "rows": ["w 1"], "values": [[1, 70]]}
    place = market([USD, gold], {"GOLD": {"price": "100", "haircut": "0.1"}}, scenarios=scenarios)
    given = Case(TAIL, place, (0, 3))
    assert given.numbers()["value"] == 300
    assert given.numbers()["maintenance requirement"] == 3 * 30 + 3 * 10
    assert not Case(TAIL, place, (10**6, -1)).holds(meets("maintenance"))


def test_snapshots_keep_their_own_marks_if_told() -> None:
    given = case_of("paradex-pm")
    assert isinstance(given.model, ScenarioGrid)
    book, marked = given.market.book, given.market.snapshot
    kept = with_scenarios(given.model, book, marked, mark_options=False)
    assert kept == marked
    fields = marked.model_dump(mode="json", exclude_none=True, exclude={"format", "version"})
    fields["instruments"][3]["price"] = "77"
    own = with_scenarios(given.model, book, Snapshot.build(**fields), mark_options=False)
    assert str(own.instruments[3].price) == "77"
    assert own.scenarios == marked.scenarios


def test_scenarios_of_another_model_or_without_volatility() -> None:
    given = case_of("paradex-pm")
    with pytest.raises(InvalidInput, match="scenarios: the rows and decimals are not those of model tims-like"):
        check_scenarios(preset("tims-like"), given.market.book, given.market.snapshot)  # type: ignore[arg-type]
    fields = given.market.snapshot.model_dump(mode="json", exclude_none=True, exclude={"format", "version"})
    del fields["instruments"][3]["volatility"]
    with pytest.raises(InvalidInput, match=r"instruments\[3\].volatility: is needed to price"):
        with_scenarios(given.model, given.market.book, Snapshot.build(**fields))  # type: ignore[arg-type]


def test_levels_have_names() -> None:
    with pytest.raises(InvalidInput, match="level: initial, maintenance, close out are possible"):
        case_of("starkex").holds(meets("final"))


TOKENS = [{"asset": one, "assets": ["0.5"], "liabilities": ["1.5"]} for one in ("USD", "A")]
LEVEL = [{"name": "maintenance"}]
TERMS = {"symbol": "A/USD:USD", "settles": "USD", "ratios": ["0.25"], "profits": ["0.5"]}

WEIGHTED: dict[str, tuple[list[Any], str]] = {
    "token_without_terms": ([cash("B", 1)], "tokens: model test has no terms for B"),
    "market_without_terms": ([cash("USD", 1), perpetual("B/USD:USD", 1)], "perpetuals: model test has no terms"),
    "nothing_to_settle_in": (
        [cash("A", 1), perpetual("A/USD:USD", 1)],
        "entries: the pool of A/USD:USD has no balance",
    ),
    "spot_positions": ([cash("USD", 1), ({"kind": "spot", "symbol": "A/USD"}, 1)], r"entries\[1\].kind: .* spots"),
    "orders_without_balances": (
        [cash("USD", 1), spot_order("A/USD", "bid", 1)],
        "entries: orders of A/USD need balances",
    ),
}


@pytest.mark.parametrize("name", WEIGHTED)
def test_weighted_health_refuses(name: str) -> None:
    holdings, message = WEIGHTED[name]
    model = weighted(tokens=TOKENS, perpetuals=[TERMS], levels=LEVEL)
    given = weighted_case(model, holdings, {})
    refused(model, given.market, message)


def test_weighted_levels_are_in_order() -> None:
    tokens = [{"asset": "USD", "assets": ["1", "1"], "liabilities": ["1", "1"]}]
    with pytest.raises(InvalidInput, match="levels: are out of order"):
        weighted(tokens=tokens, levels=[{"name": "maintenance"}, {"name": "initial"}])


AMOUNTS = st.integers(-50, 50)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, st.integers(0, 30), st.integers(0, 30), st.booleans())
def test_ratio_markets_without_rounding(
    usd: int, asset: int, size: int, quote: int, bids: int, asks: int, capped: bool
) -> None:
    """The form that is certified is equity less requirement, and both are what the formula page says."""
    level = {"name": "maintenance", "profit_caps": capped, "buffer": "0.1"}
    terms = TERMS | {"profit_cap": "20"}
    tokens = [{"asset": one, "assets": ["0.5"], "liabilities": ["1.5"]} for one in ("USD", "A")]
    model = weighted(tokens=tokens, perpetuals=[terms], levels=[level])
    holdings = [cash("USD", usd), cash("A", asset), perpetual("A/USD:USD", size)]
    sides: list[tuple[str, int]] = [("quote", quote), ("bid", bids), ("ask", asks)]
    holdings += [perpetual("A/USD:USD", amount, order=side) for side, amount in sides]
    made = weighted_case(model, holdings, {"A": {"price": "3"}, "A/USD:USD": {"price": "2"}}, decimals=0)
    half = Fraction(1, 2)
    gain = 2 * size + quote
    profit = min(half * max(0, gain), 20) if capped else half * max(0, gain)
    counts = half * max(0, usd) + 3 * half * max(0, asset) + profit - Fraction(11, 10) * max(0, -gain)
    notional = 2 * max(abs(size + bids), abs(size - asks))
    owes = Fraction(8, 5) * (max(0, -usd) + 3 * max(0, -asset)) + (Fraction(1, 4) + Fraction(1, 10)) * notional
    numbers = made.numbers()
    assert numbers["maintenance equity"] == counts
    assert numbers["maintenance requirement"] == owes
    assert made.holds(meets("maintenance")) is (counts >= owes)


def test_halves_of_a_double_account() -> None:
    given = linear_case(RATE, 1, [2], ["1"])
    trade = Transition(RATE, (given.market, given.market))
    seen: list[Any] = []

    class Spy(type(RATE)):  # type: ignore[misc]
        def pool(self, market: Market, holdings: Any, bucket: str | None) -> Any:
            seen.append((len(holdings), holdings.names, holdings.units.shape))
            return super().pool(market, holdings, bucket)

    spied = Transition(Spy.parse(RATE.canonical()), trade.markets)
    trace_rule(spied.rule(), spied.entries)
    assert seen == [(2, (f"{when} USD", f"{when} A0/USD:USD"), (2,)) for when in ("before", "after")]
