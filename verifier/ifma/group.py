"""The group through vector kernels: the `Group` of `verifier.arithmetic`, eight points at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from py_arkworks_bls12381 import G1Point

from zkmargin.circuits.errors import InternalError, MalformedProof
from zkmargin.circuits.system import LaneArray
from zkmargin.verifier.arithmetic import SCALAR_BYTES
from zkmargin.verifier.ifma import encoding, msm, points, prepared, tables
from zkmargin.verifier.ifma.curve import AFFINE_WORDS, POINT_WORDS
from zkmargin.verifier.ifma.description import BASE, LANES, Words, aligned
from zkmargin.verifier.ifma.points import IDENTITY, ONE, scratch
from zkmargin.verifier.ifma.prepared import PreparedPoints
from zkmargin.verifier.ifma.tables import ENTRIES, row_sums


@dataclass(frozen=True, eq=False)
class IfmaPoints:
    """Points of G1, one row each: three coordinates in Montgomery form."""

    rows: Words

    def __repr__(self) -> str:
        # A point may be a commitment that nobody has published.
        return f"IfmaPoints({len(self)})"

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> Self:
        return type(self)(self.rows[part])

    def __add__(self, other: Self) -> Self:
        if len(self) != len(other):
            raise InternalError(f"points: {len(self)} and {len(other)} cannot be added entry by entry")
        result = aligned(len(self), POINT_WORDS)
        points.add_rows(result, self.packed(), other.packed(), scratch())
        return type(self)(result)

    def __neg__(self) -> Self:
        result = aligned(len(self), POINT_WORDS)
        points.negate_rows(result, self.packed(), scratch())
        return type(self)(result)

    def packed(self) -> Words:
        """The rows without gaps, whatever slice they are."""
        return np.ascontiguousarray(self.rows)

    def affine(self) -> Words:
        """Affine rows. Points that never left affine form are copied, others share one inversion."""
        result = aligned(len(self), AFFINE_WORDS)
        if np.array_equal(self.rows[:, AFFINE_WORDS:], np.broadcast_to(ONE, (len(self), BASE.limbs))):
            result[:] = self.rows[:, :AFFINE_WORDS]
        elif len(self):
            points.normalise(result, self.packed(), scratch(blocks(len(self)) + 1))
        return result

    def to_bytes(self) -> bytes:
        return encoding.encode(self.packed())


def blocks(length: int) -> int:
    return -(-length // LANES)


@dataclass(frozen=True)
class IfmaGroup:
    """Points of G1 and the long computations over them."""

    def identity(self, length: int) -> IfmaPoints:
        result = aligned(length, POINT_WORDS)
        result[:] = IDENTITY
        return IfmaPoints(result)

    def from_bytes(self, data: bytes) -> IfmaPoints:
        return IfmaPoints(encoding.decode(data))

    def read(self, parts: Sequence[bytes]) -> Callable[[], list[IfmaPoints | MalformedProof]]:
        finish = encoding.read(parts)
        return lambda: [found if isinstance(found, MalformedProof) else IfmaPoints(found) for found in finish()]

    def join(self, parts: Sequence[IfmaPoints]) -> IfmaPoints:
        result = aligned(sum(len(part) for part in parts), POINT_WORDS)
        end = 0
        for part in parts:
            start, end = end, end + len(part)
            result[start:end] = part.rows
        return IfmaPoints(result)

    def hash(self, messages: Sequence[bytes], dst: bytes) -> IfmaPoints:
        """Through the library: generators are derived once and kept by whoever needs them again."""
        hashed = [G1Point.hash_to_curve(message, dst).to_compressed_bytes() for message in messages]
        return self.from_bytes(b"".join(hashed))

    def msm(self, points: IfmaPoints | PreparedPoints, scalars: Any) -> IfmaPoints:
        if len(points) != len(scalars):
            raise InternalError("group: two vectors differ in length")
        if not len(points):
            return self.identity(1)
        if isinstance(points, PreparedPoints):
            return IfmaPoints(prepared.multiply_sum(points, scalar_words(scalars)))
        return IfmaPoints(msm.multiply_sum(points.packed(), points.affine, scalar_words(scalars)))

    def prepare(self, points: IfmaPoints) -> PreparedPoints:
        return prepared.prepare(points.packed())

    def byte_tables(self, points: IfmaPoints) -> Words:
        """Affine rows: 256 for each eight points."""
        if len(points) % tables.BYTE:
            raise InternalError(f"byte tables: {len(points)} points are not a multiple of {tables.BYTE}")
        return tables.byte_tables(points.packed())

    def commit_bits(self, tables: Words, rows: LaneArray) -> Callable[[], IfmaPoints]:
        if rows.ndim != 2 or rows.shape[1] * 2 * ENTRIES != len(tables):
            raise InternalError("commit: the rows are not as wide as the tables")
        sums = row_sums(tables, np.ascontiguousarray(rows, dtype="<u2").view(np.uint8))
        return lambda: IfmaPoints(sums())

    def is_identity(self, point: IfmaPoints) -> bool:
        if len(point) != 1:
            raise InternalError(f"is_identity: {len(point)} points, one is needed")
        verdict = aligned(LANES)
        points.identities(verdict, point.packed(), scratch())
        return bool(verdict[0])


def scalar_words(scalars: Any) -> Words:
    """Four words a scalar, of a vector of any field."""
    return np.frombuffer(scalars.to_bytes(), dtype="<u8").reshape(-1, SCALAR_BYTES // 8).copy()
