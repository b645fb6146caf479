"""G1 of BLS12-381 through the arkworks library: the group of the portable arithmetic.

The library reduces scalars that are out of range and has its own idea of encodings, so neither is left to it:
scalars come from field vectors, which are canonical, and bytes pass `split_points` first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import py_arkworks_bls12381 as ark

from zkmargin.circuits.errors import InternalError, MalformedProof
from zkmargin.circuits.system import LaneArray
from zkmargin.verifier.arithmetic import SCALAR_BYTES, Vector
from zkmargin.verifier.encoding import read_each, split_points

ByteTables = list[list[ark.G1Point]]


@dataclass(frozen=True)
class ArkPoints:
    """Points of G1; `repr` shows how many, since a point may be a commitment nobody has published."""

    points: tuple[ark.G1Point, ...]

    def __repr__(self) -> str:
        return f"ArkPoints({len(self.points)})"

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, part: slice) -> ArkPoints:
        return ArkPoints(self.points[part])

    def __add__(self, other: ArkPoints) -> ArkPoints:
        if len(self) != len(other):
            raise InternalError("group: two vectors differ in length")
        return ArkPoints(tuple(a + b for a, b in zip(self.points, other.points, strict=True)))

    def __neg__(self) -> ArkPoints:
        return ArkPoints(tuple(-a for a in self.points))

    def to_bytes(self) -> bytes:
        return b"".join(bytes(point.to_compressed_bytes()) for point in self.points)


class ArkGroup:
    """The `Group` of `arithmetic.py` over arkworks points."""

    def identity(self, length: int) -> ArkPoints:
        return ArkPoints((ark.G1Point.identity(),) * length)

    def from_bytes(self, data: bytes) -> ArkPoints:
        return ArkPoints(tuple(_decode(i, encoding) for i, encoding in enumerate(split_points(data))))

    def read(self, parts: Sequence[bytes]) -> Callable[[], list[Any]]:
        return lambda: read_each(self.from_bytes, parts)

    def join(self, parts: Sequence[ArkPoints]) -> ArkPoints:
        return ArkPoints(tuple(point for part in parts for point in part.points))

    def hash(self, messages: Sequence[bytes], dst: bytes) -> ArkPoints:
        return ArkPoints(tuple(ark.G1Point.hash_to_curve(message, dst) for message in messages))

    def msm(self, points: ArkPoints, scalars: Vector) -> ArkPoints:
        if len(points) != len(scalars):
            raise InternalError("group: two vectors differ in length")
        if not points.points:
            return self.identity(1)
        return ArkPoints((ark.G1Point.multiexp_unchecked(list(points.points), _scalars(scalars)),))

    def prepare(self, points: ArkPoints) -> ArkPoints:
        return points

    def byte_tables(self, points: ArkPoints) -> ByteTables:
        return [_subset_sums(points.points[at : at + 8]) for at in range(0, len(points), 8)]

    def commit_bits(self, tables: ByteTables, rows: LaneArray) -> Callable[[], ArkPoints]:
        return lambda: self._commit_bits(tables, rows)

    def _commit_bits(self, tables: ByteTables, rows: LaneArray) -> ArkPoints:
        """One addition a byte whatever the byte is: the schedule follows the shape, not the values."""
        width = len(tables)
        data = rows.astype("<u2").tobytes()
        identity = ark.G1Point.identity()
        return ArkPoints(
            tuple(
                sum((table[byte] for table, byte in zip(tables, data[at : at + width], strict=True)), identity)
                for at in range(0, len(data), width)
            )
        )

    def is_identity(self, point: ArkPoints) -> bool:
        (only,) = point.points
        return bool(only == ark.G1Point.identity())


def _decode(index: int, encoding: bytes) -> ark.G1Point:
    try:
        return ark.G1Point.from_compressed_bytes(encoding)
    except ValueError as error:
        raise MalformedProof(f"point {index}: not a point of the group") from error


def _scalars(vector: Vector) -> list[ark.Scalar]:
    data = vector.to_bytes()
    return [ark.Scalar.from_le_bytes(data[at : at + SCALAR_BYTES]) for at in range(0, len(data), SCALAR_BYTES)]


def _subset_sums(points: tuple[ark.G1Point, ...]) -> list[ark.G1Point]:
    sums = [ark.G1Point.identity()]
    for point in points:
        sums += [partial + point for partial in sums]
    return sums
