"""The two sumchecks: honest against their claims, and the portable ones against the reference, round by round."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from field_samples import EDGES, both_fields, some_lanes, some_scalars, variables
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.errors import InternalError
from zkmargin.circuits.system import MODULUS, LaneArray
from zkmargin.prover.polynomials import Polynomial
from zkmargin.prover.sumcheck import Conversation, Mask
from zkmargin.verifier.arithmetic import Field, Sumcheck, Words
from zkmargin.verifier.field.portable import PortableField
from zkmargin.verifier.field.speech import Speech
from zkmargin.verifier.field.stretches import Gram, Running
from zkmargin.verifier.reference_field import ReferenceField
from zkmargin.verifier.shape import MaskShape
from zkmargin.verifier.sumcheck import complete, interpolate
from zkmargin.verifier.transcript import Transcript

REFERENCE, PORTABLE = ReferenceField(), PortableField()
Weights = Sequence[tuple[list[int], list[int]]]
SHAPES = [(1, 1), (1, 2), (1, 3), (1, 21), (2, 1), (2, 5), (3, 1), (3, 3), (4, 2), (5, 6), (8, 1), (9, 3), (17, 5)]
"""Accounts and lanes: powers of two and not, fewer and more than the variables bound while the table is bits."""


def bit_check(field: Field, lanes: LaneArray, weights: Weights, point: list[int]) -> Sumcheck:
    pairs = [(field.vector(account), field.vector(lane)) for account, lane in weights]
    return field.bit_sumcheck(lanes, pairs, point)


def product_check(field: Field, tables: list[list[int]], point: list[int]) -> Sumcheck:
    left, right, output = (field.vector(table) for table in tables)
    return field.product_sumcheck(left, right, output, point)


def some_bits(rng: random.Random, accounts: int, lanes: int, pairs: int) -> tuple[LaneArray, Weights, list[int]]:
    padded = 1 << variables(accounts)
    weights = [(some_scalars(rng, padded), some_scalars(rng, lanes)) for _ in range(pairs)]
    point = some_scalars(rng, variables(accounts) + variables(lanes) + 4)
    return some_lanes(rng, accounts, lanes), weights, point


def held(sumcheck: Sumcheck, rounds: int, seed: int = 0) -> tuple[list[list[int]], list[int], bytes, list[Any]]:
    """A masked conversation: its messages, the challenges, the transcript's last state; and the ends."""
    rng, shape = random.Random(seed), MaskShape(rounds)
    transcript = Transcript(b"a conversation")
    mask, (rho,) = Mask(shape, PORTABLE.vector(some_scalars(rng, shape.size))), some_scalars(rng, 1)
    conversation = Conversation(transcript, b"some", mask, rho)
    sumcheck.converse(conversation)
    assert conversation.left == 0
    ends = [*sumcheck.ends(), conversation.bound % MODULUS]
    return conversation.messages, conversation.point, transcript.state, ends


def compare(make: Callable[[Field], Sumcheck], rounds: int, rng: random.Random) -> None:
    """What they begin with, all rounds and the ends, byte for byte."""
    seed = rng.randrange(1 << 30)
    portable, reference = make(PORTABLE), make(REFERENCE)
    assert portable.total == reference.total
    assert held(portable, rounds, seed) == held(reference, rounds, seed)


@pytest.mark.parametrize(("accounts", "lanes"), SHAPES)
@pytest.mark.parametrize("pairs", [0, 1, 2, 3])
def test_bits_agree(accounts: int, lanes: int, pairs: int) -> None:
    rng = random.Random(100 * accounts + 10 * lanes + pairs)
    bits = some_bits(rng, accounts, lanes, pairs)
    compare(lambda field: bit_check(field, *bits), len(bits[2]), rng)


@given(seed=st.integers(0, 2**32), accounts=st.integers(1, 9), lanes=st.integers(1, 9), pairs=st.integers(0, 2))
def test_bits_agree_on_any_shape(seed: int, accounts: int, lanes: int, pairs: int) -> None:
    rng = random.Random(seed)
    bits = some_bits(rng, accounts, lanes, pairs)
    compare(lambda field: bit_check(field, *bits), len(bits[2]), rng)


