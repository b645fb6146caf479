"""Published cases of lending-style engines as documents of this project."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from linear_samples import text
from model_samples import Case

from zkmargin.circuits.documents import Book, Portfolio, Snapshot
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.weighted import WeightedHealth

ABOUT = {"name": "test", "engine": "test", "source": "test", "as_of": "2026-01-01"}

Holding = tuple[dict[str, Any], Any]
"""An entry of the book without its decimals, and the amount."""


def weighted(**fields: Any) -> WeightedHealth:
    return WeightedHealth.build(**({"family": "weighted-health"} | ABOUT | fields))


def case(model: WeightedHealth, holdings: list[Holding], prices: dict[str, dict[str, str]], decimals: int = 9) -> Case:
    """A book of these entries, prices by symbol, and an account."""
    entries = [{"decimals": decimals, "lanes": 6} | entry for entry, _ in holdings]
    book = Book.build(name="test", currency="USD", entries=entries)
    snapshot = Snapshot.build(
        book=book.digest,
        time="2026-11-21T08:00:00Z",
        source="published test cases",
        instruments=[{"symbol": symbol} | prices.get(symbol, {"price": "1"}) for symbol in book.symbols],
    )
    rows = [
        {name: entry[name] for name in ("symbol", "bucket", "order") if name in entry} | {"amount": text(amount)}
        for entry, amount in holdings
        if Decimal(str(amount))
    ]
    return Case(model, Market(book, snapshot), Portfolio.build(book=book.digest, positions=rows).units(book))


def cash(symbol: str, amount: Any, **more: Any) -> Holding:
    return {"kind": "cash", "symbol": symbol} | more, amount


def perpetual(symbol: str, amount: Any, **more: Any) -> Holding:
    return {"kind": "perpetual", "symbol": symbol} | more, amount


def spot_order(symbol: str, side: str, amount: Any) -> Holding:
    return {"kind": "spot", "symbol": symbol, "order": side}, amount
