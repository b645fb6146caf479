"""Tables of the multiples of points, in affine form, made by chords: for one sum, or kept for many."""

from __future__ import annotations

from typing import Any

from zkmargin.verifier.ifma import chords, coordinates, inversion
from zkmargin.verifier.ifma.chords import AFFINE
from zkmargin.verifier.ifma.compiler import kernel
from zkmargin.verifier.ifma.curve import AFFINE_WORDS, BLOCK, POINT_WORDS
from zkmargin.verifier.ifma.description import LANES, Words, aligned
from zkmargin.verifier.ifma.points import add_rows, normalise, scratch
from zkmargin.verifier.ifma.registers import address, lane_numbers
from zkmargin.verifier.ifma.trees import ROOM_BLOCKS


def table_width(window_bits: int) -> int:
    """Multiples of a point, from 0 on, that signed digits of so many bits ask for."""
    return (1 << (window_bits - 1)) + 1


@kernel
def multiples_of(table: Any, affine: Any, width: int, room: Any) -> None:
    """`table[count i + m] = m` times point `i`, for m from 1 on; `affine` has the points and then their doubles.

    So many blocks of points at a time. From the multiples up to m follow those up to 2 m - 1 by adding the m-th. No two
    of them are equal or opposite, as the order of the group is a large prime: all have a chord.
    """
    indices = lane_numbers()
    points = len(affine) // 2
    count = len(table) // points
    inverse = address(room)
    multiples = inverse + BLOCK
    before = multiples + width * count * AFFINE
    coordinates.one(before)
    for first in range(0, points, width * LANES):
        size = min(width, (points - first + LANES - 1) // LANES)
        for at in range(size):
            for double in range(2):
                coordinates.rows_of(indices, first + at * LANES, points, 1, double * points)
                coordinates.gather_affine(multiples + (at * count + 1 + double) * AFFINE, affine, indices)
        known = 2
        while known + 1 < count:
            more, last = min(known, count - known) - 1, before
            for at in range(size):
                left = multiples + (at * count + 1) * AFFINE
                chords.runs(last, left, left + (known - 1) * AFFINE, 0, more)
                last += more * BLOCK
            inversion.invert_lanes(inverse, last)
            for at in range(size - 1, -1, -1):
                end = multiples + (at * count + 1 + more) * AFFINE
                chords.sums(last, end + known * AFFINE, end, end + (known - 1 - more) * AFFINE, 0, more, inverse)
                last -= more * BLOCK
            known += more
        for at in range(size):
            for times in range(1, count):
                coordinates.rows_of(indices, first + at * LANES, points, count, times)
                coordinates.scatter_affine(table, indices, multiples + (at * count + times) * AFFINE)


def table_of(rows: Words, count: int) -> Words:
    """Affine rows: the multiples 0 to `count - 1` of each point."""
    both = aligned(2 * len(rows), POINT_WORDS)
    both[: len(rows)] = rows
    add_rows(both[len(rows) :], rows, rows, scratch())
    affine = aligned(len(both), AFFINE_WORDS)
    normalise(affine, both, scratch(-(-len(both) // LANES) + 1))
    table = aligned(len(rows) * count, AFFINE_WORDS)
    table[::count] = 0
    width = max(1, min(-(-len(rows) // LANES), ROOM_BLOCKS // count))
    # Of two coordinates, and for a product of runs for every second multiple.
    multiples_of(table, affine, width, scratch(width * (2 * count + count // 2) + 1))
    return table
