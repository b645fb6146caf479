"""Points as 48 bytes: the only door for bytes from outside, and the way back.

The encoding is big-endian x under three flags: compressed, infinity, and whether y is the greater of y and -y. Only
one form of each point is let in, and only points of G1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.errors import MalformedProof
from zkmargin.verifier.arithmetic import POINT_BYTES
from zkmargin.verifier.encoding import BASE_MODULUS, COMPRESSED, IDENTITY, INFINITY, SIGN
from zkmargin.verifier.ifma import points
from zkmargin.verifier.ifma.compiler import kernel
from zkmargin.verifier.ifma.curve import AFFINE_WORDS
from zkmargin.verifier.ifma.description import BASE, LANES, RADIX_BITS, Words, aligned
from zkmargin.verifier.parallel import in_parts

Bytes = npt.NDArray[np.uint8]

FLAGS = COMPRESSED | INFINITY | SIGN
MODULUS_BYTES = np.frombuffer(BASE_MODULUS.to_bytes(POINT_BYTES, "big"), dtype=np.uint8)

FINITE, ABSENT, NOT_COMPRESSED, BAD_IDENTITY, BEYOND_MODULUS, OUTSIDE = range(6)
REASONS = {
    NOT_COMPRESSED: "the compressed form is the only one accepted",
    BAD_IDENTITY: "the identity with other bits set",
    BEYOND_MODULUS: "the coordinate is not below the field's order",
    OUTSIDE: "not a point of the group",
}


@kernel
def unpack(limbs: Any, data: Any) -> None:
    """Limbs, zero beforehand, of little-endian rows of bytes."""
    for row in range(len(data)):
        for at in range(data.shape[1]):
            value = np.uint64(data[row, at])
            limb, shift = (8 * at) // RADIX_BITS, (8 * at) % RADIX_BITS
            limbs[row, limb] |= (value << np.uint64(shift)) & np.uint64((1 << RADIX_BITS) - 1)
            if shift > RADIX_BITS - 8:
                limbs[row, limb + 1] |= value >> np.uint64(RADIX_BITS - shift)


@kernel
def pack(data: Any, limbs: Any) -> None:
    """Little-endian rows of bytes of limbs."""
    for row in range(len(data)):
        for at in range(data.shape[1]):
            limb, shift = (8 * at) // RADIX_BITS, (8 * at) % RADIX_BITS
            value = limbs[row, limb] >> np.uint64(shift)
            if shift > RADIX_BITS - 8:
                value |= limbs[row, limb + 1] << np.uint64(RADIX_BITS - shift)
            data[row, at] = np.uint8(value & np.uint64(0xFF))


WORTH_A_THREAD = 16
"""Points that a thread decodes in much longer than it takes to wake it."""


def classify(data: Bytes) -> npt.NDArray[np.int64]:
    """What each row of 48 bytes claims to be, before the curve is looked at."""
    body = without_flags(data)
    infinite = (data[:, 0] & INFINITY) != 0
    kinds = np.full(len(data), FINITE)
    kinds[~below_modulus(body)] = BEYOND_MODULUS
    kinds[infinite] = ABSENT
    kinds[infinite & (body.any(axis=1) | ((data[:, 0] & SIGN) != 0))] = BAD_IDENTITY
    kinds[(data[:, 0] & COMPRESSED) == 0] = NOT_COMPRESSED
    return kinds


def without_flags(data: Bytes) -> Bytes:
    body = data.copy()
    body[:, 0] &= 0xFF ^ FLAGS
    return body


def below_modulus(body: Bytes) -> npt.NDArray[np.bool_]:
    """Big-endian rows compare as their first differing byte does."""
    differing = body != MODULUS_BYTES
    first = differing.argmax(axis=1)
    below: npt.NDArray[np.bool_] = body[np.arange(len(body)), first] < MODULUS_BYTES[first]
    below &= differing.any(axis=1)
    return below


def decode(data: bytes) -> Words:
    """Affine rows of canonical encodings of points of G1; anything else is a `MalformedProof`."""
    if len(data) % POINT_BYTES:
        raise MalformedProof(f"points: {len(data)} bytes are not a whole number of {POINT_BYTES}-byte points")
    encodings = np.frombuffer(data, dtype=np.uint8).reshape(-1, POINT_BYTES)
    kinds = classify(encodings)
    refuse(kinds)
    result = aligned(len(kinds), AFFINE_WORDS)
    result[:] = 0
    finite = np.flatnonzero(kinds == FINITE)
    if len(finite):
        result[finite], member = solve(encodings[finite])
        kinds[finite[~member]] = OUTSIDE
        refuse(kinds)
    return result


def refuse(kinds: npt.NDArray[np.int64]) -> None:
    refused = np.flatnonzero(kinds > ABSENT)
    if len(refused):
        raise MalformedProof(f"point {refused[0]}: {REASONS[int(kinds[refused[0]])]}")


def solve(encodings: Bytes) -> tuple[Words, npt.NDArray[np.bool_]]:
    """The points with these x and these signs, and which of them are points of the group."""
    limbs, affine = aligned(len(encodings), BASE.limbs), aligned(len(encodings), AFFINE_WORDS)
    sign = ((encodings[:, 0] & SIGN) != 0).astype(np.uint64)
    limbs[:] = 0
    unpack(limbs, np.ascontiguousarray(without_flags(encodings)[:, ::-1]))

    def part(start: int, stop: int) -> npt.NDArray[np.bool_]:
        room, on_curve, member = points.scratch(), masks(stop - start), masks(stop - start)
        points.decode(affine[start:stop], on_curve, limbs[start:stop], sign[start:stop], room)
        # For an x without a point this computes with a pair off the curve; its verdict no longer matters.
        points.subgroup(member, affine[start:stop], room)
        accepted: npt.NDArray[np.bool_] = (on_curve & member)[: stop - start] != 0
        return accepted

    return affine, np.concatenate(in_parts(part, len(encodings), WORTH_A_THREAD))


def masks(length: int) -> Words:
    """A number for each row, filled up to whole blocks."""
    return np.zeros(-(-length // LANES) * LANES, dtype=np.uint64)


def encode(affine: Words) -> bytes:
    """48 bytes an affine row."""
    if not len(affine):
        return b""
    x, sign = aligned(len(affine), BASE.limbs), masks(len(affine))
    points.encode(x, sign, affine, points.scratch())
    body = np.empty((len(affine), POINT_BYTES), dtype=np.uint8)
    pack(body, x)
    data = body[:, ::-1].copy()
    data[:, 0] |= np.uint8(COMPRESSED) | (sign[: len(affine)].astype(np.uint8) * np.uint8(SIGN))
    absent = ~affine.any(axis=1)
    data[absent] = np.frombuffer(IDENTITY, dtype=np.uint8)
    return data.tobytes()
