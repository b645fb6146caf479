"""The prover: the exchange of docs/protocol.md, section 4, with its numbers.

`Argument` walks through the steps and uses every secret scalar once. Each sumcheck claims a sum, and the argument is
sound because a row that does not hold changes the sum; so `prove` need not look at the rows beforehand. Where a sum is
not what is claimed it gives no proof away, and looks: a false claim is an error that tells its owner which row it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zkmargin.circuits.errors import InternalError, InvalidInput
from zkmargin.circuits.system import MODULUS, LaneArray
from zkmargin.prover.account import Account
from zkmargin.prover.randomness import SYSTEM, Randomness, Secrets
from zkmargin.prover.sumcheck import Mask, bit_term, product_term, run
from zkmargin.prover.witness import Witness, check_shapes, check_witness
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.generators import generators, scalar_bits
from zkmargin.verifier.parallel import meanwhile
from zkmargin.verifier.proof import Answer, BitPart, ProductPart, Proof
from zkmargin.verifier.relations import (
    BitStep,
    LinkChallenges,
    ProductStep,
    bit_weights,
    closing_relation,
    link_challenges,
    mask_total,
    public_target,
    weight_at,
)
from zkmargin.verifier.statement import Statement
from zkmargin.verifier.transcript import Transcript
from zkmargin.verifier.verify import absorb_answer, open_transcript, product_challenges

ATTEMPTS = 4
"""A run is repeated where a mask would not hide; once has probability below 2^-240."""


def prove(
    statement: Statement,
    accounts: Sequence[Account],
    lanes: LaneArray,
    arithmetic: Arithmetic,
    randomness: Randomness = SYSTEM,
) -> bytes:
    """A proof of `statement` from the accounts behind its commitments and their lanes."""
    if tuple(account.commitment for account in accounts) != statement.commitments:
        raise InvalidInput("accounts: their commitments are not those of the statement")
    witness = Witness(tuple(accounts), lanes)
    check_shapes(statement.system, witness)
    for _ in range(ATTEMPTS):
        argument = Argument(statement, witness, arithmetic, Secrets(randomness))
        proof = argument.run()
        if not argument.holds:
            check_witness(statement.system, witness, arithmetic)
            raise InternalError("prover: every row holds, but a sum is not what is claimed")
        if proof is not None:
            return proof.to_bytes()
    raise InternalError("prover: its challenges fall on the cube every time; the transcript is broken")


@dataclass(frozen=True)
class FirstMove:
    """The random vector of step 5. It owes nothing to any challenge, so its commitment is made meanwhile."""

    vector: Any = field(repr=False)
    """And behind it its blinding."""
    commitment: Callable[[], bytes]


@dataclass(frozen=True)
class Masks:
    """`g1`, `g2` and `d`: as one vector, and each by itself. With the blinding of their commitment."""

    vector: Any = field(repr=False)
    blinding: int = field(repr=False)
    product: Mask | None
    bits: Mask
    shifts: list[int] = field(repr=False)


@dataclass(frozen=True)
class Committed:
    """What step 0 commits to, with the blinding that opens it, and what step 5 begins with."""

    first: FirstMove
    cut: LaneArray = field(repr=False)
    rows: bytes
    row_blinding: Any = field(repr=False)
    masks: bytes
    hidden: Masks


class Argument:
    """One run of the exchange. A false witness is not refused: it makes a proof that fails, and `holds` says so."""

    def __init__(self, statement: Statement, witness: Witness, arithmetic: Arithmetic, secrets: Secrets) -> None:
        self._statement = statement
        self._shape = statement.shape
        self._witness = witness
        self._arithmetic = arithmetic
        self._secrets = secrets
        sizes = self._shape.bits.columns, self._shape.account.columns, self._shape.mask_size
        # `G | K | M | H`: what the closing proof opens under, and in its last part the masks.
        self._points = generators(arithmetic).prepared_answer(*sizes)
        self.holds = True
        """Whether every sum is what is claimed: if a row is false, that has probability below 2^-240."""

    def run(self) -> Proof | None:
        """The proof; nothing in the case, of probability below 2^-240, that a mask would not hide (`Z(r) = 0`)."""
        shape, arithmetic = self._shape, self._arithmetic
        committed = self._commit()
        transcript = open_transcript(self._statement, committed.rows, committed.masks)
        product, product_part = self._prove_products(transcript, committed)
        link = link_challenges(transcript, shape, arithmetic)
        tensors = bit_weights(shape, link, product, arithmetic)
        target = public_target(shape, link, product, tensors)
        entries = self._combined_entries(link.account_rows)
        secret_target = self._secret_target(entries, link, product, committed)
        bits, bit_part = self._prove_bits(transcript, committed, link, tensors, target + secret_target)
        if bits.vanishing == 0 or (shape.has_products and product.vanishing == 0):
            return None
        kappa = transcript.challenge(b"kappa")
        pub = weight_at(shape, tensors, bits.point, arithmetic)
        relation = closing_relation(shape, kappa, link, product, bits, target, pub, arithmetic)
        opening = self._opening(committed, link.account_rows, bits, entries)
        answer = self._answer(transcript, committed.first, opening, relation.weights)
        return Proof(committed.rows, committed.masks, product_part, bit_part, answer)

    def _first_move(self) -> FirstMove:
        # Drawn by itself: a source that says the same in each call is found out within one proof.
        secrets = self._secrets.vector(self._shape.answer_size + 1, self._arithmetic.field)
        group, points = self._arithmetic.group, self._points
        return FirstMove(secrets, meanwhile(lambda: group.msm(points, secrets).to_bytes()))

    def _commit(self) -> Committed:
        """Section 3: the rows of the bit matrix, and the masks. Meanwhile another thread does the longer sums."""
        shape, arithmetic, base = self._shape, self._arithmetic, generators(self._arithmetic)
        f, group = arithmetic.field, arithmetic.group
        mask_secrets = self._secrets.vector(shape.mask_size + 1, f)
        masks = meanwhile(lambda: group.msm(self._points[-len(mask_secrets) :], mask_secrets).to_bytes())
        cut, row_blinding = shape.bits.cut(self._witness.lanes), self._secrets.vector(shape.bits.rows, f)
        bits = np.hstack([cut, scalar_bits(row_blinding)])
        rows = group.commit_bits(base.bit_tables(shape.bits.columns), bits)
        # The longest sum is not needed before the end: it waits behind the others.
        first = self._first_move()
        return Committed(first, cut, rows().to_bytes(), row_blinding, masks(), self._masks(mask_secrets))

    def _masks(self, secrets: Any) -> Masks:
        shape = self._shape
        cut = shape.product_mask.size if shape.has_products else 0
        end = cut + shape.bit_mask.size
        *shifts, blinding = secrets[end:].ints()
        product = Mask(shape.product_mask, secrets[:cut]) if shape.has_products else None
        return Masks(secrets[:-1], blinding, product, Mask(shape.bit_mask, secrets[cut:end]), shifts)

    def _prove_products(self, transcript: Transcript, committed: Committed) -> tuple[ProductStep, ProductPart | None]:
        """Step 1."""
        mask, shifts = committed.hidden.product, committed.hidden.shifts
        if mask is None:
            return ProductStep(), None
        rho, tau = product_challenges(transcript, self._shape)
        claim = rho * mask_total(mask.shape, mask.coefficients, self._arithmetic) % MODULUS
        transcript.absorb_scalars(b"product claim", [claim])
        left, right, output = self._product_tables()
        tables = self._arithmetic.field.product_sumcheck(left, right, output, tau)
        self.holds &= tables.total == 0
        rounds = run(transcript, b"product", tables, mask, rho, product_term(shifts[:3]))
        z = rounds.vanishing
        va, vb, vc = ((value + d * z) % MODULUS for value, d in zip(rounds.values[1:], shifts, strict=False))
        transcript.absorb_scalars(b"product values", [va, vb, vc])
        step = ProductStep(rho, tau, claim, rounds.point, rounds.last, (va, vb, vc), z)
        return step, ProductPart(claim, rounds.messages, (va, vb, vc))

    def _product_tables(self) -> list[Any]:
        """The three sides of the product rows, (account, row), both axes padded with zeros."""
        shape, f, accounts = self._shape, self._arithmetic.field, self._shape.accounts
        system = shape.system
        wires = self._witness.wires(system, self._arithmetic)
        fill = f.zeros((1 << shape.product_row_variables) - system.products)
        rest = f.zeros((1 << shape.product_variables) - (accounts << shape.product_row_variables))
        tables = []
        for side in (system.left, system.right, system.output):
            values = f.apply(side, wires, accounts)
            cuts = range(0, len(values), system.products)
            parts = [part for at in cuts for part in (values[at : at + system.products], fill)]
            tables.append(f.join([*parts, rest]))
        return tables

    def _combined_entries(self, weights: Any) -> Any:
        """`x* = sum_(a, j) eq((sigma, s_row), (a, j)) x_(a, j)`: account vectors combined as the verifier will."""
        shape, f = self._shape.account, self._arithmetic.field
        values = self._witness.entries(self._arithmetic)
        missing = shape.rows * shape.columns - shape.entries
        if missing:
            starts = range(0, len(values), shape.entries)
            filled = [part for at in starts for part in (values[at : at + shape.entries], f.zeros(missing))]
            values = f.join(filled)
        return f.combine(weights, values)

    def _secret_target(self, entries: Any, link: LinkChallenges, product: ProductStep, committed: Committed) -> int:
        """The part of `T` only the prover knows: `X(sigma, s) - Z(r1) (eta . d)`."""
        value: int = entries @ link.account_columns
        if self._shape.has_products:
            shifts = zip(link.eta, committed.hidden.shifts, strict=False)
            value -= product.vanishing * sum(eta * d for eta, d in shifts)
        return value % MODULUS

    def _prove_bits(
        self, transcript: Transcript, committed: Committed, link: LinkChallenges, tensors: Sequence[Any], target: int
    ) -> tuple[BitStep, BitPart]:
        """Step 3."""
        f = self._arithmetic.field
        mask, shift = committed.hidden.bits, committed.hidden.shifts[-1]
        claim = (link.scale * target + link.rho * mask_total(mask.shape, mask.coefficients, self._arithmetic)) % MODULUS
        transcript.absorb_scalars(b"bit claim", [claim])
        weights = [(f.eq(t.account_point) * link.scale, t.lane_weights) for t in tensors]
        tables = f.bit_sumcheck(self._witness.lanes, weights, link.tau)
        self.holds &= tables.total == link.scale * target % MODULUS
        rounds = run(transcript, b"bit", tables, mask, link.rho, bit_term(shift))
        value = (rounds.values[1] + shift * rounds.vanishing) % MODULUS
        transcript.absorb_scalars(b"bit value", [value])
        step = BitStep(claim, rounds.point, rounds.last, value, rounds.vanishing)
        return step, BitPart(claim, rounds.messages, value)

    def _opening(self, committed: Committed, account_weights: Any, bits: BitStep, entries: Any) -> Any:
        """The vector `(u | x* | g1 | g2 | d)`, and behind it the blinding under which the combined commitment opens."""
        shape, f = self._shape, self._arithmetic.field
        row_weights: Any = shape.bits.row_weights(bits.point[: -shape.bits.column_variables], self._arithmetic)
        blinding = row_weights @ committed.row_blinding + committed.hidden.blinding
        account_blinding = [hidden for account in self._witness.accounts for hidden in account.blinding]
        blinding += account_weights @ f.vector(account_blinding)
        combined = f.combine_bits(row_weights, committed.cut)
        return f.join([combined, entries, committed.hidden.vector, f.vector([blinding])])

    def _answer(self, transcript: Transcript, first: FirstMove, opening: Any, weights: Any) -> Answer:
        """Step 5: the opening under the random vector."""
        commitment, inner = first.commitment(), first.vector[:-1] @ weights
        challenge = absorb_answer(transcript, commitment, inner)
        return Answer(commitment, inner, first.vector + opening * challenge)
