"""Where blinding values and masks come from: the operating system's secure source, unless a test passes another."""

from __future__ import annotations

import secrets
from typing import Any, Protocol

import numpy as np

from zkmargin.circuits.errors import InternalError
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import SCALAR_BYTES, Field

TOP_WORD_BITS = (1 << 63) - 1
"""r has 255 bits: with the topmost bit cleared, nine draws in ten lie below it."""

MODULUS_WORDS = [MODULUS >> (64 * word) & ((1 << 64) - 1) for word in range(4)]
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
        self._given = {bytes(SCALAR_BYTES)}

    def scalars(self, count: int) -> list[int]:
        """As integers, for what the prover computes with one by one."""
        return [int.from_bytes(encoding, "little") for encoding in self._draw(count)]

    def vector(self, count: int, field: Field) -> Any:
        """As a vector: long secrets never become Python integers."""
        return field.from_bytes(b"".join(self._draw(count)))

    def _draw(self, count: int) -> list[bytes]:
        """`count` encodings, by rejection: what lies at or above r is thrown away."""
        fresh: list[bytes] = []
        for _ in range(MAX_DRAWS):
            if len(fresh) >= count:
                break
            fresh += _below_modulus(self._randomness.bytes(SCALAR_BYTES * (count - len(fresh) + count // 8 + SPARE)))
        fresh = fresh[:count]
        before = len(self._given)
        self._given.update(fresh)
        if len(fresh) != count or len(self._given) != before + count:
            raise InternalError("randomness: the source is stuck; nothing was published")
        return fresh


def _below_modulus(data: bytes) -> list[bytes]:
    """The 32-byte numbers in `data`, each with its top bit cleared, that are below r."""
    words = np.frombuffer(data, "<u8").reshape(-1, 4).copy()
    words[:, 3] &= np.uint64(TOP_WORD_BITS)
    below = np.zeros(len(words), np.bool_)
    for word, limit in enumerate(MODULUS_WORDS):
        column = words[:, word]
        below = (column < np.uint64(limit)) | ((column == np.uint64(limit)) & below)
    kept = words[below].tobytes()
    return [kept[at : at + SCALAR_BYTES] for at in range(0, len(kept), SCALAR_BYTES)]
