"""Checking a proof file against the documents it rests on, as a venue or an auditor does.

1. documents: book, snapshot and model are those the statement names
2. revoked: none of them is on the policy's list, nor the system
3. the statement shows what the policy asks for, under the model it asks for
4. snapshot: signed by a trusted key, and fresh
5. commitment: attested for this account, by a key trusted to speak for its venue, and fresh
6. system: compiled here, from these documents, never taken from the prover
7. proof: verified under the policy's venue, account, nonce and age
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zkmargin.circuits.documents.base import Document, epoch_seconds
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.documents.snapshot import Snapshot
from zkmargin.circuits.errors import FalseStatement, PolicyRefused
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.system import System
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.documents.claim import Claim, ProofFile, compile_claim
from zkmargin.verifier.documents.commitment import Attestation
from zkmargin.verifier.documents.policy import PolicyFile
from zkmargin.verifier.documents.signature import Signature
from zkmargin.verifier.statement import ANY, Policy, Shown, Statement
from zkmargin.verifier.verify import verify


@dataclass(frozen=True)
class Papers:
    """The public documents around a proof. Signatures may be of anything; the fitting ones are found by digest."""

    book: Book
    snapshot: Snapshot
    model: MarginModel
    signatures: Sequence[Signature] = ()
    attestations: Sequence[Attestation] = ()


@dataclass(frozen=True)
class Checked:
    """What was accepted, and on whose word beyond the proof's."""

    shown: Shown
    claim: Claim
    snapshot_signer: str | None
    attester: str | None
    not_asked: tuple[str, ...] = field(default=())
    """Questions that the policy waived."""


def check_proof(file: ProofFile, papers: Papers, policy: PolicyFile, now: int, arithmetic: Arithmetic) -> Checked:
    """Accept, or raise the first reason not to."""
    statement, inner, signer, attester = admit(file.statement, papers, policy, now)
    shown = verify(statement, file.proof_bytes, inner, arithmetic)
    return Checked(shown, file.statement, signer, attester, policy.any)


def admit(
    claim: Claim, papers: Papers, policy: PolicyFile, now: int, system: System | None = None
) -> tuple[Statement, Policy, str | None, str | None]:
    """Steps 1 to 6: the statement to be verified, the policy for the proof, and the keys that vouched.

    `system`, when the caller has compiled these very documents for this very claim before, saves compiling them again.
    """
    _check_documents(claim, papers)
    _check_revoked(claim, policy)
    _check_wanted(claim, policy)
    signer = _check_snapshot(papers, policy, now)
    attester = _check_attestation(claim, papers, policy, now)
    compiled = system or compile_claim(papers.book, papers.snapshot, papers.model, claim.shows).system
    statement = claim.statement(compiled)
    return statement, _proof_policy(policy, statement, now), signer, attester


def _check_documents(claim: Claim, papers: Papers) -> None:
    """1."""
    for name in ("book", "snapshot", "model"):
        if getattr(claim, name) != getattr(papers, name).digest:
            raise PolicyRefused(f"policy: the statement is about another {name} than the one given")


def _check_revoked(claim: Claim, policy: PolicyFile) -> None:
    """2. The system is the one the claim names; step 6 makes sure that it is."""
    for name in ("book", "snapshot", "model", "system"):
        if getattr(claim, name) in policy.revoked:
            raise PolicyRefused(f"policy: the {name} {getattr(claim, name)[:12]} is revoked")


def _check_wanted(claim: Claim, policy: PolicyFile) -> None:
    """3."""
    if policy.shows is not None and claim.shows != policy.shows:
        raise PolicyRefused(f"policy: the statement shows {claim.shows.text!r}, asked for is {policy.shows.text!r}")
    if policy.model is not None and claim.model != policy.model:
        raise PolicyRefused("policy: the statement is under another model")


def _check_snapshot(papers: Papers, policy: PolicyFile, now: int) -> str | None:
    """4."""
    if policy.snapshot_max_age is not None:
        check_age("snapshot", papers.snapshot.time, now, policy.snapshot_max_age, policy.clock_skew)
    if policy.snapshot_signers is None:
        return None
    return signed_by(papers.signatures, papers.snapshot, in_force(policy.snapshot_signers, policy), "snapshot signer")


