"""Sums of many multiples of points: interleaved windows for few points, buckets for many.

Both work on the halves of scalars (see `scalars`), two for each point. *Interleaved*: a table of the multiples of each
point; eight lanes run through the windows together, each adding the halves that fall to it; even lanes hold first
halves, odd lanes second halves, so the endomorphism is applied once at the end. *Buckets*: a lane takes one window of
one chunk of the points and adds each point to the bucket of its digit; no two lanes ever share a bucket.
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
from zkmargin.verifier.ifma.points import POINT, folded, lanes_at, scratch, spaced
from zkmargin.verifier.ifma.registers import address, lane_numbers
from zkmargin.verifier.ifma.scalars import HALF_BITS, digits, window_count
from zkmargin.verifier.parallel import in_parts

FEW_BITS = 5
MULTIPLES = (1 << (FEW_BITS - 1)) + 1
"""Multiples 0 to 16 of each point: signed digits of five bits."""


@kernel
def multiples(table: Any, points: Any, room: Any) -> None:
    """`table[MULTIPLES * i + m] = m` times point `i`."""
    indices, places = lane_numbers(), lane_numbers()
    point = address(room)
    total = point + POINT
    for start in range(0, len(points), LANES):
        lanes_at(indices, start, len(points))
        coordinates.gather_point(point, address(points), address(indices))
        curve.identity(total)
        for times in range(MULTIPLES):
            for lane in range(LANES):
                places[lane] = indices[lane] * MULTIPLES + times
            coordinates.scatter_point(address(table), address(places), total)
            curve.add(total, total, point)


@kernel
def interleaved(sums: Any, images: Any, table: Any, digits: Any, room: Any) -> None:
    """The digits' multiples added up, half `h` in lane `h mod 8`; and the images of these sums."""
    indices, signs = lane_numbers(), lane_numbers()
    total = address(room)
    entry = total + POINT
    halves = digits.shape[1]
    curve.identity(total)
    for window in range(len(digits) - 1, -1, -1):
        for _ in range(FEW_BITS):
            curve.double(total, total)
        for start in range(0, halves, LANES):
            for lane in range(LANES):
                half = start + lane
                signs[lane] = 0
                indices[lane] = 0
                if half < halves:
                    signs[lane] = digits[window, half]
                    indices[lane] = (half >> 1) * MULTIPLES + abs(signs[lane])
            coordinates.gather_point(entry, address(table), address(indices))
            curve.flip(entry, address(signs))
            curve.add(total, total, entry)
    spaced(indices, 0, 1)
    coordinates.scatter_point(address(sums), address(indices), total)
    curve.endomorphism(total, total)
    coordinates.scatter_point(address(images), address(indices), total)


@kernel
def with_endomorphism(result: Any, affine: Any, room: Any) -> None:
    """Rows `2 i` and `2 i + 1`: an affine point and its image."""
    indices = lane_numbers()
    point = address(room)
    for start in range(0, len(affine), LANES):
        lanes_at(indices, start, len(affine))
        coordinates.gather_affine(point, address(affine), address(indices))
        for lane in range(LANES):
            indices[lane] *= 2
        coordinates.scatter_affine(address(result), address(indices), point)
        for lane in range(LANES):
            indices[lane] += 1
        curve.endomorphism_affine(point, point)
        coordinates.scatter_affine(address(result), address(indices), point)


