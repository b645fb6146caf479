"""Portfolios from spreadsheets: comma-separated text with a header, read strictly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from zkmargin.circuits.canonical import MAX_BYTES
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.documents.portfolio import FIELDS, Portfolio
from zkmargin.circuits.errors import InvalidInput, TooLarge


def import_csv(book: Book, data: bytes) -> Portfolio:
    """A portfolio from lines `symbol,amount[,bucket][,order]`; the header may name the columns in any order.

    Spreadsheets write a byte order mark and Windows line ends; both are let pass. Empty cells mean "not given".
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(f"table: {len(data)} bytes, at most {MAX_BYTES} are read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"table: byte {error.start} is not UTF-8") from None
    if "\0" in text:
        raise InvalidInput("table: holds a zero byte")
    return Portfolio.from_rows(book, _rows(text))


def _rows(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield f"line {reader.line_num}", _row(reader.line_num, header, cells)
    except csv.Error:
        # The module's own message may quote a cell.
        raise InvalidInput(f"line {reader.line_num}: not a line of comma-separated values") from None


def _check_header(header: list[str]) -> None:
    if "symbol" not in header or "amount" not in header:
        raise InvalidInput("line 1: the header needs the columns symbol and amount")
    if len(set(header)) != len(header) or not set(header) <= set(FIELDS):
        raise InvalidInput(f"line 1: the columns are {', '.join(FIELDS)}, each at most once")


def _row(line: int, header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(header):
        raise InvalidInput(f"line {line}: {len(cells)} cells under {len(header)} columns")
    pairs = zip(header, (cell.strip(" ") for cell in cells), strict=True)
    return {name: cell for name, cell in pairs if cell}
