"""What the world sees of an account: its commitment, and a venue's word that it is the account's."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from zkmargin.circuits.documents.base import Digest, Document, Timestamp
from zkmargin.verifier.statement import MAX_TEXT

MAX_SEQUENCE = (1 << 53) - 1


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that cannot be printed")
    return text


Label = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_printable)]
"""A venue, an account reference or a nonce: what `Context` takes."""

Points = Annotated[str, Field(pattern=r"^([0-9a-f]{96}){1,512}$")]
"""Compressed points, 48 bytes each, in hexadecimal; whether they are points is the verifier's business."""


class Commitment(Document):
    """The commitment to one account of one book. It shows nothing of the account and cannot be opened otherwise."""

    FORMAT: ClassVar[str] = "zkmargin commitment"

    format: Literal["zkmargin commitment"]
    account: Label
    book: Digest
    commitment: Points


class Attestation(Document):
    """A venue says that this commitment is to what this account holds, as of a time. Worth its signature, no more.

    `sequence` grows with every attestation of one account, so that an earlier one cannot pass for the latest.
    """

    FORMAT: ClassVar[str] = "zkmargin attestation"

    format: Literal["zkmargin attestation"]
    venue: Label
    account: Label
    book: Digest
    commitment: Points
    time: Timestamp
    sequence: Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
