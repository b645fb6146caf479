"""The owner's side of adding: several accounts as one, and an account after a change.

An account file plus a file of changes (a trade, a deposit; the same kind of file, its amounts are differences) is the
account file afterwards. Entries and blindings both add, so its commitment is the one the venue derives on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zkmargin.circuits.alignment import Alignment
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.documents.portfolio import Portfolio
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.system import MODULUS
from zkmargin.prover.account import Account, chain_accounts
from zkmargin.prover.account_file import AccountFile
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.shape import AccountShape


def joined_account(
    account: str, files: Sequence[AccountFile], book: Book, earlier: Mapping[str, Book] | None = None
) -> AccountFile:
    """The account file that holds what all of these hold, of `book`; `earlier` books are found by digest."""
    if not files:
        raise InvalidInput("accounts: one or more are needed")
    vectors = [_vector(index, file, book, earlier or {}) for index, file in enumerate(files)]
    rows = AccountShape(len(book.entries)).rows
    values = [sum(column) for column in zip(*(vector for vector, _ in vectors), strict=True)]
    blinding = [sum(hidden[row] for _, hidden in vectors) % MODULUS for row in range(rows)]
    made = AccountFile.build(
        account=account,
        book=book.digest,
        portfolio=Portfolio.from_units(book, values),
        blinding=[format(scalar, "064x") for scalar in blinding],
    )
    made.units(book)
    return made


def changed_account(file: AccountFile, change: AccountFile, book: Book) -> AccountFile:
    """The account after a change."""
    if change.account != file.account:
        raise InvalidInput("account: the change is of another account")
    return joined_account(file.account, [file, change], book)


def aligned_account(files: Sequence[AccountFile], alignment: Alignment, arithmetic: Arithmetic) -> Account:
    """Accounts of several books as one vector, block after block: what is proved of in place of a sum."""
    blocks = []
    for book, _ in alignment.blocks:
        mine = [file for file in files if file.book == book.digest]
        blocks.append(joined_account("block", mine, book).open(book, arithmetic))
    if len(files) != sum(file.book == book.digest for book, _ in alignment.blocks for file in files):
        raise InvalidInput("accounts: one of them is of a book that the alignment does not have")
    return chain_accounts(blocks)


def _vector(index: int, file: AccountFile, book: Book, earlier: Mapping[str, Book]) -> tuple[list[int], list[int]]:
    """Entries and blindings, with zeros for what the book has gained since."""
    own = book if file.book == book.digest else earlier.get(file.book)
    if own is None:
        raise InvalidInput(f"accounts[{index}].book: not this book, and no earlier book with this digest is given")
    book.check_extends(own)
    values = list(file.units(own))
    hidden = [int(scalar, 16) for scalar in file.blinding]
    if len(hidden) != AccountShape(len(own.entries)).rows:
        raise InvalidInput(f"accounts[{index}].blinding: {AccountShape(len(own.entries)).rows} values are needed")
    rows = AccountShape(len(book.entries)).rows
    return values + [0] * (len(book.entries) - len(values)), hidden + [0] * (rows - len(hidden))
