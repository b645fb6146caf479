"""A proof on the wire: every length follows from the statement, no field is optional, no byte may trail.

Layout, after the header `zkm` and the version byte:

    P        one point a sent row of the bit matrix        Q        one point: the masks
    claim1, rounds1, va, vb, vc      only with product rows
    claim2, rounds2, vD
    Cd       one point                                     td, z (answer_size scalars), zh

A round is 3 scalars (the values at 0, 2, 3), the last of a sumcheck 5 (at 0, 2, 3, 4, 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from zkmargin.circuits.errors import MalformedProof, UnsupportedVersion
from zkmargin.verifier.arithmetic import POINT_BYTES, SCALAR_BYTES, Arithmetic
from zkmargin.verifier.encoding import canonical_scalars
from zkmargin.verifier.shape import HEADER, MaskShape, Shape

Rounds = list[list[int]]


@dataclass(frozen=True)
class ProductPart:
    """Step 1 as sent."""

    claim: int
    rounds: Rounds
    values: tuple[int, int, int]

    def scalars(self) -> list[int]:
        return [self.claim, *_flat(self.rounds), *self.values]


@dataclass(frozen=True)
class BitPart:
    """Step 3 as sent."""

    claim: int
    rounds: Rounds
    value: int

    def scalars(self) -> list[int]:
        return [self.claim, *_flat(self.rounds), self.value]


@dataclass(frozen=True)
class Answer:
    """Step 5 as sent: the commitment to the random vector, its inner product, and the masked opening."""

    commitment: bytes
    inner: int
    opening: Any
    """The masked vector, and behind it the masked blinding."""

    @property
    def vector(self) -> Any:
        return self.opening[:-1]


@dataclass(frozen=True)
class Proof:
    """All messages of the prover: points as they travel, scalars as integers and one vector."""

    rows: bytes
    masks: bytes
    product: ProductPart | None
    bits: BitPart
    answer: Answer

    @property
    def points(self) -> bytes:
        """The `P_j`, `Q` and `Cd`, one after the other."""
        return self.rows + self.masks + self.answer.commitment

    def to_bytes(self) -> bytes:
        product = self.product.scalars() if self.product else []
        return b"".join(
            [
                HEADER,
                self.rows,
                self.masks,
                _encode([*product, *self.bits.scalars()]),
                self.answer.commitment,
                _encode([self.answer.inner]),
                self.answer.opening.to_bytes(),
            ]
        )


def parse_proof(data: bytes, shape: Shape, arithmetic: Arithmetic) -> Proof:
    """The only door for lengths and scalars: untrusted bytes in, canonical scalars out.

    Points stay bytes. Whoever computes with them has to get them from the group, which lets in points only.
    """
    _check_frame(data, shape)
    parts = _cut(data, shape)
    messages = _Messages(canonical_scalars(parts.messages))
    product = messages.product(shape) if shape.has_products else None
    bits = BitPart(messages.scalar(), messages.rounds(shape.bit_mask), messages.scalar())
    closing = arithmetic.field.from_bytes(parts.closing)
    (inner,) = closing[:1].ints()
    return Proof(parts.rows, parts.masks, product, bits, Answer(parts.commitment, inner, closing[1:]))


def _check_frame(data: bytes, shape: Shape) -> None:
    if not isinstance(data, bytes):
        raise MalformedProof("proof: bytes are needed")
    magic = HEADER[:-1]
    if len(data) < len(HEADER) or not data.startswith(magic):
        raise MalformedProof("proof: does not begin with the mark of a zkmargin proof")
    if data[len(magic) : len(HEADER)] != HEADER[-1:]:
        raise UnsupportedVersion("proof: its version is not one that this release verifies")
    if len(data) != shape.proof_bytes:
        raise MalformedProof(f"proof: {len(data)} bytes, this statement's proofs have {shape.proof_bytes}")


@dataclass(frozen=True)
class _Parts:
    """The bytes of a proof where points and scalars alternate."""

    rows: bytes
    masks: bytes
    messages: bytes
    commitment: bytes
    closing: bytes


def _cut(data: bytes, shape: Shape) -> _Parts:
    """Cut bytes whose total length has been checked; what the other parts leave are the scalars of steps 1 and 3."""
    rows_end = len(HEADER) + shape.bits.rows * POINT_BYTES
    masks_end = rows_end + POINT_BYTES
    closing_start = len(data) - (shape.answer_size + 2) * SCALAR_BYTES
    commitment_start = closing_start - POINT_BYTES
    return _Parts(
        rows=data[len(HEADER) : rows_end],
        masks=data[rows_end:masks_end],
        messages=data[masks_end:commitment_start],
        commitment=data[commitment_start:closing_start],
        closing=data[closing_start:],
    )


class _Messages:
    """Hands out the scalars of steps 1 and 3 in the order in which they were sent."""

    def __init__(self, scalars: Sequence[int]) -> None:
        self._scalars = iter(scalars)

    def scalar(self) -> int:
        return next(self._scalars)

    def rounds(self, mask: MaskShape) -> Rounds:
        return [list(islice(self._scalars, degree)) for degree in mask.degrees]

    def product(self, shape: Shape) -> ProductPart:
        claim = self.scalar()
        rounds = self.rounds(shape.product_mask)
        return ProductPart(claim, rounds, (self.scalar(), self.scalar(), self.scalar()))


def _flat(rounds: Rounds) -> list[int]:
    return [value for message in rounds for value in message]


def _encode(scalars: Sequence[int]) -> bytes:
    return b"".join([scalar.to_bytes(SCALAR_BYTES, "little") for scalar in scalars])
