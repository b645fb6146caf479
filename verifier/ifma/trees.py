"""Sums of affine points in trees: eight lanes add block to block, level by level, until few blocks are left.

On each level the second half of a tree's blocks is added to the first, by chords (see `chords`); an odd block waits.
Trees of the same size stand side by side, block by block, and share the inversion of a level. Where pairs are few it is
not worth its time.
"""

from __future__ import annotations

from typing import Any

from zkmargin.verifier.ifma import chords, coordinates, inversion
from zkmargin.verifier.ifma.chords import AFFINE
from zkmargin.verifier.ifma.compiler import helper
from zkmargin.verifier.ifma.curve import BLOCK

chords.LIBRARY.load()

WORTH_A_LEVEL = 18
"""Pairs for which chords and an inversion take less time than complete additions."""

NO_LEVEL = 1 << 62
"""In its place: all additions are complete."""

ROOM_BLOCKS = 2048
"""Blocks of points that are held at once: with more there are fewer inversions, but the caches hold no more."""


@helper
def climb(blocks: int, trees: int, size: int, worth: int, inverse: int, before: int, verdict: Any) -> Any:
    """Levels of at least so many pairs. How many blocks are left of each tree's `size`, which are to be added up.

    A negative number if some pair had no chord: then all are spoilt.
    """
    coordinates.one(before)
    while trees * (size >> 1) >= worth:
        pairs, size = trees * (size >> 1), (size + 1) >> 1
        right, end, last = blocks + trees * size * AFFINE, blocks + pairs * AFFINE, before + pairs * BLOCK
        chords.runs(before, blocks, right, AFFINE, pairs)
        inversion.invert_lanes(inverse, last)
        chords.vanishes(verdict, inverse)
        if verdict[0]:
            return -1
        chords.sums(last, end, end, right + pairs * AFFINE, AFFINE, pairs, inverse)
    return size


def tree_room(trees: int, size: int) -> int:
    """Blocks of coordinates: for two of each point, and for a product of the runs of each pair."""
    return trees * (2 * size + size // 2) + 1