@pytest.mark.parametrize("corner", [0, 1, MODULUS - 1])
def test_bits_agree_at_special_points(corner: int) -> None:
    """At 0 one end of the linear factor vanishes, and with it the usual way to the second value."""
    rng = random.Random(corner)
    lanes, weights, point = some_bits(rng, 5, 3, 1)
    for special in range(len(point)):
        moved = [corner if i == special else coordinate for i, coordinate in enumerate(point)]
        compare(lambda field, at=moved: bit_check(field, lanes, weights, at), len(point), rng)
    compare(lambda field: bit_check(field, lanes, weights, [corner] * len(point)), len(point), rng)


@pytest.mark.parametrize("word", [0, 0xFFFF])
def test_bits_that_are_all_equal(word: int) -> None:
    lanes = np.full((3, 3), word, dtype=np.uint16)
    _, weights, point = some_bits(random.Random(1), 3, 3, 2)
    compare(lambda field: bit_check(field, lanes, weights, point), len(point), random.Random(2))


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_products_agree(count: int) -> None:
    rng = random.Random(count)
    for _ in range(5):
        tables, point = [some_scalars(rng, 1 << count) for _ in range(3)], some_scalars(rng, count)
        compare(lambda field, t=tables, p=point: product_check(field, t, p), count, rng)


@pytest.mark.parametrize("corner", EDGES[:4])
def test_products_agree_at_special_points(corner: int) -> None:
    rng = random.Random(corner)
    tables = [some_scalars(rng, 8) for _ in range(3)]
    compare(lambda field: product_check(field, tables, [corner] * 3), 3, rng)


class Open:
    """A conversation without a mask; a verifier would hear of it that each round sums to the claim before it."""

    def __init__(self, claim: int, rounds: int, rng: random.Random) -> None:
        self.claim, self.point, self._rounds, self._rng = claim % MODULUS, list[int](), rounds, rng

    @property
    def left(self) -> int:
        return self._rounds - 1 - len(self.point)

    def speak(self, polynomial: Sequence[int]) -> int:
        assert (polynomial[0] + sum(polynomial) - self.claim) % MODULUS == 0
        self.point.append(self._rng.randrange(MODULUS))
        self.claim = Polynomial(*polynomial).at(self.point[-1])
        return self.point[-1]

    def words(self) -> Words:
        """Whoever asks is told no mask; what was said is looked at afterwards."""
        return Words(bytes(32), b"said", b"asked", PORTABLE.zeros(MaskShape(self.left + 1).size), 0)

    def note(self, state: bytes, messages: list[list[int]], challenges: list[int], bound: int) -> None:
        for message, challenge in zip(messages, challenges, strict=True):
            self.claim = interpolate(complete(self.claim, message), challenge)
        self.point += challenges


@both_fields
def test_bits_prove_their_weighted_sum(field: Field) -> None:
    rng = random.Random(11)
    lanes, weights, tau = some_bits(rng, 3, 5, 2)
    claim = sum(
        account[a] * lane[b] * int(lanes[a, b]) for account, lane in weights for a in range(3) for b in range(5)
    )
    sumcheck, conversation = bit_check(field, lanes, weights, tau), Open(claim, len(tau), rng)
    sumcheck.converse(conversation)
    total = sum(e * (d * d - d) + w * d for e, d, w in zip(*sumcheck.ends(), strict=True))
    assert (total - conversation.claim) % MODULUS == 0
    for end, x in zip(sumcheck.ends()[0], (0, 1), strict=True):
        assert (field.eq(tau) @ field.eq([*conversation.point, x]) - end) % MODULUS == 0


