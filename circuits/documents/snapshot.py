"""A `Snapshot` is the market at one moment: everything public a margin rule looks at, as exact decimals.

`instruments` has one row for each symbol of the book, in the book's order. Prices are those of one unit of what is
traded; the book's contract size multiplies them. `scenarios`, when present, holds every instrument's price in every
scenario, as integers of `10^-decimals`, rounded as it says.
The canonical form is what a venue signs; a signature stands beside the document, never in it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from zkmargin.circuits.canonical import MAX_INTEGER
from zkmargin.circuits.documents.base import Digest, Document, FieldError, Name, Part, Text, Timestamp
from zkmargin.circuits.documents.book import MAX_ENTRIES, Book
from zkmargin.circuits.documents.numbers import NotNegative, Number, Positive, Share, from_units
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.fixed import Rounding
from zkmargin.circuits.system import Int64Array

MAX_SCENARIOS = 4096
ONE = from_units(1, 0)

ScenarioValue = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]


class Instrument(Part):
    """What is known of one symbol: mark price in the book's currency, and what some rules need besides."""

    symbol: Annotated[str, Field(max_length=120)]
    price: NotNegative
    average_price: NotNegative | None = None
    haircut: Share | None = None
    volatility: NotNegative | None = None
    funding_index: Number | None = None
    open_interest: NotNegative | None = None
    deposits: NotNegative | None = None
    borrows: NotNegative | None = None
    confidence: Share | None = None


class Underlying(Part):
    """The spot index of an asset that options, futures and perpetuals refer to."""

    asset: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    index: Positive
    confidence: Share | None = None


class Expiry(Part):
    """Forward price and rate of one underlying for one expiry.

    `settled` is the part of the forward that is already fixed by a settlement average and no longer moves.
    """

    underlying: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    expiry: Timestamp
    forward: Positive
    rate: Number = from_units(0, 0)
    settled: NotNegative = from_units(0, 0)
    confidence: Share | None = None


class Scenarios(Part):
    """`values[s][i]` is the price of instrument `i` in scenario `rows[s]`, in units of `10^-decimals`."""

    grid: Name
    decimals: Annotated[int, Field(ge=0, le=18)]
    rounding: Rounding = Rounding.HALF_EVEN
    rows: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_SCENARIOS)]
    values: tuple[tuple[ScenarioValue, ...], ...]

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        if len(set(self.rows)) != len(self.rows):
            raise FieldError(("rows",), "a scenario is named twice")
        if len(self.values) != len(self.rows):
            raise FieldError(("values",), "one row is needed for each scenario")
        for index, row in enumerate(self.values):
            if len(row) != len(self.values[0]):
                raise FieldError(("values", index), "is not as long as the row before it")
        return self

    @cached_property
    def matrix(self) -> Int64Array:
        """The values as an array of shape `(scenarios, instruments)`, which nobody may write to."""
        array = np.array(self.values, dtype=np.int64)
        array.flags.writeable = False
        return array


class Snapshot(Document):
    """Prices, forwards, volatilities, haircuts and scenario values of one book at one time."""

    FORMAT: ClassVar[str] = "zkmargin snapshot"

    format: Literal["zkmargin snapshot"]
    book: Digest
    time: Timestamp
    source: Text
    stable_price: Positive = ONE
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1, max_length=MAX_ENTRIES)]
    underlyings: tuple[Underlying, ...] = ()
    expiries: tuple[Expiry, ...] = ()
    scenarios: Scenarios | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_distinct("instruments", [row.symbol for row in self.instruments])
        _check_sorted("underlyings", [row.asset for row in self.underlyings])
        _check_sorted("expiries", [(row.underlying, row.expiry) for row in self.expiries])
        known = {row.asset for row in self.underlyings}
        for index, row in enumerate(self.expiries):
            if row.underlying not in known:
                raise FieldError(("expiries", index, "underlying"), "is not among the underlyings")
            if row.settled > row.forward:
                raise FieldError(("expiries", index, "settled"), "is above the forward it is a part of")
        if self.scenarios is not None and len(self.scenarios.values[0]) != len(self.instruments):
            raise FieldError(("scenarios", "values", 0), "one value is needed for each instrument")
        return self

    def check_book(self, book: Book) -> None:
        """Refuse a snapshot of another book, or one whose rows do not follow the book's order."""
        if self.book != book.digest:
            raise InvalidInput(f"book: this snapshot is not of book {book.name} in its present form")
        if len(self.instruments) != len(book.symbols):
            raise InvalidInput(f"instruments: {len(self.instruments)} rows for {len(book.symbols)} symbols of the book")
        for index, (row, symbol) in enumerate(zip(self.instruments, book.symbols, strict=True)):
            if row.symbol != symbol:
                raise InvalidInput(f"instruments[{index}].symbol: the book has {symbol} here")

    @cached_property
    def rows(self) -> dict[str, int]:
        """Where each symbol stands in `instruments`."""
        return {row.symbol: index for index, row in enumerate(self.instruments)}

    def instrument(self, symbol: str) -> Instrument:
        """The row of a symbol."""
        if symbol not in self.rows:
            raise InvalidInput(f"instruments: no row for {symbol}")
        return self.instruments[self.rows[symbol]]

    def underlying(self, asset: str) -> Underlying:
        """The index row of an asset."""
        for row in self.underlyings:
            if row.asset == asset:
                return row
        raise InvalidInput(f"underlyings: no row for {asset}")

    def expiry(self, asset: str, time: str) -> Expiry:
        """The forward row of an asset and an expiry."""
        for row in self.expiries:
            if (row.underlying, row.expiry) == (asset, time):
                return row
        raise InvalidInput(f"expiries: no row for {asset} {time}")


def _check_distinct(field: str, keys: list[str]) -> None:
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key in seen:
            raise FieldError((field, index), "stands here a second time")
        seen.add(key)


def _check_sorted(field: str, keys: list[str] | list[tuple[str, str]]) -> None:
    for index in range(1, len(keys)):
        if keys[index] <= keys[index - 1]:  # type: ignore[operator]
            raise FieldError((field, index), "is out of order; rows are sorted and each stands once")
