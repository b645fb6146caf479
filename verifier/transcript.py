"""The Fiat-Shamir transcript: every challenge is a hash of everything said before it.

A state of 32 bytes runs through SHA-256. Each step hashes the state, the kind of step, the label and the data, the
last two behind their lengths, so that no two different conversations lead to the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256, shake_256

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import SCALAR_BYTES

ABSORB, SQUEEZE = b"\x00", b"\x01"
WIDE = 2 * SCALAR_BYTES
"""Bytes drawn for a challenge: reducing 512 bits modulo r leaves a bias below 2^-256."""


class Transcript:
    """One conversation, from its first label on."""

    def __init__(self, protocol: bytes) -> None:
        self._state = sha256(b"zkmargin transcript" + _framed(protocol)).digest()

    @staticmethod
    def said(label: bytes, length: int) -> bytes:
        """What stands between the state and `length` bytes that are absorbed."""
        return _step(ABSORB, label) + length.to_bytes(8, "little")

    @staticmethod
    def asked(label: bytes, count: int) -> bytes:
        """What stands behind the state when `count` challenges are asked for."""
        return _step(SQUEEZE, label) + count.to_bytes(8, "little")

    def absorb(self, label: bytes, data: bytes) -> None:
        self._state = sha256(self._state + self.said(label, len(data)) + data).digest()

    def absorb_scalars(self, label: bytes, scalars: Sequence[int]) -> None:
        self.absorb(label, b"".join([scalar.to_bytes(SCALAR_BYTES, "little") for scalar in scalars]))

    @property
    def state(self) -> bytes:
        """All that was said so far, in 32 bytes."""
        return self._state

    def resume(self, state: bytes) -> None:
        """Go on from a state that somebody else brought about in this transcript's words."""
        self._state = state

    def stream(self, label: bytes, count: int) -> bytes:
        """`WIDE` bytes for each of `count` challenges; the state moves on, so asking again gives others."""
        question = self.asked(label, count)
        stream = shake_256(self._state + question).digest(WIDE * count)
        self._state = sha256(self._state + question).digest()
        return stream

    def challenges(self, label: bytes, count: int) -> list[int]:
        """`count` field elements."""
        stream = self.stream(label, count)
        return [int.from_bytes(stream[at : at + WIDE], "little") % MODULUS for at in range(0, len(stream), WIDE)]

    def challenge(self, label: bytes) -> int:
        return self.challenges(label, 1)[0]


@cache
def _step(kind: bytes, label: bytes) -> bytes:
    """Labels are few, and all of them are in the protocol's text."""
    return kind + _framed(label)


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(8, "little") + data
