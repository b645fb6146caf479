"""A venue proves that every account of its index is as stated: part by part, on disk, from where it stopped.

A part is as many accounts as fit the memory of one proof. Its file appears whole or not at all; a run that was
interrupted goes on with the first part that is missing. A file that is there already is verified, not trusted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest as hmac_digest
from pathlib import Path

from zkmargin.circuits.compiler import Compiled
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.errors import FalseStatement, InvalidInput, MalformedProof, UnsupportedVersion
from zkmargin.circuits.rule import RequirementFailed
from zkmargin.circuits.system import MODULUS, System
from zkmargin.prover.account import Account
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.balance import Balance, build_balance
from zkmargin.verifier.documents.claim import Claim, ProofFile, encode_proof
from zkmargin.verifier.documents.shows import Shows
from zkmargin.verifier.index import Index, leaf_name
from zkmargin.verifier.shape import Shape
from zkmargin.verifier.statement import ANY, Policy
from zkmargin.verifier.venue import part_label
from zkmargin.verifier.verify import verify

PART_VARIABLES = 25
"""2^25 bits a proof: some hundred megabytes while it is made, and already in the flat part of cost an account."""

SALT_TAG = b"zkmargin index salt v1"

Source = Callable[[int, int], Sequence[Account]]
"""The accounts of the index from one position up to another; only one part's are in memory at a time."""

Progress = Callable[[int, int], None]
"""Called with the number of accounts proven so far, and of all."""


@dataclass(frozen=True)
class VenueClaim:
    """What all parts state alike."""

    compiled: Compiled
    book: str
    snapshot: str
    model: str
    shows: Shows
    nonce: str
    issued: str
    expires: str

    def part(self, index: Index, number: int, size: int) -> Claim:
        """The statement of one part, counted from one."""
        start, count = (number - 1) * size, -(-len(index) // size)
        return Claim.build(
            book=self.book,
            snapshot=self.snapshot,
            model=self.model,
            shows=self.shows,
            system=self.compiled.digest.hex(),
            commitments=index.commitments[start : start + size],
            venue=index.venue,
            account=part_label(index.root, number, count),
            nonce=self.nonce,
            issued=self.issued,
            expires=self.expires,
        )


def account_salt(seed: bytes, account: str) -> bytes:
    """The salt of an account's name in an index: the venue's secret decides it, the account's owner is told."""
    return hmac_digest(seed, SALT_TAG + account.encode(), sha256)


def build_index(venue: str, book: Book, time: str, seed: bytes, commitments: Sequence[tuple[str, bytes]]) -> Index:
    """The index of accounts, each with its reference and commitment."""
    names = [leaf_name(account, account_salt(seed, account)).hex() for account, _ in commitments]
    points = [commitment.hex() for _, commitment in commitments]
    return Index.build(venue=venue, book=book.digest, time=time, names=names, commitments=points)


def part_size(system: System, accounts: int) -> int:
    """How many accounts a proof covers: a power of two that fits its memory, or all there are."""
    size = 1
    while size < accounts and Shape(system, 2 * size).bits.variables <= PART_VARIABLES:
        size *= 2
    return min(size, accounts)


def prove_venue(
    claim: VenueClaim,
    index: Index,
    source: Source,
    folder: Path,
    arithmetic: Arithmetic,
    size: int | None = None,
    progress: Progress = lambda done, all: None,
) -> list[Path]:
    """Prove every part whose file is not in `folder` yet; returns the files of all parts, in order."""
    size = size or part_size(claim.compiled.system, len(index))
    parts = -(-len(index) // size)
    files = [folder / f"part-{number:04}.json" for number in range(1, parts + 1)]
    for number, file in enumerate(files, 1):
        start, stop = (number - 1) * size, min(number * size, len(index))
        part = claim.part(index, number, size)
        if not _is_done(file, part, claim.compiled.system, arithmetic):
            proof = _prove_part(claim.compiled, part, source(start, stop), start, arithmetic)
            _write_whole(file, ProofFile.build(statement=part, proof=encode_proof(proof)).canonical())
        progress(stop, len(index))
    return files


def balance_of(book: Book, index: Index, accounts: Sequence[Account]) -> Balance:
    """The opened sum of an index: totals of entries and of blindings, and nothing of any account."""
    if [account.commitment.hex() for account in accounts] != list(index.commitments):
        raise InvalidInput("accounts: they are not those of the index")
    values = [sum(column) for column in zip(*(account.values for account in accounts), strict=True)]
    blinding = [sum(column) % MODULUS for column in zip(*(account.blinding for account in accounts), strict=True)]
    return build_balance(book, index, values, blinding)


def _prove_part(
    compiled: Compiled, part: Claim, accounts: Sequence[Account], start: int, arithmetic: Arithmetic
) -> bytes:
    for offset, points in enumerate(part.commitments):
        if offset >= len(accounts) or accounts[offset].commitment.hex() != points:
            raise InvalidInput(f"accounts[{start + offset}]: not the account of this place in the index")
    try:
        lanes = compiled.witness([list(account.values) for account in accounts])
    except RequirementFailed as error:
        where = start + error.account
        raise FalseStatement(f"accounts[{where}]: the requirement {error.requirement!r} does not hold") from None
    return prove(part.statement(compiled.system), accounts, lanes, arithmetic)


def _is_done(file: Path, part: Claim, system: System, arithmetic: Arithmetic) -> bool:
    """Whether a file holds this part, proven. Another run's file is not overwritten."""
    try:
        found = ProofFile.parse(file.read_bytes())
    except FileNotFoundError:
        return False
    except (InvalidInput, UnsupportedVersion, OSError) as error:
        raise InvalidInput(f"{file.name}: not a proof of this run: {error}") from None
    if found.statement != part:
        raise InvalidInput(f"{file.name}: a proof of another run; choose an empty folder, or the same statement")
    statement = part.statement(system)
    now = statement.context.issued_at
    admitting = Policy(ANY, ANY, ANY, ANY, ANY, now=now, max_age=0)
    try:
        verify(statement, found.proof_bytes, admitting, arithmetic)
    except (FalseStatement, MalformedProof, UnsupportedVersion):
        return False
    return True


def _write_whole(file: Path, data: bytes) -> None:
    """A file that is there is complete: written beside its place, synced, then renamed."""
    draft = file.with_name(f".{file.name}.draft")
    try:
        with open(draft, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(draft, file)
    except OSError as error:
        raise InvalidInput(f"{file.name}: cannot be written: {error.strerror}") from None
