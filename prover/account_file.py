"""`AccountFile`: everything an owner keeps about one account, in one private document.

Positions and blinding belong together: whoever loses the blinding can prove nothing about the commitment, and whoever
learns it can test guesses of the positions. The file never changes; other positions make another file with fresh
blinding, since two commitments under one blinding would show the difference of what they hide.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from zkmargin.circuits.documents.base import Digest, Document
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.documents.portfolio import Portfolio
from zkmargin.circuits.errors import InvalidInput
from zkmargin.prover.account import Account, commit_account
from zkmargin.prover.randomness import SYSTEM, Randomness, Secrets
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.documents.commitment import Commitment, Label
from zkmargin.verifier.shape import AccountShape

Scalar = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class AccountFile(Document):
    """A portfolio, the reference under which a venue knows the account, and the blinding of its commitment."""

    FORMAT: ClassVar[str] = "zkmargin account"

    format: Literal["zkmargin account"]
    account: Label
    book: Digest
    portfolio: Portfolio
    blinding: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=512)]

    def __repr__(self) -> str:
        return "AccountFile(private)"

    __str__ = __repr__

    def units(self, book: Book) -> tuple[int, ...]:
        """The account vector."""
        if self.book != book.digest:
            raise InvalidInput(f"book: this account is not of book {book.name} in its present form")
        return self.portfolio.units(book)

    def open(self, book: Book, arithmetic: Arithmetic) -> Account:
        """The account as the prover needs it; its commitment is computed again, never read from a file."""
        return commit_account(self.units(book), [int(scalar, 16) for scalar in self.blinding], arithmetic)

    def commitment(self, book: Book, arithmetic: Arithmetic) -> Commitment:
        """The public side."""
        points = self.open(book, arithmetic).commitment.hex()
        return Commitment.build(account=self.account, book=self.book, commitment=points)


def new_account(account: str, book: Book, portfolio: Portfolio, randomness: Randomness = SYSTEM) -> AccountFile:
    """An account file under fresh blinding."""
    portfolio.units(book)
    scalars = Secrets(randomness).scalars(AccountShape(len(book.entries)).rows)
    blinding = [format(scalar, "064x") for scalar in scalars]
    return AccountFile.build(account=account, book=book.digest, portfolio=portfolio, blinding=blinding)
