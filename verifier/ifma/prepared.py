"""Sums by tables: the multiples of each point in affine form, made for one sum or kept for many.

A lane is a digit of the scalars (see `scalars`), the same for all of them; eight digits that follow each other, of one
scalar, name eight multiples of its point. Even lanes hold digits of first halves, odd lanes of second halves, so the
endomorphism is applied once at the end. Tables that are kept may be long: that a multiple is read from memory costs
less than an addition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zkmargin.circuits.errors import InternalError
from zkmargin.verifier.ifma import coordinates, curve
from zkmargin.verifier.ifma.chords import AFFINE
from zkmargin.verifier.ifma.compiler import helper, kernel
from zkmargin.verifier.ifma.curve import POINT_WORDS
from zkmargin.verifier.ifma.description import LANES, VECTOR_BYTES, Words, aligned
from zkmargin.verifier.ifma.multiples import table_of, table_width
from zkmargin.verifier.ifma.points import FIXED_ROOM, POINT, scratch
from zkmargin.verifier.ifma.registers import address, lane_numbers
from zkmargin.verifier.ifma.scalars import digits, window_count
from zkmargin.verifier.ifma.trees import NO_LEVEL, ROOM_BLOCKS, WORTH_A_LEVEL, climb, tree_room

WINDOW_BITS = 8
"""Ten bits would save a fifth of the additions and take four times the memory: whole proofs gain nothing by it."""

MULTIPLES = table_width(WINDOW_BITS)


@helper
def gather(block: int, table: Any, named: Any, at: int, part: int, indices: Any) -> None:
    """The multiples that eight digits of a scalar name, while those that the next scalar names are asked for."""
    count, step = len(table) // len(named), named.shape[1] * 8
    row = address(named) + part * VECTOR_BYTES
    ahead = min(at + 1, len(named) - 1)
    coordinates.named(indices, row + ahead * step, ahead * count)
    coordinates.fetch_affine(table, indices)
    coordinates.named(indices, row + at * step, at * count)
    coordinates.gather_affine(block, table, indices)
    curve.flip(block, row + at * step)


@helper
def join(rows: Any, digits: int, window_bits: int, total: int, entry: int, indices: Any) -> None:
    """From a row for each digit the whole sum, in the first row. Even lanes do first halves, odd lanes the others."""
    curve.identity(total)
    for first in range(digits - 2, -2, -2):
        for lane in range(LANES):
            indices[lane] = first + (lane & 1)
        coordinates.gather_point(entry, rows, indices)
        curve.add_two(total, total, entry)
        if first:
            curve.doublings(total, total, window_bits)
    coordinates.spaced(indices, 0, 1)
    curve.endomorphism(entry, total)
    coordinates.scatter_point(rows, indices, entry)
    coordinates.spaced(indices, 1, 0)
    coordinates.gather_point(entry, rows, indices)
    curve.add(total, total, entry)
    coordinates.spaced(indices, 0, 1)
    coordinates.scatter_point(rows, indices, total)


@kernel
def windowed_sum(
    result: Any, table: Any, named: Any, scalars: Any, window_bits: int, group: int, worth: int, room: Any
) -> Any:
    """The sum of scalars times points, in the first row; there is a row for each digit, and room for all in `named`.

    In trees of so many points at a time. Whether the sum is found: equal multiples for one digit can prevent that.
    """
    indices = lane_numbers()
    digits(named, scalars, window_bits)
    parts = named.shape[1] // LANES
    total = address(room)
    entry = total + POINT
    sums = total + FIXED_ROOM
    blocks = sums + parts * POINT
    before = blocks + parts * group * AFFINE
    for part in range(parts):
        curve.identity(sums + part * POINT)
    for first in range(0, len(named), group):
        size = min(group, len(named) - first)
        for at in range(size):
            for part in range(parts):
                gather(blocks + (at * parts + part) * AFFINE, table, named, first + at, part, indices)
        left = climb(blocks, parts, size, worth, entry, before, indices)
        if left < 0:
            return False
        for at in range(left * parts):
            part_sum = sums + at % parts * POINT
            curve.add_affine(part_sum, part_sum, blocks + at * AFFINE)
    for part in range(parts):
        coordinates.spaced(indices, part * LANES, 1)
        coordinates.scatter_point(result, indices, sums + part * POINT)
    join(result, named.shape[1], window_bits, total, entry, indices)
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
    """The sum of scalars times points, as a row; the table has the multiples that digits of so many bits ask for.

    The digits of a scalar must fill blocks of lanes.
    """
    width = 2 * window_count(window_bits)
    named = np.empty((len(words), width), np.int64)
    sums, parts = aligned(width, POINT_WORDS), width // LANES
    group = min(len(words), max(1, ROOM_BLOCKS // parts))
    room = scratch(3 * parts + tree_room(parts, group))
    if not windowed_sum(sums, table, named, words, window_bits, group, WORTH_A_LEVEL, room):
        windowed_sum(sums, table, named, words, window_bits, group, NO_LEVEL, room)
    return sums[:1]
