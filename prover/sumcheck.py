"""The prover's rounds, masked: each message is the round polynomial plus `rho` times the mask's own.

In every round but the last the shifts `d Z` vanish, because a remaining variable is 0 or 1 wherever the polynomial is
summed; so the tables are folded unshifted and only the last polynomial is made from shifted tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

from zkmargin.circuits.system import MODULUS
from zkmargin.prover.polynomials import Polynomial
from zkmargin.verifier.arithmetic import SCALAR_BYTES, Sumcheck, Words
from zkmargin.verifier.shape import LAST_ROUND_SCALARS, ROUND_SCALARS, MaskShape
from zkmargin.verifier.sumcheck import absorb_round, round_labels, vanishing
from zkmargin.verifier.transcript import Transcript

LastTerm = Callable[[list[Polynomial], Polynomial], Polynomial]
"""The summand of the last round, as a polynomial, from the tables and from `Z`."""


class Mask:
    """A masking polynomial `g`, its coefficients, a vector, known to the prover alone."""

    def __init__(self, shape: MaskShape, coefficients: Any) -> None:
        self.shape = shape
        self.coefficients = coefficients
        (self.constant,) = coefficients[:1].ints()

    @property
    def last(self) -> list[int]:
        """The coefficients of the last variable, from the linear one on."""
        ints: list[int] = self.coefficients[-LAST_ROUND_SCALARS:].ints()
        return ints

    @cached_property
    def _parts(self) -> list[list[int]]:
        """The coefficients of each variable."""
        coefficients = self.coefficients.ints()
        return [coefficients[start:end] for start, end in pairwise(accumulate(self.shape.degrees, initial=1))]

    @cached_property
    def _later(self) -> list[int]:
        """For each variable the sum of the coefficients of all later ones."""
        return list(accumulate((sum(part) for part in reversed(self._parts)), initial=0))[-2::-1]

    def round(self, variable: int, bound: int) -> list[int]:
        """The coefficients of the sum of `g` over the cube of the variables after `variable`; not reduced.

        `bound` is what the variables before it contribute at their challenges: the constant and their `term`s.
        """
        remaining = self.shape.variables - variable - 1
        # Each free variable is 1 in half of the cube; with none free there is nothing to halve.
        constant = (bound << remaining) + (self._later[variable] << remaining >> 1)
        return [constant, *(coefficient << remaining for coefficient in self._parts[variable])]

    def term(self, variable: int, x: int) -> int:
        """What one variable contributes at `x`."""
        return Polynomial(0, *self._parts[variable]).at(x)


@dataclass(frozen=True)
class Rounds:
    """The messages of one sumcheck, where they ended, and the tables' values there, unshifted and so private."""

    messages: list[list[int]]
    point: list[int]
    last: int
    values: list[int] = field(repr=False)
    vanishing: int
    """`Z` at the point."""


class Conversation:
    """The rounds of one sumcheck but the last, masked; see `verifier.arithmetic.Conversation`."""

    def __init__(self, transcript: Transcript, label: bytes, mask: Mask, rho: int) -> None:
        self._transcript, self._label, self._mask, self._rho = transcript, label, mask, rho
        self.messages: list[list[int]] = []
        self.point: list[int] = []
        self.bound = mask.constant

    @property
    def left(self) -> int:
        return self._mask.shape.variables - 1 - len(self.point)

    def speak(self, polynomial: Sequence[int]) -> int:
        hidden = self._mask.round(len(self.point), self.bound)
        message = _message([own + self._rho * other for own, other in zip(polynomial, hidden, strict=True)])
        challenge = absorb_round(self._transcript, self._label, message)
        self.bound += self._mask.term(len(self.point), challenge)
        self.messages.append(message)
        self.point.append(challenge)
        return challenge

    def words(self) -> Words:
        told, asked = round_labels(self._label)
        said = self._transcript.said(told, ROUND_SCALARS * SCALAR_BYTES)
        asked_one = self._transcript.asked(asked, 1)
        return Words(self._transcript.state, said, asked_one, self._mask.coefficients, self._rho << self.left)

    def note(self, state: bytes, messages: list[list[int]], challenges: list[int], bound: int) -> None:
        self._transcript.resume(state)
        self.messages, self.point, self.bound = messages, challenges, bound


def run(transcript: Transcript, label: bytes, tables: Sumcheck, mask: Mask, rho: int, last_term: LastTerm) -> Rounds:
    """All rounds of a masked sumcheck."""
    conversation = Conversation(transcript, label, mask, rho)
    tables.converse(conversation)
    before = vanishing(conversation.point)
    lines = [Polynomial.line(*pair) for pair in tables.ends()]
    hidden = Polynomial(conversation.bound, *mask.last)
    polynomial = (last_term(lines, Polynomial(0, before, -before)) + hidden * rho).reduced()
    # The claim leaves the value at 1 unsaid.
    last = [polynomial.at(x) for x in range(LAST_ROUND_SCALARS + 1) if x != 1]
    challenge = absorb_round(transcript, label, last)
    return Rounds(
        messages=[*conversation.messages, last],
        point=[*conversation.point, challenge],
        last=polynomial.at(challenge),
        values=[line.at(challenge) for line in lines],
        vanishing=before * challenge * (1 - challenge) % MODULUS,
    )


def _message(polynomial: Sequence[int]) -> list[int]:
    """A cubic's values at 0, 2 and 3; the one at 1 follows from the claim."""
    a, b, c, d = polynomial
    return [a % MODULUS, (a + 2 * (b + 2 * (c + 2 * d))) % MODULUS, (a + 3 * (b + 3 * (c + 3 * d))) % MODULUS]


def product_term(shifts: Sequence[int]) -> LastTerm:
    """`eq ((a + d_a Z)(b + d_b Z) - (c + d_c Z))`."""

    def term(lines: list[Polynomial], z: Polynomial) -> Polynomial:
        e, a, b, c = lines
        da, db, dc = ((z * shift).reduced() for shift in shifts)
        return e * ((a + da) * (b + db) - (c + dc))

    return term


def bit_term(shift: int) -> LastTerm:
    """`eq (D'^2 - D') + W D'` with `D' = D + d_D Z`."""

    def term(lines: list[Polynomial], z: Polynomial) -> Polynomial:
        e, d, w = lines
        d += (z * shift).reduced()
        return e * (d * d - d) + w * d

    return term
