"""The one form in which a scalar or a point may travel, checked before any library sees the bytes.

A scalar is 32 bytes little-endian, below r.

A point is 48 bytes: the x coordinate big-endian, with three flags in the top bits (compressed, infinity, sign).
Libraries differ in what else they let through; here exactly one encoding exists for each point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from zkmargin.circuits.errors import MalformedProof
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import POINT_BYTES, SCALAR_BYTES

BASE_MODULUS = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
"""Order of the field of coordinates of BLS12-381."""

COMPRESSED, INFINITY, SIGN = 0x80, 0x40, 0x20
IDENTITY = bytes([COMPRESSED | INFINITY]) + bytes(POINT_BYTES - 1)

SUITE_DST = b"ZKMARGIN-V1-CS01-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"
"""Domain separation of every generator of the project (RFC 9380, section 3.1)."""


def canonical_scalars(data: bytes) -> list[int]:
    """The scalars in `data`."""
    if len(data) % SCALAR_BYTES:
        raise MalformedProof(f"{len(data)} bytes are not a whole number of scalars of {SCALAR_BYTES} bytes")
    starts = range(0, len(data), SCALAR_BYTES)
    scalars = [int.from_bytes(data[start : start + SCALAR_BYTES], "little") for start in starts]
    for index, scalar in enumerate(scalars):
        if scalar >= MODULUS:
            raise MalformedProof(f"scalar {index} is not below the order of the group")
    return scalars


def split_points(data: bytes) -> list[bytes]:
    """The encodings in `data`, each with its flags and its range checked; the curve is not looked at."""
    if len(data) % POINT_BYTES:
        raise MalformedProof(f"points: {len(data)} bytes are not a whole number of {POINT_BYTES}-byte points")
    encodings = [data[at : at + POINT_BYTES] for at in range(0, len(data), POINT_BYTES)]
    for index, encoding in enumerate(encodings):
        _check_point(index, encoding)
    return encodings


def _check_point(index: int, encoding: bytes) -> None:
    flags = encoding[0]
    if not flags & COMPRESSED:
        raise MalformedProof(f"point {index}: the compressed form is the only one accepted")
    if flags & INFINITY:
        if encoding != IDENTITY:
            raise MalformedProof(f"point {index}: the identity with other bits set")
        return
    if x_coordinate(encoding) >= BASE_MODULUS:
        raise MalformedProof(f"point {index}: the coordinate is not below the field's order")


def x_coordinate(encoding: bytes) -> int:
    """The x coordinate without its flags."""
    return int.from_bytes(bytes([encoding[0] & 0x1F]) + encoding[1:], "big")


def read_each(from_bytes: Callable[[bytes], Any], parts: Sequence[bytes]) -> list[Any]:
    """The points of each part, or the error that refuses them: `Group.read` where nothing is gained by company."""

    def points_or_error(part: bytes) -> Any:
        try:
            return from_bytes(part)
        except MalformedProof as error:
            return error

    return [points_or_error(part) for part in parts]
