"""Sums of affine points in trees: eight lanes add block to block, level by level, until few blocks are left.

On each level the second half of a tree's blocks is added to the first, by chords (see `chords`); an odd block waits.
Trees of the same size climb together and share the inversion of a level, which is worth it while there are many pairs.
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

NO_LEVEL = 1 << 62
"""In its place: all additions are complete."""

ROOM_BLOCKS = 2048
"""Blocks of points that are held at once: with more there are fewer inversions, but the caches hold no more."""


@helper
def runs(last: int, left: int, right: int, step: int, pairs: int) -> Any:
    """The products of runs go on behind the `last` one: where they end. Left points follow each other."""
    for _ in range(pairs):
        chords.run(last + BLOCK, last, left, right)
        last += BLOCK
        left += AFFINE
        right += step
    return last


@helper
def sums(last: int, result: int, left: int, right: int, step: int, pairs: int, inverse: int) -> Any:
    """The sums of these pairs, the last one first, from the inverse of the `last` product; where the others end."""
    for at in range(pairs - 1, -1, -1):
        last -= BLOCK
        chords.add(result + at * AFFINE, left + at * AFFINE, right + at * step, inverse, last)
    return last


@helper
def climb(blocks: int, trees: int, stride: int, worth: int, inverse: int, before: int, verdict: Any) -> Any:
    """Levels of at least so many pairs. How many blocks are left of each tree's `stride`, which are to be added up.

    None if some pair had no chord: then all are spoilt.
    """
    count = stride
    coordinates.one(before)
    while trees * (count >> 1) >= worth:
        half = (count + 1) >> 1
        last = before
        for tree in range(trees):
            left = blocks + tree * stride * AFFINE
            last = runs(last, left, left + half * AFFINE, AFFINE, count - half)
        inversion.invert_lanes(inverse, last)
        chords.vanishes(verdict, inverse)
        if verdict[0]:
            return 0
        for tree in range(trees - 1, -1, -1):
            left = blocks + tree * stride * AFFINE
            last = sums(last, left, left, left + half * AFFINE, AFFINE, count - half, inverse)
        count = half
    return count


def tree_room(trees: int, stride: int) -> int:
    """Blocks of coordinates: for two of each point, and for a product of the runs of each pair."""
    return trees * (2 * stride + stride // 2) + 1
