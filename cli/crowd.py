"""The demonstration's props for its chapters about many accounts: legs at two venues, and all customers of a third.

Everything is relative to the demonstration's folder.
"""

from __future__ import annotations

from zkmargin.circuits.documents import Book, Portfolio, decimal_text, from_units
from zkmargin.cli import sample
from zkmargin.cli.files import pretty, read_document, write
from zkmargin.cli.papers import choose_arithmetic
from zkmargin.cli.scenes import put
from zkmargin.prover.account_file import AccountFile, new_account

REFERENCES = {"harbour": "alice", "island": "customer 17"}
"""Each venue knows the trader under a name of its own."""


def write_legs() -> None:
    """The trader's account at each of two venues with its commitment, and the commitment to a withdrawal from one."""
    book, ready = _book(), choose_arithmetic(None)
    legs = {venue: (REFERENCES[venue], portfolio) for venue, portfolio in sample.demo_legs(book).items()}
    taken = Portfolio.from_rows(book, [(book.currency, {"symbol": book.currency, "amount": "-10000"})])
    legs["withdrawal"] = (REFERENCES["island"], taken)
    for name, (reference, portfolio) in legs.items():
        made = new_account(reference, book, portfolio)
        _keep(f"private/{name}.json", made)
        put(f"two-venues/{name}.commitment.json", made.commitment(book, ready))


def write_customers() -> None:
    """All accounts at the exchange, and its reserves: what they hold together, and in another file one cent less."""
    book, alice = _book(), read_document("private/alice.json", AccountFile)
    _keep("private/accounts/alice.json", alice)
    vectors = sample.demo_customers(book, alice.units(book))
    for name, vector in vectors.items():
        _keep(f"private/accounts/{name}.json", new_account(name, book, Portfolio.from_units(book, vector)))
    totals = [sum(column) for column in zip(alice.units(book), *vectors.values(), strict=True)]
    _write_reserves("whole-book/reserves.csv", book, totals)
    totals[book.index(book.currency)] -= 10_000
    _write_reserves("tried/reserves.csv", book, totals)


def _write_reserves(path: str, book: Book, totals: list[int]) -> None:
    rows = [
        f"{entry.symbol},{decimal_text(from_units(total, entry.decimals))}"
        for entry, total in zip(book.entries, totals, strict=True)
        if entry.kind in ("cash", "collateral", "spot")
    ]
    write(path, ("\n".join(["symbol,amount", *rows]) + "\n").encode())


def _book() -> Book:
    return read_document("public/book.json", Book)


def _keep(path: str, file: AccountFile) -> None:
    write(path, pretty(file), private=True)
