"""Checking one proof against its statement: a public equation in F, and one in the group.

    1. policy: is this the statement the caller is willing to hear about?
    2. parse: lengths from the statement, canonical scalars, points of the group
    3. replay the exchange and fold everything that was said into one linear relation
    4. the closing answer satisfies the relation in F
    5. the closing answer opens the combined commitment in the group

Steps 1 to 4 end in a `GroupEquation`; checking it alone is step 5, checking many at once is `batch.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zkmargin.circuits.errors import FalseStatement, MalformedProof
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.generators import generators
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
from zkmargin.verifier.sumcheck import replay
from zkmargin.verifier.transcript import Transcript


@dataclass(frozen=True)
class GroupEquation:
    """`sum answer . (G | K | M | H) + sum scalars . points = 0`, all that is left of a proof to check."""

    columns: int
    account_columns: int
    answer: Any
    """Scalars of `G | K | M`."""
    blinding: int
    """Scalar of `H`."""
    points: Any
    scalars: Any


def verify(statement: Statement, proof: bytes, policy: Policy, arithmetic: Arithmetic) -> Shown:
    """Accept, and say what was shown; or raise the typed reason."""
    equation = reduce_proof(statement, proof, policy, arithmetic)
    if not holds(equation, arithmetic):
        raise FalseStatement("proof: the closing answer does not open the commitments")
    return shown(statement, arithmetic)


def shown(statement: Statement, arithmetic: Arithmetic) -> Shown:
    """The statement in the words of an acceptance; for proofs whose equation has been checked."""
    accounts = len(statement.commitments)
    return Shown(statement.digest, statement.system.digest, statement.context, accounts, arithmetic.name)


def reduce_proof(statement: Statement, proof: bytes, policy: Policy, arithmetic: Arithmetic) -> GroupEquation:
    """Steps 1 to 4."""
    # 1. policy
    policy.check(statement)
    # 2. parse
    shape = statement.shape
    parsed, points = parse_proof(proof, shape, arithmetic)
    commitments = _parse_commitments(statement, arithmetic)
    # 3. replay
    transcript = open_transcript(statement, parsed.rows, parsed.masks)
    product = _replay_products(transcript, shape, parsed)
    link = link_challenges(transcript, shape, arithmetic)
    tensors = bit_weights(shape, link, product, arithmetic)
    bits = _replay_bits(transcript, shape, parsed)
    kappa = transcript.challenge(b"kappa")
    target = public_target(shape, link, product, tensors)
    pub = weight_at(shape, tensors, bits.point, arithmetic)
    relation = closing_relation(shape, kappa, link, product, bits, target, pub, arithmetic)
    challenge = absorb_answer(transcript, parsed.answer.commitment, parsed.answer.inner)
    # 4. the relation in F
    _check_relation(relation, parsed, challenge)
    return _group_equation(
        shape, parsed, arithmetic.group.join([points, commitments]), link, bits, challenge, arithmetic
    )


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


def holds(equation: GroupEquation, arithmetic: Arithmetic) -> bool:
    """5. One multi-scalar multiplication."""
    group, field = arithmetic.group, arithmetic.field
    masks = len(equation.answer) - equation.columns - equation.account_columns
    base = generators(arithmetic).answer(equation.columns, equation.account_columns, masks)
    scalars = field.join([equation.answer, field.vector([equation.blinding]), equation.scalars])
    return group.is_identity(group.msm(group.join([base, equation.points]), scalars))


def _parse_commitments(statement: Statement, arithmetic: Arithmetic) -> Any:
    try:
        return arithmetic.group.from_bytes(b"".join(statement.commitments))
    except MalformedProof as error:
        raise MalformedProof(f"statement.commitments: {error}") from error


def _replay_products(transcript: Transcript, shape: Shape, proof: Proof) -> ProductStep:
    if proof.product is None:
        return ProductStep()
    part = proof.product
    rho, tau = product_challenges(transcript, shape)
    transcript.absorb_scalars(b"product claim", [part.claim])
    point, last = replay(transcript, b"product", part.claim, part.rounds)
    transcript.absorb_scalars(b"product values", part.values)
    return ProductStep(rho, tau, part.claim, point, last, part.values)


def _replay_bits(transcript: Transcript, shape: Shape, proof: Proof) -> BitStep:
    part = proof.bits
    transcript.absorb_scalars(b"bit claim", [part.claim])
    point, last = replay(transcript, b"bit", part.claim, part.rounds)
    transcript.absorb_scalars(b"bit value", [part.value])
    return BitStep(part.claim, point, last, part.value)


def _check_relation(relation: Relation, proof: Proof, challenge: int) -> None:
    answer = proof.answer
    expected = (answer.inner + challenge * relation.value) % MODULUS
    if answer.vector @ relation.weights != expected:
        raise FalseStatement("proof: the closing answer does not satisfy the folded relation")


def _group_equation(
    shape: Shape,
    proof: Proof,
    points: Any,
    link: LinkChallenges,
    bits: BitStep,
    challenge: int,
    arithmetic: Arithmetic,
) -> GroupEquation:
    """`commit(z, zh) - Cd - c (sum_j eq(r2_row, j) P_j + sum eq((sigma, s_row), j) A_j + Q) = 0`.

    `points` are the `P_j`, `Q`, `Cd` and all account commitments, in this order.
    """
    field = arithmetic.field
    row_point = bits.point[: -shape.bits.column_variables]
    rows: Any = shape.bits.row_weights(row_point, arithmetic)
    accounts = field.outer(field.eq(link.sigma)[: shape.accounts], field.eq(link.entry[: shape.account.row_variables]))
    scalars = field.join([rows * -challenge, field.vector([-challenge, -1]), accounts * -challenge])
    return GroupEquation(
        columns=shape.bits.columns,
        account_columns=shape.account.columns,
        answer=proof.answer.vector,
        blinding=proof.answer.blinding,
        points=points,
        scalars=scalars,
    )
