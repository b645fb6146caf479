"""Entries of a book from a table or a JSON list."""

from __future__ import annotations

import csv
import io
from typing import Any

from zkmargin.circuits.canonical import load
from zkmargin.circuits.documents import Entry
from zkmargin.circuits.documents.book import MAX_ENTRIES
from zkmargin.circuits.errors import InvalidInput, TooLarge
from zkmargin.cli.files import read

COLUMNS = tuple(Entry.model_fields)
WHOLE = ("decimals", "lanes")


def read_entries(path: str) -> list[Any]:
    """Rows for `Book.build`, which checks them."""
    data = read(path)
    if data.lstrip()[:1] == b"[":
        value = load(data)
        return value if isinstance(value, list) else []
    return _table(data)


def read_table(data: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header of comma-separated lines, and the lines with their numbers, each as wide as the header."""
    try:
        text = data.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text.replace("\0", "?"), newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise InvalidInput(f"table: byte {error.start} is not UTF-8") from None
    except csv.Error:
        raise InvalidInput("table: not lines of comma-separated values") from None
    if len(lines) > MAX_ENTRIES:
        raise TooLarge(f"table: at most {MAX_ENTRIES} entries")
    stripped = [(number, [cell.strip() for cell in cells]) for number, cells in enumerate(lines, 1)]
    header = stripped[0][1] if stripped else []
    numbered = [(number, cells) for number, cells in stripped[1:] if any(cells)]
    for number, cells in numbered:
        if len(cells) != len(header):
            raise InvalidInput(f"line {number}: {len(cells)} cells under {len(header)} columns")
    return header, numbered


def _table(data: bytes) -> list[Any]:
    header, lines = read_table(data)
    if not {"kind", "symbol", "decimals"} <= set(header) <= set(COLUMNS) or len(set(header)) != len(header):
        raise InvalidInput(f"line 1: the columns are {', '.join(COLUMNS)}; the first three are needed")
    return [_entry(number, header, cells) for number, cells in lines]


def _entry(number: int, header: list[str], cells: list[str]) -> dict[str, Any]:
    row = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    return {name: _whole(number, name, cell) if name in WHOLE else cell for name, cell in row.items()}


def _whole(number: int, name: str, cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 4):
        raise InvalidInput(f"line {number}.{name}: a whole number is needed")
    return int(cell)
