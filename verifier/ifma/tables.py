"""Kernels for points that are fixed: the subset sums of eight points, and sums of bits read off them byte by byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from zkmargin.verifier.ifma import coordinates, curve
from zkmargin.verifier.ifma.compiler import helper, kernel
from zkmargin.verifier.ifma.curve import AFFINE_WORDS, POINT_WORDS
from zkmargin.verifier.ifma.description import LANES, Words, aligned
from zkmargin.verifier.ifma.points import FIXED_ROOM, IDENTITY, POINT, folded, normalise, scratch
from zkmargin.verifier.ifma.registers import address, lane_numbers
from zkmargin.verifier.ifma.trees import AFFINE, NO_LEVEL, ROOM_BLOCKS, WORTH_A_LEVEL, climb, tree_room
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


@helper
def entries_at(entries: Any, rows: Any, lane_rows: Any, starts: Any, step: int) -> None:
    """Which entries eight bytes choose. Entry 0 is the identity: a segment that ends early adds nothing."""
    for lane in range(LANES):
        at = starts[lane] + step
        entries[lane] = 0
        if at < rows.shape[1]:
            entries[lane] = at * ENTRIES + rows[lane_rows[lane], at]


@kernel
def sum_bytes(
    result: Any, table: Any, rows: Any, segments: int, first: int, last: int, group: int, worth: int, room: Any
) -> Any:
    """`result[s * len(rows) + j]`: the sum over segment `s` of the bytes of row `j` of the table's entry for each byte.

    Few rows would leave lanes idle; so rows can be cut in segments, each in a lane of its own. Blocks of eight such
    sums are formed from `first` to `last`, so many of them at a time in trees. Whether they are found: equal entries
    in one row can prevent that.
    """
    indices, entries = lane_numbers(), lane_numbers()
    lane_rows, starts = lane_numbers(), lane_numbers()
    total = address(room)
    inverse = total + POINT
    blocks = total + FIXED_ROOM
    count, width = rows.shape
    length = (width + segments - 1) // segments
    before = blocks + group * length * AFFINE
    for start in range(first, last, group):
        size = min(group, last - start)
        for at in range(size):
            coordinates.lanes_at(indices, (start + at) * LANES, count * segments)
            for lane in range(LANES):
                lane_rows[lane] = indices[lane] % count
                starts[lane] = (indices[lane] // count) * length
            entries_at(entries, rows, lane_rows, starts, 0)
            for step in range(length):
                coordinates.gather_affine(blocks + (at * length + step) * AFFINE, table, entries)
                entries_at(entries, rows, lane_rows, starts, step + 1)
                coordinates.fetch_affine(table, entries)
        left = climb(blocks, size, length, worth, inverse, before, indices)
        if not left:
            return False
        for at in range(size):
            curve.identity(total)
            for step in range(left):
                curve.add_affine(total, total, blocks + (at * length + step) * AFFINE)
            coordinates.lanes_at(indices, (start + at) * LANES, count * segments)
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
    segments = segments_for(count, width)
    sums = aligned(count * segments, POINT_WORDS)

    length = -(-width // segments)

    def part(start: int, stop: int) -> None:
        group = max(1, min(stop - start, ROOM_BLOCKS // max(1, length)))
        room = scratch(tree_room(group, length))
        if not sum_bytes(sums, table, rows, segments, start, stop, group, WORTH_A_LEVEL, room):
            sum_bytes(sums, table, rows, segments, start, stop, group, NO_LEVEL, room)

    # In small parts: a prover's other thread comes to them when it has added up the masks.
    finish = begin_parts(part, -(-count * segments // LANES), 1 + WORTH_A_THREAD * segments // max(1, width))

    def found() -> Words:
        finish()
        return folded(sums, count)

    return found


def segments_for(rows: int, width: int) -> int:
    """The number of segments that takes the fewest steps; folding them up costs an addition each."""

    def steps(segments: int) -> int:
        blocks = -(-rows * segments // LANES)
        folds = sum(-(-rows * (segments >> level) // LANES) for level in range(1, segments.bit_length()))
        return blocks * -(-width // segments) + folds

    return min((1, 2, 4, 8), key=steps)
