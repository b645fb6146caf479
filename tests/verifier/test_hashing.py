"""Hashes inside kernels against hashlib, at every length around the edges of blocks."""

from __future__ import annotations

from hashlib import sha256, shake_256
from typing import Any

import numpy as np
import pytest
from numba import njit

from zkmargin.verifier.field import hashing
from zkmargin.verifier.field.speech import HASH_ROOM, LONGEST


@njit  # type: ignore[untyped-decorator]
def sha(result: Any, data: Any, length: int, room: Any) -> None:
    hashing.sha256(result, data, length, room)


@njit  # type: ignore[untyped-decorator]
def shake(data: Any, length: int, room: Any) -> None:
    hashing.shake256(data, length, room)


@pytest.fixture(scope="module")
def message() -> bytes:
    return np.random.default_rng(5).bytes(LONGEST)


def test_digests(message: bytes) -> None:
    """Up to what leaves room for the padding; the room is dirty, as it is after an earlier hash."""
    room, found = np.full(HASH_ROOM, 7, np.uint64), np.zeros(32, np.uint8)
    for length in range(LONGEST - 72):
        sha(found, np.frombuffer(message, np.uint8).copy(), length, room)
        assert found.tobytes() == sha256(message[:length]).digest(), length


def test_streams(message: bytes) -> None:
    room = np.full(HASH_ROOM, 7, np.uint64)
    for length in range(LONGEST):
        shake(np.frombuffer(message, np.uint8).copy(), length, room)
        assert room[:17].astype("<u8").tobytes() == shake_256(message[:length]).digest(136), length


def test_constants_are_those_of_the_standards() -> None:
    """First and last of each table, from FIPS 180-4 and FIPS 202."""
    assert hashing.ROUND_CONSTANTS[[0, 1, 63]].tolist() == [0x428A2F98, 0x71374491, 0xC67178F2]
    assert hashing.START[[0, 7]].tolist() == [0x6A09E667, 0x5BE0CD19]
    assert hashing.KECCAK_CONSTANTS[[0, 1, 23]].tolist() == [0x1, 0x8082, 0x8000000080008008]
    assert hashing.KECCAK_TURNS[:4].tolist() == [1, 3, 6, 10]
    assert sorted(hashing.KECCAK_PLACES.tolist()) == list(range(1, 25))
