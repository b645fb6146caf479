"""Sums over books that differ: attested commitments stand side by side, and the circuit maps their entries to one book.

Legs of one book are added first. The blocks are the target book, if a leg is of it, then the others in the order in
which legs name them. What `combination.py` checks of legs and labels is checked here alike.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkmargin.circuits.alignment import Alignment, Mapping
from zkmargin.circuits.compiler import Compiled, compile_rule
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.errors import FalseStatement, InvalidInput
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.market import Market
from zkmargin.verifier.accounts import add_commitments, chain_commitments
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.checking import Checked, Papers, admit
from zkmargin.verifier.combination import Combination, check_label, check_legs
from zkmargin.verifier.documents.claim import ProofFile
from zkmargin.verifier.documents.commitment import Attestation
from zkmargin.verifier.documents.policy import PolicyFile
from zkmargin.verifier.documents.shows import Shows
from zkmargin.verifier.sequence import LatestAttestations
from zkmargin.verifier.shape import AccountShape
from zkmargin.verifier.verify import verify


def align(target: Book, books: Sequence[str], sources: Sequence[Book], mappings: Sequence[Mapping]) -> Alignment:
    """The alignment of legs whose books have these digests."""
    known = {book.digest: book for book in sources}
    blocks: list[tuple[Book, Mapping | None]] = [(target, None)] if target.digest in books else []
    for digest in dict.fromkeys(one for one in books if one != target.digest):
        mapping = next((one for one in mappings if (one.source, one.target) == (digest, target.digest)), None)
        if mapping is None or digest not in known:
            raise InvalidInput(f"mapping: book {digest[:12]} is not the target; give the book and its mapping")
        blocks.append((known[digest], mapping))
    return Alignment(target, tuple(blocks))


def aligned_commitment(alignment: Alignment, legs: Sequence[tuple[str, bytes]], arithmetic: Arithmetic) -> bytes:
    """The commitment to the aligned vector, from the book and the commitment of each leg."""
    blocks = []
    for book, _ in alignment.blocks:
        size = AccountShape(len(book.entries)).commitment_bytes
        mine = [commitment for digest, commitment in legs if digest == book.digest]
        if any(len(commitment) != size for commitment in mine):
            raise InvalidInput(f"commitment: not one to an account of book {book.name}")
        blocks.append(add_commitments(mine, arithmetic))
    return chain_commitments(blocks)


def compile_aligned(alignment: Alignment, market: Market, model: MarginModel, shows: Shows) -> Compiled:
    """The circuit of a claim about an aligned vector."""
    return compile_rule(alignment.rule(market, shows.rule(model, market)), alignment.entries)


def check_aligned(
    file: ProofFile,
    combination: Combination,
    papers: Papers,
    policy: PolicyFile,
    now: int,
    arithmetic: Arithmetic,
    sources: Sequence[Book],
    mappings: Sequence[Mapping],
    latest: LatestAttestations | None = None,
) -> Checked:
    """`check_combined` for legs of other books; `mappings` are those the verifier accepts."""
    attestations, attester = check_legs(combination, papers.attestations, papers.signatures, policy, now)
    check_label(file.statement, combination, papers.book, policy)
    alignment = align(papers.book, [one.book for one in attestations], sources, mappings)
    commitment = aligned_commitment(alignment, [leg_of(one) for one in attestations], arithmetic)
    if file.statement.commitments != (commitment.hex(),):
        raise FalseStatement("statement: its commitment is not made of the attested ones")
    compiled = compile_aligned(alignment, Market(papers.book, papers.snapshot), papers.model, file.statement.shows)
    inner = policy.waiving("account", "attesters")
    statement, asked, signer, _ = admit(file.statement, papers, inner, now, compiled.system)
    shown = verify(statement, file.proof_bytes, asked, arithmetic)
    if latest is not None:
        latest.admit(attestations)
    return Checked(shown, file.statement, signer, attester, policy.any)


def leg_of(attestation: Attestation) -> tuple[str, bytes]:
    """Book and commitment of a leg."""
    return attestation.book, bytes.fromhex(attestation.commitment)
