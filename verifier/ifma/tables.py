"""Kernels for points that are fixed: the subset sums of eight points, and sums of bits read off them byte by byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from zkmargin.verifier.ifma import coordinates, curve
from zkmargin.verifier.ifma.chords import AFFINE
from zkmargin.verifier.ifma.compiler import kernel
from zkmargin.verifier.ifma.curve import AFFINE_WORDS, POINT_WORDS
from zkmargin.verifier.ifma.description import LANES, Words, aligned
from zkmargin.verifier.ifma.points import FIXED_ROOM, IDENTITY, POINT, normalise, scratch
from zkmargin.verifier.ifma.registers import address, lane_numbers
from zkmargin.verifier.ifma.trees import NO_LEVEL, ROOM_BLOCKS, WORTH_A_LEVEL, climb, tree_room
from zkmargin.verifier.parallel import begin_parts, in_parts

BYTE = 8
ENTRIES = 1 << BYTE


@kernel
def subset_sums(result: Any, points: Any, room: Any) -> None:
    """`result[256 g + m]`: the sum of the points `8 g + b` for the bits `b` set in `m`. Each bit doubles what is done.

    The first entry of each group must be the identity beforehand.
    """
    sources, addends, targets = lane_numbers(), lane_numbers(), lane_numbers()
    a = address(room)
    b = a + POINT
    for bit in range(BYTE):
        size = 1 << bit
        count = (len(points) // BYTE) * size
        for start in range(0, count, LANES):
            for lane in range(LANES):
                at = min(start + lane, count - 1)
                group = at >> bit
                sources[lane] = group * ENTRIES + (at & (size - 1))
                targets[lane] = sources[lane] + size
                addends[lane] = group * BYTE + bit
            coordinates.gather_point(a, result, sources)
            coordinates.gather_point(b, points, addends)
            curve.add(a, a, b)
            coordinates.scatter_point(result, targets, a)


@kernel
def sum_bytes(result: Any, table: Any, rows: Any, first: int, last: int, group: int, worth: int, room: Any) -> Any:
    """`result[j]`: the sum of the table's entries for the bytes of row `j`.

    For blocks of eight rows, from the `first` to the `last`, in trees of so many blocks at a time. Whether they are
    found: equal entries in one row can prevent that.
    """
    indices = lane_numbers()
    total = address(room)
    inverse = total + POINT
    blocks = total + FIXED_ROOM
    width = rows.shape[1]
    before = blocks + group * width * AFFINE
    for start in range(first, last, group):
        size = min(group, last - start)
        for at in range(size):
            place = address(rows) + (start + at) * LANES * width
            for step in range(width):
                ahead = min(step + 1, width - 1)
                coordinates.chosen(indices, place + ahead, width, ahead * ENTRIES)
                coordinates.fetch_affine(table, indices)
                coordinates.chosen(indices, place + step, width, step * ENTRIES)
                coordinates.gather_affine(blocks + (step * size + at) * AFFINE, table, indices)
        left = climb(blocks, size, width, worth, inverse, before, indices)
        if left < 0:
            return False
        for at in range(size):
            curve.identity(total)
            for step in range(left):
                curve.add_affine(total, total, blocks + (step * size + at) * AFFINE)
            coordinates.spaced(indices, (start + at) * LANES, 1)
            coordinates.scatter_point(result, indices, total)
    return True


WORTH_A_THREAD = 200
"""Additions of eight points that take a thread much longer than it takes to wake it."""


def byte_tables(points: Words) -> Words:
    """Affine rows: the 256 subset sums of each eight points."""
    groups = len(points) // BYTE
    result = aligned(groups * ENTRIES, AFFINE_WORDS)

    def part(start: int, stop: int) -> None:
        sums = aligned((stop - start) * ENTRIES, POINT_WORDS)
        sums[::ENTRIES] = IDENTITY
        subset_sums(sums, points[start * BYTE : stop * BYTE], scratch())
        normalise(result[start * ENTRIES : stop * ENTRIES], sums, scratch(len(sums) // LANES + 1))

    in_parts(part, groups, max(1, WORTH_A_THREAD * LANES // ENTRIES))
    return result


def row_sums(table: Words, rows: npt.NDArray[np.uint8]) -> Callable[[], Words]:
    """Begin, for each row, the sum of the table's entries for its bytes."""
    count, width = rows.shape
    blocks = -(-count // LANES)
    filled = np.zeros((blocks * LANES, width), np.uint8)
    filled[:count] = rows
    sums = aligned(len(filled), POINT_WORDS)

    def part(start: int, stop: int) -> None:
        group = max(1, min(stop - start, ROOM_BLOCKS // max(1, width)))
        room = scratch(tree_room(group, width))
        if not sum_bytes(sums, table, filled, start, stop, group, WORTH_A_LEVEL, room):
            sum_bytes(sums, table, filled, start, stop, group, NO_LEVEL, room)

    # In small parts: a prover's other thread comes to them when it has added up the masks.
    finish = begin_parts(part, blocks, 1 + WORTH_A_THREAD // max(1, width))

    def found() -> Words:
        finish()
        return sums[:count]

    return found
