"""Accounts at several venues as one: attested commitments are added, and the margin rule is proved of the sum.

1. legs: each is attested, by a trusted key, for an account of its own, and the attestation is the latest and fresh
2. books: each leg is of the combined book or of an earlier one that grew into it; anything else is an error
3. sum: the statement is about the sum of the legs' commitments and about nothing else
4. everything else as for any proof (`checking.py`)

The statement names the combination's digest where others name an account, so the proof is bound to these very
attestations. A key speaks for one venue, as for any attestation (`documents/policy.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits.documents.base import Digest, Document, FieldError, Part
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused
from zkmargin.verifier.accounts import add_commitments, lift_commitment
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.checking import Checked, Papers, admit, attested_by, check_age, is_superseded
from zkmargin.verifier.documents.claim import Claim, ProofFile
from zkmargin.verifier.documents.commitment import MAX_SEQUENCE, Attestation, Label
from zkmargin.verifier.documents.policy import PolicyFile
from zkmargin.verifier.documents.signature import Signature
from zkmargin.verifier.sequence import LatestAttestations
from zkmargin.verifier.verify import verify

MAX_LEGS = 1000


class Leg(Part):
    """One account at one venue, as one attestation tells it."""

    venue: Label
    account: Label
    sequence: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
    attestation: Digest


class Combination(Document):
    """Which attested accounts are taken together. Public; it says nothing of what they hold."""

    FORMAT: ClassVar[str] = "zkmargin combination"

    format: Literal["zkmargin combination"]
    account: Label
    """What the parties call the sum."""
    book: Digest
    legs: Annotated[tuple[Leg, ...], Field(min_length=1, max_length=MAX_LEGS)]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        first: dict[tuple[str, str], int] = {}
        for index, leg in enumerate(self.legs):
            if first.setdefault((leg.venue, leg.account), index) != index:
                raise FieldError(("legs", index, "account"), f"is already leg {first[leg.venue, leg.account]}")
        return self

    @property
    def label(self) -> str:
        """What stands in place of an account reference in statements about the sum."""
        return f"combination {self.digest}"


def combination_of(label: str) -> str | None:
    """The digest of the combination that a label names, if it names one."""
    found = re.fullmatch(r"combination ([0-9a-f]{64})", label)
    return found[1] if found else None


def combine(account: str, book: Book, attestations: Sequence[Attestation]) -> Combination:
    """The combination of these attestations."""
    legs = [
        {"venue": one.venue, "account": one.account, "sequence": one.sequence, "attestation": one.digest}
        for one in attestations
    ]
    return Combination.build(account=account, book=book.digest, legs=legs)


def combined_commitment(
    attestations: Sequence[Attestation], book: Book, earlier: Mapping[str, Book], arithmetic: Arithmetic
) -> bytes:
    """The commitment to the sum, as an account of `book`; `earlier` books are found by digest."""
    lifted = [_lifted(index, one, book, earlier) for index, one in enumerate(attestations)]
    return add_commitments(lifted, arithmetic)


def check_combined(
    file: ProofFile,
    combination: Combination,
    papers: Papers,
    policy: PolicyFile,
    now: int,
    arithmetic: Arithmetic,
    earlier: Sequence[Book] = (),
    latest: LatestAttestations | None = None,
) -> Checked:
    """Accept, or raise the first reason not to. `latest` remembers sequence numbers from one call to the next.

    A policy that waives attesters takes the attestations' word unsigned and at any age, and says so by name.
    """
    attestations, attester = check_legs(combination, papers.attestations, papers.signatures, policy, now)
    check_label(file.statement, combination, papers.book, policy)
    total = combined_commitment(attestations, papers.book, {one.digest: one for one in earlier}, arithmetic)
    if file.statement.commitments != (total.hex(),):
        raise FalseStatement("statement: its commitment is not the sum of the attested ones")
    statement, inner, signer, _ = admit(file.statement, papers, policy.waiving("account", "attesters"), now)
    shown = verify(statement, file.proof_bytes, inner, arithmetic)
    if latest is not None:
        latest.admit(attestations)
    return Checked(shown, file.statement, signer, attester, policy.any)


def check_legs(
    combination: Combination,
    attestations: Sequence[Attestation],
    signatures: Sequence[Signature],
    policy: PolicyFile,
    now: int,
) -> tuple[list[Attestation], str | None]:
    """1. The attestations in the order of the legs, and the keys that signed them."""
    given = {one.digest: one for one in attestations}
    found, keys = [], set[str]()
    for index, leg in enumerate(combination.legs):
        attestation = given.get(leg.attestation)
        if attestation is None:
            raise PolicyRefused(f"policy: the attestation of leg {index} is not among the papers")
        if (leg.venue, leg.account, leg.sequence) != (attestation.venue, attestation.account, attestation.sequence):
            raise FalseStatement(f"combination: leg {index} is not what its attestation says")
        if policy.attesters is not None and policy.attestation_max_age is not None:
            keys.add(attested_by(signatures, attestation, attestation.venue, policy))
            what = f"attestation of leg {index}"
            check_age(what, attestation.time, now, policy.attestation_max_age, policy.clock_skew)
            if is_superseded(attestation, attestations, signatures, policy):
                raise PolicyRefused(f"policy: a later attestation of the account of leg {index} is among the papers")
        found.append(attestation)
    return found, ", ".join(sorted(keys)) or None


def _lifted(index: int, attestation: Attestation, book: Book, earlier: Mapping[str, Book]) -> bytes:
    """2. A leg's commitment as one to an account of the combined book."""
    points = bytes.fromhex(attestation.commitment)
    if attestation.book == book.digest:
        return lift_commitment(points, len(book.entries), len(book.entries))
    old = earlier.get(attestation.book)
    if old is None:
        raise InvalidInput(f"legs[{index}].book: not the combined book, and no earlier book with this digest is given")
    try:
        book.check_extends(old)
    except InvalidInput as error:
        raise InvalidInput(f"legs[{index}].book: did not grow into the combined book: {error}") from None
    return lift_commitment(points, len(old.entries), len(book.entries))


def check_label(claim: Claim, combination: Combination, book: Book, policy: PolicyFile) -> None:
    """3. The statement is about this combination, and the policy about its account."""
    if combination.book != book.digest:
        raise PolicyRefused("policy: the combination is of another book than the one given")
    if claim.account != combination.label:
        raise PolicyRefused("policy: the statement is about another combination")
    if policy.account is not None and policy.account != combination.account:
        raise PolicyRefused("policy: the combination is of another account")
