"""Checking one proof against its statement: a public equation in F, and one in the group.

    1. policy: is this the statement the caller is willing to hear about?
    2. parse: lengths from the statement, canonical scalars, points of the group
    3. replay the exchange and fold everything that was said into one linear relation
    4. the closing answer satisfies the relation in F
    5. the closing answer opens the combined commitment in the group

Steps 1 to 4 end in a `GroupEquation`; checking it alone is step 5, checking many at once is `batch.py`.

The sum under the generators in step 5 needs only the answer: another thread may add it up meanwhile. Errors are raised
in the order above all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from zkmargin.circuits.errors import FalseStatement, MalformedProof
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.generators import generators
from zkmargin.verifier.parallel import meanwhile
from zkmargin.verifier.proof import Proof, parse_proof
from zkmargin.verifier.relations import (
    PROTOCOL,
    BitStep,
    LinkChallenges,
    ProductStep,
    Relation,
    bit_weights,
    closing_relation,
    link_challenges,
    public_target,
    weight_at,
)
from zkmargin.verifier.shape import Shape
from zkmargin.verifier.statement import Policy, Shown, Statement
from zkmargin.verifier.sumcheck import replay, vanishing
from zkmargin.verifier.transcript import Transcript


@dataclass(frozen=True)
class GroupEquation:
    """`sum answer . (G | K | M | H) + sum scalars . points = 0`, all that is left of a proof to check."""

    columns: int
    account_columns: int
    answer: Any
    """Scalars of `G | K | M | H`."""
    points: Any
    scalars: Any

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many of `G`, of `K` and of `M`."""
        return self.columns, self.account_columns, len(self.answer) - 1 - self.columns - self.account_columns


@dataclass(frozen=True)
class Received:
    """A proof whose lengths and scalars are right, under a policy that lets its statement in."""

    statement: Statement
    proof: Proof

    @property
    def encodings(self) -> tuple[bytes, bytes]:
        """The points of the proof, and those of the statement."""
        return self.proof.points, b"".join(self.statement.commitments)


@dataclass(frozen=True)
class Replayed:
    """What step 3 leaves behind: a relation in F, and how the points are combined."""

    relation: Relation
    link: LinkChallenges
    bits: BitStep
    challenge: int


def verify(statement: Statement, proof: bytes, policy: Policy, arithmetic: Arithmetic) -> Shown:
    """Accept, and say what was shown; or raise the typed reason."""
    received = receive(statement, proof, policy, arithmetic)
    reading = arithmetic.group.read(received.encodings)
    opened = _begin_opening(received, arithmetic)
    points = reading()
    equation = settle(received, replay_exchange(received, arithmetic), points, arithmetic)
    if not holds(equation, arithmetic, opened):
        raise FalseStatement("proof: the closing answer does not open the commitments")
    return shown(statement, arithmetic)


def shown(statement: Statement, arithmetic: Arithmetic) -> Shown:
    """The statement in the words of an acceptance; for proofs whose equation has been checked."""
    accounts = len(statement.commitments)
    return Shown(statement.digest, statement.system.digest, statement.context, accounts, arithmetic.name)


def reduce_proof(statement: Statement, proof: bytes, policy: Policy, arithmetic: Arithmetic) -> GroupEquation:
    """Steps 1 to 4."""
    received = receive(statement, proof, policy, arithmetic)
    points = arithmetic.group.read(received.encodings)
    return settle(received, replay_exchange(received, arithmetic), points(), arithmetic)


def receive(statement: Statement, proof: bytes, policy: Policy, arithmetic: Arithmetic) -> Received:
    """Step 1, and what step 2 asks of everything but the points."""
    policy.check(statement)
    return Received(statement, parse_proof(proof, statement.shape, arithmetic))


def replay_exchange(received: Received, arithmetic: Arithmetic) -> Replayed:
    """Step 3."""
    shape, proof = received.statement.shape, received.proof
    transcript = open_transcript(received.statement, proof.rows, proof.masks)
    product = _replay_products(transcript, shape, proof)
    link = link_challenges(transcript, shape, arithmetic)
    tensors = bit_weights(shape, link, product, arithmetic)
    bits = _replay_bits(transcript, shape, proof)
    kappa = transcript.challenge(b"kappa")
    target = public_target(shape, link, product, tensors)
    pub = weight_at(shape, tensors, bits.point, arithmetic)
    relation = closing_relation(shape, kappa, link, product, bits, target, pub, arithmetic)
    challenge = absorb_answer(transcript, proof.answer.commitment, proof.answer.inner)
    return Replayed(relation, link, bits, challenge)


