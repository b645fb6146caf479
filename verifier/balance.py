"""The book balances: over all accounts of an index, longs equal shorts and collateral equals a published total.

The venue opens nothing but the *sum* of the commitments: totals `T` of every entry and the sum `s` of the blindings,
with `sum of commitments = commit(T, s)`. Since commitments are binding, `T` are the totals of what the accounts hold.

What this shows beyond `T`: nothing. Take any two ways to fill the accounts with the same totals. For each blinding
`t_a` of the first there is exactly one `t'_a` that gives account `a` the same commitment in the second, and
`t'_a - t_a` depends on the difference of the two vectors only, linearly; these differences sum to zero, hence so do the
shifts, and `s` is the same. So for every published list of commitments and `s`, both ways are equally likely: whoever
sees commitments and opening can rule out no distribution of `T` over the accounts. (With a single account, `T` is it.)

Entries are field elements here; that they are the small signed integers a book says is shown by the proofs over the
same index (`venue.py`), without which huge amounts could cancel modulo the group's order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from zkmargin.circuits.documents.base import Digest, Document, Name, Part
from zkmargin.circuits.documents.book import MAX_ENTRIES, Book
from zkmargin.circuits.documents.numbers import Number, decimal_text, from_units
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused
from zkmargin.circuits.fixed import to_integer
from zkmargin.verifier.accounts import add_commitments, commitment_to
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.index import Index

DERIVATIVES = ("perpetual", "future", "option")
ASSETS = ("cash", "collateral", "spot")

Scalar = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Total(Part):
    """The sum of one entry over all accounts."""

    symbol: Annotated[str, Field(max_length=120)]
    amount: Number
    bucket: Name | None = None
    order: Literal["bid", "ask"] | None = None


class Balance(Document):
    """The opened sum of an index. Entries that are not listed total zero."""

    FORMAT: ClassVar[str] = "zkmargin balance"

    format: Literal["zkmargin balance"]
    book: Digest
    index: Digest
    """Root of the index."""
    totals: Annotated[tuple[Total, ...], Field(max_length=MAX_ENTRIES)]
    blinding: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=512)]

    def units(self, book: Book) -> list[int]:
        """The vector of totals."""
        vector = [0] * len(book.entries)
        last = -1
        for row, total in enumerate(self.totals):
            place = book.positions.get((total.symbol, total.bucket, total.order))
            if place is None:
                raise InvalidInput(f"totals[{row}].symbol: the book has no such entry")
            if place <= last:
                raise InvalidInput(f"totals[{row}]: out of order; totals follow the book and each stands once")
            vector[place] = to_integer(total.amount, book.entries[place].decimals, f"totals[{row}].amount")
            last = place
        return vector


@dataclass(frozen=True)
class Balanced:
    """What a balance has shown: totals by symbol, isolated buckets included and resting orders not."""

    accounts: int
    assets: dict[str, Decimal]
    derivatives: tuple[str, ...]
    """Symbols whose longs equal their shorts."""


def build_balance(book: Book, index: Index, values: list[int], blinding: list[int]) -> Balance:
    """The document, from summed entries and blindings."""
    rows = []
    for entry, number in zip(book.entries, values, strict=True):
        if number:
            keys = {"bucket": entry.bucket, "order": entry.order}
            amount = decimal_text(from_units(number, entry.decimals))
            rows.append({"symbol": entry.symbol, "amount": amount} | {k: v for k, v in keys.items() if v is not None})
    scalars = [format(scalar, "064x") for scalar in blinding]
    return Balance.build(book=book.digest, index=index.root, totals=rows, blinding=scalars)


def check_balance(
    balance: Balance, index: Index, book: Book, arithmetic: Arithmetic, published: Mapping[str, Decimal] | None = None
) -> Balanced:
    """Accept, or name what does not balance. `published`: totals by symbol, to which those of all assets must be equal.

    1. balance, index and book belong together
    2. the sum of all commitments opens to the totals
    3. every derivative totals zero
    4. assets total what was published
    """
    _check_papers(balance, index, book)
    values = balance.units(book)
    total = add_commitments([bytes.fromhex(points) for points in index.commitments], arithmetic)
    if commitment_to(values, [int(scalar, 16) for scalar in balance.blinding], arithmetic) != total:
        raise FalseStatement("balance: the sum of the commitments does not open to these totals")
    derivatives = _by_symbol(book, values, DERIVATIVES)
    for symbol, amount in derivatives.items():
        if amount != 0:
            raise FalseStatement(f"balance: {symbol} totals {decimal_text(amount)}, longs and shorts differ")
    assets = _by_symbol(book, values, ASSETS)
    if published is not None:
        _check_published(assets, published)
    return Balanced(len(index), assets, tuple(derivatives))


def _check_papers(balance: Balance, index: Index, book: Book) -> None:
    """1."""
    if balance.index != index.root:
        raise PolicyRefused("policy: the balance is of another index")
    if not balance.book == index.book == book.digest:
        raise PolicyRefused("policy: balance, index and book do not belong together")


def _by_symbol(book: Book, values: list[int], kinds: tuple[str, ...]) -> dict[str, Decimal]:
    """Totals of these kinds; a long in the cross pool and a short in an isolated bucket cancel like any other two."""
    finest: dict[str, int] = {}
    chosen = [
        (entry, value)
        for entry, value in zip(book.entries, values, strict=True)
        if entry.kind in kinds and entry.order is None
    ]
    for entry, _ in chosen:
        finest[entry.symbol] = max(finest.get(entry.symbol, 0), entry.decimals)
    sums = dict.fromkeys(finest, 0)
    for entry, value in chosen:
        sums[entry.symbol] += value * 10 ** (finest[entry.symbol] - entry.decimals)
    return {symbol: from_units(number, finest[symbol]) for symbol, number in sums.items()}


def _check_published(assets: Mapping[str, Decimal], published: Mapping[str, Decimal]) -> None:
    """4."""
    for symbol in published:
        if symbol not in assets:
            raise InvalidInput(f"published: the book has no asset {symbol}")
    for symbol, amount in assets.items():
        if symbol not in published:
            raise PolicyRefused(f"policy: no total of {symbol} was published")
        if published[symbol] != amount:
            told, found = decimal_text(published[symbol]), decimal_text(amount)
            raise FalseStatement(f"balance: {symbol} totals {found}, published is {told}")