@kernel
def bucket_sums(sums: Any, first: int, chunks: int, affine: Any, digits: Any, buckets: Any, room: Any) -> None:
    """Eight lanes' window sums. Lane `t = chunk * windows + window` from `first` on; lanes beyond the last repeat it.

    `buckets` is room for eight times as many points as there are sizes of digits; bucket 0 takes what is not wanted.
    """
    indices, signs, places = lane_numbers(), lane_numbers(), lane_numbers()
    lane_windows, starts = lane_numbers(), lane_numbers()
    total = address(room)
    point, running = total + POINT, total + 2 * POINT
    windows, halves = digits.shape
    length = (halves + chunks - 1) // chunks
    size = len(buckets) // LANES
    curve.identity(total)
    for at in range(size):
        spaced(places, at, size)
        coordinates.scatter_point(address(buckets), address(places), total)
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
                signs[lane] = digits[lane_windows[lane], half]
                indices[lane] = half
            places[lane] = lane * size + abs(signs[lane])
        coordinates.gather_affine(point, address(affine), address(indices))
        curve.flip(point, address(signs))
        coordinates.gather_point(total, address(buckets), address(places))
        curve.add_affine(total, total, point)
        coordinates.scatter_point(address(buckets), address(places), total)
    curve.identity(total)
    curve.identity(running)
    for at in range(size - 1, 0, -1):
        spaced(places, at, size)
        coordinates.gather_point(point, address(buckets), address(places))
        curve.add(running, running, point)
        curve.add(total, total, running)
    lanes_at(indices, first, len(sums))
    coordinates.scatter_point(address(sums), address(indices), total)


@kernel
def join_windows(result: Any, sums: Any, window_bits: int, room: Any) -> None:
    """The sum over windows with their weights."""
    indices = lane_numbers()
    total = address(room)
    point = total + POINT
    curve.identity(total)
    for window in range(len(sums) - 1, -1, -1):
        for _ in range(window_bits):
            curve.double(total, total)
        spaced(indices, window, 0)
        coordinates.gather_point(point, address(sums), address(indices))
        curve.add(total, total, point)
    spaced(indices, 0, 0)
    coordinates.scatter_point(address(result), address(indices), total)


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
"""Cost of an affine form, and of the digits, against an addition."""

INVERSION = 60
WORTH_A_THREAD = 48
"""Points for which interleaved windows take a thread much longer than the doublings it would repeat."""

BUCKET_SIZES = (5, 6, 7, 8, 9, 10, 11, 12, 13)
"""With more bits the buckets leave the caches, and a step costs more than it saves."""

CHUNKS = (1, 2, 4, 8)


@lru_cache(maxsize=1024)
def few_cost(points: int) -> float:
    """The cost of interleaved windows."""
    blocks = -(-points // LANES)
    return HALF_BITS + blocks * MULTIPLES + window_count(FEW_BITS) * -(-2 * points // LANES)


@lru_cache(maxsize=1024)
def bucket_plan(points: int) -> Plan:
    """The cheapest plan for buckets."""

    def plan(window_bits: int, chunks: int) -> Plan:
        groups = -(-window_count(window_bits) * chunks // LANES)
        each = -(-2 * points // chunks) + (1 << window_bits)
        fixed = HALF_BITS + INVERSION + NORMALISING * points / LANES
        return Plan(window_bits, chunks, fixed + groups * each)

    return min((plan(bits, chunks) for bits in BUCKET_SIZES for chunks in CHUNKS), key=lambda found: found.cost)


def multiply_sum(rows: Words, affine: Callable[[], Words], words: Words) -> Words:
    """The sum of scalars times points; `affine` gives the affine rows if they are needed."""
    plan = bucket_plan(len(rows))
    if few_cost(len(rows)) <= plan.cost:
        return by_interleaving(rows, words)
    return by_buckets(affine(), words, plan)


def by_interleaving(rows: Words, words: Words) -> Words:
    """A thread may take some of the points: it then doubles for itself, which is soon less than what it adds."""

    def part(start: int, stop: int) -> Words:
        signed, room = np.empty((window_count(FEW_BITS), 2 * (stop - start)), np.int64), scratch()
        digits(signed, words[start:stop], FEW_BITS)
        table = aligned((stop - start) * MULTIPLES, POINT_WORDS)
        multiples(table, rows[start:stop], room)
        sums, images = aligned(LANES, POINT_WORDS), aligned(LANES, POINT_WORDS)
        interleaved(sums, images, table, signed, room)
        sums[1::2] = images[1::2]
        return sums

    return folded(np.concatenate(in_parts(part, len(rows), WORTH_A_THREAD)), 1)


def by_buckets(affine: Words, words: Words, plan: Plan) -> Words:
    """A thread may take some of the groups of eight lanes."""
    signed, room = np.empty((plan.windows, 2 * len(affine)), np.int64), scratch()
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
