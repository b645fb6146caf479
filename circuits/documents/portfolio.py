"""A `Portfolio` is private: the amounts one account holds. No message, log or `repr` shows what is in it.

Errors name the place of a row, never its symbol or amount: which instruments somebody trades is private too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from zkmargin.circuits.canonical import load
from zkmargin.circuits.documents.base import Digest, Document, Name, Part
from zkmargin.circuits.documents.book import MAX_ENTRIES, Book, Entry
from zkmargin.circuits.documents.numbers import Number, decimal_from_text, decimal_text, from_units, normal_spelling
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.fixed import to_integer

FIELDS = ("symbol", "amount", "bucket", "order")


class Hidden(BaseModel):
    """Something whose printed form says nothing but its type, in a terminal's rich form too."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(private)"

    __str__ = __repr__

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return []


class Position(Hidden, Part):
    """The amount of one entry of the book, in whole units (of the asset, or contracts), not in the entry's units."""

    symbol: Annotated[str, Field(max_length=120)]
    amount: Number
    bucket: Name | None = None
    order: Literal["bid", "ask", "quote"] | None = None


class Portfolio(Hidden, Document):
    """Amounts in the book's order; entries that are not listed are zero."""

    FORMAT: ClassVar[str] = "zkmargin portfolio"

    format: Literal["zkmargin portfolio"]
    book: Digest
    positions: Annotated[tuple[Position, ...], Field(max_length=MAX_ENTRIES)]

    def units(self, book: Book) -> tuple[int, ...]:
        """The account vector: one signed integer for each entry of the book."""
        if self.book != book.digest:
            raise InvalidInput(f"book: this portfolio is not of book {book.name} in its present form")
        vector = [0] * len(book.entries)
        last = -1
        for row, position in enumerate(self.positions):
            place = book.positions.get((position.symbol, position.bucket, position.order))
            if place is None:
                raise InvalidInput(f"positions[{row}].symbol: the book has no such entry")
            if place <= last:
                raise InvalidInput(f"positions[{row}]: out of order; positions follow the book and each stands once")
            vector[place] = _units(book.entries[place], position.amount, f"positions[{row}].amount")
            last = place
        return tuple(vector)

    @classmethod
    def from_units(cls, book: Book, vector: Iterable[int]) -> Portfolio:
        """The portfolio of an account vector; zeros are left out."""
        rows = []
        for entry, number in zip(book.entries, vector, strict=True):
            if number:
                keys = {"bucket": entry.bucket, "order": entry.order}
                rows.append(
                    {"symbol": entry.symbol, "amount": decimal_text(from_units(number, entry.decimals))}
                    | {key: value for key, value in keys.items() if value is not None}
                )
        return cls.build(book=book.digest, positions=rows)

    @classmethod
    def from_rows(cls, book: Book, rows: Iterable[tuple[str, Mapping[str, str]]]) -> Portfolio:
        """A portfolio from imported rows in any order; the first of each pair says where the row was found."""
        found: dict[int, dict[str, str]] = {}
        for where, row in rows:
            place, fields = _imported(book, where, row)
            if place in found:
                raise InvalidInput(f"{where}: this entry was given in an earlier row")
            found[place] = fields
        return cls.build(book=book.digest, positions=[found[place] for place in sorted(found)])


def import_json(book: Book, data: bytes | str) -> Portfolio:
    """Positions as a JSON list of objects with `symbol`, `amount` and, where they apply, `bucket` and `order`."""
    value = load(data)
    if isinstance(value, dict) and value.get("format") == Portfolio.FORMAT:
        portfolio = Portfolio.parse(data)
        portfolio.units(book)
        return portfolio
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise InvalidInput("document: positions are a JSON list of objects, or a zkmargin portfolio")
    return Portfolio.from_rows(book, ((f"[{place}]", row) for place, row in enumerate(value)))  # type: ignore[misc]


def _imported(book: Book, where: str, row: Mapping[str, object]) -> tuple[int, dict[str, str]]:
    for name in row:
        if name not in FIELDS:
            raise InvalidInput(f"{where}: the fields are {', '.join(FIELDS)}; another one is given")
    texts = {name: value for name, value in row.items() if isinstance(value, str)}
    if len(texts) != len(row) or "symbol" not in texts or "amount" not in texts:
        raise InvalidInput(f"{where}: symbol and amount are needed, and every field is a string")
    place = book.positions.get((texts["symbol"], texts.get("bucket"), texts.get("order")))
    if place is None:
        raise InvalidInput(f"{where}.symbol: book {book.name} has no such entry")
    try:
        texts["amount"] = normal_spelling(texts["amount"])
    except ValueError as error:
        raise InvalidInput(f"{where}.amount: {error}") from None
    _units(book.entries[place], decimal_from_text(texts["amount"]), f"{where}.amount")
    return place, texts


def _units(entry: Entry, amount: Decimal, where: str) -> int:
    number = to_integer(amount, entry.decimals, where)
    if not -entry.offset <= number < entry.offset:
        raise InvalidInput(f"{where}: does not fit the {entry.lanes} lanes the book gives this entry")
    return number
