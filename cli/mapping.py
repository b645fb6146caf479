"""Which entry of one book counts as which of another: a mapping made from a table, and checked against both books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from zkmargin.cli.manners import Answer, answering, short
from zkmargin.cli.papers import FILE, force_option, only_one_stdin, out_option, read_book
from zkmargin.cli.publishing import published

if TYPE_CHECKING:
    from zkmargin.circuits.alignment import Mapping
    from zkmargin.circuits.documents import Book

COLUMNS = ["source", "target"]


@click.command("map")
@click.argument("source_path", metavar="SOURCE", type=FILE)
@click.argument("target_path", metavar="TARGET", type=FILE)
@click.option(
    "--pairs", "pairs_path", type=FILE, help="Lines `source,target`, a JSON list, or a mapping to be checked again."
)
@out_option
@force_option
@answering
def book_map(source_path: str, target_path: str, pairs_path: str | None, out: str, force: bool) -> Answer:
    """Say which entry of the book TARGET each entry of SOURCE counts as, so that accounts of both add up.

    Entries that --pairs does not name count as the one of the same name. Kind, underlying, expiry, strike and side
    have to be equal; amounts follow contract sizes and decimals, exactly, or the mapping is refused.

    \b
    Example:
      zkmargin book map south.book.json book.json --pairs pairs.csv --out mapping.json
    """
    from zkmargin.circuits.alignment import Mapping

    only_one_stdin(source_path, target_path, pairs_path or "")
    source, target = read_book(source_path), read_book(target_path)
    chosen = read_pairs(pairs_path, source, target) if pairs_path else {}
    rows = [{"source": entry.name, "target": chosen.get(entry.name, entry.name)} for entry in source.entries]
    made = Mapping.build(source=source.digest, target=target.digest, entries=rows)
    places = made.places(source, target)
    head = f"mapping {short(made.digest)}: {len(rows)} entries of {source.name} count as entries of {target.name}"
    lines = [f"  {line}" for line in _renamed(made, places, source, target)]
    return published("mapping", made, out, force, "\n".join([head, *lines]), {"entries": len(rows)})


def read_pairs(path: str, source: Book, target: Book) -> dict[str, str]:
    """What a table, a JSON list or an earlier mapping says of entries of the source book."""
    from zkmargin.circuits.alignment import Mapping
    from zkmargin.cli.files import about, read

    data = read(path)
    with about(path):
        if data.lstrip()[:1] != b"{":
            return _checked(_rows(data), source)
        earlier = Mapping.parse(data)
        earlier.places(source, target)
        return {pair.source: pair.target for pair in earlier.entries}


def _checked(rows: list[Any], source: Book) -> dict[str, str]:
    from zkmargin.circuits.errors import InvalidInput

    found: dict[str, str] = {}
    names = {entry.name for entry in source.entries}
    for number, row in enumerate(rows):
        one, other = _pair(f"pairs[{number}]", row)
        if one not in names:
            raise InvalidInput(f"pairs[{number}].source: book {source.name} has no entry {one}")
        if found.setdefault(one, other) != other:
            raise InvalidInput(f"pairs[{number}].target: {one} counts as {found[one]} already")
    return found


def _pair(where: str, row: Any) -> tuple[str, str]:
    from zkmargin.circuits.errors import InvalidInput

    if not isinstance(row, dict) or sorted(row) != COLUMNS or not all(isinstance(name, str) for name in row.values()):
        raise InvalidInput(f"{where}: an object with the names `source` and `target` is needed")
    return row["source"], row["target"]


def _rows(data: bytes) -> list[Any]:
    from zkmargin.circuits.canonical import load
    from zkmargin.circuits.errors import InvalidInput
    from zkmargin.cli.entries import read_table

    if data.lstrip()[:1] == b"[":
        value = load(data)
        return value if isinstance(value, list) else []
    header, lines = read_table(data)
    if sorted(header) != COLUMNS:
        raise InvalidInput("line 1: the columns are source, target")
    return [dict(zip(header, cells, strict=True)) for _, cells in lines]


def _renamed(made: Mapping, places: Sequence[tuple[int, int]], source: Book, target: Book) -> list[str]:
    """What changes name or size, for people to look at."""
    from zkmargin.circuits.documents import decimal_text, from_units

    lines = []
    for pair, entry, (place, factor) in zip(made.entries, source.entries, places, strict=True):
        # One of the source, in units of the target.
        amount = decimal_text(from_units(factor * 10**entry.decimals, target.entries[place].decimals))
        if pair.source != pair.target or amount != "1":
            lines.append(f"1 {pair.source} counts as {amount} {pair.target}")
    return lines
