"""Points as 48 bytes: the only door for bytes from outside, and the way back.

The encoding is big-endian x under three flags: compressed, infinity, and whether y is the greater of y and -y. Only
one form of each point is let in, and only points of G1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np

from zkmargin.circuits.errors import MalformedProof
from zkmargin.verifier.arithmetic import POINT_BYTES
from zkmargin.verifier.ifma import decoding, points
from zkmargin.verifier.ifma.curve import POINT_WORDS
from zkmargin.verifier.ifma.decoding import BAD_IDENTITY, BEYOND_MODULUS, NOT_COMPRESSED, OUTSIDE
from zkmargin.verifier.ifma.description import LANES, Words, aligned
from zkmargin.verifier.parallel import begin_parts

REASONS = {
    NOT_COMPRESSED: "the compressed form is the only one accepted",
    BAD_IDENTITY: "the identity with other bits set",
    BEYOND_MODULUS: "the coordinate is not below the field's order",
    OUTSIDE: "not a point of the group",
}

WORTH_A_THREAD = 2
"""Blocks of eight points that a thread decodes in much longer than it takes to wake it."""


def decode(data: bytes) -> Words:
    """Rows of canonical encodings of points of G1; anything else is a `MalformedProof`."""
    (found,) = read([data])()
    if isinstance(found, MalformedProof):
        raise found
    return found


def read(parts: Sequence[bytes]) -> Callable[[], list[Words | MalformedProof]]:
    """Begin to decode several parts together; what is returned gives the rows of each, or the error."""
    errors = [None if len(part) % POINT_BYTES == 0 else wrong_length(part) for part in parts]
    texts = [part if error is None else b"" for part, error in zip(parts, errors, strict=True)]
    solving = solve(b"".join(texts), [*accumulate(len(text) // POINT_BYTES for text in texts)])
    return lambda: [error or found for error, found in zip(errors, solving(), strict=True)]


def wrong_length(data: bytes) -> MalformedProof:
    return MalformedProof(f"points: {len(data)} bytes are not a whole number of {POINT_BYTES}-byte points")


def refusal(row: int, kind: int) -> MalformedProof:
    return MalformedProof(f"point {row}: {REASONS[kind]}")


def solve(encodings: bytes, ends: Sequence[int]) -> Callable[[], list[Words | MalformedProof]]:
    """Begin to look for the points of parts that end there. Where an encoding is malformed, no curve is looked at."""
    data = np.frombuffer(encodings, dtype=np.uint8).reshape(-1, POINT_BYTES)
    rows, bounds = aligned(len(data), POINT_WORDS), np.array(ends, dtype=np.int64)
    kinds, chosen, refused = (np.empty(length, dtype=np.int64) for length in (len(data), len(data), len(ends)))
    decoding.classify(kinds, data)
    count = decoding.judge(chosen, refused, kinds, bounds)
    if count < len(data):
        rows[kinds == decoding.ABSENT] = points.IDENTITY

    def part(start: int, stop: int) -> None:
        decoding.decode(rows, kinds, data, chosen[start * LANES : min(stop * LANES, count)], points.scratch())

    finish = begin_parts(part, -(-count // LANES), WORTH_A_THREAD)

    def found() -> list[Words | MalformedProof]:
        finish()
        decoding.judge(chosen, refused, kinds, bounds)
        places = zip(refused.tolist(), [0, *ends], ends, strict=False)
        return [rows[at:end] if row < 0 else refusal(row, int(kinds[at + row])) for row, at, end in places]

    return found


def encode(rows: Words) -> bytes:
    """48 bytes a point."""
    result = np.empty(len(rows) * POINT_BYTES, dtype=np.uint8)
    if len(rows):
        points.encode(result, rows, points.scratch(-(-len(rows) // LANES) + 1))
    return result.tobytes()
