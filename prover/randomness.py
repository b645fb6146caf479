"""Where blinding values and masks come from: the operating system's secure source, unless a test passes another."""

from __future__ import annotations

import secrets
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.errors import InternalError
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import SCALAR_BYTES, Field

TOP_WORD_BITS = (1 << 63) - 1
"""r has 255 bits: with the topmost bit cleared, nine draws in ten lie below it."""

TOP_WORD = MODULUS >> 192
WORDS = SCALAR_BYTES // 8
Words = npt.NDArray[np.uint64]
SPARE = 16
MAX_DRAWS = 64


class Randomness(Protocol):
    """A source of secret bytes."""

    def bytes(self, count: int) -> bytes: ...


class SystemRandomness:
    """The operating system's source."""

    def bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)


SYSTEM = SystemRandomness()


class Secrets:
    """Scalars of one proof, uniform in F, never the same twice: a source that repeats itself or gives zero is refused.

    A blinding value used twice, or of zero, reveals what it hides; a stuck generator would do exactly that.
    """

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness
        self._given = np.zeros((1, WORDS), np.uint64)

    def scalars(self, count: int) -> list[int]:
        """As integers, for what the prover computes with one by one."""
        data = self._draw(count)
        return [int.from_bytes(data[at : at + SCALAR_BYTES], "little") for at in range(0, len(data), SCALAR_BYTES)]

    def vector(self, count: int, field: Field) -> Any:
        """As a vector: long secrets never become Python integers."""
        return field.from_bytes(self._draw(count))

    def _draw(self, count: int) -> bytes:
        """`count` encodings, by rejection: what lies at or above r is thrown away."""
        fresh = np.zeros((0, WORDS), np.uint64)
        for _ in range(MAX_DRAWS):
            if len(fresh) >= count:
                break
            wanted = count - len(fresh)
            drawn = _below_modulus(self._randomness.bytes(SCALAR_BYTES * (wanted + wanted // 8 + SPARE)))
            fresh = np.concatenate([fresh, drawn])
        fresh = fresh[:count]
        self._given = np.concatenate([self._given, fresh])
        if len(fresh) != count or not _distinct(self._given):
            raise InternalError("randomness: the source is stuck; nothing was published")
        return fresh.tobytes()


def _below_modulus(data: bytes) -> Words:
    """The 32-byte numbers in `data`, each with its top bit cleared, that are below r."""
    words = np.frombuffer(data, "<u8").reshape(-1, WORDS).copy()
    words[:, -1] &= np.uint64(TOP_WORD_BITS)
    below = words[:, -1] < np.uint64(TOP_WORD)
    # One number in 2^63 has the same highest word as r; its other words decide.
    for index in np.flatnonzero(words[:, -1] == np.uint64(TOP_WORD)).tolist():
        below[index] = int.from_bytes(words[index].tobytes(), "little") < MODULUS
    return words[below]


def _distinct(numbers: Words) -> bool:
    """Different lowest words are enough; two that are equal by chance call for a closer look."""
    lowest = np.sort(numbers[:, 0])
    if (lowest[1:] != lowest[:-1]).all():
        return True
    return len(np.unique(numbers, axis=0)) == len(numbers)
