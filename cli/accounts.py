"""Private accounts: made, imported and shown to their owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from zkmargin.cli.manners import Answer, Usage, answering, plural, short
from zkmargin.cli.papers import (
    FILE,
    book_option,
    force_option,
    only_one_stdin,
    out_file_option,
    read_account,
    read_book,
)

if TYPE_CHECKING:
    from zkmargin.circuits.documents import Book, Portfolio


@click.group()
def account() -> None:
    """Private accounts: positions and the blinding of their commitment, in one file that only its owner can read.

    \b
    Examples:
      zkmargin account import alice positions.csv --book book.json --out alice.json
      zkmargin account show alice.json --book book.json
    """


@account.command("new")
@click.argument("reference")
@book_option
@out_file_option
@force_option
@answering
def account_new(reference: str, book_path: str, out: str, force: bool) -> Answer:
    """Make an empty account that a venue knows as REFERENCE.

    \b
    Example:
      zkmargin account new alice --book book.json --out alice.json
    """
    from zkmargin.circuits.documents import Portfolio

    _check_private(out, force)
    book = read_book(book_path)
    return _keep(reference, book, Portfolio.build(book=book.digest, positions=[]), out, force)


@account.command("import")
@click.argument("reference")
@click.argument("positions", type=FILE)
@book_option
@out_file_option
@force_option
@answering
def account_import(reference: str, positions: str, book_path: str, out: str, force: bool) -> Answer:
    """Make an account from POSITIONS: lines `symbol,amount`, or a JSON list of objects; - for stdin.

    Other positions make another account file: the same blinding is never used for two commitments.

    \b
    Example:
      zkmargin account import alice positions.csv --book book.json --out alice.json
    """
    only_one_stdin(positions, book_path)
    _check_private(out, force)
    book = read_book(book_path)
    return _keep(reference, book, read_positions(positions, book), out, force)


@account.command("show")
@click.argument("account_path", metavar="ACCOUNT", type=FILE)
@book_option
@answering
def account_show(account_path: str, book_path: str) -> Answer:
    """Show the positions of an account, to its owner.

    \b
    Example:
      zkmargin account show alice.json --book book.json
    """
    from zkmargin.circuits.documents import decimal_text

    only_one_stdin(account_path, book_path)
    book, file = read_book(book_path), read_account(account_path)
    file.units(book)
    kinds = {entry.key: entry.kind for entry in book.entries}
    rows = [(kinds[one.symbol, one.bucket, one.order], one) for one in file.portfolio.positions]
    data = {
        "account": file.account,
        "book": file.book,
        "positions": [one.model_dump(mode="json", exclude_none=True) for _, one in rows],
    }

    def text() -> str:
        from zkmargin.cli import render

        lines = [(kind, _name(one), decimal_text(one.amount)) for kind, one in rows]
        return f"{file.account}: {plural(len(rows), 'position')}, book {short(file.book)}\n" + render.positions(lines)

    return Answer("account", data, text)


def read_positions(path: str, book: Book) -> Portfolio:
    """Positions from a spreadsheet or a program."""
    from zkmargin.circuits.documents import import_csv, import_json
    from zkmargin.cli.files import about, read

    data = read(path)
    with about(path):
        return import_json(book, data) if data.lstrip()[:1] in (b"[", b"{") else import_csv(book, data)


def _check_private(out: str, force: bool) -> None:
    from zkmargin.cli.files import check_target

    if out == "-":
        raise Usage("an account is private and is written to a file only", "give its name with --out")
    check_target(out, force)


def _keep(reference: str, book: Book, portfolio: Portfolio, out: str, force: bool) -> Answer:
    """Write an account file."""
    from zkmargin.cli.files import put
    from zkmargin.prover.account_file import new_account

    file = new_account(reference, book, portfolio)
    put(out, file, private=True, force=force)
    data = {"account": file.account, "book": file.book, "positions": len(portfolio.positions), "out": out}
    count = plural(len(portfolio.positions), "position")
    text = f"account {reference}: {count} in {out}, which only you can read; keep it"
    return Answer("account", data, text)


def _name(position: Any) -> str:
    bucket, order = position.bucket, position.order
    return str(position.symbol) + (f"@{bucket}" if bucket else "") + (f"#{order}" if order else "")
