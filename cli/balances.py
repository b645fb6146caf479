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
@click.option(
    "--total", "totals", multiple=True, metavar="SYMBOL=AMOUNT", help="A published total, one for each asset."
)
@arithmetic_option
@answering
def audit_books(
    balance_path: str, index_path: str, book_path: str, totals: tuple[str, ...], arithmetic: str | None
) -> Answer:
    """Check the opened sum: every derivative totals zero and, where totals are given, assets total those.

    \b
    Example:
      zkmargin audit books balance.json --index index.json --book book.json --total USDC=1200000 --total BTC=31.5
    """
    from zkmargin.circuits.documents import decimal_text
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.balance import Balance, check_balance
    from zkmargin.verifier.index import Index

    only_one_stdin(balance_path, index_path, book_path)
    made, index = read_document(balance_path, Balance), read_document(index_path, Index)
    published_totals = _totals(totals)
    found = check_balance(made, index, read_book(book_path), choose_arithmetic(arithmetic), published_totals)
    assets = {symbol: decimal_text(amount) for symbol, amount in found.assets.items()}
    data = {"accounts": found.accounts, "assets": assets, "derivatives": list(found.derivatives), "root": index.root}
    lines = [f"  {symbol} totals {amount}" for symbol, amount in assets.items()]
    head = (
        f"balances: longs equal shorts in {plural(len(found.derivatives), 'derivative')} over {found.accounts} accounts"
    )
    note = "" if published_totals is not None else "\ntotals were not compared with anything: give them with --total"
    return Answer("balance", data, "\n".join([head, *lines]) + note)


def _totals(texts: Sequence[str]) -> dict[str, Decimal] | None:
    from zkmargin.circuits.documents import decimal_from_text

    if not texts:
        return None
    found = {}
    for text in texts:
        symbol, _, amount = text.rpartition("=")
        try:
            found[symbol] = decimal_from_text(amount)
        except ValueError as error:
            raise Usage(f"--total {json.dumps(text)}: {error}", "SYMBOL=AMOUNT, such as USDC=1200000") from None
    return found
