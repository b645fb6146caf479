"""The vector of the portable arithmetic: four 64-bit limbs an entry, in Montgomery form."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.errors import MalformedProof
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import SCALAR_BYTES
from zkmargin.verifier.field import kernels
from zkmargin.verifier.field.engine import PORTABLE, Engine
from zkmargin.verifier.field.limbs import LIMBS, RADIX
from zkmargin.verifier.field.shapes import require

Limbs = npt.NDArray[np.uint64]

SIGN = 1 << 63
MANY = 32
"""From so many integers on it pays to try whether all of them are words."""


class PortableVector:
    """A vector over F; its limbs are never changed after it is made."""

    __slots__ = ("engine", "limbs")

    def __init__(self, limbs: Limbs, engine: Engine = PORTABLE) -> None:
        self.limbs: Final = limbs
        self.engine: Final = engine

    def __repr__(self) -> str:
        # The entries may be private.
        return f"PortableVector(length={len(self)})"

    def __len__(self) -> int:
        return len(self.limbs)

    def __getitem__(self, part: slice) -> PortableVector:
        return PortableVector(np.ascontiguousarray(self.limbs[part]), self.engine)

    def __add__(self, other: PortableVector) -> PortableVector:
        result = self._result_with(other)
        kernels.add_vectors(result, self.limbs, other.limbs)
        return PortableVector(result, self.engine)

    def __sub__(self, other: PortableVector) -> PortableVector:
        result = self._result_with(other)
        kernels.subtract_vectors(result, self.limbs, other.limbs)
        return PortableVector(result, self.engine)

    def __mul__(self, other: PortableVector | int) -> PortableVector:
        if isinstance(other, int):
            return PortableVector(scaled(self.limbs, montgomery(other), self.engine), self.engine)
        result = self._result_with(other)
        self.engine.multiply_vectors(result, self.limbs, other.limbs)
        return PortableVector(result, self.engine)

    def __matmul__(self, other: PortableVector) -> int:
        require(len(self) == len(other), "two vectors differ in length")
        result = empty(1)
        self.engine.inner_product(result, self.limbs, other.limbs)
        return integers(result)[0]

    def ints(self) -> list[int]:
        return plain_integers(scaled(self.limbs, _PLAIN_ONE, self.engine))

    def to_bytes(self) -> bytes:
        return plain_bytes(scaled(self.limbs, _PLAIN_ONE, self.engine))

    def _result_with(self, other: PortableVector) -> Limbs:
        require(len(self) == len(other), "two vectors differ in length")
        return empty(len(self))


def empty(length: int) -> Limbs:
    return np.empty((length, LIMBS), dtype=np.uint64)


def zeros(length: int) -> Limbs:
    return np.zeros((length, LIMBS), dtype=np.uint64)


def montgomery(value: int) -> Limbs:
    """One element as an array of one row: what kernels take as a scalar."""
    return plain((value * RADIX % MODULUS).to_bytes(SCALAR_BYTES, "little"))


def plain(data: bytes) -> Limbs:
    """Limbs of 32-byte numbers, as they are."""
    return np.frombuffer(data, dtype="<u8").astype(np.uint64).reshape(-1, LIMBS)


def scaled(limbs: Limbs, factor: Limbs, engine: Engine = PORTABLE) -> Limbs:
    result = empty(len(limbs))
    engine.scale(result, limbs, factor)
    return result


def to_montgomery(limbs: Limbs, engine: Engine = PORTABLE) -> Limbs:
    """From numbers below 2^256."""
    return scaled(limbs, _RADIX_SQUARED, engine)


def from_integers(values: Sequence[int], engine: Engine = PORTABLE) -> Limbs:
    if len(values) >= MANY and -SIGN <= values[0] < SIGN:
        with suppress(OverflowError):
            # Unlike an array of numpy's, one of these takes nothing but whole numbers.
            return _from_words(np.frombuffer(array("q", values), dtype=np.int64), engine)
    data = b"".join([(value % MODULUS).to_bytes(SCALAR_BYTES, "little") for value in values])
    return to_montgomery(plain(data), engine)


def _from_words(values: npt.NDArray[np.int64], engine: Engine) -> Limbs:
    """Of signed words: shifted to unsigned ones, and back in the field."""
    limbs = zeros(len(values))
    limbs[:, 0] = values.view(np.uint64) ^ np.uint64(SIGN)
    result, shift = to_montgomery(limbs, engine), np.repeat(montgomery(SIGN), len(values), axis=0)
    kernels.subtract_vectors(result, result, shift)
    return result


def integers(limbs: Limbs) -> list[int]:
    return plain_integers(scaled(limbs, _PLAIN_ONE))


def plain_bytes(limbs: Limbs) -> bytes:
    return limbs.astype("<u8", copy=False).tobytes()


def plain_integers(limbs: Limbs) -> list[int]:
    """The numbers that the limbs spell, not what they stand for."""
    data = plain_bytes(limbs)
    return [int.from_bytes(data[at : at + SCALAR_BYTES], "little") for at in range(0, len(data), SCALAR_BYTES)]


def from_canonical(data: bytes, engine: Engine = PORTABLE) -> Limbs:
    """From 32 bytes an entry, each below r."""
    if len(data) % SCALAR_BYTES:
        raise MalformedProof(f"{len(data)} bytes are not a whole number of scalars of {SCALAR_BYTES} bytes")
    limbs = plain(data)
    # A smaller highest limb decides; the rare others are compared as integers.
    for index in np.flatnonzero(limbs[:, -1] >= _HIGHEST_LIMB).tolist():
        if plain_integers(limbs[index])[0] >= MODULUS:
            raise MalformedProof(f"scalar {index} is not below the order of the group")
    return to_montgomery(limbs, engine)


def from_wide(data: bytes, engine: Engine = PORTABLE) -> Limbs:
    """From 64 bytes an entry: the upper half counts 2^256, which is the radix, as often."""
    require(len(data) % (2 * SCALAR_BYTES) == 0, "a wide number has 64 bytes")
    halves = plain(data).reshape(-1, 2, LIMBS)
    low, high = (np.ascontiguousarray(halves[:, half]) for half in (0, 1))
    low, high = to_montgomery(low, engine), scaled(high, _RADIX_CUBED, engine)
    kernels.add_vectors(low, low, high)
    return low


_HIGHEST_LIMB = np.uint64(MODULUS >> 192)
_PLAIN_ONE = plain((1).to_bytes(SCALAR_BYTES, "little"))
_RADIX_SQUARED = plain((RADIX**2 % MODULUS).to_bytes(SCALAR_BYTES, "little"))
_RADIX_CUBED = plain((RADIX**3 % MODULUS).to_bytes(SCALAR_BYTES, "little"))
