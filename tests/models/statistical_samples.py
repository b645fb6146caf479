"""Accounts for margins from recorded moves and from correlations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from model_samples import Case

from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.correlated import Correlated
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.presets import preset
from zkmargin.circuits.models.shortfall import HistoricalShortfall

ABOUT = {"name": "test", "engine": "test", "source": "test", "as_of": "2026-01-01"}


def shortfall(**fields: Any) -> HistoricalShortfall:
    levels = [{"name": "maintenance"}]
    return HistoricalShortfall.build(**({"family": "historical-shortfall", "levels": levels} | ABOUT | fields))


def correlated(**fields: Any) -> Correlated:
    levels = [{"name": "maintenance", "multiplier": "1"}]
    return Correlated.build(**({"family": "correlated", "levels": levels} | ABOUT | fields))


def case(
    model: MarginModel,
    sizes: Sequence[int],
    rows: Sequence[str],
    values: Sequence[Sequence[int]],
    decimals: int = 6,
    prices: Sequence[str] | None = None,
    cash: int = 0,
    entry: dict[str, Any] | None = None,
) -> Case:
    """Cash and perpetuals; the first column of scenario values, for cash, is added here."""
    symbols = [f"A{i}/USD:USD" for i in range(len(sizes))]
    shape = entry or {"decimals": 0, "lanes": 3}
    entries = [{"kind": "cash", "symbol": "USD", "decimals": 6}]
    entries += [{"kind": "perpetual", "symbol": symbol, **shape} for symbol in symbols]
    book = Book.build(name="test", currency="USD", entries=entries)
    marks = ["1", *(prices or ["0"] * len(sizes))]
    snapshot = Snapshot.build(
        book=book.digest,
        time="2026-11-21T08:00:00Z",
        source="a test",
        instruments=[{"symbol": one, "price": mark} for one, mark in zip(book.symbols, marks, strict=True)],
        scenarios={"grid": "test", "decimals": decimals, "rows": list(rows), "values": [[0, *row] for row in values]},
    )
    return Case(model, Market(book, snapshot), (cash, *sizes))


def shortfall_case(name: str) -> Case:
    """Two years of made-up days of three instruments."""
    model = preset(name)
    assert isinstance(model, HistoricalShortfall)
    rng = np.random.default_rng(5)
    rows = [f"{window.name} {day}" for window in model.windows for day in range(window.days)]
    moves = rng.standard_t(4, size=(len(rows), 3)) * np.array([3.0, 4.0, 0.2])
    values = np.rint((np.array([100.0, 80.0, 5.0]) + moves) * 100).astype(int)
    shape = {"decimals": 2, "lanes": 2}
    return case(model, [12_345, -9_876, 5_432], rows, values.tolist(), 2, ["100", "80", "5"], cash=10**11, entry=shape)


def correlated_case(name: str) -> Case:
    """A long, a short and a long: exposures are the prices of what is held."""
    model = preset(name)
    assert isinstance(model, Correlated)
    prices = [100_000, 4_000, 150]
    rows = [f"delta {factor}" for factor in model.factors]
    values = [[price if i == j else 0 for j, price in enumerate(prices)] for i in range(3)]
    shape = {"decimals": 3, "lanes": 2}
    marks = [str(price) for price in prices]
    return case(model, [2_500, -30_000, 1_000_000], rows, values, 0, marks, cash=10**12, entry=shape)
