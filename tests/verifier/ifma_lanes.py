"""Small kernels around single routines of the code generator, for tests of the arithmetic itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np
from numba import njit

from zkmargin.verifier.ifma.description import LANES, PrimeField, Words, aligned
from zkmargin.verifier.ifma.lanes import Emitter
from zkmargin.verifier.ifma.library import Library

Runner = Callable[..., Words]
NUMBERS = count()
"""Routines are known to the process by their names: no two libraries may share one."""


def block(field: PrimeField, values: Sequence[int]) -> Words:
    """Eight numbers (the last repeated) as they stand, limb by limb: nothing is reduced."""
    full = [*values, *[values[-1]] * (LANES - len(values))]
    result = aligned(field.limbs, LANES)
    result[:] = np.array([field.split(value) for value in full], dtype=np.uint64).T
    return result


def point_block(field: PrimeField, points: Sequence[Sequence[int]]) -> Words:
    return np.concatenate([block(field, column) for column in zip(*points, strict=True)])


def numbers(field: PrimeField, data: Words) -> list[int]:
    """The numbers of a block, limbs of any size."""
    return [field.join([int(limb) for limb in column]) for column in data[: field.limbs].T]


def runner(field: PrimeField, body: Callable[[Emitter], None], inputs: int, inlined: bool = False) -> Runner:
    """Call what `body` emits on so many blocks; returns the block that it writes to its first address."""
    library = Library(f"test_{next(NUMBERS)}", kept=False)
    emitted = library.routine(field, body.__name__, inputs + 1, body, inlined)
    library.load()
    return kernel_of(field, emitted)


def kernel_of(field: PrimeField, emitted: Any, outputs: int = 1) -> Runner:
    """The same for a routine of the package."""

    @njit(nogil=True)
    def one(result: Any, a: Any) -> None:
        emitted(np.int64(result.ctypes.data), np.int64(a.ctypes.data))

    @njit(nogil=True)
    def two(result: Any, a: Any, b: Any) -> None:
        emitted(np.int64(result.ctypes.data), np.int64(a.ctypes.data), np.int64(b.ctypes.data))

    @njit(nogil=True)
    def four(result: Any, a: Any, b: Any, c: Any, d: Any) -> None:
        emitted(
            np.int64(result.ctypes.data),
            np.int64(a.ctypes.data),
            np.int64(b.ctypes.data),
            np.int64(c.ctypes.data),
            np.int64(d.ctypes.data),
        )

    kernels: dict[int, Any] = {1: one, 2: two, 4: four}

    def run(*blocks: Words) -> Words:
        result = aligned(outputs * field.limbs, LANES)
        kernels[len(blocks)](result, *blocks)
        return result

    return run
