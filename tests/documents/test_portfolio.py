"""Portfolios: exact units of the book, imports, and nothing private in what is printed or raised."""

from __future__ import annotations

import io
import json

import pytest
from document_samples import CALL, PERPETUAL, book, entries
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from zkmargin.circuits.documents import Portfolio, import_csv, import_json
from zkmargin.circuits.errors import InvalidInput, TooLarge

BOOK = book()
SECRET = "77123.4567"


def portfolio(*rows: dict[str, str]) -> Portfolio:
    return Portfolio.build(book=BOOK.digest, positions=list(rows))


def test_units_follow_the_book() -> None:
    own = portfolio(
        {"symbol": "USDC", "amount": "-10.5"},
        {"symbol": PERPETUAL, "amount": "1.25"},
        {"symbol": PERPETUAL, "amount": "3", "order": "bid"},
        {"symbol": PERPETUAL, "amount": "-2", "bucket": "isolated 1"},
    )
    assert own.units(BOOK) == (-10_500_000, 0, 12_500, 0, 30_000, -20_000)


@given(st.tuples(*(st.integers(-entry.offset, entry.offset - 1) for entry in BOOK.entries)))
def test_units_round_trip(vector: tuple[int, ...]) -> None:
    own = Portfolio.from_units(BOOK, vector)
    assert own.units(BOOK) == vector
    assert Portfolio.parse(own.canonical()).units(BOOK) == vector


def test_the_largest_amounts_fit_and_the_next_do_not() -> None:
    limit = BOOK.entries[1].offset
    assert portfolio({"symbol": "BTC", "amount": f"-{limit // 10**8}.{limit % 10**8:08}"}).units(BOOK)[1] == -limit
    with pytest.raises(InvalidInput, match=r"positions\[0\].amount: does not fit the 3 lanes"):
        portfolio({"symbol": "BTC", "amount": f"{limit // 10**8}.{limit % 10**8:08}"}).units(BOOK)


