"""What a portfolio would be worth if spot and volatility moved: for pictures, in doubles, never near a proof."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkmargin.circuits.documents import Book, Snapshot, epoch_seconds
from zkmargin.circuits.pricing import FloatArray, black76, discount_factor

LINEAR = ("spot", "perpetual", "future")


def profit_surface(
    book: Book, snapshot: Snapshot, units: Sequence[int], moves: FloatArray, volatility_moves: FloatArray
) -> FloatArray:
    """Profit and loss, `(volatility moves, spot moves)`: all underlyings and smiles move together, relatively."""
    now = epoch_seconds(snapshot.time)
    surface = np.zeros((len(volatility_moves), len(moves)))
    known = {row.asset for row in snapshot.underlyings}
    for entry, held in zip(book.entries, units, strict=True):
        row = snapshot.instrument(entry.symbol)
        amount = held / 10.0**entry.decimals * float(entry.contract_size)
        if not held or entry.kind == "cash":
            continue
        if entry.kind == "option" and entry.expiry is not None and row.volatility is not None:
            term = snapshot.expiry(entry.parsed.base, entry.expiry)
            seconds = max(0, epoch_seconds(entry.expiry) - now)
            forward = float(term.settled) + float(term.forward - term.settled) * (1.0 + moves[None, :])
            volatility = float(row.volatility) * (1.0 + volatility_moves[:, None])
            strike, discount = float(entry.parsed.strike or 0), discount_factor(float(term.rate), seconds)
            call = np.asarray(bool(entry.parsed.is_call))
            there = black76(forward, strike, volatility, seconds, discount, call)
            here = black76(float(term.forward), strike, float(row.volatility), seconds, discount, call)
            surface += amount * (there - here)
        elif entry.kind in LINEAR or entry.symbol in known:
            surface += amount * float(row.price) * moves[None, :]
    return surface
