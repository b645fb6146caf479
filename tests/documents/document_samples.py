"""Small documents that the tests vary."""

from __future__ import annotations

from typing import Any

from zkmargin.circuits.documents import Book, Snapshot

CALL = "BTC/USD:BTC-261225-100000-C"
PERPETUAL = "BTC/USDC:USDC"


def entries() -> list[dict[str, Any]]:
    return [
        {"kind": "cash", "symbol": "USDC", "decimals": 6},
        {"kind": "collateral", "symbol": "BTC", "decimals": 8, "lanes": 3},
        {"kind": "perpetual", "symbol": PERPETUAL, "decimals": 4},
        {"kind": "option", "symbol": CALL, "decimals": 2, "expiry": "2026-12-25T08:00:00Z"},
        {"kind": "perpetual", "symbol": PERPETUAL, "decimals": 4, "order": "bid"},
        {"kind": "perpetual", "symbol": PERPETUAL, "decimals": 4, "bucket": "isolated 1"},
    ]


def book(**changes: Any) -> Book:
    return Book.build(**({"name": "demo", "currency": "USDC", "entries": entries()} | changes))


def snapshot_fields() -> dict[str, Any]:
    symbols = ["USDC", "BTC", PERPETUAL, CALL]
    return {
        "book": book().digest,
        "time": "2026-11-21T08:00:00Z",
        "source": "a test",
        "instruments": [{"symbol": symbol, "price": "1.5"} for symbol in symbols],
        "underlyings": [{"asset": "BTC", "index": "100000"}, {"asset": "ETH", "index": "4000"}],
        "expiries": [
            {"underlying": "BTC", "expiry": "2026-12-25T08:00:00Z", "forward": "100500", "rate": "0.04"},
            {"underlying": "ETH", "expiry": "2026-12-25T08:00:00Z", "forward": "4010", "rate": "-0.04"},
        ],
        "scenarios": {
            "grid": "two moves",
            "decimals": 8,
            "rows": ["up", "down"],
            "values": [[1, 2, 3, 4], [0, -1, 5, 6]],
        },
    }


def snapshot(**changes: Any) -> Snapshot:
    return Snapshot.build(**(snapshot_fields() | changes))