REFUSED = {
    "unknown_symbol": ([{"symbol": "SECRET", "amount": "1"}], "positions[0].symbol: the book has no such entry"),
    "unknown_bucket": ([{"symbol": "USDC", "amount": "1", "bucket": "x"}], "positions[0].symbol: the book has no such"),
    "too_many_decimals": ([{"symbol": PERPETUAL, "amount": "0.00001"}], "positions[0].amount: more than 4 decimals"),
    "wrong_order": (
        [{"symbol": "BTC", "amount": "1"}, {"symbol": "USDC", "amount": "1"}],
        "positions[1]: out of order",
    ),
    "twice": ([{"symbol": "BTC", "amount": "1"}, {"symbol": "BTC", "amount": "1"}], "positions[1]: out of order"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_portfolio_refused_with_its_path(name: str) -> None:
    rows, message = REFUSED[name]
    with pytest.raises(InvalidInput) as caught:
        portfolio(*rows).units(BOOK)
    assert str(caught.value).startswith(message)


def test_a_portfolio_of_another_book() -> None:
    grown = book(entries=[*entries(), {"kind": "spot", "symbol": "BTC/USDC", "decimals": 8}])
    with pytest.raises(InvalidInput, match="book: this portfolio is not of book demo"):
        portfolio().units(grown)


def test_printing_shows_nothing() -> None:
    own = portfolio({"symbol": "USDC", "amount": "-10.5"})
    screen = io.StringIO()
    Console(file=screen, width=500).print(own, own.positions[0], [own])
    for text in (
        screen.getvalue(),
        repr(own),
        str(own),
        f"{own}",
        repr(own.positions),
        repr([own]),
        str(own.positions[0]),
    ):
        assert "10" not in text
        assert "USDC" not in text


@pytest.mark.parametrize(
    "amount", [SECRET + "e5", SECRET + "x", " " + SECRET, "0" + SECRET, SECRET + "\n", SECRET + "89"]
)
def test_refusals_do_not_repeat_private_values(amount: str) -> None:
    rows = [{"symbol": PERPETUAL, "amount": amount}]
    for attempt in (
        lambda: portfolio(*rows).units(BOOK),
        lambda: import_json(BOOK, json.dumps(rows).replace("0771", "771x")),
        lambda: import_csv(BOOK, f'symbol,amount\n{PERPETUAL},"{amount}x"\n'.encode()),
    ):
        with pytest.raises(InvalidInput) as caught:
            attempt()
        assert "77123" not in str(caught.value)
        assert PERPETUAL not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_csv_of_a_spreadsheet() -> None:
    lines = [
        "\ufeffamount,symbol,order,bucket",
        f"-1.50,{PERPETUAL},,isolated 1",
        "",
        "007,USDC,,",
        f"2.0,{PERPETUAL},bid,",
    ]
    assert import_csv(BOOK, "\r\n".join(lines).encode()).units(BOOK) == (7_000_000, 0, 0, 0, 20_000, -15_000)


def test_json_in_any_order() -> None:
    rows = [{"symbol": CALL, "amount": "-3.10"}, {"symbol": "USDC", "amount": "1"}]
    own = import_json(BOOK, json.dumps(rows))
    assert own.units(BOOK) == (1_000_000, 0, 0, -310, 0, 0)
    assert import_json(BOOK, own.canonical()) == own


CSV_REFUSED = {
    "no_header": ("USDC,1\n", "line 1: the header needs"),
    "empty": ("", "line 1: the header needs"),
    "unknown_column": ("symbol,amount,price\nUSDC,1,2\n", "line 1: the columns are"),
    "column_twice": ("symbol,amount,amount\nUSDC,1,2\n", "line 1: the columns are"),
    "too_few_cells": ("symbol,amount\nUSDC\n", "line 2: 1 cells under 2 columns"),
    "too_many_cells": ("symbol,amount\nUSDC,1,000\n", "line 2: 3 cells under 2 columns"),
    "unknown_symbol": ("symbol,amount\nDOGE,1\n", "line 2.symbol: book demo has no such entry"),
    "twice": ("symbol,amount\nUSDC,1\nUSDC,1\n", "line 3: this entry was given in an earlier row"),
    "no_amount": ("symbol,amount\nUSDC,\n", "line 2: symbol and amount are needed"),
    "exponent": ("symbol,amount\nUSDC,1e5\n", "line 2.amount: not a decimal"),
    "thousands": ('symbol,amount\nUSDC,"1,000"\n', "line 2.amount: not a decimal"),
    "plus": ("symbol,amount\nUSDC,+1\n", "line 2.amount: not a decimal"),
    "underscore": ("symbol,amount\nUSDC,1_000\n", "line 2.amount: not a decimal"),
    "unicode_digits": ("symbol,amount\nUSDC,１２\n", "line 2.amount: not a decimal"),
    "nan": ("symbol,amount\nUSDC,nan\n", "line 2.amount: not a decimal"),
    "a_megabyte": ("symbol,amount\nUSDC," + "9" * 100_000 + "\n", "line 2.amount: not a decimal"),
    "too_fine": ("symbol,amount\nUSDC,0.0000001\n", "line 2.amount: more than 6 decimals"),
    "too_large": ("symbol,amount\nUSDC,10000000000000\n", "line 2.amount: does not fit"),
    "open_quote": ('symbol,amount\nUSDC,"1\n', "line 2: not a line of comma-separated values"),
    "cell_past_the_limit": ("symbol,amount\nUSDC," + "9" * 200_000 + "\n", "line 2: not a line"),
    "zero_byte": ("symbol,amount\nUSDC,1\0\n", "table: holds a zero byte"),
}


@pytest.mark.parametrize("name", CSV_REFUSED)
def test_csv_refused_with_its_line(name: str) -> None:
    text, message = CSV_REFUSED[name]
    with pytest.raises(InvalidInput) as caught:
        import_csv(BOOK, text.encode())
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 200


def test_csv_that_is_not_text() -> None:
    with pytest.raises(InvalidInput, match="table: byte 2 is not UTF-8"):
        import_csv(BOOK, b"ab\xff")


def test_csv_of_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zkmargin.circuits.documents.tables.MAX_BYTES", 10)
    with pytest.raises(TooLarge):
        import_csv(BOOK, b"symbol,amount\n")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "1",
        '["USDC"]',
        '[{"symbol": "USDC"}]',
        '[{"symbol": "USDC", "amount": 5}]',
        '[{"symbol": "USDC", "amount": "5", "note": "x"}]',
    ],
)
def test_json_of_another_shape(text: str) -> None:
    with pytest.raises(InvalidInput):
        import_json(BOOK, text)