@both_fields
def test_products_prove_their_sum(field: Field) -> None:
    rng = random.Random(12)
    left, right, output = (some_scalars(rng, 16) for _ in range(3))
    tau = some_scalars(rng, 4)
    claim = sum(e * (a * b - c) for e, a, b, c in zip(field.eq(tau).ints(), left, right, output, strict=True))
    sumcheck, conversation = product_check(field, [left, right, output], tau), Open(claim, 4, rng)
    sumcheck.converse(conversation)
    ends = sumcheck.ends()
    assert (sum(e * (a * b - c) for e, a, b, c in zip(*ends, strict=True)) - conversation.claim) % MODULUS == 0
    for x in (0, 1):
        at_point = field.eq([*conversation.point, x])
        for table, end in ((left, ends[1]), (right, ends[2]), (output, ends[3])):
            assert (field.vector(table) @ at_point - end[x]) % MODULUS == 0


@both_fields
def test_a_sumcheck_leaves_its_inputs_alone(field: Field) -> None:
    rng = random.Random(13)
    tables = [field.vector(some_scalars(rng, 4)) for _ in range(3)]
    before = [table.ints() for table in tables]
    held(field.product_sumcheck(*tables, [5, 6]), 2)
    account, lane = field.vector([1, 2]), field.vector([3])
    held(field.bit_sumcheck(np.array([[5], [6]], dtype=np.uint16), [(account, lane)], [5] * 5), 5)
    assert [table.ints() for table in tables] == before
    assert (account.ints(), lane.ints()) == ([1, 2], [3])


@both_fields
def test_shapes_that_do_not_fit_are_refused(field: Field) -> None:
    lanes, two = np.zeros((2, 3), dtype=np.uint16), field.zeros(2)
    wrong = [
        lambda: field.product_sumcheck(two, two, two, [1, 2]),
        lambda: field.product_sumcheck(two, two, field.zeros(4), [1]),
        lambda: field.product_sumcheck(*[field.zeros(1)] * 3, []),
        lambda: field.bit_sumcheck(lanes, [], [0] * 6),
        lambda: field.bit_sumcheck(lanes, [], [0] * 8),
        lambda: field.bit_sumcheck(lanes, [(two, two)], [0] * 7),
        lambda: field.bit_sumcheck(lanes, [(field.zeros(1), field.zeros(3))], [0] * 7),
    ]
    for call in wrong:
        with pytest.raises(InternalError, match="field"):
            call()


@both_fields
def test_a_sumcheck_ends(field: Field) -> None:
    zero = field.zeros(4)
    makers = [
        (2, lambda: field.product_sumcheck(zero, zero, zero, [1, 2])),
        (4, lambda: field.bit_sumcheck(np.zeros((1, 1), dtype=np.uint16), [], [1] * 4)),
    ]
    for rounds, make in makers:
        sumcheck = make()
        with pytest.raises(InternalError, match="one variable"):
            sumcheck.ends()
        held(sumcheck, rounds)
        assert len(sumcheck.ends()) > 2


@both_fields
def test_a_conversation_has_as_many_rounds_as_there_are_variables_but_one(field: Field) -> None:
    one = field.vector([1])
    for rounds in (3, 6):
        with pytest.raises(InternalError, match="field"):
            held(field.bit_sumcheck(np.ones((1, 1), dtype=np.uint16), [(one, one)], [1] * 4), rounds)


@pytest.mark.parametrize("label", [b"x" * 310, b"x" * 600])
def test_words_for_which_there_is_no_room_are_refused(label: bytes) -> None:
    one, shape = PORTABLE.vector([1]), MaskShape(4)
    conversation = Conversation(Transcript(b"long"), label, Mask(shape, PORTABLE.zeros(shape.size)), 1)
    bits = PORTABLE.bit_sumcheck(np.ones((1, 1), dtype=np.uint16), [(one, one)], [1] * 4)
    with pytest.raises(InternalError, match="too long"):
        bits.converse(conversation)


def test_nothing_of_a_conversation_is_printed() -> None:
    text = repr(Words(b"state", b"said", b"asked", REFERENCE.vector([123456789]), 1))
    assert "said" in text
    assert "123456789" not in re.findall(r"\d+", text)
    for kind in (Speech, Running, Gram):
        filled = kind(*[np.array([123456789])] * len(kind._fields))
        assert (repr(filled), str(filled)) == (f"{kind.__name__}()",) * 2
