"""Sums of many multiples of points: tables (see `prepared`) for few points, buckets for many.

Buckets: a lane takes one window of one chunk of the points, twice as many as scalars have halves (see `scalars`), and
adds each point to the bucket of its digit; no two lanes ever share a bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from zkmargin.verifier.ifma import coordinates, curve
from zkmargin.verifier.ifma.compiler import kernel
from zkmargin.verifier.ifma.curve import AFFINE_WORDS, POINT_WORDS
from zkmargin.verifier.ifma.description import LANES, Words, aligned
from zkmargin.verifier.ifma.multiples import table_of, table_width
from zkmargin.verifier.ifma.points import POINT, folded, scratch
from zkmargin.verifier.ifma.prepared import table_sum
from zkmargin.verifier.ifma.registers import address, lane_numbers
from zkmargin.verifier.ifma.scalars import HALF_BITS, digits, window_count
from zkmargin.verifier.parallel import in_parts

FEW_BITS = 4
MULTIPLES = table_width(FEW_BITS)


@kernel
def with_endomorphism(result: Any, affine: Any, room: Any) -> None:
    """Rows `2 i` and `2 i + 1`: an affine point and its image."""
    indices = lane_numbers()
    point = address(room)
    for start in range(0, len(affine), LANES):
        coordinates.lanes_at(indices, start, len(affine))
        coordinates.gather_affine(point, affine, indices)
        coordinates.rows_of(indices, start, len(affine), 2, 0)
        coordinates.scatter_affine(result, indices, point)
        coordinates.rows_of(indices, start, len(affine), 2, 1)
        curve.endomorphism_affine(point, point)
        coordinates.scatter_affine(result, indices, point)


@kernel
def bucket_sums(sums: Any, first: int, chunks: int, affine: Any, digits: Any, buckets: Any, room: Any) -> None:
    """Eight lanes' window sums. Lane `t = chunk * windows + window` from `first` on; lanes beyond the last repeat it.

    `buckets` is room for eight times as many points as there are sizes of digits; bucket 0 takes what is not wanted.
    """
    indices, signs, places = lane_numbers(), lane_numbers(), lane_numbers()
    lane_windows, starts = lane_numbers(), lane_numbers()
    total = address(room)
    point, running = total + POINT, total + 2 * POINT
    windows, halves = digits.shape[1] // 2, 2 * digits.shape[0]
    length = (halves + chunks - 1) // chunks
    size = len(buckets) // LANES
    curve.identity(total)
    for at in range(size):
        coordinates.spaced(places, at, size)
        coordinates.scatter_point(buckets, places, total)
    for lane in range(LANES):
        task = min(first + lane, len(sums) - 1)
        lane_windows[lane] = task % windows
        starts[lane] = (task // windows) * length
    for step in range(length):
        for lane in range(LANES):
            half = starts[lane] + step
            signs[lane] = 0
            indices[lane] = 0
            if half < halves:
                signs[lane] = digits[half >> 1, 2 * lane_windows[lane] + (half & 1)]
                indices[lane] = half
            places[lane] = lane * size + abs(signs[lane])
        coordinates.gather_affine(point, affine, indices)
        curve.flip(point, signs)
        coordinates.gather_point(total, buckets, places)
        curve.add_affine(total, total, point)
        coordinates.scatter_point(buckets, places, total)
    curve.identity(total)
    curve.identity(running)
    for at in range(size - 1, 0, -1):
        coordinates.spaced(places, at, size)
        coordinates.gather_point(point, buckets, places)
        curve.add(running, running, point)
        curve.add(total, total, running)
    coordinates.lanes_at(indices, first, len(sums))
    coordinates.scatter_point(sums, indices, total)


@kernel
def join_windows(result: Any, sums: Any, window_bits: int, room: Any) -> None:
    """The sum over windows with their weights."""
    indices = lane_numbers()
    total = address(room)
    point = total + POINT
    curve.identity(total)
    for window in range(len(sums) - 1, -1, -1):
        curve.doublings(total, total, window_bits)
        coordinates.spaced(indices, window, 0)
        coordinates.gather_point(point, sums, indices)
        curve.add_two(total, total, point)
    coordinates.spaced(indices, 0, 0)
    coordinates.scatter_point(result, indices, total)


@dataclass(frozen=True)
class Plan:
    """How to sum: bits of a window, chunks of the points, and what that costs in additions of eight points."""

    window_bits: int
    chunks: int
    cost: float

    @property
    def windows(self) -> int:
        return window_count(self.window_bits)

    @property
    def tasks(self) -> int:
        return self.windows * self.chunks


NORMALISING = 0.6
"""Cost of an affine form, and of the digits, against an addition by complete formulas."""

CHORD = 0.6
"""Cost of an addition by a chord, and of what is gathered for it."""

DOUBLING = 0.25
"""Cost of one of many doublings of a point or two."""

INVERSION = 6
INVERSIONS = 10
"""Of the tables and of the trees over them, with what passes between the kernels."""

WORTH_A_THREAD = 24
"""Points for which tables take a thread as long as the doublings and inversions that it would repeat."""

BUCKET_SIZES = (5, 6, 7, 8, 9, 10, 11, 12, 13)
"""With more bits the buckets leave the caches, and a step costs more than it saves."""

CHUNKS = (1, 2, 4, 8)


@lru_cache(maxsize=1024)
def few_cost(points: int) -> float:
    """The cost of tables made for one sum."""
    windows, blocks = window_count(FEW_BITS), -(-points // LANES)
    chords = blocks * MULTIPLES + 2 * windows // LANES * points
    return DOUBLING * HALF_BITS + windows + INVERSIONS * INVERSION + CHORD * chords


@lru_cache(maxsize=1024)
def bucket_plan(points: int) -> Plan:
    """The cheapest plan for buckets."""

    def plan(window_bits: int, chunks: int) -> Plan:
        windows = window_count(window_bits)
        groups = -(-windows * chunks // LANES)
        each = -(-2 * points // chunks) + (1 << window_bits)
        fixed = DOUBLING * HALF_BITS + windows + INVERSION + NORMALISING * points / LANES
        return Plan(window_bits, chunks, fixed + groups * each)

    return min((plan(bits, chunks) for bits in BUCKET_SIZES for chunks in CHUNKS), key=lambda found: found.cost)


def multiply_sum(rows: Words, affine: Callable[[], Words], words: Words) -> Words:
    """The sum of scalars times points; `affine` gives the affine rows if they are needed."""
    plan = bucket_plan(len(rows))
    if few_cost(len(rows)) <= plan.cost:
        return by_tables(rows, words)
    return by_buckets(affine(), words, plan)


def by_tables(rows: Words, words: Words) -> Words:
    """A thread may take some of the points: it then doubles for itself, which is soon less than what it adds."""

    def part(start: int, stop: int) -> Words:
        return table_sum(table_of(rows[start:stop], MULTIPLES), words[start:stop], FEW_BITS)

    return folded(np.concatenate(in_parts(part, len(rows), WORTH_A_THREAD)), 1)


def by_buckets(affine: Words, words: Words, plan: Plan) -> Words:
    """A thread may take some of the groups of eight lanes."""
    signed, room = np.empty((len(affine), 2 * plan.windows), np.int64), scratch()
    digits(signed, words, plan.window_bits)
    both, sums = aligned(2 * len(affine), AFFINE_WORDS), aligned(plan.tasks, POINT_WORDS)
    with_endomorphism(both, affine, room)

    def part(start: int, stop: int) -> None:
        buckets = aligned(LANES * ((1 << (plan.window_bits - 1)) + 1), POINT_WORDS)
        for group in range(start, stop):
            bucket_sums(sums, group * LANES, plan.chunks, both, signed, buckets, scratch())

    in_parts(part, -(-plan.tasks // LANES), 1)
    result = aligned(1, POINT_WORDS)
    join_windows(result, folded(sums, plan.windows), plan.window_bits, room)
    return result
