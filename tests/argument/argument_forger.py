"""A prover with a false witness that changes one message after hearing the challenges.

It succeeds exactly when that message was not bound into the transcript: with the absorption dropped on both sides
the forged proof is accepted, with it in place it is refused. So each absorption of the protocol has a test that
fails when it is removed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from zkmargin.circuits.system import MODULUS
from zkmargin.prover.prove import Argument
from zkmargin.prover.randomness import SYSTEM, Secrets
from zkmargin.prover.witness import Witness
from zkmargin.verifier import relations
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.generators import generators
from zkmargin.verifier.proof import Answer, BitPart, ProductPart, Proof
from zkmargin.verifier.relations import BitStep, ProductStep
from zkmargin.verifier.statement import Statement
from zkmargin.verifier.sumcheck import complete, interpolate
from zkmargin.verifier.transcript import Transcript
from zkmargin.verifier.verify import absorb_answer, open_transcript


def dropping(label: bytes) -> type[Transcript]:
    """A transcript that forgets to absorb one kind of message."""

    class Dropping(Transcript):
        def absorb(self, given: bytes, data: bytes) -> None:
            if given != label:
                super().absorb(given, data)

    return Dropping


@dataclass
class Forger:
    """One run over a false witness, stopped before the answer; then `forge_*` repairs the relation."""

    statement: Statement
    witness: Witness
    arithmetic: Arithmetic

    def __post_init__(self) -> None:
        arithmetic, shape = self.arithmetic, self.statement.shape
        argument = self.argument = Argument(self.statement, self.witness, arithmetic, Secrets(SYSTEM))
        committed = argument._commit()
        self.first = committed.first
        self.rows, self.masks = committed.rows, committed.masks
        transcript = open_transcript(self.statement, self.rows, self.masks)
        self.product, self.product_part = argument._prove_products(transcript, committed)
        self.link = relations.link_challenges(transcript, shape, arithmetic)
        self.tensors = relations.bit_weights(shape, self.link, self.product, arithmetic)
        target = relations.public_target(shape, self.link, self.product, self.tensors)
        entries = argument._combined_entries(self.link.account_rows)
        target += argument._secret_target(entries, self.link, self.product, committed)
        self.bits, self.bit_part = argument._prove_bits(transcript, committed, self.link, self.tensors, target)
        self.kappa = transcript.challenge(b"kappa")
        self.transcript = transcript
        self.opening = argument._opening(committed, self.link.account_rows, self.bits, entries)

    def relation(self, product_part: ProductPart | None, bit_part: BitPart) -> relations.Relation:
        """The closing relation for changed messages under the challenges already heard."""
        product = self.product
        if product_part is not None:
            last = _last(product_part.claim, product_part.rounds, product.point)
            product = replace(product, claim=product_part.claim, last=last, values=product_part.values)
        last = _last(bit_part.claim, bit_part.rounds, self.bits.point)
        bits = BitStep(bit_part.claim, self.bits.point, last, bit_part.value, self.bits.vanishing)
        return self._closing(product, bits)

    def _closing(self, product: ProductStep, bits: BitStep) -> relations.Relation:
        shape = self.statement.shape
        target = relations.public_target(shape, self.link, product, self.tensors)
        pub = relations.weight_at(shape, self.tensors, bits.point, self.arithmetic)
        return relations.closing_relation(shape, self.kappa, self.link, product, bits, target, pub, self.arithmetic)

    def gap(self, product_part: ProductPart | None, bit_part: BitPart) -> int:
        """How far the committed vector is from satisfying the relation; zero would convince."""
        relation = self.relation(product_part, bit_part)
        return (relation.value - (self.opening[:-1] @ relation.weights)) % MODULUS

    def finish(self) -> Proof:
        """The honest last step for whatever stands now."""
        relation = self.relation(self.product_part, self.bit_part)
        answer = self.argument._answer(self.transcript, self.first, self.opening, relation.weights)
        return Proof(self.rows, self.masks, self.product_part, self.bit_part, answer)

    def forge_scalar(self, part: str, path: tuple[Any, ...]) -> Proof:
        """Change one scalar message so that the gap closes: the gap is a polynomial of degree at most 2 in it."""

        def attempt(delta: int) -> tuple[ProductPart | None, BitPart]:
            if part == "product":
                return _changed(self.product_part, path, delta), self.bit_part
            return self.product_part, _changed(self.bit_part, path, delta)

        gaps = [self.gap(*attempt(delta)) for delta in range(3)]
        delta = quadratic_root(gaps)
        self.product_part, self.bit_part = attempt(delta)
        return self.finish()

    def forge_points(self, name: str) -> tuple[Statement, Proof]:
        """Change one commitment together with the vector it opens to."""
        shape, f, group = self.statement.shape, self.arithmetic.field, self.arithmetic.group
        gap = self.gap(self.product_part, self.bit_part)
        weights = self.relation(self.product_part, self.bit_part).weights.ints()
        columns, account_columns = shape.bits.columns, shape.account.columns
        base = generators(self.arithmetic)
        families = {
            "rows": (0, base.family(b"G", 1), self._first_row_weight()),
            "accounts": (columns, base.family(b"K", 1), self.link.account_rows.ints()[0]),
            "masks": (columns + account_columns, base.family(b"M", 1), 1),
        }
        position, generator, weight = families[name]
        delta = gap * pow(weights[position], -1, MODULUS) % MODULUS
        unit = [0] * (len(weights) + 1)
        unit[position] = delta
        self.opening = self.opening + f.vector(unit)
        shift = group.msm(generator, f.vector([delta * pow(weight, -1, MODULUS)]))
        statement = self.statement
        if name == "rows":
            self.rows = (group.from_bytes(self.rows[:48]) + shift).to_bytes() + self.rows[48:]
        elif name == "masks":
            self.masks = (group.from_bytes(self.masks) + shift).to_bytes()
        else:
            first = (group.from_bytes(statement.commitments[0]) + shift).to_bytes()
            statement = replace(statement, commitments=(first, *statement.commitments[1:]))
        return statement, self.finish()

    def forge_answer(self, name: str) -> Proof:
        """Choose the first move of the closing proof after its challenge."""
        shape, f, group = self.statement.shape, self.arithmetic.field, self.arithmetic.group
        relation = self.relation(self.product_part, self.bit_part)
        if name == "answer inner":
            answer = self.argument._answer(self.transcript, self.first, self.opening, relation.weights)
            challenge = self._replayed_challenge
            inner = (answer.vector @ relation.weights - challenge * relation.value) % MODULUS
            return Proof(self.rows, self.masks, self.product_part, self.bit_part, replace(answer, inner=inner))
        challenge = absorb_answer(self.transcript, b"", 7)
        vector = Secrets(SYSTEM).scalars(shape.answer_size)
        free = relation.weights.ints()
        miss = 7 + challenge * relation.value - sum(a * b for a, b in zip(vector, free, strict=True))
        vector[0] = (vector[0] + miss * pow(free[0], -1, MODULUS)) % MODULUS
        base = generators(self.arithmetic).answer(shape.bits.columns, shape.account.columns, shape.mask_size)
        # What the commitment must open to, computed from the opening that the prover knows.
        opening = f.vector([*vector, 5])
        commitment = group.msm(base, opening - self.opening * challenge).to_bytes()
        answer = Answer(commitment, 7, opening)
        return Proof(self.rows, self.masks, self.product_part, self.bit_part, answer)

    @property
    def _replayed_challenge(self) -> int:
        return self._heard[-1]

    def listen(self) -> None:
        """Record the challenges that follow."""
        heard = self._heard = []
        transcript = self.transcript
        original = transcript.challenge

        def challenge(label: bytes) -> int:
            value = original(label)
            heard.append(value)
            return value

        transcript.challenge = challenge  # type: ignore[method-assign]

    def _first_row_weight(self) -> int:
        shape = self.statement.shape
        point = self.bits.point[: -shape.bits.column_variables]
        weights: Any = shape.bits.row_weights(point, self.arithmetic)
        return int(weights.ints()[0])


def _last(claim: int, rounds: list[list[int]], point: list[int]) -> int:
    for message, challenge in zip(rounds, point, strict=True):
        claim = interpolate(complete(claim, message), challenge)
    return claim


def _changed(part: Any, path: tuple[Any, ...], delta: int) -> Any:
    """A copy of a proof part with `delta` added at `path`."""
    name, *indices = path
    value = getattr(part, name)
    if not indices:
        return replace(part, **{name: (value + delta) % MODULUS})
    copy = [list(row) if isinstance(row, list) else row for row in value]
    if len(indices) == 2:
        copy[indices[0]][indices[1]] = (copy[indices[0]][indices[1]] + delta) % MODULUS
    else:
        copy[indices[0]] = (copy[indices[0]] + delta) % MODULUS
    return replace(part, **{name: type(value)(copy)})


def quadratic_root(values: list[int]) -> int:
    """A root of the polynomial through `(0, values[0]), (1, values[1]), (2, values[2])`; `ArithmeticError` if none."""
    c = values[0]
    a = (values[2] - 2 * values[1] + values[0]) * pow(2, -1, MODULUS) % MODULUS
    b = (values[1] - values[0] - a) % MODULUS
    if a == 0:
        return -c * pow(b, -1, MODULUS) % MODULUS
    root = square_root((b * b - 4 * a * c) % MODULUS)
    return (root - b) * pow(2 * a, -1, MODULUS) % MODULUS


def square_root(square: int) -> int:
    """Tonelli and Shanks; `ArithmeticError` for a non-residue."""
    if pow(square, (MODULUS - 1) // 2, MODULUS) != 1:
        raise ArithmeticError("not a square")
    order, odd = 0, MODULUS - 1
    while odd % 2 == 0:
        order, odd = order + 1, odd // 2
    # 7 generates the multiplicative group of the scalar field.
    twist, root = pow(7, odd, MODULUS), pow(square, (odd + 1) // 2, MODULUS)
    error = pow(square, odd, MODULUS)
    while error != 1:
        steps, power = 0, error
        while power != 1:
            steps, power = steps + 1, power * power % MODULUS
        factor = pow(twist, 1 << (order - steps - 1), MODULUS)
        order, twist = steps, factor * factor % MODULUS
        root, error = root * factor % MODULUS, error * twist % MODULUS
    return root
