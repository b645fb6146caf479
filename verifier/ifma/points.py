"""Kernels over rows of points: a row is one point, its coordinates one after the other, its limbs side by side.

A kernel takes eight rows, turns them into a block of lanes, computes, and turns the result back. The last block of a
vector repeats its last row to be full. `room` is aligned scratch memory; addresses in it are plain integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zkmargin.verifier.ifma import coordinates, curve, inversion, membership
from zkmargin.verifier.ifma.compiler import helper, kernel
from zkmargin.verifier.ifma.curve import BLOCK, POINT_WORDS
from zkmargin.verifier.ifma.description import BASE, LANES, Words, aligned
from zkmargin.verifier.ifma.membership import SEED_BITS
from zkmargin.verifier.ifma.registers import address, lane_numbers

curve.LIBRARY.load()
coordinates.LIBRARY.load()
inversion.LIBRARY.load()
membership.LIBRARY.load()

POINT = 3 * BLOCK
WINDOW_BITS = 5
WINDOW_TABLE = 1 << (WINDOW_BITS - 1)
"""Odd powers below 2^5."""

WINDOW_ROOM = WINDOW_TABLE * BLOCK

ONE = np.array(BASE.split(BASE.montgomery(1)), dtype=np.uint64)
IDENTITY = np.concatenate([np.zeros(BASE.limbs, np.uint64), ONE, np.zeros(BASE.limbs, np.uint64)])
"""The row of the identity, (0 : 1 : 0)."""


def power_steps(exponent: int) -> npt.NDArray[np.int64]:
    """An odd exponent by sliding windows, highest first: a step `(d, s)` is a factor of the power `2 d + 1`, and then
    `s` squares."""
    steps, at, below = [], 0, 0
    while exponent >> at:
        digit = (exponent >> at) % (1 << WINDOW_BITS)
        steps.append((digit >> 1, at - below))
        below, at = at, at + WINDOW_BITS
        while exponent >> at and not exponent >> at & 1:
            at += 1
    return np.array(steps[::-1], dtype=np.int64)


ROOT_STEPS = power_steps((BASE.modulus + 1) // 4)
"""The modulus is 3 mod 4: this power of a square is its root."""

FIXED_ROOM = WINDOW_ROOM + 16 * BLOCK


def scratch(blocks: int = 0) -> Words:
    """Room for the temporaries of any kernel: a window table, 16 blocks, and `blocks` more."""
    return aligned((FIXED_ROOM + blocks * BLOCK) // 8)


@helper
def power(result: int, table: int, steps: Any) -> None:
    """The first entry of `table` to a fixed exponent; the other odd powers are put behind it."""
    coordinates.squares(result, table, 1)
    for at in range(1, WINDOW_TABLE):
        coordinates.multiply(table + at * BLOCK, table + (at - 1) * BLOCK, result)
    coordinates.squares(result, table + steps[0, 0] * BLOCK, steps[0, 1])
    for at in range(1, len(steps)):
        coordinates.multiply(result, result, table + steps[at, 0] * BLOCK)
        if steps[at, 1]:
            coordinates.squares(result, result, steps[at, 1])


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
def decode(result: Any, verdict: Any, x: Any, sign: Any, room: Any) -> None:
    """Affine rows of the points with the given canonical x and sign; whether there is one.

    `verdict` has a whole number of blocks.
    """
    indices, wanted = lane_numbers(), lane_numbers()
    table = address(room)
    point = table + WINDOW_ROOM
    root = point + POINT
    for start in range(0, len(x), LANES):
        coordinates.lanes_at(indices, start, len(x))
        coordinates.gather_number(point, x, indices)
        coordinates.enter(point, point)
        coordinates.right_side(table, point)
        power(root, table, ROOT_STEPS)
        for lane in range(LANES):
            wanted[lane] = sign[indices[lane]]
        coordinates.choose_root(point + BLOCK, address(verdict) + start * 8, root, table, wanted)
        coordinates.scatter_affine(result, indices, point)


@kernel
def subgroup(verdict: Any, affine: Any, room: Any) -> None:
    """Whether each affine point (none the identity) is in G1; `verdict` has a whole number of blocks."""
    indices = lane_numbers()
    point = address(room)
    for start in range(0, len(affine), LANES):
        coordinates.lanes_at(indices, start, len(affine))
        coordinates.gather_affine(point, affine, indices)
        once = point + POINT
        membership.lift(once, point)
        for _ in range(2):
            base, once = once, once + POINT
            membership.double(once, base)
            for at in range(len(SEED_BITS)):
                if at:
                    membership.double(once, once)
                if SEED_BITS[at]:
                    membership.add(once, once, base)
        membership.in_subgroup(address(verdict) + start * 8, point, once)


@kernel
def identities(verdict: Any, points: Any, room: Any) -> None:
    """Whether each point is the identity; `verdict` has a whole number of blocks."""
    indices = lane_numbers()
    point = address(room)
    for start in range(0, len(points), LANES):
        coordinates.lanes_at(indices, start, len(points))
        coordinates.gather_point(point, points, indices)
        coordinates.identity_mask(address(verdict) + start * 8, point)
