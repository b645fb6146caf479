"""Kernels over rows of points: a row is one point, its coordinates one after the other, its limbs side by side.

A kernel takes eight rows, turns them into a block of lanes, computes, and turns the result back. The last block of a
vector repeats its last row to be full. `room` is aligned scratch memory; addresses in it are plain integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zkmargin.verifier.ifma import coordinates, curve, inversion
from zkmargin.verifier.ifma.compiler import helper, kernel
from zkmargin.verifier.ifma.curve import BLOCK, POINT_WORDS
from zkmargin.verifier.ifma.description import BASE, LANES, Words, aligned
from zkmargin.verifier.ifma.registers import address, lane_numbers

curve.LIBRARY.load()
coordinates.LIBRARY.load()
inversion.LIBRARY.load()

POINT = 3 * BLOCK
ONE = np.array(BASE.split(BASE.montgomery(1)), dtype=np.uint64)
IDENTITY = np.concatenate([np.zeros(BASE.limbs, np.uint64), ONE, np.zeros(BASE.limbs, np.uint64)])
"""The row of the identity, (0 : 1 : 0)."""


FIXED_ROOM = 32 * BLOCK


def scratch(blocks: int = 0) -> Words:
    """Room for the temporaries of any kernel: 32 blocks, and `blocks` more."""
    return aligned((FIXED_ROOM + blocks * BLOCK) // 8)


@kernel
def add_rows(result: Any, left: Any, right: Any, room: Any) -> None:
    indices = lane_numbers()
    a = address(room)
    b = a + POINT
    for start in range(0, len(left), LANES):
        coordinates.lanes_at(indices, start, len(left))
        coordinates.gather_point(a, left, indices)
        coordinates.gather_point(b, right, indices)
        curve.add(a, a, b)
        coordinates.scatter_point(result, indices, a)


def folded(rows: Words, length: int) -> Words:
    """The sums of the rows that are a multiple of `length` apart."""
    while len(rows) > length:
        # An odd part waits for the next pass.
        half = len(rows) // length // 2 * length
        rest = rows[2 * half :]
        total = aligned(half + len(rest), POINT_WORDS)
        add_rows(total[:half], rows[:half], rows[half : 2 * half], scratch())
        total[half:] = rest
        rows = total
    return rows


@kernel
def negate_rows(result: Any, source: Any, room: Any) -> None:
    indices = lane_numbers()
    a = address(room)
    for start in range(0, len(source), LANES):
        coordinates.lanes_at(indices, start, len(source))
        coordinates.gather_point(a, source, indices)
        curve.negate(a, a)
        coordinates.scatter_point(result, indices, a)


@helper
def begin_affine(indices: Any, source: Any, room: int) -> None:
    """One inversion for all points: Montgomery's trick, in each lane along its own blocks, and then across lanes.

    `room` has a block for each eight points, and one more, beyond the common scratch. Each is the product of z so far.
    """
    point, z, before = room, room + POINT, room + FIXED_ROOM
    coordinates.one(before)
    for start in range(0, len(source), LANES):
        coordinates.lanes_at(indices, start, len(source))
        coordinates.gather_point(point, source, indices)
        coordinates.nonzero(z, point + 2 * BLOCK)
        coordinates.multiply(before + BLOCK, before, z)
        before += BLOCK
    inversion.invert_lanes(room + POINT + BLOCK, before)


@helper
def next_affine(indices: Any, source: Any, start: int, room: int) -> None:
    """The affine form of a block: the last first, since each leaves the inverse of the product before it."""
    point, z, before = room, room + POINT, room + FIXED_ROOM + start // LANES * BLOCK
    inverse, factor = z + BLOCK, z + 2 * BLOCK
    coordinates.lanes_at(indices, start, len(source))
    coordinates.gather_point(point, source, indices)
    coordinates.nonzero(z, point + 2 * BLOCK)
    coordinates.multiply(factor, inverse, before)
    coordinates.multiply(inverse, inverse, z)
    curve.to_affine(point, point, factor)


@kernel
def normalise(result: Any, source: Any, room: Any) -> None:
    """Affine rows of points; `room` as `begin_affine` needs it."""
    indices = lane_numbers()
    begin_affine(indices, source, address(room))
    for start in range((len(source) - 1) // LANES * LANES, -1, -LANES):
        next_affine(indices, source, start, address(room))
        coordinates.scatter_affine(result, indices, room)


@kernel
def encode(result: Any, source: Any, room: Any) -> None:
    """48 bytes for each point; `room` as `begin_affine` needs it."""
    indices = lane_numbers()
    begin_affine(indices, source, address(room))
    for start in range((len(source) - 1) // LANES * LANES, -1, -LANES):
        next_affine(indices, source, start, address(room))
        coordinates.encode(result, indices, room)


@kernel
def identities(verdict: Any, points: Any, room: Any) -> None:
    """Whether each point is the identity; `verdict` has a whole number of blocks."""
    indices = lane_numbers()
    point = address(room)
    for start in range(0, len(points), LANES):
        coordinates.lanes_at(indices, start, len(points))
        coordinates.gather_point(point, points, indices)
        coordinates.identity_mask(address(verdict) + start * 8, point)
