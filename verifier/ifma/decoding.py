"""Kernels from bytes to points: what an encoding claims to be, the root of the right side, and membership."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zkmargin.verifier.arithmetic import POINT_BYTES
from zkmargin.verifier.encoding import COMPRESSED, INFINITY, SIGN
from zkmargin.verifier.ifma import coordinates, membership
from zkmargin.verifier.ifma.compiler import helper, kernel
from zkmargin.verifier.ifma.curve import BLOCK
from zkmargin.verifier.ifma.description import BASE, LANES
from zkmargin.verifier.ifma.membership import SEED_BITS
from zkmargin.verifier.ifma.points import POINT
from zkmargin.verifier.ifma.registers import address, lane_numbers

coordinates.LIBRARY.load()
membership.LIBRARY.load()

FINITE, ABSENT, NOT_COMPRESSED, BAD_IDENTITY, BEYOND_MODULUS, OUTSIDE = range(6)
"""What the encoding of a point may be."""

LEADING = 0xFF ^ (COMPRESSED | INFINITY | SIGN)
"""The bits of x beside the flags."""

MODULUS_BYTES = np.frombuffer(BASE.modulus.to_bytes(POINT_BYTES, "big"), dtype=np.uint8)

WINDOW_BITS = 5
WINDOW_TABLE = 1 << (WINDOW_BITS - 1)
"""Odd powers below 2^5."""

WINDOW_ROOM = WINDOW_TABLE * BLOCK


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


@helper
def kind_of(data: Any, at: int) -> int:
    """What 48 bytes claim to be, before the curve is looked at."""
    flags = data[at, 0]
    if not flags & COMPRESSED:
        return NOT_COMPRESSED
    if flags & INFINITY:
        others = flags ^ (COMPRESSED | INFINITY)
        for place in range(1, POINT_BYTES):
            others |= data[at, place]
        return BAD_IDENTITY if others else ABSENT
    for place in range(POINT_BYTES):
        byte = data[at, place] if place else flags & LEADING
        if byte != MODULUS_BYTES[place]:
            return FINITE if byte < MODULUS_BYTES[place] else BEYOND_MODULUS
    return BEYOND_MODULUS


@kernel
def classify(kinds: Any, data: Any) -> None:
    for at in range(len(data)):
        kinds[at] = kind_of(data, at)


@kernel
def judge(chosen: Any, refused: Any, kinds: Any, ends: Any) -> int:
    """Of each part the first row that is refused, or -1; and the finite rows of parts without one, and their number."""
    count, start = 0, 0
    for part in range(len(ends)):
        before = count
        refused[part] = -1
        for at in range(start, ends[part]):
            if kinds[at] == FINITE:
                chosen[count] = at
                count += 1
            elif kinds[at] != ABSENT and refused[part] < 0:
                refused[part] = at - start
        if refused[part] >= 0:
            count = before
        start = ends[part]
    return count


@helper
def subgroup(verdict: int, point: int) -> None:
    """Whether each lane's affine point, none the identity, is in G1. Behind it is room for three more points."""
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
    membership.in_subgroup(verdict, point, once)


@kernel
def decode(result: Any, kinds: Any, data: Any, chosen: Any, room: Any) -> None:
    """The rows of the chosen points with the encoded x and sign; those that are none, or not of the group, are marked.

    For an x without a point this computes with a pair off the curve; whether that is in the group does not matter.
    """
    indices, wanted, on_curve, member = lane_numbers(), lane_numbers(), lane_numbers(), lane_numbers()
    table = address(room)
    point = table + WINDOW_ROOM
    root = point + POINT
    for start in range(0, len(chosen), LANES):
        coordinates.lanes_at(indices, start, len(chosen))
        for lane in range(LANES):
            indices[lane] = chosen[indices[lane]]
        coordinates.decode(point, wanted, data, indices)
        coordinates.right_side(table, point)
        power(root, table, ROOT_STEPS)
        coordinates.choose_root(point + BLOCK, on_curve, root, table, wanted)
        subgroup(address(member), point)
        # Lifted, an affine point has Z = 1.
        coordinates.scatter_point(result, indices, point + POINT)
        for lane in range(LANES):
            if not on_curve[lane] & member[lane]:
                kinds[indices[lane]] = OUTSIDE
