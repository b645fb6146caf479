"""What the sumchecks do to their tables: arrays of elements whose missing tail is zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zkmargin.verifier.field import kernels
from zkmargin.verifier.field.engine import Engine
from zkmargin.verifier.field.vector import Limbs, empty, from_integers, integers
from zkmargin.verifier.parallel import in_parts

WORTH_A_THREAD = 1 << 13
"""Entries that keep a thread busy for much longer than it takes to wake it."""


def equality_table(point: Sequence[int], engine: Engine) -> Limbs:
    return table_of(from_integers(point), engine)


def table_of(point: Limbs, engine: Engine) -> Limbs:
    """The equality table of a point given as elements."""
    result = empty(1 << len(point))
    engine.equality_table(result, point)
    return result


def halves_added(equality: Limbs) -> Limbs:
    """The equality table without its most significant variable, for `eq(t, 0) + eq(t, 1) = 1`."""
    half = len(equality) // 2
    result = empty(half)
    kernels.add_vectors(result, equality[:half], equality[half:])
    return result


def folded(table: Limbs, half: int, challenge: Limbs, engine: Engine) -> Limbs:
    """Bind the most significant variable: entry `i` with entry `i + half`. Overwrites the table."""
    live = min(half, len(table))
    in_parts(lambda start, stop: engine.fold(table, half, challenge, start, stop), live, WORTH_A_THREAD)
    return table[:live]


def small_products(vectors: Limbs, matrix: npt.NDArray[np.uint64], engine: Engine) -> Limbs:
    """`vector @ matrix` for a matrix of unsigned words and each of the vectors, which follow each other."""
    rows, columns = matrix.shape
    result = empty(columns * (len(vectors) // rows))

    def part(start: int, stop: int) -> None:
        engine.small_matrix(result, vectors, matrix, start, stop)

    in_parts(part, len(result), 1 + WORTH_A_THREAD // rows)
    return result


def two_values(table: Limbs) -> tuple[int, int]:
    """Of a table of at most two entries."""
    first, second = [*integers(table), 0][:2]
    return first, second
