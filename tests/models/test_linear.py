"""Linear cross margin against the published integers of StarkEx, Starknet perpetual, dYdX v4 and Hyperliquid."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from linear_samples import case, model, scaled, symbol, text
from model_samples import Case

from zkmargin.circuits import trace_rule
from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.models.linear import LinearCross, scaled_rate
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.predicates import bankrupt, fails, meets
from zkmargin.circuits.models.presets import preset
from zkmargin.circuits.models.transitions import Improvement, Transition

VECTORS = Path(__file__).parents[1] / "vectors"


def rows(name: str, *functions: str) -> list[Any]:
    cases = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    found = [one for one in cases if not functions or one.get("fn") in functions]
    assert found
    return [pytest.param(one, id=f"{place}-{one.get('name', one.get('fn'))}") for place, one in enumerate(found)]


def allowed(before: Case, after: Case, how: Improvement, or_meets: bool = True) -> bool:
    trade = Transition(before.model, (before.market, after.market), "maintenance", how, or_meets)
    return bool(trace_rule(trade.rule(), trade.entries).evaluate([trade.double(before.units, after.units)]).holds[0])


# StarkEx perpetual: prices 32.32, risk factors 0.32, values and risks exact.

TWO_32 = 1 << 32
STARK = {
    "tiers": "step",
    "tiers_by": "amount",
    "price_unit": TWO_32,
    "rate_unit": TWO_32,
    "levels": [{"name": "maintenance"}],
    "funding": {"unit": TWO_32, "decimals": 0, "rounding": "down"},
}


def stark_case(collateral: str, assets: list[dict[str, Any]], risk: str | None = None) -> Case:
    segments = [
        one.get("risk_segments_by_balance[upper_bound,risk_0_32]", [["0", risk or "2147483648"]]) for one in assets
    ]
    markets = [
        {"symbol": symbol(i), "rates": [risk for _, risk in pairs], "bounds": [bound for bound, _ in pairs[:-1]]}
        for i, pairs in enumerate(segments)
    ]
    return case(
        model(**STARK, markets=markets or [{"symbol": "*", "rates": ["0"]}]),
        int(collateral),
        [int(one["balance"]) for one in assets],
        [one.get("price_32_32", "0") for one in assets],
        funding=[(one.get("cached_index_32_32", "0"), one.get("global_index_32_32", "0")) for one in assets],
    )


@pytest.mark.parametrize("row", rows("stark_perpetual_derived", "status"))
def test_starkex_status(row: dict[str, Any]) -> None:
    given, expected = stark_case(row["collateral"], row["assets"]), row["expected"]
    numbers = given.numbers()
    assert numbers["value"] == int(expected["total_value_32"])
    assert numbers["maintenance requirement"] == int(expected["total_risk_64"])
    assert given.holds(meets("initial")) is expected["healthy"]
    assert given.holds(fails("maintenance")) is expected["liquidatable"]
    assert given.holds(bankrupt) is expected["deleveragable"]


@pytest.mark.parametrize("row", rows("stark_perpetual_derived", "funding"))
def test_starkex_funding(row: dict[str, Any]) -> None:
    given = stark_case(row["collateral"], row["assets"])
    assert given.numbers()["value"] == int(row["expected_collateral"]) * TWO_32


@pytest.mark.parametrize("row", rows("stark_perpetual_derived", "transition"))
def test_starkex_transition(row: dict[str, Any]) -> None:
    before, after = (
        stark_case(
            row[when]["collateral"],
            [{"balance": balance, "price_32_32": price} for balance, price in row[when]["assets[balance,price]"]],
            row["risk_0_32"],
        )
        for when in ("before", "after")
    )
    for given, name in ((before, "0"), (after, "1")):
        assert given.numbers()["value"] == int(row[f"tv{name}_32"])
        assert given.numbers()["maintenance requirement"] == int(row[f"tr{name}_64"])
    assert allowed(before, after, "only smaller") is row["expected_allowed"]


# Starknet perpetual: values truncated per asset, risks rounded down, factors in thousandths.

STARKNET = {
    "price_unit": 1 << 28,
    "rate_unit": 1000,
    "value_decimals": 0,
    "value_rounding": "towards zero",
    "requirement_decimals": 0,
    "requirement_rounding": "down",
    "levels": [{"name": "maintenance"}],
}


def starknet_case(collateral: str, assets: list[dict[str, Any]], cash_decimals: int = 0) -> Case:
    markets = [{"symbol": symbol(i), "rates": [text(one["risk_factor_per_mille"])]} for i, one in enumerate(assets)]
    prices = [one.get("price_28bit", str(int(one["price"]) << 28)) for one in assets]
    return case(
        model(**STARKNET, markets=markets or [{"symbol": "*", "rates": ["0"]}]),
        int(collateral),
        [int(one["balance"]) for one in assets],
        prices,
        cash_entry={"decimals": cash_decimals},
    )


@pytest.mark.parametrize("row", rows("starknet_perpetual"))
def test_starknet_values_and_risks(row: dict[str, Any]) -> None:
    states = [("assets", "expected")] + ([("after_assets", "expected_after")] if "after_assets" in row else [])
    for assets, expected in states:
        numbers = starknet_case(row["collateral"], row[assets]).numbers()
        assert numbers["value"] == int(row[expected]["total_value"])
        assert numbers["maintenance requirement"] == int(row[expected]["total_risk"])
    given = starknet_case(row["collateral"], row["assets"])
    state = (
        "deleveragable" if given.holds(bankrupt) else "liquidatable" if given.holds(fails("maintenance")) else "healthy"
    )
    assert state == row["state_by_rule"]


def test_starknet_truncates_each_asset_on_its_own() -> None:
    """Two halves of a unit are worth nothing apart, and a short rounds towards zero like a long."""
    half = {"balance": "1", "price": "0", "price_28bit": str(1 << 27), "risk_factor_per_mille": 1000}
    assert starknet_case("0", [half, half]).numbers()["value"] == 0
    short = starknet_case("0", [half | {"balance": "-3"}]).numbers()
    assert short["value"] == -1
    assert short["maintenance requirement"] == 1


# dYdX v4: quote quantums of 1e-6, values truncated, requirements rounded up, rates in millionths.

DYDX = {
    "rate_unit": 1_000_000,
    "value_decimals": 6,
    "value_rounding": "towards zero",
    "requirement_decimals": 6,
    "requirement_rounding": "up",
    "rate_decimals": 0,
    "levels": [{"name": "initial", "open_interest": True}, {"name": "maintenance", "idle": True}],
    "funding": {"decimals": 6, "rounding": "down"},
}


def dydx_case(cash: str, positions: list[dict[str, Any]], market_index: str = "0") -> Case:
    markets, shapes, prices, funding, interest = [], [], [], [], []
    for place, one in enumerate(positions):
        resolution = one["base_atomic_resolution"]
        terms = {
            "symbol": symbol(place),
            "rates": [text(one["initial_margin_ppm"])],
            "shares": ["1", scaled(one["maintenance_fraction_ppm"], -6)],
        }
        if one.get("oi_upper_cap_quote", "0") != "0":
            bounds = {"lower": one["oi_lower_cap_quote"], "upper": one["oi_upper_cap_quote"]}
            terms |= {"open_interest": {name: scaled(bound, -6) for name, bound in bounds.items()}}
        markets.append(terms)
        shapes.append({"decimals": -resolution, "lanes": 5})
        prices.append(scaled(one["price"], one["price_exponent"]))
        interest.append(scaled(one.get("open_interest_base_quantums", "0"), resolution))
        # Indices are parts per million of a quote quantum for each base quantum; here, currency for each whole unit.
        own = one.get("position_funding_index", "0")
        funding.append(tuple(scaled(index, -6 - 6 - resolution) for index in (own, market_index)))
    return case(
        model(**DYDX, markets=markets or [{"symbol": "*", "rates": ["0"]}]),
        int(cash),
        [int(one["base_quantums"]) for one in positions],
        prices,
        cash_entry={"decimals": 6},
        asset_entries=shapes,
        funding=funding,
        open_interest=interest,
    )


def quantums(amount: Fraction) -> Fraction:
    return amount * 10**6


@pytest.mark.parametrize("row", rows("dydx_v4", "position_margin"))
def test_dydx_position_margin(row: dict[str, Any]) -> None:
    numbers = dydx_case("0", [row]).numbers()
    assert quantums(numbers["initial requirement"]) == int(row["expected"]["IMR"])
    assert quantums(numbers["maintenance requirement"]) == int(row["expected"]["MMR"])


def open_interest_terms(row: dict[str, Any]) -> LinearCross:
    terms: dict[str, Any] = {"symbol": "*", "rates": [text(row["initial_margin_ppm"])]}
    if row["oi_upper_cap_quote"] != "0":
        terms["open_interest"] = {"lower": row["oi_lower_cap_quote"], "upper": row["oi_upper_cap_quote"]}
    fields = DYDX | {"value_decimals": 0, "requirement_decimals": 0}
    return model(**fields, markets=[terms])


@pytest.mark.parametrize("row", rows("dydx_v4", "initial_margin_quote"))
def test_dydx_initial_margin_of_a_notional(row: dict[str, Any]) -> None:
    """A market at price one: its open interest and the position are their own notionals."""
    given = case(
        open_interest_terms(row),
        0,
        [int(row["quote_quantums"])],
        ["1"],
        open_interest=[row["open_interest_notional_quote"]],
    )
    assert given.numbers()["initial requirement"] == int(row["expected"])


@pytest.mark.parametrize("row", rows("dydx_v4", "adjusted_imf_ppm"))
def test_dydx_rate_by_open_interest(row: dict[str, Any]) -> None:
    parameters = open_interest_terms(row)
    terms = parameters.markets[0]
    assert scaled_rate(terms, Decimal(row["open_interest_notional_quote"]), parameters) == row["expected"]


@pytest.mark.parametrize("row", rows("dydx_v4", "funding_settlement_ppm"))
def test_dydx_funding(row: dict[str, Any]) -> None:
    """Rows are in millionths of a quote quantum; an account is paid whole quantums, rounded down."""
    position = {
        "price": "0",
        "price_exponent": 0,
        "base_atomic_resolution": -6,
        "initial_margin_ppm": 0,
        "maintenance_fraction_ppm": 0,
        "base_quantums": row["base_quantums"],
        "position_funding_index": row["position_index"],
    }
    given = dydx_case("0", [position], row["market_index"])
    assert quantums(given.numbers()["value"]) == int(row["expected"]) // 10**6


@pytest.mark.parametrize("row", rows("dydx_v4", "account_risk"))
def test_dydx_account(row: dict[str, Any]) -> None:
    numbers = dydx_case(row["usdc_quantums"], row["positions"], row["market_funding_index"]).numbers()
    names = {"NC": "value", "IMR": "initial requirement", "MMR": "maintenance requirement"}
    for name, expected in row["expected"].items():
        assert quantums(numbers[names[name]]) == int(expected)


def dydx_account(collateral: str, requirement: str) -> Case:
    """An account with this net collateral and this requirement: a position of its size, at price one, at rate one."""
    position = {
        "price": "1",
        "price_exponent": 0,
        "base_atomic_resolution": -6,
        "initial_margin_ppm": 1_000_000,
        "maintenance_fraction_ppm": 1_000_000,
        "base_quantums": requirement,
    }
    return dydx_case(str(int(collateral) - int(requirement)), [position])


@pytest.mark.parametrize("row", rows("dydx_v4", "is_liquidatable"))
def test_dydx_liquidatable(row: dict[str, Any]) -> None:
    given = dydx_account(row["NC"], row["MMR"])
    assert given.holds(fails("maintenance")) is row["expected"]
    assert given.holds(meets("maintenance")) is not row["expected"]


def test_dydx_without_positions_nothing_is_liquidated() -> None:
    """Debt without a position misses no maintenance requirement, since there is none."""
    given = dydx_account("-5", "0")
    assert given.holds(meets("maintenance"))
    assert not given.holds(fails("maintenance"))
    assert not given.holds(meets("initial"))
    assert given.holds(bankrupt)


@pytest.mark.parametrize("row", rows("dydx_v4", "is_collateralized(initial or maintenance)"))
def test_dydx_collateralised(row: dict[str, Any]) -> None:
    assert dydx_account(row["NC"], row["requirement"]).holds(meets("initial")) is row["expected"]


@pytest.mark.parametrize("row", rows("dydx_v4", "undercollateralized_update_allowed"))
def test_dydx_update(row: dict[str, Any]) -> None:
    before, after = (dydx_account(row[f"{when}_NC"], row[f"{when}_MMR"]) for when in ("old", "new"))
    assert allowed(before, after, "improves", or_meets=False) is row["expected"]


# Hyperliquid: marginal tiers.


@pytest.mark.parametrize("row", rows("hyperliquid_docs", "tiers"))
def test_hyperliquid_deductions(row: dict[str, Any]) -> None:
    """The maintenance requirement on a tier is the rate times the notional less the printed deduction."""
    tiers = row["tiers"]
    rates = [text(30 / one["max_leverage"]) for one in tiers]
    parameters = model(
        tiers="marginal",
        rate_unit=60,
        levels=[{"name": "initial", "share": "2"}, {"name": "maintenance"}],
        markets=[{"symbol": "*", "rates": rates, "bounds": [one["lower_usd"] for one in tiers[1:]]}],
    )
    for notional in (10**6, 5 * 10**7, 10**9):
        tier = max(one for one in range(len(tiers)) if int(tiers[one]["lower_usd"]) <= notional)
        rate, deduction = Fraction(1, 2 * tiers[tier]["max_leverage"]), Fraction(tiers[tier]["deduction"])
        given = case(parameters, 0, [-notional], ["1"]).numbers()
        required = given["maintenance requirement"] / 60
        assert abs(required - (notional * rate - deduction)) <= Fraction(1, 200)
        assert given["initial requirement"] == 2 * given["maintenance requirement"]


@pytest.mark.parametrize("row", rows("hyperliquid_docs", "maintenance_margin"))
def test_hyperliquid_preset(row: dict[str, Any]) -> None:
    """The preset's own tiers, for a position of this notional at price one."""
    symbol_of = f"{row['asset']}/USDC:USDC"
    book = Book.build(
        name="test",
        currency="USDC",
        entries=[
            {"kind": "cash", "symbol": "USDC", "decimals": 0},
            {"kind": "perpetual", "symbol": symbol_of, "decimals": 0},
        ],
    )
    prices = [{"symbol": one, "price": "1"} for one in book.symbols]
    snapshot = Snapshot.build(book=book.digest, time="2026-01-01T00:00:00Z", source="a test", instruments=prices)
    given = Case(preset("hyperliquid"), Market(book, snapshot), (0, int(row["notional"])))
    assert given.numbers()["maintenance requirement"] == 60 * Fraction(row["expected"])
