"""Margin models at the size of a real account, from a fixed seed: what the cost table of docs/models.md is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from zkmargin.circuits import Compiled, compile_rule
from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.correlated import Correlated
from zkmargin.circuits.models.grid_pricing import with_scenarios
from zkmargin.circuits.models.linear import LinearCross
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.predicates import meets, rule
from zkmargin.circuits.models.presets import preset
from zkmargin.circuits.models.scenario_grid import ScenarioGrid
from zkmargin.circuits.models.shortfall import HistoricalShortfall

NOW = datetime(2026, 1, 1, 8, tzinfo=UTC)
ABOUT = {"engine": "none", "source": "an example of this size", "as_of": "2026-01-01"}
RICH = 10**12

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class ModelCase:
    """A model, its market, and an account that is healthy in it."""

    title: str
    model: MarginModel
    market: Market
    units: tuple[int, ...]

    def compile(self) -> Compiled:
        return compile_rule(rule(self.model, self.market, meets("initial")), self.market.book.entries)


def time_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def healthy(title: str, model: MarginModel, book: Book, snapshot: Snapshot, seed: int, size: int) -> ModelCase:
    """Positions of random size and sign, collateral, and plenty of cash."""
    sizes = np.random.default_rng(seed).integers(-size, size, len(book.entries)).tolist()
    units = [
        RICH if entry.kind == "cash" else abs(one) if entry.kind == "collateral" else one
        for entry, one in zip(book.entries, sizes, strict=True)
    ]
    return ModelCase(title, model, Market(book, snapshot), tuple(units))


def linear() -> ModelCase:
    """Marginal tiers on every market, a haircut on every collateral."""
    perpetuals = [f"P{i}/USDC:USDC" for i in range(40)]
    assets = [f"C{i}" for i in range(12)]
    entries: Rows = [{"kind": "cash", "symbol": "USDC", "decimals": 6}]
    entries += [{"kind": "collateral", "symbol": asset, "decimals": 6, "lanes": 3} for asset in assets]
    entries += [{"kind": "perpetual", "symbol": one, "decimals": 4, "lanes": 3} for one in perpetuals]
    tiers = {"rates": ["0.025", "0.05", "0.1"], "bounds": ["1000000", "10000000"]}
    model = LinearCross.build(
        family="linear-cross",
        name="tiers and haircuts",
        **ABOUT,
        tiers="marginal",
        levels=[{"name": "initial", "share": "2"}, {"name": "maintenance"}],
        markets=[{"symbol": one, **tiers} for one in perpetuals] + [{"symbol": "*", "rates": ["0.05"]}],
    )
    book = Book.build(name="linear", currency="USDC", entries=entries)
    prices = np.random.default_rng(1).integers(100, 10_000_000, len(book.symbols)).tolist()
    rows = [
        {"symbol": symbol, "price": "1" if symbol == "USDC" else f"{price // 10}.{price % 10}".removesuffix(".0")}
        for symbol, price in zip(book.symbols, prices, strict=True)
    ]
    snapshot = Snapshot.build(book=book.digest, time=time_text(NOW), source="made up", instruments=rows)
    return healthy("40 perpetuals, 12 collaterals, linear", model, book, snapshot, 2, 100_000)


def options() -> ModelCase:
    """Ten weekly expiries of fifteen strikes, calls and puts; ten futures; a perpetual."""
    model = preset("derive-pmrm2")
    if not isinstance(model, ScenarioGrid):
        raise TypeError("derive-pmrm2 is a scenario grid")
    expiries = [NOW + timedelta(weeks=week + 1) for week in range(10)]
    entries: Rows = [
        {"kind": "cash", "symbol": "USDC", "decimals": 2},
        {"kind": "perpetual", "symbol": "BTC/USDC:USDC", "decimals": 3, "lanes": 2},
    ]
    for expiry in expiries:
        dated = {"decimals": 3, "lanes": 2, "expiry": time_text(expiry)}
        entries.append({"kind": "future", "symbol": f"BTC/USDC:USDC-{expiry:%y%m%d}"} | dated)
    for expiry in expiries:
        dated = {"kind": "option", "decimals": 2, "lanes": 2, "expiry": time_text(expiry)}
        names = [f"BTC/USDC:USDC-{expiry:%y%m%d}-{60_000 + 6_000 * i}-{side}" for i in range(15) for side in "CP"]
        entries += [dated | {"symbol": name} for name in names]
    book = Book.build(name="options", currency="USDC", entries=entries)
    marks = {"cash": "1", "perpetual": "100000", "future": "100500", "option": "0"}
    rows = [
        {"symbol": entry.symbol, "price": marks[entry.kind]}
        | ({"volatility": f"0.{50 + place % 40}".rstrip("0")} if entry.kind == "option" else {})
        for place, entry in enumerate(book.entries)
    ]
    forwards = [
        {"underlying": "BTC", "expiry": time_text(expiry), "forward": str(100_000 + 50 * week), "rate": "0.04"}
        for week, expiry in enumerate(expiries)
    ]
    snapshot = Snapshot.build(
        book=book.digest,
        time=time_text(NOW),
        source="made up",
        instruments=rows,
        underlyings=[{"asset": "BTC", "index": "100000"}],
        expiries=forwards,
    )
    title = f"300 options, 10 futures, 1 perpetual, {len(model.scenarios)} rows, PMRM_2"
    return healthy(title, model, book, with_scenarios(model, book, snapshot), 1, 500)


def history() -> ModelCase:
    """Expected shortfall at 97.5 per cent."""
    model = HistoricalShortfall.build(
        family="historical-shortfall",
        name="one year",
        **ABOUT,
        measure="expected shortfall",
        windows=[{"name": "day", "days": 250, "confidence": "0.975"}],
        levels=[{"name": "initial"}],
    )
    moves = np.random.default_rng(3).standard_t(4, (250, 60)) * 0.01
    prices = np.random.default_rng(4).integers(1_000, 100_000, 60)
    values = np.rint(prices * (1.0 + moves)).astype(np.int64)
    return _factors("250 days, 60 instruments, expected shortfall", model, prices.tolist(), values, "day")


def correlation() -> ModelCase:
    """Thirty factors in one block of correlation, each the price of two instruments."""
    names = [f"F{i}" for i in range(30)]
    model = Correlated.build(
        family="correlated",
        name="thirty factors",
        **ABOUT,
        factors=names,
        volatilities=[f"0.0{2 + i % 7}" for i in range(30)],
        correlations=[["1" if i == j else "0.6" for j in range(30)] for i in range(30)],
        decimals=0,
        levels=[{"name": "initial", "multiplier": "3"}],
    )
    prices = np.random.default_rng(5).integers(1_000, 100_000, 60)
    values = np.zeros((30, 60), dtype=np.int64)
    values[np.arange(60) % 30, np.arange(60)] = prices
    return _factors("30 factors, 60 instruments, correlated", model, prices.tolist(), values, "delta")


def _factors(title: str, model: MarginModel, prices: list[int], values: Any, prefix: str) -> ModelCase:
    """Cash and instruments with one row of public numbers a day or a factor; prices are in cents."""
    entries: Rows = [{"kind": "cash", "symbol": "USDC", "decimals": 2}]
    entries += [{"kind": "perpetual", "symbol": f"P{i}/USDC:USDC", "decimals": 2, "lanes": 2} for i in range(60)]
    book = Book.build(name="factors", currency="USDC", entries=entries)
    marks = ["1", *(f"{price // 100}.{price % 100:02}".rstrip("0").rstrip(".") for price in prices)]
    names = [f"{prefix} {row}" if prefix == "day" else f"{prefix} F{row}" for row in range(len(values))]
    snapshot = Snapshot.build(
        book=book.digest,
        time=time_text(NOW),
        source="made up",
        instruments=[{"symbol": one, "price": mark} for one, mark in zip(book.symbols, marks, strict=True)],
        scenarios={
            "grid": model.name,
            "decimals": 2,
            "rows": names,
            "values": [[100 if prefix == "day" else 0, *row] for row in values.tolist()],
        },
    )
    return healthy(title, model, book, snapshot, 6, 100_000)


def all_cases() -> tuple[ModelCase, ...]:
    return (linear(), options(), history(), correlation())
