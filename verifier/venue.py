"""A whole venue: proofs over consecutive parts of an index, and the check that together they are all of it.

1. index: of the venue and book the policy and the papers name, signed by a trusted attester, fresh
2. parts: numbered, in order, their commitments are those of the index, each once
3. statements: the same in every part but for its commitments
4. documents, model, snapshot, system, revocations: as for any proof (`checking.py`)
5. proofs: verified together

A part's statement names the root of the index, its own number and how many there are, where other statements name an
account; so no part can stand in for another, or for that of another index.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from zkmargin.circuits.compiler import Compiled
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.errors import PolicyRefused, ZkMarginError
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.batch import Task, verify_batch
from zkmargin.verifier.checking import Papers, admit, attested_by, check_age
from zkmargin.verifier.documents.claim import Claim, ProofFile, compile_claim
from zkmargin.verifier.documents.policy import PolicyFile
from zkmargin.verifier.documents.signature import Signature
from zkmargin.verifier.index import Index
from zkmargin.verifier.statement import Shown


@dataclass(frozen=True)
class CheckedVenue:
    """What was accepted: every account of the index is as the claim says."""

    root: str
    accounts: int
    claim: Claim
    """Of the first part; the others differ in their commitments alone."""
    parts: tuple[Shown, ...]
    snapshot_signer: str | None
    attester: str | None


def part_label(root: str, number: int, parts: int) -> str:
    """What stands in place of an account reference in the statement of part `number`, counted from one."""
    return f"index {root} part {number} of {parts}"


@dataclass(frozen=True)
class Part:
    """Which part of which index a statement says it is about."""

    root: str
    number: int
    parts: int


def part_of(label: str) -> Part | None:
    """What a label says, if it is one of `part_label`."""
    found = re.fullmatch(r"index ([0-9a-f]{64}) part ([1-9][0-9]{0,5}) of ([1-9][0-9]{0,5})", label)
    return Part(found[1], int(found[2]), int(found[3])) if found else None


def check_venue(
    index: Index,
    files: Sequence[ProofFile],
    papers: Papers,
    policy: PolicyFile,
    now: int,
    arithmetic: Arithmetic,
    compiled: Compiled | None = None,
) -> CheckedVenue:
    """Accept all parts, or raise the first reason not to. `compiled` saves compiling the papers again."""
    attester = check_index(index, papers.book, papers.signatures, policy, now)
    claims = [file.statement for file in files]
    _check_parts(index, claims)
    _check_same(claims)
    first = claims[0]
    inner = policy.waiving("account", "attesters")
    system = (compiled or compile_claim(papers.book, papers.snapshot, papers.model, first.shows)).system
    admitted = [admit(claim, papers, inner, now, system) for claim in claims]
    tasks = [Task(one[0], file.proof_bytes, one[1]) for one, file in zip(admitted, files, strict=True)]
    shown = _accepted(verify_batch(tasks, arithmetic))
    return CheckedVenue(index.root, len(index), first, shown, admitted[0][2], attester)


def check_index(index: Index, book: Book, signatures: Sequence[Signature], policy: PolicyFile, now: int) -> str | None:
    """1. The key that signed the index, if the policy asks for one."""
    if policy.account is not None:
        raise PolicyRefused("policy: it asks for one account, a venue's proof is about all of them")
    if index.book != book.digest:
        raise PolicyRefused("policy: the index is of another book than the one given")
    if policy.venue is not None and index.venue != policy.venue:
        raise PolicyRefused("policy: the index is of another venue")
    if policy.attesters is None or policy.attestation_max_age is None:
        return None
    check_age("index", index.time, now, policy.attestation_max_age, policy.clock_skew)
    return attested_by(signatures, index, index.venue, policy)


def check_part(index: Index, part: Part, claim: Claim) -> None:
    """What one part alone has to be: shown to the venue of the index, about accounts that stand in it side by side."""
    if part.number > part.parts:
        raise PolicyRefused(f"policy: there is no part {part.number} of {part.parts}")
    if claim.venue != index.venue:
        raise PolicyRefused("policy: the part is shown to another venue than the index is of")
    told, listed = claim.commitments, index.commitments
    starts = [start for start, points in enumerate(listed) if points == told[0]]
    if not any(listed[start : start + len(told)] == told for start in starts):
        raise PolicyRefused("policy: the part is not about accounts of the index")


def first_missing(index: Index, parts: int, told: Mapping[int, Collection[tuple[str, ...]]]) -> int | None:
    """The first part without which the commitments told under each number are not those of the index, each once."""
    ends = {0}
    for number in range(1, parts + 1):
        mine = told.get(number, ())
        ends = {
            start + len(one) for start in ends for one in mine if index.commitments[start : start + len(one)] == one
        }
        if not ends:
            return number
    return None if len(index) in ends else parts


def _check_parts(index: Index, claims: Sequence[Claim]) -> None:
    """2."""
    for number, claim in enumerate(claims, 1):
        if claim.account != part_label(index.root, number, len(claims)):
            raise PolicyRefused(f"policy: proof {number} is not part {number} of {len(claims)} of this index")
        if claim.venue != index.venue:
            raise PolicyRefused(f"policy: part {number} is shown to another venue than the index is of")
    if tuple(points for claim in claims for points in claim.commitments) != index.commitments:
        raise PolicyRefused("policy: the parts are not about the commitments of the index, each once")


def _check_same(claims: Sequence[Claim]) -> None:
    """3."""
    told = [claim.model_dump(exclude={"account", "commitments"}) for claim in claims]
    for number, one in enumerate(told, 1):
        if one != told[0]:
            raise PolicyRefused(f"policy: part {number} states something else than part 1")


def _accepted(verdicts: Sequence[Shown | ZkMarginError]) -> tuple[Shown, ...]:
    """5."""
    accepted = []
    for number, verdict in enumerate(verdicts, 1):
        if isinstance(verdict, ZkMarginError):
            raise type(verdict)(f"part {number}: {verdict}")
        accepted.append(verdict)
    return tuple(accepted)
