"""Published cases of linear engines as documents of this project."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from model_samples import Case

from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.documents.numbers import normal_spelling
from zkmargin.circuits.models.linear import LinearCross
from zkmargin.circuits.models.market import Market

LATER = "2026-11-21T08:00:00Z"
EARLIER = "2026-11-20T08:00:00Z"


def text(number: object) -> str:
    return normal_spelling(format(Decimal(str(number)), "f"))


def scaled(number: object, exponent: int) -> str:
    """`number * 10^exponent`, exactly."""
    with localcontext(prec=60):
        return text(Decimal(str(number)).scaleb(exponent))


def model(**fields: Any) -> LinearCross:
    about = {"family": "linear-cross", "name": "test", "engine": "test", "source": "test", "as_of": "2026-01-01"}
    return LinearCross.build(**(about | fields))


def symbol(place: int) -> str:
    return f"A{place}/USD:USD"


def case(
    parameters: LinearCross,
    cash: int,
    balances: list[int],
    prices: list[str],
    cash_entry: dict[str, Any] | None = None,
    asset_entries: list[dict[str, Any]] | None = None,
    funding: list[tuple[str, str]] | None = None,
    cash_price: str = "1",
    open_interest: list[str] | None = None,
) -> Case:
    """Cash and perpetuals; funding as pairs of the earlier and the later index."""
    shapes = asset_entries or [{"decimals": 0} for _ in balances]
    entries = [{"kind": "cash", "symbol": "USD", **(cash_entry or {"decimals": 0})}]
    entries += [{"kind": "perpetual", "symbol": symbol(i), **shape} for i, shape in enumerate(shapes)]
    book = Book.build(name="test", currency="USD", entries=entries)

    def snapshot(time: str, which: int) -> Snapshot:
        rows: list[dict[str, str]] = [{"symbol": "USD", "price": cash_price}]
        for i, price in enumerate(prices):
            row = {"symbol": symbol(i), "price": price}
            row |= {"funding_index": funding[i][which]} if funding else {}
            rows.append(row | ({"open_interest": open_interest[i]} if open_interest else {}))
        return Snapshot.build(book=book.digest, time=time, source="published test cases", instruments=rows)

    since = snapshot(EARLIER, 0) if funding else None
    return Case(parameters, Market(book, snapshot(LATER, 1), since), (cash, *balances))
