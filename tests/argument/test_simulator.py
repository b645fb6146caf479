"""Zero knowledge, executed: accepting transcripts made without a witness, and their likeness to honest ones."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from argument_samples import Sample, policy_for, sample

from zkmargin.circuits.system import MODULUS
from zkmargin.prover.prove import prove
from zkmargin.verifier import verify as verification
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.encoding import IDENTITY
from zkmargin.verifier.generators import generators, scalar_bits
from zkmargin.verifier.proof import Answer, BitPart, ProductPart, Proof, parse_proof
from zkmargin.verifier.shape import MaskShape, Shape
from zkmargin.verifier.statement import Statement
from zkmargin.verifier.transcript import Transcript
from zkmargin.verifier.verify import verify


def random_scalar() -> int:
    return secrets.randbelow(MODULUS)


def programmed() -> type[Transcript]:
    """A random oracle that the simulator programs: its answers do not depend on what is said."""
    answers: dict[tuple[bytes, int], list[int]] = {}

    class Programmed(Transcript):
        def __init__(self, protocol: bytes) -> None:
            super().__init__(protocol)
            self._asked: dict[bytes, int] = {}

        def challenges(self, label: bytes, count: int) -> list[int]:
            turn = self._asked[label] = self._asked.get(label, 0) + 1
            return answers.setdefault((label, turn), [random_scalar() for _ in range(count)])

    return Programmed


def random_rounds(mask: MaskShape) -> list[list[int]]:
    return [[random_scalar() for _ in range(degree)] for degree in mask.degrees]


def random_points(count: int, arithmetic: Arithmetic) -> Any:
    base = generators(arithmetic)
    scalars = arithmetic.field.vector([random_scalar() for _ in range(count)])
    rows = np.hstack([np.zeros((count, 1), np.uint16), scalar_bits(scalars)])
    return arithmetic.group.commit_bits(base.bit_tables(16), rows)()


def random_messages(shape: Shape, arithmetic: Arithmetic) -> Proof:
    """All messages at random, the last commitment and inner product still open."""
    product = None
    if shape.has_products:
        va, vb, vc = (random_scalar() for _ in range(3))
        product = ProductPart(random_scalar(), random_rounds(shape.product_mask), (va, vb, vc))
    bits = BitPart(random_scalar(), random_rounds(shape.bit_mask), random_scalar())
    opening = arithmetic.field.vector([random_scalar() for _ in range(shape.answer_size + 1)])
    answer = Answer(IDENTITY, 0, opening)
    rows, masks = (random_points(count, arithmetic).to_bytes() for count in (shape.bits.rows, 1))
    return Proof(rows, masks, product, bits, answer)


def simulate(statement: Statement, arithmetic: Arithmetic, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Pick everything at random and solve for the last commitment and its inner product (docs/protocol.md, 5)."""
    monkeypatch.setattr(verification, "Transcript", programmed())
    draft = random_messages(statement.shape, arithmetic)
    missing: dict[str, Any] = {}

    def solve(relation: Any, proof: Proof, challenge: int) -> None:
        missing["inner"] = (proof.answer.vector @ relation.weights - challenge * relation.value) % MODULUS

    with monkeypatch.context() as patch:
        patch.setattr(verification, "_check_relation", solve)
        equation = verification.reduce_proof(statement, draft.to_bytes(), policy_for(statement), arithmetic)
    f, group = arithmetic.field, arithmetic.group
    base = generators(arithmetic).answer(*equation.sizes)
    # The draft's own last commitment is the identity, so what the equation leaves over is the one that is missing.
    scalars = f.join([equation.answer, equation.scalars])
    commitment = group.msm(group.join([base, equation.points]), scalars).to_bytes()
    answer = Answer(commitment, missing["inner"], draft.answer.opening)
    return Proof(draft.rows, draft.masks, draft.product, draft.bits, answer).to_bytes()


@pytest.mark.parametrize("products", [0, 1])
def test_35_a_simulator_without_a_witness_convinces(
    products: int, arithmetic: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commitment is to nothing anybody knows, yet the transcript is accepted: so it cannot carry knowledge."""
    real = sample(arithmetic, products=products)
    unknown = random_points(1, arithmetic).to_bytes()
    statement = Statement(real.system, (unknown,), real.statement.context)
    proof = simulate(statement, arithmetic, monkeypatch)
    assert verify(statement, proof, policy_for(statement), arithmetic)


def scalar_slots(proof: bytes, shape: Shape, arithmetic: Arithmetic) -> list[int]:
    parsed = parse_proof(proof, shape, arithmetic)
    product = parsed.product.scalars() if parsed.product else []
    answer = [parsed.answer.inner, *parsed.answer.opening.ints()]
    return [*product, *parsed.bits.scalars(), *answer]


def largest_deviation(runs: list[list[int]]) -> float:
    """The largest chi-square, over all slots, of the top two bits (scaled to [0, r)) against uniform."""
    worst = 0.0
    for values in zip(*runs, strict=True):
        counts = [0] * 4
        for value in values:
            counts[4 * value // MODULUS] += 1
        expected = len(values) / 4
        worst = max(worst, sum((count - expected) ** 2 / expected for count in counts))
    return worst


def test_35_honest_and_simulated_messages_pass_the_same_check(
    fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every scalar of a proof is uniform: in honest runs of one witness, and in simulated ones."""
    given = sample(fast, entries=1)
    shape = given.statement.shape

    def honest_run() -> bytes:
        return prove(given.statement, given.accounts, given.lanes, fast)

    def simulated_run() -> bytes:
        return simulate(given.statement, fast, monkeypatch)

    makers: list[Callable[[], bytes]] = [honest_run, simulated_run]
    for make in makers:
        runs = [scalar_slots(make(), shape, fast) for _ in range(80)]
        # With 3 degrees of freedom a slot exceeds 40 with probability 1e-8; there are about 150 slots.
        assert largest_deviation(runs) < 40
    constant = [[7] * 10 for _ in range(80)]
    assert largest_deviation(constant) > 40


def test_33_every_masked_value_differs_between_two_proofs(arithmetic: Arithmetic) -> None:
    """Same witness, same statement: no scalar and no point of one proof occurs in the other."""
    given: Sample = sample(arithmetic, products=2)
    shape = given.statement.shape
    first, second = (prove(given.statement, given.accounts, given.lanes, arithmetic) for _ in range(2))
    assert len(first) == len(second)
    assert not set(scalar_slots(first, shape, arithmetic)) & set(scalar_slots(second, shape, arithmetic))
    points = []
    for proof in (first, second):
        parsed = parse_proof(proof, shape, arithmetic)
        data = parsed.rows + parsed.masks + parsed.answer.commitment
        points.append({data[at : at + 48] for at in range(0, len(data), 48)})
        assert len(points[-1]) == shape.bits.rows + 2
    assert not points[0] & points[1]


def test_33_proof_size_does_not_depend_on_values(fast: Arithmetic) -> None:
    sizes = {len(sample(fast, seed=seed).prove(fast)) for seed in range(2, 6)}
    assert len(sizes) == 1
