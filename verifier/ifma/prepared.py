"""Sums by tables: the multiples of each point in affine form, made for one sum or kept for many.

Eight lanes run through the windows of the scalars' halves (see `scalars`) together, each adding the halves that fall
to it; even lanes hold first halves, odd lanes second halves, so the endomorphism is applied once at the end, to the
odd lanes. Tables that are kept may be long: that a multiple is read from memory costs less than an addition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zkmargin.circuits.errors import InternalError
from zkmargin.verifier.ifma import coordinates, curve
from zkmargin.verifier.ifma.compiler import helper, kernel
from zkmargin.verifier.ifma.curve import AFFINE_WORDS, POINT_WORDS
from zkmargin.verifier.ifma.description import LANES, Words, aligned
from zkmargin.verifier.ifma.points import POINT, normalise, scratch
from zkmargin.verifier.ifma.registers import address, lane_numbers
from zkmargin.verifier.ifma.scalars import digits, window_count

WINDOW_BITS = 8
MULTIPLES = (1 << (WINDOW_BITS - 1)) + 1
"""Multiples 0 to 128 of each point: signed digits of eight bits."""


@kernel
def multiples_of(table: Any, points: Any, room: Any) -> None:
    """`table[count i + m] = m` times point `i`; `count` rows of the table belong to each point."""
    indices, places = lane_numbers(), lane_numbers()
    count = len(table) // len(points)
    point = address(room)
    total = point + POINT
    for start in range(0, len(points), LANES):
        coordinates.lanes_at(indices, start, len(points))
        coordinates.gather_point(point, points, indices)
        curve.identity(total)
        for times in range(count):
            for lane in range(LANES):
                places[lane] = indices[lane] * count + times
            coordinates.scatter_point(table, places, total)
            curve.add(total, total, point)


@helper
def images(rows: Any, total: int, entry: int, indices: Any) -> None:
    """The endomorphism applied to the odd lanes."""
    coordinates.spaced(indices, 0, 1)
    curve.endomorphism(entry, total)
    coordinates.scatter_point(rows, indices, total)
    # Even lanes write their images where nobody looks.
    for lane in range(0, LANES, 2):
        indices[lane] = LANES
    coordinates.scatter_point(rows, indices, entry)


@helper
def across(rows: Any, total: int, entry: int, indices: Any) -> None:
    """The sum of eight rows, in each of them: three additions of rows 4, 2 and 1 apart."""
    coordinates.spaced(indices, 0, 1)
    coordinates.gather_point(total, rows, indices)
    distance = LANES // 2
    while distance:
        for lane in range(LANES):
            indices[lane] = lane ^ distance
        coordinates.gather_point(entry, rows, indices)
        curve.add(total, total, entry)
        coordinates.spaced(indices, 0, 1)
        coordinates.scatter_point(rows, indices, total)
        distance >>= 1


@helper
def named(indices: Any, signs: Any, digits: Any, window: int, start: int, count: int) -> None:
    """The rows of eight halves' multiples, and the signs; beyond the last half, zero times the first point."""
    for lane in range(LANES):
        half = start + lane
        signs[lane] = 0
        indices[lane] = 0
        if half < digits.shape[1]:
            signs[lane] = digits[window, half]
            indices[lane] = (half >> 1) * count + abs(signs[lane])


@kernel
def windowed_sum(result: Any, table: Any, digits: Any, window_bits: int, room: Any) -> None:
    """The sum of the multiples that the digits name, in the first row of eight."""
    indices, signs = lane_numbers(), lane_numbers()
    total = address(room)
    entry = total + POINT
    halves = digits.shape[1]
    count = len(table) // (halves // 2)
    curve.identity(total)
    for window in range(len(digits) - 1, -1, -1):
        for _ in range(window_bits):
            curve.double(total, total)
        for start in range(0, halves, LANES):
            named(indices, signs, digits, window, start + LANES, count)
            coordinates.fetch_affine(table, indices)
            named(indices, signs, digits, window, start, count)
            coordinates.gather_affine(entry, table, indices)
            curve.flip(entry, signs)
            curve.add_affine(total, total, entry)
    images(result, total, entry, indices)
    across(result, total, entry, indices)


@dataclass(frozen=True, eq=False)
class PreparedPoints:
    """Points with their multiples; a slice of them is prepared too."""

    table: Words

    def __len__(self) -> int:
        return len(self.table) // MULTIPLES

    def __getitem__(self, part: slice) -> PreparedPoints:
        start, stop, step = part.indices(len(self))
        if step != 1:
            raise InternalError("prepared points: only neighbours make a slice")
        return PreparedPoints(self.table[start * MULTIPLES : stop * MULTIPLES])


def prepare(rows: Words) -> PreparedPoints:
    return PreparedPoints(table_of(rows, MULTIPLES))


def table_of(rows: Words, count: int) -> Words:
    """Affine rows: the multiples 0 to `count - 1` of each point."""
    multiples, table = (aligned(len(rows) * count, words) for words in (POINT_WORDS, AFFINE_WORDS))
    multiples_of(multiples, rows, scratch())
    normalise(table, multiples, scratch(-(-len(multiples) // LANES) + 1))
    return table


def multiply_sum(points: PreparedPoints, words: Words) -> Words:
    return table_sum(points.table, words, WINDOW_BITS)


def table_sum(table: Words, words: Words, window_bits: int) -> Words:
    """The sum of scalars times points, as a row; the table has the multiples that digits of so many bits ask for."""
    signed = np.empty((window_count(window_bits), 2 * len(words)), np.int64)
    digits(signed, words, window_bits)
    sums = aligned(LANES + 1, POINT_WORDS)
    windowed_sum(sums, table, signed, window_bits, scratch())
    return sums[:1]
