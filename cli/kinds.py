"""Every kind of file there is, and reading one of whatever kind it says it is."""

from __future__ import annotations

from collections.abc import Callable

from zkmargin.circuits.alignment import Mapping
from zkmargin.circuits.documents import Book, Document, Portfolio, Snapshot
from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models import parse_model
from zkmargin.circuits.models.base import MarginModel
from zkmargin.cli.files import format_of
from zkmargin.prover.account_file import AccountFile
from zkmargin.prover.keys import SecretKey
from zkmargin.verifier.balance import Balance
from zkmargin.verifier.combination import Combination
from zkmargin.verifier.documents import (
    Attestation,
    Claim,
    Commitment,
    PolicyFile,
    ProofFile,
    PublicKey,
    Signature,
)
from zkmargin.verifier.feeds import FeedPolicy
from zkmargin.verifier.index import Index, Receipt
from zkmargin.verifier.update import Update

PRIVATE = (AccountFile, Portfolio, SecretKey)
KINDS: tuple[type[Document], ...] = (
    Book,
    Snapshot,
    Quotes,
    Portfolio,
    AccountFile,
    SecretKey,
    PublicKey,
    Signature,
    Commitment,
    Attestation,
    Claim,
    ProofFile,
    PolicyFile,
    Update,
    Combination,
    Mapping,
    Index,
    Receipt,
    Balance,
    FeedPolicy,
)
"""All but models, of which each family has its own."""

PARSERS: dict[str, Callable[[bytes], Document]] = {kind.FORMAT: kind.parse for kind in KINDS}
PARSERS[MarginModel.FORMAT] = parse_model


def parse_any(data: bytes) -> Document:
    """A document of whatever kind it says it is."""
    found = format_of(data)
    if found not in PARSERS:
        raise InvalidInput(f"format: no kind of file is called that; there are {', '.join(sorted(PARSERS))}")
    return PARSERS[found](data)