def _check_attestation(claim: Claim, papers: Papers, policy: PolicyFile, now: int) -> str | None:
    """5. The latest word of a trusted attester about this account has to be about this very commitment."""
    if policy.attesters is None or policy.attestation_max_age is None:
        return None
    about = [one for one in papers.attestations if (one.account, one.book) == (claim.account, claim.book)]
    fitting = [one for one in about if (one.commitment,) == claim.commitments]
    if not fitting:
        raise PolicyRefused("policy: no attestation says that this commitment is the account's")
    # Without a signature that counts, any of them serves to say what is missing.
    vouched = [one for one in fitting if is_attested(one, papers.signatures, policy)]
    latest = max(vouched or fitting, key=lambda one: one.sequence)
    key = attested_by(papers.signatures, latest, latest.venue, policy)
    if is_superseded(latest, papers.attestations, papers.signatures, policy):
        raise PolicyRefused("policy: a later attestation of this account names another commitment")
    check_age("attestation", latest.time, now, policy.attestation_max_age, policy.clock_skew)
    return key


def attested_by(signatures: Sequence[Signature], document: Document, venue: str, policy: PolicyFile) -> str:
    """The key that signed a document and that the policy trusts to speak for the venue, or why there is none."""
    attesters = policy.attesters or ()
    trusted = in_force([one.key for one in attesters if one.venue == venue], policy)
    mine = {one.key for one in signatures if one.document == document.digest}
    if not mine.intersection(trusted) and any(one.key in mine and one.venue != venue for one in attesters):
        raise PolicyRefused(f"policy: the attester speaks for another venue than {venue}")
    return signed_by(signatures, document, trusted, "attester")


def is_attested(attestation: Attestation, signatures: Sequence[Signature], policy: PolicyFile) -> bool:
    """Whether a trusted attester signed it: what anyone else wrote must not stand in the way of a proof."""
    try:
        attested_by(signatures, attestation, attestation.venue, policy)
    except (FalseStatement, PolicyRefused):
        return False
    return True


def is_superseded(
    one: Attestation, attestations: Sequence[Attestation], signatures: Sequence[Signature], policy: PolicyFile
) -> bool:
    """Whether a trusted attester said something of the same account later."""
    later = [other for other in attestations if other.sequence > one.sequence]
    same = [other for other in later if (other.venue, other.account) == (one.venue, one.account)]
    return any(is_attested(other, signatures, policy) for other in same)


def in_force(keys: Sequence[str], policy: PolicyFile) -> list[str]:
    """Trusted keys that are not revoked."""
    return [key for key in keys if key not in policy.revoked]


def signed_by(signatures: Sequence[Signature], document: Document, trusted: Sequence[str], role: str) -> str:
    """The trusted key that signed a document, or the reason why there is none."""
    mine = [one for one in signatures if one.document == document.digest]
    if not mine:
        raise PolicyRefused(f"policy: the {document.FORMAT.removeprefix('zkmargin ')} is not signed")
    refusals = []
    # A signature that somebody made up must not stand in the way of a good one.
    for one in [one for one in mine if one.key in trusted] or mine[:1]:
        try:
            one.check_trusted(document, trusted, role)
        except (FalseStatement, PolicyRefused) as error:
            refusals.append(error)
        else:
            return one.key
    raise refusals[0]


def check_age(what: str, time: str, now: int, most: int, skew: int) -> None:
    age = now - epoch_seconds(time)
    if age < -skew:
        raise PolicyRefused(f"policy: the {what} is dated {-age} s in the future")
    if age > most:
        raise PolicyRefused(f"policy: the {what} is {age} s old, at most {most} s are accepted")


def _proof_policy(policy: PolicyFile, statement: Statement, now: int) -> Policy:
    """7. What the proof itself has to carry; the system is the one compiled here."""
    return Policy(
        system=statement.system.digest,
        documents=statement.context.documents,
        venue=ANY if policy.venue is None else policy.venue,
        account=ANY if policy.account is None else policy.account,
        nonce=ANY if policy.nonce is None else policy.nonce,
        now=now,
        max_age=policy.max_age,
        clock_skew=policy.clock_skew,
    )
