"""From account files and public documents to a proof file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from zkmargin.circuits.compiler import Compiled
from zkmargin.circuits.errors import FalseStatement, InternalError
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.rule import RequirementFailed
from zkmargin.cli.manners import steps, timestamp
from zkmargin.prover.account import Account
from zkmargin.prover.account_file import AccountFile
from zkmargin.prover.joining import aligned_account, joined_account
from zkmargin.prover.prove import prove
from zkmargin.verifier.aligned import compile_aligned
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.documents import Claim, ProofFile, Shows
from zkmargin.verifier.documents.claim import compile_claim, encode_proof

if TYPE_CHECKING:
    from zkmargin.cli.papers import Papers
    from zkmargin.cli.sums import Sum


@dataclass(frozen=True, repr=False)
class Subject:
    """What a proof is about: an opened account, its name in statements and in talk, and how claims are compiled."""

    reference: str
    called: str
    account: Account
    compile: Callable[[Shows], Compiled]


def one_account(file: AccountFile, papers: Papers, arithmetic: Arithmetic) -> Subject:
    """A single account."""
    account = file.open(papers.book, arithmetic)
    return Subject(file.account, "this account", account, _compiling(papers))


def sum_of_accounts(files: Sequence[AccountFile], summed: Sum, papers: Papers, arithmetic: Arithmetic) -> Subject:
    """The accounts of a combination: added or, where their books are mapped, side by side."""
    summed.check_accounts(files)
    label, called = summed.combination.label, "the sum"
    alignment = summed.books.alignment([file.book for file in files])
    if alignment is None:
        joined = joined_account(label, files, papers.book, summed.books.earlier)
        return Subject(label, called, joined.open(papers.book, arithmetic), _compiling(papers))
    account, market = aligned_account(files, alignment, arithmetic), Market(papers.book, papers.snapshot)
    return Subject(label, called, account, partial(compile_aligned, alignment, market, papers.model))


def make_claim(
    compiled: Compiled, papers: Papers, account: Account, shows: Shows, reference: str, **context: str
) -> Claim:
    """The statement about one committed account; `context` is venue, nonce, issued, expires."""
    return Claim.build(
        book=papers.book.digest,
        snapshot=papers.snapshot.digest,
        model=papers.model.digest,
        shows=shows,
        system=compiled.digest.hex(),
        commitments=[account.commitment.hex()],
        account=reference,
        **context,
    )


def prove_subject(
    subject: Subject,
    papers: Papers,
    shows: Shows,
    venue: str,
    nonce: str,
    issued: int,
    expires: int,
    arithmetic: Arithmetic,
) -> ProofFile:
    """Compile, fill in, prove. `FalseStatement` if the account is not what is to be shown."""
    account = subject.account
    with steps("proving", 3) as begin:
        begin("the rule is compiled")
        compiled = subject.compile(shows)
        begin("wires are filled in")
        try:
            lanes = compiled.witness([list(account.values)])
        except RequirementFailed as failure:
            reason = f"the requirement {failure.requirement!r} does not hold for {subject.called}"
            raise FalseStatement(reason) from None
        begin("the proof is made")
        context = {"venue": venue, "nonce": nonce, "issued": timestamp(issued), "expires": timestamp(expires)}
        claim = make_claim(compiled, papers, account, shows, subject.reference, **context)
        proof = prove(claim.statement(compiled.system), [account], lanes, arithmetic)
    made = ProofFile.build(statement=claim, proof=encode_proof(proof))
    if made.proof_bytes != proof:
        raise InternalError("proof: its file would not read back as it was written")
    return made


def _compiling(papers: Papers) -> Callable[[Shows], Compiled]:
    return partial(compile_claim, papers.book, papers.snapshot, papers.model)
