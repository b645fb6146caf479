"""From an account file and public documents to a proof file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zkmargin.circuits.compiler import Compiled
from zkmargin.circuits.errors import FalseStatement, InternalError
from zkmargin.circuits.rule import RequirementFailed
from zkmargin.cli.manners import steps, timestamp
from zkmargin.prover.account import Account
from zkmargin.prover.account_file import AccountFile
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.documents import Claim, ProofFile, Shows
from zkmargin.verifier.documents.claim import compile_claim, encode_proof

if TYPE_CHECKING:
    from zkmargin.cli.papers import Papers


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


def prove_account(
    file: AccountFile,
    papers: Papers,
    shows: Shows,
    venue: str,
    nonce: str,
    issued: int,
    expires: int,
    arithmetic: Arithmetic,
) -> ProofFile:
    """Compile, fill in, prove. `RequirementFailed` if the account is not what is to be shown."""
    units = file.units(papers.book)
    with steps("proving", 3) as begin:
        begin("the rule is compiled")
        compiled = compile_claim(papers.book, papers.snapshot, papers.model, shows)
        begin("wires are filled in")
        try:
            lanes = compiled.witness(np.array([units], dtype=object))
        except RequirementFailed as failure:
            raise FalseStatement(f"the requirement {failure.requirement!r} does not hold for this account") from None
        begin("the proof is made")
        account = file.open(papers.book, arithmetic)
        context = {"venue": venue, "nonce": nonce, "issued": timestamp(issued), "expires": timestamp(expires)}
        claim = make_claim(compiled, papers, account, shows, file.account, **context)
        proof = prove(claim.statement(compiled.system), [account], lanes, arithmetic)
    made = ProofFile.build(statement=claim, proof=encode_proof(proof))
    if made.proof_bytes != proof:
        raise InternalError("proof: its file would not read back as it was written")
    return made
