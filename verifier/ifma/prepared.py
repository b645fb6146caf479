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
from zkmargin.verifier.ifma.curve import POINT_WORDS
from zkmargin.verifier.ifma.description import LANES, VECTOR_BYTES, Words, aligned
from zkmargin.verifier.ifma.multiples import table_of, table_width
from zkmargin.verifier.ifma.points import FIXED_ROOM, POINT, scratch
from zkmargin.verifier.ifma.registers import address, lane_numbers
from zkmargin.verifier.ifma.scalars import digits, window_count
from zkmargin.verifier.ifma.trees import AFFINE, NO_LEVEL, ROOM_BLOCKS, WORTH_A_LEVEL, climb, tree_room

WINDOW_BITS = 8
"""Four times the memory would save a fifth of the additions, and what is read would be in no cache."""

MULTIPLES = table_width(WINDOW_BITS)


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
def gather(block: int, table: Any, digits: Any, window: int, at: int, points: int, indices: Any) -> None:
    """The multiples that the `at`-th eight digits of a window name, while those named next are asked for."""
    count = len(table) // points
    place = address(digits) + window * digits.shape[1] * 8
    ahead = min(at + 1, digits.shape[1] // LANES - 1)
    coordinates.named(indices, place + ahead * VECTOR_BYTES, ahead * LANES, points - 1, count)
    coordinates.fetch_affine(table, indices)
    coordinates.named(indices, place + at * VECTOR_BYTES, at * LANES, points - 1, count)
    coordinates.gather_affine(block, table, indices)
    curve.flip(block, place + at * VECTOR_BYTES)


@kernel
def windowed_sum(
    result: Any, table: Any, named: Any, scalars: Any, window_bits: int, group: int, worth: int, room: Any
) -> Any:
    """The sum of scalars times points, in the first row of eight, by trees of so many windows at a time.

    `named` is room for the digits, and zero beyond them. Whether the sum is found: equal multiples in one window can
    prevent that.
    """
    indices, points = lane_numbers(), len(scalars)
    digits(named, scalars, window_bits)
    total = address(room)
    entry = total + POINT
    blocks = total + FIXED_ROOM
    stride = named.shape[1] // LANES
    before = blocks + group * stride * AFFINE
    curve.identity(total)
    first = len(named)
    while first > 0:
        size = min(group, first)
        first -= size
        for window in range(size):
            for at in range(stride):
                gather(blocks + (window * stride + at) * AFFINE, table, named, first + window, at, points, indices)
        left = climb(blocks, size, stride, worth, entry, before, indices)
        if not left:
            return False
        for window in range(size - 1, -1, -1):
            if first + window + 1 < len(named):
                for _ in range(window_bits):
                    curve.double(total, total)
            for at in range(left):
                curve.add_affine(total, total, blocks + (window * stride + at) * AFFINE)
    images(result, total, entry, indices)
    across(result, total, entry, indices)
    return True


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


def multiply_sum(points: PreparedPoints, words: Words) -> Words:
    return table_sum(points.table, words, WINDOW_BITS)


def table_sum(table: Words, words: Words, window_bits: int) -> Words:
    """The sum of scalars times points, as a row; the table has the multiples that digits of so many bits ask for."""
    stride = -(-2 * len(words) // LANES)
    named = np.zeros((window_count(window_bits), stride * LANES), np.int64)
    group = max(1, min(len(named), ROOM_BLOCKS // stride))
    sums, room = aligned(LANES + 1, POINT_WORDS), scratch(tree_room(group, stride))
    if not windowed_sum(sums, table, named, words, window_bits, group, WORTH_A_LEVEL, room):
        windowed_sum(sums, table, named, words, window_bits, group, NO_LEVEL, room)
    return sums[:1]
