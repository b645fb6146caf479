"""Proofs of a folder: about an account, about a part of a venue's index, about a sum of attested accounts."""

from __future__ import annotations

from collections.abc import Mapping

from zkmargin.circuits import alignment
from zkmargin.circuits.documents import Book
from zkmargin.circuits.errors import ZkMarginError
from zkmargin.cli.bench import Bench
from zkmargin.cli.findings import Line, failed, passed
from zkmargin.cli.manners import plural, progress, short
from zkmargin.verifier.aligned import check_aligned
from zkmargin.verifier.batch import Task, verify_batch
from zkmargin.verifier.checking import admit
from zkmargin.verifier.combination import Combination, check_combined, combination_of
from zkmargin.verifier.documents import Claim, ProofFile
from zkmargin.verifier.venue import Part, check_index, check_part, part_of


def verdicts(proofs: Mapping[str, ProofFile], bench: Bench) -> list[Line]:
    """A line for each proof. Those of accounts and parts are verified together at the end."""
    lines: list[Line] = []
    tasks: dict[str, Task] = {}
    for name, proof in progress(proofs.items(), "checking"):
        try:
            combination = combination_of(proof.statement.account)
            if combination is None:
                tasks[name] = _task(proof, bench)
            else:
                lines.append(_sum(name, proof, combination, bench))
        except ZkMarginError as error:
            lines.append(failed(name, proof, error))
    for name, verdict in zip(tasks, verify_batch(list(tasks.values()), bench.arithmetic), strict=True):
        proof = proofs[name]
        refused = isinstance(verdict, ZkMarginError)
        lines.append(failed(name, proof, verdict) if refused else _verified(name, proof, bench))  # type: ignore[arg-type]
    return lines


def _task(proof: ProofFile, bench: Bench) -> Task:
    """What is to be verified of an account or of a part of an index, once everything around it is in order."""
    claim, policy = proof.statement, bench.policy
    part = part_of(claim.account)
    papers = bench.papers(claim)
    if part is not None:
        index = bench.index(part.root, "statement")
        check_index(index, papers.book, papers.signatures, policy, bench.now)
        check_part(index, part, claim)
        policy = bench.attested_elsewhere
    statement, inner, _, _ = admit(claim, papers, policy, bench.now, bench.system(claim, papers))
    return Task(statement, proof.proof_bytes, inner)


def _verified(name: str, proof: ProofFile, bench: Bench) -> Line:
    claim = proof.statement
    part = part_of(claim.account)
    if part is None:
        return passed(name, proof, _sentence(claim, f"account {claim.account}"))
    bench.parts.setdefault(part.root, []).append((part, claim))
    return passed(name, proof, _sentence(claim, _about_part(part, claim)))


def _sum(name: str, proof: ProofFile, digest: str, bench: Bench) -> Line:
    """Legs of other books are read through mappings, where there are some to the book of the statement."""
    claim = proof.statement
    combination, papers = bench.one(Combination, digest, "statement"), bench.papers(claim)
    mappings = [one for one in bench.all(alignment.Mapping) if one.target == claim.book]
    legs = {leg.attestation for leg in combination.legs}
    books = {one.book for one in papers.attestations if one.digest in legs}
    given = (proof, combination, papers, bench.policy, bench.now, bench.arithmetic, bench.all(Book))
    if books.intersection(one.source for one in mappings):
        check_aligned(*given, mappings)
    else:
        check_combined(*given)
    bench.sums.setdefault(digest, []).append(claim)
    return passed(name, proof, _sentence(claim, f"{combination.account}, the sum of {plural(len(legs), 'account')}"))


def _about_part(part: Part, claim: Claim) -> str:
    accounts = plural(len(claim.commitments), "account")
    return f"{accounts}, part {part.number} of {part.parts} under root {short(part.root)}"


def _sentence(claim: Claim, about: str) -> str:
    return f"{claim.shows.sentence} ({about}, dated {claim.issued})"
