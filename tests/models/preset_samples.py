"""For every preset a market it fits and an account that is healthy in it: the stock of the boundary tests."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from model_samples import Case
from statistical_samples import correlated_case, shortfall_case
from weighted_samples import case, cash, perpetual, spot_order

from zkmargin.circuits.documents import Book, Portfolio, Snapshot
from zkmargin.circuits.models.grid_pricing import with_scenarios
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.presets import preset
from zkmargin.circuits.models.scenario_grid import ScenarioGrid
from zkmargin.circuits.models.weighted import WeightedHealth

PERPETUAL = "BTC/USDC:USDC"
LENT = "SOL/USD:USDC"
FUTURE = "BTC/USDC:USDC-261225"
NOW = "2026-11-21T08:00:00Z"
EXPIRY = "2026-12-25T08:00:00Z"


def option(strike: int, side: str) -> str:
    return f"BTC/USDC:USDC-261225-{strike}-{side}"


def case_of(name: str) -> Case:
    return SAMPLES[name](name)


def grid_case(name: str) -> Case:
    """A short strangle, a long call against it, a future and a perpetual."""
    model = preset(name)
    assert isinstance(model, ScenarioGrid)
    options = [option(90_000, "P"), option(100_000, "C"), option(110_000, "C")]
    entries: list[dict[str, Any]] = [
        {"kind": "cash", "symbol": "USDC", "decimals": 6},
        {"kind": "perpetual", "symbol": PERPETUAL, "decimals": 3, "lanes": 2},
        {"kind": "future", "symbol": FUTURE, "decimals": 3, "lanes": 2, "expiry": EXPIRY},
    ]
    entries += [{"kind": "option", "symbol": one, "decimals": 2, "lanes": 2, "expiry": EXPIRY} for one in options]
    prices = {"USDC": "1", PERPETUAL: "100000", FUTURE: "100400"}
    volatilities = {symbol: {"volatility": "0.55"} for symbol in options}
    book = Book.build(name=name, currency="USDC", entries=entries)
    bare = Snapshot.build(
        book=book.digest,
        time=NOW,
        source="a test",
        instruments=[
            {"symbol": symbol, "price": prices.get(symbol, "0")} | volatilities.get(symbol, {})
            for symbol in book.symbols
        ],
        underlyings=[{"asset": "BTC", "index": "100000"}],
        expiries=[{"underlying": "BTC", "expiry": EXPIRY, "forward": "100400", "rate": "0.04"}],
    )
    market = Market(book, with_scenarios(model, book, bare))
    amounts = dict(zip(book.symbols, ["60000", "-0.25", "0.4", "-2", "1.5", "-2.5"], strict=True))
    return Case(model, market, portfolio(book, amounts).units(book))


def portfolio(book: Book, amounts: dict[str, str]) -> Portfolio:
    rows = [{"symbol": symbol, "amount": amount} for symbol, amount in amounts.items() if Decimal(amount)]
    return Portfolio.build(book=book.digest, positions=rows)


def linear_case(name: str) -> Case:
    """A long and a short in decimals of the venue's own units."""
    binary = {"starkex": 1 << 32, "starknet-perpetual": 1 << 28}
    unit = binary.get(name, 1)
    whole = name == "starkex"
    entries: list[dict[str, Any]] = [{"kind": "cash", "symbol": "USDC", "decimals": 0 if whole else 6}]
    entries += [
        {"kind": "perpetual", "symbol": f"{base}/USDC:USDC", "decimals": 0 if whole else 4, "lanes": 3}
        for base in ("BTC", "SOL")
    ]
    book = Book.build(name=name, currency="USDC", entries=entries)
    prices = {"USDC": "1", "BTC/USDC:USDC": str(100_000 * unit + 7), "SOL/USDC:USDC": str(150 * unit + 1)}
    snapshot = Snapshot.build(
        book=book.digest,
        time=NOW,
        source="a test",
        instruments=[{"symbol": symbol, "price": prices[symbol]} for symbol in book.symbols],
    )
    return Case(preset(name), Market(book, snapshot), (100_000_000, 12_345, -6_789_012))


def lending_case(name: str) -> Case:
    """A deposit, a borrow, a perpetual with its balance and orders, and resting spot orders."""
    model = preset(name)
    assert isinstance(model, WeightedHealth)
    holdings = [cash("USDC", 30_000), cash("SOL", -50)]
    holdings += [cash("ETH", 2)] if name == "mango-v4" else []
    holdings += [perpetual(LENT, -120), perpetual(LENT, 18_500, order="quote")]
    holdings += [perpetual(LENT, 10, order="bid"), perpetual(LENT, 30, order="ask")]
    holdings += [spot_order("SOL/USDC", "bid", 5), spot_order("SOL/USDC", "ask", 8)]
    prices = {
        "SOL": {"price": "150", "average_price": "149", "deposits": "10000"},
        "ETH": {"price": "4000", "deposits": "1"},
        LENT: {"price": "150.5"},
    }
    return case(model, holdings, prices, decimals=6)


SAMPLES: dict[str, Callable[[str], Case]] = {
    "starkex": linear_case,
    "starknet-perpetual": linear_case,
    "dydx-v4": linear_case,
    "hyperliquid": linear_case,
    "drift-v2": lending_case,
    "mango-v4": lending_case,
    "derive-pmrm2": grid_case,
    "deribit-pm": grid_case,
    "okx-pm": grid_case,
    "paradex-pm": grid_case,
    "span-like": grid_case,
    "tims-like": grid_case,
    "historical-es": shortfall_case,
    "reya-like": correlated_case,
}
