"""The sumcheck of the bits, `eq(point, .) (D^2 - D) + W D`: two sumchecks that share the bits; and calls of kernels.

Where tables are short a kernel holds the conversation by itself, for as many rounds as no table changes its kind. Long
tables are summed and folded in parts, by as many threads as there are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkmargin.circuits.system import MODULUS, LaneArray
from zkmargin.verifier.arithmetic import SCALAR_BYTES, Conversation
from zkmargin.verifier.field import kernels, stretches
from zkmargin.verifier.field.axes import Axes
from zkmargin.verifier.field.bits import BitCheck
from zkmargin.verifier.field.engine import Engine
from zkmargin.verifier.field.patterns import NO_GRAM
from zkmargin.verifier.field.shapes import require
from zkmargin.verifier.field.speech import COEFFICIENTS, HASH_ROOM, LONGEST, PADDING, TOLD, Speech
from zkmargin.verifier.field.tables import WORTH_A_THREAD, folded, halves_added, two_values
from zkmargin.verifier.field.vector import (
    Limbs,
    empty,
    from_integers,
    integers,
    montgomery,
    plain,
    plain_integers,
    zeros,
)
from zkmargin.verifier.field.weighted import WeightedBits, Weights
from zkmargin.verifier.parallel import in_parts


class BitSumcheck:
    """Its rounds run on what is between two calls: `stretches.Running`, and the tables of both parts."""

    def __init__(self, lanes: LaneArray, weights: Weights, point: Sequence[int], engine: Engine) -> None:
        axes = Axes(*lanes.shape)
        require(axes.accounts > 0 and axes.lanes > 0, "there are no bits")
        require(len(point) == axes.variables, "the point does not fit the bits")
        self._engine, self._variables = engine, axes.variables
        self._running = _running(point, engine)
        claim = self._running.state[stretches.INNER_CLAIM :]
        self._bits = BitCheck(lanes, axes, self._running.point, engine)
        self._weighted = WeightedBits(lanes, axes, weights, self._bits, claim, engine)
        # For bits the other part is zero.
        (self.total,) = integers(claim[:1])
        self._bound = 0

    def converse(self, conversation: Conversation) -> None:
        require(conversation.left == self._variables - 1, "all rounds but the last are held at once")
        speech = begin(conversation)
        while self._bound < self._variables - 1:
            alike = min(self._bits.alike, self._weighted.rounds.variables, self._variables - 1 - self._bound)
            if alike and self._bits.pairs < 2 * WORTH_A_THREAD:
                self._together(speech, self._bound + alike)
            else:
                self._in_parts(speech)
        end(conversation, speech)

    def ends(self) -> list[tuple[int, int]]:
        require(self._bound == self._variables - 1, "one variable must be left")
        scale, coordinate = integers(self._running.state[:1]) + integers(self._running.point[-1:])
        high = scale * coordinate % MODULUS
        equality = ((scale - high) % MODULUS, high)
        return [equality, two_values(self._bits.table), two_values(self._weighted.ends)]

    def _together(self, speech: Speech, last: int) -> None:
        bits = self._bits
        self._hold(speech, last, bits.gram, bits.table, bits.equality, empty(4), False)
        self._bind(speech.heard[self._bound : last])

    def _hold(
        self, speech: Speech, last: int, gram: stretches.Gram, table: Limbs, equality: Limbs, sums: Limbs, summed: bool
    ) -> None:
        inner = self._weighted.rounds
        tables = gram, table, self._bits.rows, equality, inner.left, inner.right, inner.half
        self._engine.bit_rounds(speech, self._running, self._bound, last, *tables, sums, summed)

    def _in_parts(self, speech: Speech) -> None:
        bits, inner, nothing = self._bits, self._weighted.rounds, empty(0)
        # As a kernel leaves them: reduced, plain numbers.
        sums = plain(b"".join((value % MODULUS).to_bytes(SCALAR_BYTES, "little") for value in self._sums()))
        self._hold(speech, self._bound + 1, NO_GRAM, nothing, nothing, sums, True)
        challenge = speech.heard[self._bound : self._bound + 1]
        for table, distance in ((bits.table, bits.distance), (inner.left, inner.half), (inner.right, inner.half)):
            folded(table, distance, challenge, self._engine)
        shortening = bits.shortening
        shortening[: len(shortening) // 2] = halves_added(shortening)
        self._bind(challenge)

    def _sums(self) -> list[int]:
        bits, inner = self._bits, self._weighted.rounds
        near = 0 if self._running.point[self._bound].any() else bits.distance

        def part(start: int, stop: int) -> list[int]:
            result = empty(2)
            tables = bits.table, near, bits.distance - near, bits.rows, bits.columns, bits.width
            self._engine.zero_check(result, *tables, start, stop)
            return plain_integers(result)

        result = empty(4)
        self._engine.inner_round(result, inner.left, inner.right, inner.half)
        check = [sum(parts) for parts in zip(*in_parts(part, bits.pairs, WORTH_A_THREAD), strict=True)]
        return check + plain_integers(result[2:])

    def _bind(self, challenges: Limbs) -> None:
        self._bound += len(challenges)
        self._bits.bind(challenges)
        self._weighted.bind(challenges)


def _running(point: Sequence[int], engine: Engine) -> stretches.Running:
    coordinates, inverses, state = from_integers(point, engine), empty(len(point)), zeros(stretches.STATE_ROWS)
    # Where a coordinate is zero nothing is divided by it.
    kernels.invert_vector(inverses, coordinates)
    state[stretches.SCALE] = montgomery(1)
    return stretches.Running(state, coordinates, inverses)


def begin(conversation: Conversation) -> Speech:
    rounds, words = conversation.left, conversation.words()
    message = int(TOLD) * SCALAR_BYTES
    spoken = len(words.state) + max(len(words.said) + message, len(words.asked))
    # Kernels do not look where an array ends.
    require(spoken + PADDING <= LONGEST, "a round's words are too long")
    state, said, asked = (np.frombuffer(text, np.uint8).copy() for text in (words.state, words.said, words.asked))
    mask, scale = words.mask.limbs, from_integers([words.scale])
    told, heard = empty(int(TOLD) * rounds), empty(rounds)
    rooms = empty(int(COEFFICIENTS)), np.empty(LONGEST, np.uint8), np.empty(HASH_ROOM, np.uint64)
    return Speech(state, said, asked, mask, scale, mask[:1].copy(), told, heard, *rooms)


def end(conversation: Conversation, speech: Speech) -> None:
    told = plain_integers(speech.messages)
    messages = [told[at : at + TOLD] for at in range(0, len(told), int(TOLD))]
    *challenges, bound = integers(np.concatenate([speech.heard, speech.bound]))
    conversation.note(speech.state.tobytes(), messages, challenges, bound)
