"""G1 of BLS12-381 over py_ecc: slow, obvious, and independent of the library in daily use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from py_ecc.bls.hash_to_curve import hash_to_G1
from py_ecc.fields import optimized_bls12_381_FQ as FQ
from py_ecc.optimized_bls12_381.optimized_curve import (
    Z1,
    add,
    b,
    curve_order,
    double,
    is_inf,
    multiply,
    neg,
    normalize,
)

from zkmargin.circuits.errors import InternalError, MalformedProof
from zkmargin.circuits.system import LaneArray
from zkmargin.verifier.arithmetic import Vector
from zkmargin.verifier.encoding import (
    BASE_MODULUS,
    COMPRESSED,
    IDENTITY,
    SIGN,
    read_each,
    split_points,
    x_coordinate,
)

Point = Any
hash_function: Any = hashlib.sha256
WINDOW = 6


@dataclass(frozen=True)
class ReferencePoints:
    """Points of G1 in py_ecc's projective coordinates."""

    points: tuple[Point, ...]

    def __repr__(self) -> str:
        return f"ReferencePoints({len(self.points)})"

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, part: slice) -> ReferencePoints:
        return ReferencePoints(self.points[part])

    def __add__(self, other: ReferencePoints) -> ReferencePoints:
        if len(self) != len(other):
            raise InternalError("group: two vectors differ in length")
        return ReferencePoints(tuple(add(p, q) for p, q in zip(self.points, other.points, strict=True)))

    def __neg__(self) -> ReferencePoints:
        return ReferencePoints(tuple(neg(p) for p in self.points))

    def to_bytes(self) -> bytes:
        return b"".join(_encode(p) for p in self.points)


class ReferenceGroup:
    """The `Group` of `arithmetic.py` over py_ecc points."""

    def identity(self, length: int) -> ReferencePoints:
        return ReferencePoints((Z1,) * length)

    def from_bytes(self, data: bytes) -> ReferencePoints:
        return ReferencePoints(tuple(_decode(i, encoding) for i, encoding in enumerate(split_points(data))))

    def read(self, parts: Sequence[bytes]) -> Callable[[], list[Any]]:
        return lambda: read_each(self.from_bytes, parts)

    def join(self, parts: Sequence[ReferencePoints]) -> ReferencePoints:
        return ReferencePoints(tuple(point for part in parts for point in part.points))

    def hash(self, messages: Sequence[bytes], dst: bytes) -> ReferencePoints:
        return ReferencePoints(tuple(hash_to_G1(message, dst, hash_function) for message in messages))

    def msm(self, points: ReferencePoints, scalars: Vector) -> ReferencePoints:
        """Bucket method: windows of the scalars from the top, points of equal digit added first."""
        if len(points) != len(scalars):
            raise InternalError("group: two vectors differ in length")
        values = scalars.ints()
        total = Z1
        for shift in range(-(-curve_order.bit_length() // WINDOW) * WINDOW - WINDOW, -1, -WINDOW):
            for _ in range(WINDOW):
                total = double(total)
            buckets = [Z1] * (1 << WINDOW)
            for point, value in zip(points.points, values, strict=True):
                digit = (value >> shift) & ((1 << WINDOW) - 1)
                buckets[digit] = add(buckets[digit], point)
            total = add(total, _weighted_sum(buckets))
        return ReferencePoints((total,))

    def prepare(self, points: ReferencePoints) -> ReferencePoints:
        return points

    def byte_tables(self, points: ReferencePoints) -> tuple[Point, ...]:
        return points.points

    def commit_bits(self, tables: tuple[Point, ...], rows: LaneArray) -> Callable[[], ReferencePoints]:
        return lambda: ReferencePoints(tuple(_subset_sum(tables, row.astype("<u2").tobytes()) for row in rows))

    def is_identity(self, point: ReferencePoints) -> bool:
        (only,) = point.points
        return bool(is_inf(only))


def _weighted_sum(buckets: list[Point]) -> Point:
    """`sum_d d * buckets[d]` by running sums from the top."""
    running = total = Z1
    for bucket in reversed(buckets[1:]):
        running = add(running, bucket)
        total = add(total, running)
    return total


def _subset_sum(points: tuple[Point, ...], bits: bytes) -> Point:
    total = Z1
    for column, point in enumerate(points):
        if bits[column // 8] >> (column % 8) & 1:
            total = add(total, point)
    return total


def _encode(point: Point) -> bytes:
    if is_inf(point):
        return IDENTITY
    x, y = (int(coordinate) for coordinate in normalize(point))
    flags = COMPRESSED | (SIGN if y > BASE_MODULUS - y else 0)
    data = bytearray(x.to_bytes(48, "big"))
    data[0] |= flags
    return bytes(data)


def _decode(index: int, encoding: bytes) -> Point:
    if encoding == IDENTITY:
        return Z1
    x = x_coordinate(encoding)
    square = (x**3 + int(b)) % BASE_MODULUS
    y = pow(square, (BASE_MODULUS + 1) // 4, BASE_MODULUS)
    if (y > BASE_MODULUS - y) != bool(encoding[0] & SIGN):
        y = BASE_MODULUS - y
    point = (FQ(x), FQ(y), FQ(1))
    # Off the curve, or on it but not of order r.
    if y * y % BASE_MODULUS != square or not is_inf(multiply(point, curve_order)):
        raise MalformedProof(f"point {index}: not a point of the group")
    return point
