"""What the code generator must know of a prime field: the modulus and how many limbs of 52 bits hold a number.

Everything else (Montgomery radix, constants) follows from these two. A number is held as limbs, least significant
first; eight numbers are held limb by limb, so that one 512-bit register holds one limb of all eight.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.encoding import BASE_MODULUS

LANES = 8
RADIX_BITS = 52
"""The width of the multiplier: vpmadd52 multiplies the low 52 bits of each 64-bit lane."""

RADIX = 1 << RADIX_BITS
LIMB_MASK = RADIX - 1
VECTOR_BYTES = 64

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class PrimeField:
    """A field whose elements are held in Montgomery form: `a` as `a * 2^(52 limbs) mod modulus`."""

    name: str
    modulus: int
    limbs: int

    @cached_property
    def capacity(self) -> int:
        """The Montgomery radix; every number below it can be held."""
        return 1 << (RADIX_BITS * self.limbs)

    @cached_property
    def negated_inverse(self) -> int:
        """`-1 / modulus` modulo one limb: what makes the lowest limb of a product vanish."""
        return -pow(self.modulus, -1, RADIX) % RADIX

    @property
    def bytes(self) -> int:
        """The size of one block: a number for each lane."""
        return self.limbs * VECTOR_BYTES

    def split(self, value: int) -> list[int]:
        """The limbs of a number below the capacity."""
        return [(value >> (RADIX_BITS * limb)) & LIMB_MASK for limb in range(self.limbs)]

    def join(self, limbs: list[int]) -> int:
        return sum(limb << (RADIX_BITS * at) for at, limb in enumerate(limbs))

    def montgomery(self, value: int) -> int:
        return value * self.capacity % self.modulus

    def plain(self, value: int) -> int:
        """The number that `value` stands for, however lazily it is reduced."""
        return value * pow(self.capacity, -1, self.modulus) % self.modulus


BASE = PrimeField("base", BASE_MODULUS, limbs=8)
"""The field of the curve's coordinates, 381 bits: 35 bits of each number are room for unreduced sums."""

SCALAR = PrimeField("scalar", MODULUS, limbs=5)
"""The field of the protocol's scalars, 255 bits in 260."""


def words(rows: list[list[int]]) -> Words:
    return np.array(rows, dtype=np.uint64)


def aligned(*shape: int) -> Words:
    """An uninitialised array at a multiple of the vector size, so that no vector straddles two cache lines."""
    size = prod(shape)
    room = np.empty(size + LANES, dtype=np.uint64)
    start = -room.ctypes.data % VECTOR_BYTES // 8
    return room[start : start + size].reshape(shape)
