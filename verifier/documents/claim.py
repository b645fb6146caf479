"""`Claim`: a statement as a document, bound by digest to everything it rests on. `ProofFile`: a claim and its proof.

A claim never carries the compiled system, only its digest: whoever verifies compiles it from the documents.
"""

from __future__ import annotations

import base64
import binascii
from functools import cached_property
from hashlib import sha256
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits.canonical import canonical_bytes
from zkmargin.circuits.compiler import Compiled, compile_rule
from zkmargin.circuits.documents.base import Digest, Document, FieldError, Timestamp, epoch_seconds
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.documents.snapshot import Snapshot
from zkmargin.circuits.errors import FalseStatement, MalformedProof
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.system import System
from zkmargin.verifier.documents.commitment import Label, Points
from zkmargin.verifier.documents.shows import Shows
from zkmargin.verifier.statement import Context, Statement

MAX_PROOF_TEXT = 32 << 20
MAX_ACCOUNTS = 1 << 20


class Claim(Document):
    """The accounts behind `commitments` are as `shows` says, under this book, snapshot and model, for this context."""

    FORMAT: ClassVar[str] = "zkmargin statement"

    format: Literal["zkmargin statement"]
    book: Digest
    snapshot: Digest
    model: Digest
    shows: Shows
    system: Digest
    commitments: Annotated[tuple[Points, ...], Field(min_length=1, max_length=MAX_ACCOUNTS)]
    venue: Label
    account: Label
    nonce: Label
    issued: Timestamp
    expires: Timestamp

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if epoch_seconds(self.expires) < epoch_seconds(self.issued):
            raise FieldError(("expires",), "lies before issued")
        return self

    @property
    def context(self) -> Context:
        documents = documents_digest(self.book, self.snapshot, self.model, self.shows)
        times = epoch_seconds(self.issued), epoch_seconds(self.expires)
        return Context(self.venue, self.account, self.nonce, *times, documents)

    def statement(self, system: System) -> Statement:
        """The claim about a system that the caller has compiled; refused when the claim names another one."""
        if system.digest.hex() != self.system:
            raise FalseStatement("statement: its system is not the one these documents compile to")
        return Statement(system, tuple(bytes.fromhex(points) for points in self.commitments), self.context)


class ProofFile(Document):
    """A statement with its proof: all that changes hands."""

    FORMAT: ClassVar[str] = "zkmargin proof"

    format: Literal["zkmargin proof"]
    statement: Claim
    proof: Annotated[str, Field(max_length=MAX_PROOF_TEXT, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]

    @cached_property
    def proof_bytes(self) -> bytes:
        """The binary proof; text with another spelling than the one base64 gives it is refused."""
        try:
            data = base64.b64decode(self.proof, validate=True)
        except binascii.Error:
            raise MalformedProof("proof: not base64") from None
        if encode_proof(data) != self.proof:
            raise MalformedProof("proof: not the canonical base64 of its bytes")
        return data


def encode_proof(proof: bytes) -> str:
    return base64.b64encode(proof).decode("ascii")


def documents_digest(book: str, snapshot: str, model: str, shows: Shows) -> bytes:
    """What `Context.documents` binds a proof to: the digests of all public documents, and what is shown."""
    named = {
        "book": book,
        "model": model,
        "shows": shows.model_dump(mode="json", exclude_none=True),
        "snapshot": snapshot,
    }
    return sha256(b"zkmargin documents v1\x00" + canonical_bytes(named)).digest()


def compile_claim(book: Book, snapshot: Snapshot, model: MarginModel, shows: Shows) -> Compiled:
    """The circuit of a claim. Public documents in, the same system everywhere out."""
    return compile_rule(shows.rule(model, Market(book, snapshot)), book.entries)
