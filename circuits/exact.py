"""Arrays of exact integers: 64-bit machine integers where a bound proves that they fit, Python integers elsewhere.

An `Ints` array has dtype int64 or object. Every function here returns the true result; int64 is only used when the
sizes of the operands show that nothing can overflow. Products of wide matrices are computed on limbs, so that they
run in numpy and not in a Python loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.errors import InvalidInput

Ints = npt.NDArray[Any]

INT64_LIMIT = 1 << 63
"""Sizes below this fit int64 with either sign."""


def integers(values: object, what: str = "public numbers") -> Ints:
    """The door for integer arrays from outside: Python integers or numpy integer arrays, nothing else."""
    try:
        array = np.asarray(values) if isinstance(values, np.ndarray | np.integer) else np.array(values, dtype=object)
    except ValueError as error:
        raise InvalidInput(f"{what}: not a rectangular array of integers") from error
    if array.dtype == object:
        if any(type(value) is not int for value in array.flat):
            raise InvalidInput(f"{what}: integers are needed (no floats, booleans, texts or ragged lists)")
        return narrow(array)
    if array.dtype.kind not in "iu":
        raise InvalidInput(f"{what}: integers are needed, not an array of {array.dtype}")
    return narrow(array.astype(object)) if array.dtype == np.uint64 else array.astype(np.int64)


def common_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which numpy would broadcast."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise InvalidInput(f"shapes {' and '.join(map(str, shapes))} do not fit together") from error


def size(array: Ints) -> int:
    """The largest absolute value, 0 for an empty array."""
    if array.size == 0:
        return 0
    return max(int(array.max()), -int(array.min()))


def narrow(array: Ints) -> Ints:
    """The same integers as int64 if they all fit, else as objects."""
    if array.dtype == np.int64:
        return array
    return array.astype(np.int64) if size(array) < INT64_LIMIT else array


def wide(array: Ints) -> Ints:
    """The same integers as Python integers."""
    return array if array.dtype == object else array.astype(object)


def add(left: Ints, right: Ints) -> Ints:
    if _both_narrow(left, right) and size(left) + size(right) < INT64_LIMIT:
        return np.asarray(left + right)
    return narrow(np.asarray(wide(left) + wide(right)))


def multiply(left: Ints, right: Ints) -> Ints:
    """Entry by entry, with broadcasting."""
    if _both_narrow(left, right) and size(left) * size(right) < INT64_LIMIT:
        return np.asarray(left * right)
    return narrow(np.asarray(wide(left) * wide(right)))


def matmul(left: Ints, right: Ints) -> Ints:
    """The product of two matrices."""
    inner = left.shape[1]
    if _both_narrow(left, right) and size(left) * size(right) * inner < INT64_LIMIT:
        return np.asarray(left @ right)
    return narrow(_matmul_limbs(left, right))


def sum_groups(values: Ints, starts: npt.NDArray[np.int64]) -> Ints:
    """Sums along the last axis of the runs that begin at `starts` (strictly increasing, the first is 0)."""
    if len(starts) == 0:
        return np.zeros((*values.shape[:-1], 0), dtype=np.int64)
    longest = int(np.diff(np.append(starts, values.shape[-1])).max())
    if values.dtype == np.int64 and size(values) * longest >= INT64_LIMIT:
        values = wide(values)
    return narrow(np.add.reduceat(values, starts, axis=-1))


def _both_narrow(left: Ints, right: Ints) -> bool:
    return left.dtype == np.int64 and right.dtype == np.int64


def _matmul_limbs(left: Ints, right: Ints) -> Ints:
    """Schoolbook multiplication of matrices cut into limbs so short that a row of products fits int64."""
    inner = left.shape[1]
    bits = (62 - inner.bit_length()) // 2
    lefts, rights = _limbs(left, bits), _limbs(right, bits)
    rows, columns = left.shape[0], right.shape[1]
    products = np.concatenate(lefts, axis=0) @ np.concatenate(rights, axis=1)
    result = np.zeros((rows, columns), dtype=object)
    for i in range(len(lefts)):
        for j in range(len(rights)):
            part = products[i * rows : (i + 1) * rows, j * columns : (j + 1) * columns]
            result += part.astype(object) << (bits * (i + j))
    return result


def _limbs(array: Ints, bits: int) -> list[npt.NDArray[np.int64]]:
    """Limbs of `bits` bits, least significant first; all but the last are not negative."""
    limbs = []
    rest, remaining = array, size(array).bit_length()
    while remaining > bits:
        limbs.append((rest & ((1 << bits) - 1)).astype(np.int64))
        rest, remaining = rest >> bits, remaining - bits
    return [*limbs, rest.astype(np.int64)]
