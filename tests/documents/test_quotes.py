"""Quotes become a snapshot: where each price comes from, the smile between strikes, and what is missing, by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from zkmargin.circuits.documents import Book
from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.pricing import black76, discount_factor

EXPIRY = "2026-12-25T08:00:00Z"
FUTURE = "BTC/USDC:USDC-261225"


def book() -> Book:
    rows = [
        {"kind": "cash", "symbol": "USDC", "decimals": 6},
        {"kind": "cash", "symbol": "EURC", "decimals": 6},
        {"kind": "collateral", "symbol": "BTC", "decimals": 8},
        {"kind": "spot", "symbol": "BTC/USDC", "decimals": 6},
        {"kind": "perpetual", "symbol": "BTC/USDC:USDC", "decimals": 4},
        {"kind": "future", "symbol": FUTURE, "decimals": 4, "expiry": EXPIRY},
        {"kind": "option", "symbol": f"{FUTURE}-95000-C", "decimals": 2, "expiry": EXPIRY},
    ]
    return Book.build(name="b", currency="USDC", entries=rows)


def quotes(**changes: Any) -> Quotes:
    fields = {
        "time": "2026-11-20T08:00:00Z",
        "source": "a test",
        "currency": "USDC",
        "spots": [{"asset": "EURC", "price": "1.08"}, {"asset": "BTC", "price": "92000", "haircut": "0.1"}],
        "terms": [
            {
                "underlying": "BTC",
                "expiry": EXPIRY,
                "forward": "92370",
                "rate": "0.042",
                "volatilities": [{"strike": "90000", "volatility": "0.5"}, {"strike": "110000", "volatility": "0.4"}],
            }
        ],
    }
    return Quotes.build(**(fields | changes))


def test_where_each_price_comes_from() -> None:
    snapshot = quotes().snapshot(book())
    prices = [row.price for row in snapshot.instruments[:6]]
    assert prices == [Decimal(text) for text in ("1", "1.08", "92000", "92000", "92000", "92370")]
    assert snapshot.instruments[2].haircut == Decimal("0.1")
    assert snapshot.instruments[3].haircut is None
    assert [row.asset for row in snapshot.underlyings] == ["BTC", "EURC"]
    snapshot.check_book(book())


def test_an_option_is_priced_at_the_volatility_of_its_strike() -> None:
    row = quotes().snapshot(book()).instruments[6]
    seconds = 35 * 86_400
    discount = discount_factor(0.042, seconds)
    expected = float(black76(92370.0, 95000.0, 0.475, seconds, discount, np.asarray(True)))
    assert row.volatility == Decimal("0.475"), "a quarter of the way from 0.5 to 0.4"
    assert abs(float(row.price) - expected) <= 0.5e-6


@pytest.mark.parametrize(("strike", "volatility"), [("90000", "0.5"), ("110000", "0.4"), ("100001", "0.449995")])
def test_the_smile_between_strikes(strike: str, volatility: str) -> None:
    assert quotes().terms[0].volatility(Decimal(strike)) == Decimal(volatility)


@pytest.mark.parametrize("strike", ["89999", "110001"])
def test_there_is_no_smile_beyond_the_quoted_strikes(strike: str) -> None:
    assert quotes().terms[0].volatility(Decimal(strike)) is None


def test_a_single_strike_is_a_smile_of_one_point() -> None:
    term = quotes().terms[0].model_dump(mode="json", exclude_none=True)
    alone = quotes(terms=[term | {"volatilities": [{"strike": "95000", "volatility": "0.5"}]}])
    assert alone.snapshot(book()).instruments[6].volatility == Decimal("0.5")


def test_rounding_between_strikes_is_half_to_even() -> None:
    term = quotes().terms[0].model_dump(mode="json", exclude_none=True)
    for low, high, middle in (("0.000001", "0.000002", "0.000002"), ("0.000002", "0.000003", "0.000002")):
        rows = [{"strike": "1", "volatility": low}, {"strike": "3", "volatility": high}]
        assert quotes(terms=[term | {"volatilities": rows}]).terms[0].volatility(Decimal(2)) == Decimal(middle)


def test_instruments_say_otherwise() -> None:
    own = [
        {"symbol": "BTC/USDC:USDC", "price": "92010", "funding_index": "-3.5", "open_interest": "12"},
        {"symbol": f"{FUTURE}-95000-C", "volatility": "0.6"},
        {"symbol": "BTC", "haircut": "0.2"},
    ]
    rows = quotes(instruments=own).snapshot(book()).instruments
    assert (rows[4].price, rows[4].funding_index, rows[4].open_interest) == (
        Decimal(92010),
        Decimal("-3.5"),
        Decimal(12),
    )
    assert rows[6].volatility == Decimal("0.6")
    assert rows[6].price > quotes().snapshot(book()).instruments[6].price
    assert rows[2].haircut == Decimal("0.2")
    assert rows[3].price == Decimal(92000)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"currency": "USD"}, "currency: quotes are in USD"),
        ({"spots": [{"asset": "EURC", "price": "1.08"}]}, "spots: no price of BTC"),
        ({"terms": []}, "terms: no BTC for 2026-12-25"),
        ({"instruments": [{"symbol": "SOL"}]}, "instruments: the book has no SOL"),
        ({"instruments": [{"symbol": "BTC"}, {"symbol": "BTC"}]}, "instruments[1]: stands here a second time"),
        ({"spots": [{"asset": "BTC", "price": "1"}] * 2}, "spots[1]: stands here a second time"),
        ({"spots": [{"asset": "BTC", "price": "0"}]}, "spots[0].price: must be above zero"),
        ({"time": "2026-11-20"}, "time"),
    ],
)
def test_what_is_missing_or_wrong_is_named(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        quotes(**changes).snapshot(book())
    assert complaint in str(refused.value)


def test_strikes_rise_and_volatilities_are_there() -> None:
    term = quotes().terms[0].model_dump(mode="json", exclude_none=True)
    with pytest.raises(InvalidInput, match=r"volatilities\[1\]\.strike: does not lie above"):
        quotes(terms=[term | {"volatilities": list(reversed(term["volatilities"]))}])
    with pytest.raises(InvalidInput, match="no volatility at the strike"):
        quotes(terms=[term | {"volatilities": []}]).snapshot(book())
    with pytest.raises(InvalidInput, match=r"terms\[1\]: stands here a second time"):
        quotes(terms=[term, term])
