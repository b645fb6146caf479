"""Points as 48 bytes: the only door for bytes from outside, and the way back.

The encoding is big-endian x under three flags: compressed, infinity, and whether y is the greater of y and -y. Only
one form of each point is let in, and only points of G1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.errors import MalformedProof
from zkmargin.verifier.arithmetic import POINT_BYTES
from zkmargin.verifier.encoding import BASE_MODULUS, COMPRESSED, INFINITY, SIGN
from zkmargin.verifier.ifma import points
from zkmargin.verifier.ifma.curve import AFFINE_WORDS, POINT_WORDS
from zkmargin.verifier.ifma.description import BASE, LANES, LIMB_MASK, RADIX_BITS, Words, aligned
from zkmargin.verifier.parallel import begin_parts

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


PAIRS = BASE.limbs // 2
PAIR_BYTES = 2 * RADIX_BITS // 8
"""Two limbs are thirteen bytes, and fit two words."""


def unpack(data: Bytes) -> Words:
    """Limbs of big-endian rows of bytes."""
    padded = np.zeros((len(data), PAIRS * PAIR_BYTES), dtype=np.uint8)
    padded[:, :POINT_BYTES] = data[:, ::-1]
    pairs = np.zeros((len(data), PAIRS, 16), dtype=np.uint8)
    pairs[:, :, :PAIR_BYTES] = padded.reshape(len(data), PAIRS, PAIR_BYTES)
    words, limbs = pairs.view("<u8"), aligned(len(data), BASE.limbs)
    limbs[:, 0::2] = words[:, :, 0] & np.uint64(LIMB_MASK)
    limbs[:, 1::2] = words[:, :, 0] >> np.uint64(RADIX_BITS) | words[:, :, 1] << np.uint64(64 - RADIX_BITS)
    return limbs


WORTH_A_THREAD = 2
"""Blocks of eight points that a thread decodes in much longer than it takes to wake it."""


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
    """Rows of canonical encodings of points of G1; anything else is a `MalformedProof`."""
    (found,) = read([data])()
    if isinstance(found, MalformedProof):
        raise found
    return found


def read(parts: Sequence[bytes]) -> Callable[[], list[Words | MalformedProof]]:
    """Begin to decode several parts together; what is returned gives the rows of each, or the error."""
    lengths = [None if len(part) % POINT_BYTES == 0 else wrong_length(part) for part in parts]
    texts = [part if error is None else b"" for part, error in zip(parts, lengths, strict=True)]
    encodings = np.frombuffer(b"".join(texts), dtype=np.uint8).reshape(-1, POINT_BYTES)
    ends = accumulate((len(text) // POINT_BYTES for text in texts), initial=0)
    places = [slice(*pair) for pair in pairwise(ends)]
    kinds = classify(encodings)
    errors = [error or refusal(kinds[place]) for error, place in zip(lengths, places, strict=True)]
    # Where some encoding is malformed, no curve is looked at.
    wanted = kinds == FINITE
    for error, place in zip(errors, places, strict=True):
        wanted[place] &= error is None
    finite = np.flatnonzero(wanted)
    solving = solve(encodings[finite])

    def finish() -> list[Words | MalformedProof]:
        affine, member = solving()
        kinds[finite[~member]] = OUTSIDE
        rows = aligned(len(kinds), POINT_WORDS)
        rows[:] = points.IDENTITY
        rows[finite] = np.hstack([affine, np.broadcast_to(points.ONE, (len(finite), BASE.limbs))])
        return [error or refusal(kinds[place]) or rows[place] for error, place in zip(errors, places, strict=True)]

    return finish


def wrong_length(data: bytes) -> MalformedProof:
    return MalformedProof(f"points: {len(data)} bytes are not a whole number of {POINT_BYTES}-byte points")


def refusal(kinds: npt.NDArray[np.int64]) -> MalformedProof | None:
    refused = np.flatnonzero(kinds > ABSENT)
    return MalformedProof(f"point {refused[0]}: {REASONS[int(kinds[refused[0]])]}") if len(refused) else None


def solve(encodings: Bytes) -> Callable[[], tuple[Words, npt.NDArray[np.bool_]]]:
    """Begin to look for the points with these x and these signs, and which of them are points of the group."""
    limbs, affine = unpack(without_flags(encodings)), aligned(len(encodings), AFFINE_WORDS)
    sign = ((encodings[:, 0] & SIGN) != 0).astype(np.uint64)
    on_curve, member = masks(len(encodings)), masks(len(encodings))

    def part(start: int, stop: int) -> None:
        here, room = slice(start * LANES, stop * LANES), points.scratch()
        points.decode(affine[here], on_curve[here], limbs[here], sign[here], room)
        # For an x without a point this computes with a pair off the curve; its verdict no longer matters.
        points.subgroup(member[here], affine[here], room)

    finish = begin_parts(part, len(member) // LANES, WORTH_A_THREAD)

    def found() -> tuple[Words, npt.NDArray[np.bool_]]:
        finish()
        return affine, (on_curve & member)[: len(encodings)] != 0

    return found


def masks(length: int) -> Words:
    """A number for each row, filled up to whole blocks."""
    return np.zeros(-(-length // LANES) * LANES, dtype=np.uint64)


def encode(rows: Words) -> bytes:
    """48 bytes a point."""
    result = np.empty(len(rows) * POINT_BYTES, dtype=np.uint8)
    if len(rows):
        points.encode(result, rows, points.scratch(-(-len(rows) // LANES) + 1))
    return result.tobytes()
