"""Weights that worsen with the size of a position, by the square root of it: Drift's formulas, integer by integer.

Weights are in units of 1/10,000, the curve factor `imf` in units of 1/1,000,000, sizes in units of 1/1,000,000,000.

    root(size)      = isqrt(10 size + 1)
    liability(size) = max(w, w - w/5 + root imf / 10^7)
    asset(size)     = min(w, 1.1 * 10^10 / (10^6 + root imf / 10^5))

Every division and the root are rounded down.
"""

from __future__ import annotations

import numpy as np

import zkmargin.circuits as zk
from zkmargin.circuits import Fixed, Quantity, Rounding

WEIGHT_DECIMALS = 4
SIZE_DECIMALS = 9


def liability_weight(size: Quantity, weight: Fixed, imf: int) -> Quantity | Fixed:
    """The weight of a debt or a perpetual of this size, which is not negative."""
    if imf == 0:
        return weight
    plain = _units(weight)
    grown = zk.floor_div(_root(size) * imf, 10**7) + (plain - plain // 5)
    return zk.maximum(grown, plain).as_decimals(WEIGHT_DECIMALS)


def asset_weight(size: Quantity, weight: Fixed, imf: int) -> Quantity | Fixed:
    """The weight of a deposit or a profit of this size, which is not negative."""
    if imf == 0:
        return weight
    shrunk = zk.floor_div(11 * 10**9, zk.floor_div(_root(size) * imf, 10**5) + 10**6)
    return zk.minimum(shrunk, _units(weight)).as_decimals(WEIGHT_DECIMALS)


def _root(size: Quantity) -> Quantity:
    units = zk.rescale(size, SIZE_DECIMALS, Rounding.DOWN).as_decimals(0)
    return zk.sqrt(units * 10 + 1, 0, Rounding.DOWN)


def _units(weight: Fixed) -> int:
    return int(np.asarray(weight.rescale(WEIGHT_DECIMALS, Rounding.DOWN).integers))
