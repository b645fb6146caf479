"""Interval arithmetic, and how many lanes an interval takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.system import LANE_BITS, MAX_LANES

Interval = tuple[Ints, Ints]

NARROW = 1 << 60
"""Values below this size are handed to programs as int64: sums of a few of them still fit."""


def lanes_and_offset(low: int, high: int, what: Callable[[], str]) -> tuple[int, int]:
    """Lanes and offset of a wire that can hold everything from `low` to `high`."""
    offset = max(0, -low)
    lanes = max(1, -(-(max(high, 0) + offset).bit_length() // LANE_BITS))
    if lanes > MAX_LANES:
        raise InvalidInput(
            f"{what()}: values from {power_text(low)} to {power_text(high)} do not fit {MAX_LANES} lanes of "
            f"{LANE_BITS} bits; narrow the entries or rescale earlier"
        )
    return lanes, offset


def power_text(value: int) -> str:
    """A public bound in a form people can read."""
    if abs(value) < 10**6:
        return str(value)
    sign = "-" if value < 0 else ""
    return f"{sign}2^{(abs(value) - 1).bit_length()}"


def product(left: Interval, right: Interval) -> Interval:
    """The interval of a product of two unrelated values."""
    corners = [a * b for a in left for b in right]
    return np.minimum.reduce(corners), np.maximum.reduce(corners)
