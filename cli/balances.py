"""A book that balances: the sum of all commitments, which a venue has opened, is checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from zkmargin.cli.manners import Answer, Usage, answering, plural
from zkmargin.cli.papers import (
    FILE,
    arithmetic_option,
    book_option,
    choose_arithmetic,
    index_option,
    only_one_stdin,
    read_book,
)

if TYPE_CHECKING:
    from decimal import Decimal


@click.command("books")
@click.argument("balance_path", metavar="BALANCE", type=FILE)
@index_option
@book_option
@click.option("--total", "totals", multiple=True, metavar="SYMBOL=AMOUNT", help="A published total of an asset,")
@click.option("--totals", "totals_path", type=FILE, help="or a file of them: lines `symbol,amount`.")
@arithmetic_option
@answering
def audit_books(
    balance_path: str,
    index_path: str,
    book_path: str,
    totals: tuple[str, ...],
    totals_path: str | None,
    arithmetic: str | None,
) -> Answer:
    """Check the opened sum: every derivative totals zero and, where totals were published, all assets total those.

    \b
    Examples:
      zkmargin audit books balance.json --index index.json --book book.json --total USDC=1200000 --total BTC=31.5
      zkmargin audit books balance.json --index index.json --book book.json --totals totals.csv
    """
    from zkmargin.circuits.documents import decimal_text
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.balance import Balance, check_balance
    from zkmargin.verifier.index import Index

    only_one_stdin(balance_path, index_path, book_path, totals_path or "")
    made, index = read_document(balance_path, Balance), read_document(index_path, Index)
    if totals and totals_path:
        raise Usage("--total and --totals exclude each other")
    told = _read_totals(totals_path) if totals_path else _totals(totals)
    found = check_balance(made, index, read_book(book_path), choose_arithmetic(arithmetic), told or None)
    assets = {symbol: decimal_text(amount) for symbol, amount in found.assets.items()}
    data = {"accounts": found.accounts, "assets": assets, "derivatives": list(found.derivatives), "root": index.root}
    count = plural(len(found.derivatives), "derivative")
    lines = [f"balances: longs equal shorts in {count} over {plural(found.accounts, 'account')}"]
    lines += [f"  {symbol} totals {amount}" for symbol, amount in assets.items()]
    lines.append("as published" if told else "totals were not compared with anything: give them with --total")
    return Answer("balance", data | {"totals_compared": bool(told)}, "\n".join(lines))


def _totals(texts: Sequence[str]) -> dict[str, Decimal]:
    from zkmargin.circuits.documents import decimal_from_text

    found = {}
    for text in texts:
        symbol, _, amount = text.rpartition("=")
        try:
            found[symbol] = decimal_from_text(amount)
        except ValueError as error:
            raise Usage(f"--total {json.dumps(text)}: {error}", "SYMBOL=AMOUNT, such as USDC=1200000") from None
    return found


def _read_totals(path: str) -> dict[str, Decimal]:
    from zkmargin.circuits.documents import decimal_from_text
    from zkmargin.circuits.documents.numbers import normal_spelling
    from zkmargin.circuits.errors import InvalidInput
    from zkmargin.cli.entries import read_table
    from zkmargin.cli.files import about, read

    data = read(path)
    found: dict[str, Decimal] = {}
    with about(path):
        header, lines = read_table(data)
        if header != ["symbol", "amount"]:
            raise InvalidInput("line 1: the columns are symbol, amount")
        for number, (symbol, amount) in lines:
            try:
                total = decimal_from_text(normal_spelling(amount))
            except ValueError as error:
                raise InvalidInput(f"line {number}.amount: {error}") from None
            if found.setdefault(symbol, total) != total:
                raise InvalidInput(f"line {number}.symbol: {symbol} has a total already")
    return found