def settle(received: Received, replayed: Replayed, points: Sequence[Any], arithmetic: Arithmetic) -> GroupEquation:
    """The rest of step 2, and step 4; `points` are those of `received.encodings`, or the errors that refuse them."""
    own, commitments = points
    if isinstance(own, MalformedProof):
        raise own
    if isinstance(commitments, MalformedProof):
        raise MalformedProof(f"statement.commitments: {commitments}") from commitments
    _check_relation(replayed.relation, received.proof, replayed.challenge)
    return _group_equation(received, replayed, arithmetic.group.join([own, commitments]), arithmetic)


def open_transcript(statement: Statement, rows: bytes, masks: bytes) -> Transcript:
    """Step 0 of the exchange: everything that exists before the first challenge."""
    transcript = Transcript(PROTOCOL)
    transcript.absorb(b"system", statement.system.digest)
    transcript.absorb(b"context", statement.context.to_bytes())
    transcript.absorb(b"accounts", b"".join(statement.commitments))
    transcript.absorb(b"rows", rows)
    transcript.absorb(b"masks", masks)
    return transcript


def product_challenges(transcript: Transcript, shape: Shape) -> tuple[int, list[int]]:
    """`rho1` and `tau1`."""
    return transcript.challenge(b"rho products"), transcript.challenges(b"tau products", shape.product_variables)


def absorb_answer(transcript: Transcript, commitment: bytes, inner: int) -> int:
    """The first move of step 5, and its challenge."""
    transcript.absorb(b"answer commitment", commitment)
    transcript.absorb_scalars(b"answer inner", [inner])
    return transcript.challenge(b"answer")


def holds(equation: GroupEquation, arithmetic: Arithmetic, opened: Callable[[], Any] | None = None) -> bool:
    """5. One multi-scalar multiplication, or two if the sum under the generators has been `opened` beforehand."""
    group, field = arithmetic.group, arithmetic.field
    if opened is not None:
        return group.is_identity(group.msm(equation.points, equation.scalars) + opened())
    base = generators(arithmetic).answer(*equation.sizes)
    scalars = field.join([equation.answer, equation.scalars])
    return group.is_identity(group.msm(group.join([base, equation.points]), scalars))


def _begin_opening(received: Received, arithmetic: Arithmetic) -> Callable[[], Any] | None:
    """The sum under the generators. Where there are more points than generators they are dearer apart."""
    shape, answer = received.statement.shape, received.proof.answer
    if shape.bits.rows + shape.accounts * shape.account.rows > shape.answer_size:
        return None
    base = generators(arithmetic).prepared_answer(shape.bits.columns, shape.account.columns, shape.mask_size)
    return meanwhile(lambda: arithmetic.group.msm(base, answer.opening))


def _replay_products(transcript: Transcript, shape: Shape, proof: Proof) -> ProductStep:
    if proof.product is None:
        return ProductStep()
    part = proof.product
    rho, tau = product_challenges(transcript, shape)
    transcript.absorb_scalars(b"product claim", [part.claim])
    point, last = replay(transcript, b"product", part.claim, part.rounds)
    transcript.absorb_scalars(b"product values", part.values)
    return ProductStep(rho, tau, part.claim, point, last, part.values, vanishing(point))


def _replay_bits(transcript: Transcript, shape: Shape, proof: Proof) -> BitStep:
    part = proof.bits
    transcript.absorb_scalars(b"bit claim", [part.claim])
    point, last = replay(transcript, b"bit", part.claim, part.rounds)
    transcript.absorb_scalars(b"bit value", [part.value])
    return BitStep(part.claim, point, last, part.value, vanishing(point))


def _check_relation(relation: Relation, proof: Proof, challenge: int) -> None:
    answer = proof.answer
    expected = (answer.inner + challenge * relation.value) % MODULUS
    if answer.vector @ relation.weights != expected:
        raise FalseStatement("proof: the closing answer does not satisfy the folded relation")


def _group_equation(received: Received, replayed: Replayed, points: Any, arithmetic: Arithmetic) -> GroupEquation:
    """`commit(z, zh) - Cd - c (sum_j eq(r2_row, j) P_j + sum eq((sigma, s_row), j) A_j + Q) = 0`.

    `points` are the `P_j`, `Q`, `Cd` and all account commitments, in this order.
    """
    field, shape, link = arithmetic.field, received.statement.shape, replayed.link
    row_point = replayed.bits.point[: -shape.bits.column_variables]
    rows: Any = shape.bits.row_weights(row_point, arithmetic)
    factor = -replayed.challenge
    scalars = field.join([rows * factor, field.vector([factor, -1]), link.account_rows * factor])
    return GroupEquation(
        columns=shape.bits.columns,
        account_columns=shape.account.columns,
        answer=received.proof.answer.opening,
        points=points,
        scalars=scalars,
    )
