"""Hypothetical trades on an account: sizes change, and cash pays for them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from zkmargin.circuits.documents import Book, decimal_from_text
from zkmargin.circuits.documents.numbers import normal_spelling
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.fixed import to_integer
from zkmargin.cli.files import about, read

if TYPE_CHECKING:
    from zkmargin.cli.papers import Papers

COLUMNS = ("symbol", "amount", "price")


def apply_trades(units: Sequence[int], path: str, papers: Papers) -> list[int]:
    """The account after the trades of a file."""
    result = list(units)
    data = read(path)
    with about(path):
        for line, symbol, amount, price in _trades(data):
            _apply(result, papers, line, symbol, amount, price)
    return result


def _apply(units: list[int], papers: Papers, line: int, symbol: str, amount: Decimal, price: Decimal | None) -> None:
    book = papers.book
    place, cash = _place(book, line, symbol), _cash(book)
    entry = book.entries[place]
    paid = papers.snapshot.instrument(symbol).price if price is None else price
    cost = Fraction(amount) * Fraction(paid) * Fraction(entry.contract_size)
    units[place] += to_integer(amount, entry.decimals, f"line {line}.amount")
    # Cash comes in units of its own; half a unit of a hypothetical trade is nobody's loss.
    units[cash] -= round(cost * 10 ** book.entries[cash].decimals)


def _place(book: Book, line: int, symbol: str) -> int:
    place = book.positions.get((symbol, None, None))
    if place is None:
        raise InvalidInput(f"line {line}.symbol: book {book.name} has no such entry in its cross pool")
    if book.entries[place].kind == "cash":
        raise InvalidInput(f"line {line}.symbol: cash is what trades are paid with")
    return place


def _cash(book: Book) -> int:
    for place, entry in enumerate(book.entries):
        if entry.kind == "cash" and entry.symbol == book.currency and entry.bucket is None:
            return place
    raise InvalidInput(f"entries: book {book.name} has no cash in {book.currency} to pay with")


def _trades(data: bytes) -> list[tuple[int, str, Decimal, Decimal | None]]:
    """Line number, symbol, amount and price of each trade."""
    import csv
    import io

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"table: byte {error.start} is not UTF-8") from None
    try:
        lines = list(csv.reader(io.StringIO(text.replace("\0", "?"), newline=""), strict=True))
    except csv.Error:
        raise InvalidInput("table: not lines of comma-separated values") from None
    header = [name.strip() for name in lines[0]] if lines else []
    if not {"symbol", "amount"} <= set(header) <= set(COLUMNS) or len(set(header)) != len(header):
        raise InvalidInput("line 1: the columns are symbol, amount and, if you like, price")
    rows = [(number, cells) for number, cells in enumerate(lines[1:], 2) if any(cell.strip() for cell in cells)]
    return [_trade(number, header, cells) for number, cells in rows]


def _trade(number: int, header: list[str], cells: list[str]) -> tuple[int, str, Decimal, Decimal | None]:
    if len(cells) != len(header):
        raise InvalidInput(f"line {number}: {len(cells)} cells under {len(header)} columns")
    row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    price = row.get("price", "")
    return (
        number,
        row["symbol"],
        _number(number, "amount", row["amount"]),
        (_number(number, "price", price) if price else None),
    )


def _number(line: int, field: str, text: str) -> Decimal:
    try:
        return decimal_from_text(normal_spelling(text))
    except ValueError as error:
        raise InvalidInput(f"line {line}.{field}: {error}") from None
