"""Sums of affine points in trees, of several *windows* at once: eight lanes add block to block, until one is left.

On each level the second half of a window's blocks is added to the first, by chords (see `chords`), and all windows
share one inversion. An odd block waits for the next level. A level is worth its inversion while there are many pairs.
"""

from __future__ import annotations

from typing import Any

from zkmargin.verifier.ifma import chords, coordinates, inversion
from zkmargin.verifier.ifma.compiler import helper
from zkmargin.verifier.ifma.curve import BLOCK

chords.LIBRARY.load()

AFFINE = 2 * BLOCK
"""Bytes of eight affine points."""

WORTH_A_LEVEL = 18
"""Pairs for which chords and an inversion take less time than complete additions."""


@helper
def runs(blocks: Any, windows: int, stride: int, count: int, before: int) -> Any:
    """The products of the runs of a level: each without the last of them, and then the whole. How many there are."""
    at = before
    half = (count + 1) >> 1
    for window in range(windows):
        left = blocks + window * stride * AFFINE
        for _ in range(count - half):
            chords.run(at + BLOCK, at, left, left + half * AFFINE)
            at += BLOCK
            left += AFFINE
    return at


@helper
def sums(blocks: Any, windows: int, stride: int, count: int, inverse: int, before: int) -> None:
    """The sums of a level, last pair first, from the inverse of the last product."""
    half = (count + 1) >> 1
    for window in range(windows - 1, -1, -1):
        for block in range(count - half - 1, -1, -1):
            left = blocks + (window * stride + block) * AFFINE
            before -= BLOCK
            chords.add(left, left + half * AFFINE, inverse, before)


@helper
def climb(blocks: Any, windows: int, stride: int, inverse: int, before: int, verdict: Any) -> Any:
    """How many blocks are left of each window's `stride`; none if some pair had no chord, and then all are spoilt."""
    count = stride
    coordinates.one(before)
    while windows * (count >> 1) >= WORTH_A_LEVEL:
        last = runs(blocks, windows, stride, count, before)
        inversion.invert_lanes(inverse, last)
        chords.vanishes(verdict, inverse)
        if verdict[0]:
            return 0
        sums(blocks, windows, stride, count, inverse, last)
        count = (count + 1) >> 1
    return count
