"""The algebra both sides of a sumcheck share: kernels at a point, masks, and the replay of the rounds.

Multilinear tables bind their most significant variable first; a point lists its coordinates in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from math import factorial

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.transcript import Transcript


def eq_at(left: Sequence[int], right: Sequence[int]) -> int:
    """The equality kernel `prod_i (x_i y_i + (1 - x_i)(1 - y_i))`."""
    product = 1
    for x, y in zip(left, right, strict=True):
        product = product * (x * y + (1 - x) * (1 - y)) % MODULUS
    return product


def eq_prefix_sum(point: Sequence[int], count: int) -> int:
    """`sum_(i < count) eq(point, i)`, in as many steps as there are variables."""
    if count == 1 << len(point):
        return 1
    total, path = 0, 1
    for position, x in enumerate(point):
        low, high = path * (1 - x) % MODULUS, path * x % MODULUS
        bit = (count >> (len(point) - 1 - position)) & 1
        total, path = (total + low, high) if bit else (total, low)
    return total % MODULUS


def vanishing(point: Sequence[int]) -> int:
    """`Z(x) = prod_i x_i (1 - x_i)`, zero on the cube."""
    product = 1
    for x in point:
        product = product * x * (1 - x) % MODULUS
    return product


def bit_place(point: Sequence[int]) -> int:
    """The multilinear extension of `2^bit` over the bits of a lane."""
    product = 1
    for position, x in enumerate(point):
        product = product * (1 - x + (x << (1 << (len(point) - 1 - position)))) % MODULUS
    return product


CUBIC = 4
_HALF, _SIXTH = pow(2, -1, MODULUS), pow(6, -1, MODULUS)


@cache
def _inverse_factorial(number: int) -> int:
    return pow(factorial(number), -1, MODULUS)


def interpolate(values: Sequence[int], x: int) -> int:
    """The polynomial through `(i, values[i])`, at `x`: Newton's forward differences, nested as in Horner's rule."""
    if len(values) == CUBIC:
        a, b, c, d = values
        return _cubic(a, b, c, d, x)
    differences, leading = list(values), []
    while differences:
        leading.append(differences[0])
        differences = [b - a for a, b in pairwise(differences)]
    total = 0
    for k in range(len(leading) - 1, -1, -1):
        total = (total * (x - k) + leading[k] * _inverse_factorial(k)) % MODULUS
    return total


def _cubic(a: int, b: int, c: int, d: int, x: int) -> int:
    """The same written out for four values, of which there are many."""
    second, third = c - 2 * b + a, d - 3 * (c - b) - a
    inner = (second * _HALF + (x - 2) * (third * _SIXTH % MODULUS)) % MODULUS
    return (a + x * ((b - a + (x - 1) * inner) % MODULUS)) % MODULUS


def complete(claim: int, message: Sequence[int]) -> list[int]:
    """The round polynomial at 0, 1, 2, ...: a message leaves out the value at 1, which the claim determines."""
    return [message[0], (claim - message[0]) % MODULUS, *message[1:]]


def round_labels(label: bytes) -> tuple[bytes, bytes]:
    """Under which labels a round is told, and its challenge asked for."""
    return label + b" round", label + b" point"


def absorb_round(transcript: Transcript, label: bytes, message: Sequence[int]) -> int:
    """Speak one round into the transcript and hear its challenge."""
    told, asked = round_labels(label)
    transcript.absorb_scalars(told, message)
    return transcript.challenge(asked)


def replay(
    transcript: Transcript, label: bytes, claim: int, messages: Sequence[Sequence[int]]
) -> tuple[list[int], int]:
    """The point at which the rounds end, and the value the last polynomial has there."""
    point: list[int] = []
    for message in messages:
        challenge = absorb_round(transcript, label, message)
        claim = interpolate(complete(claim, message), challenge)
        point.append(challenge)
    return point, claim
