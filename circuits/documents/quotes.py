"""`Quotes`: what a venue observes of the market, and the snapshot of a book that follows from it.

    cash, collateral, spot, perpetual    the spot price of the asset, unless `instruments` says otherwise
    future                               the forward of its expiry, unless `instruments` says otherwise
    option                               Black-76 on the forward, at the volatility of its strike

Volatilities between two quoted strikes lie on the straight line between them, rounded to six decimals (half even);
beyond the quoted strikes there are none.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from zkmargin.circuits.documents.base import Document, FieldError, Part, Text, Timestamp, epoch_seconds
from zkmargin.circuits.documents.book import MAX_ENTRIES, Book, Entry
from zkmargin.circuits.documents.numbers import NotNegative, Number, Positive, Share, decimal_text, from_units
from zkmargin.circuits.documents.snapshot import ONE, Snapshot
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.pricing import black76, discount_factor, to_units

PRICE_DECIMALS = 6
VOLATILITY_DECIMALS = 6
ROW_FIELDS = (
    "price",
    "average_price",
    "haircut",
    "volatility",
    "funding_index",
    "open_interest",
    "deposits",
    "borrows",
    "confidence",
)


class Spot(Part):
    """The index of an asset in the book's currency."""

    asset: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    price: Positive
    haircut: Share | None = None
    confidence: Share | None = None


class Quote(Part):
    """What is known of one symbol beyond its asset's spot price or its expiry's forward."""

    symbol: Annotated[str, Field(max_length=120)]
    price: NotNegative | None = None
    average_price: NotNegative | None = None
    haircut: Share | None = None
    volatility: NotNegative | None = None
    funding_index: Number | None = None
    open_interest: NotNegative | None = None
    deposits: NotNegative | None = None
    borrows: NotNegative | None = None
    confidence: Share | None = None


class Volatility(Part):
    strike: Positive
    volatility: NotNegative


class Term(Part):
    """One expiry of one underlying: forward, rate, and the smile; strikes rise."""

    underlying: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    expiry: Timestamp
    forward: Positive
    rate: Number = from_units(0, 0)
    settled: NotNegative = from_units(0, 0)
    confidence: Share | None = None
    volatilities: tuple[Volatility, ...] = ()

    @model_validator(mode="after")
    def _rising(self) -> Self:
        strikes = [row.strike for row in self.volatilities]
        for index in range(1, len(strikes)):
            if strikes[index] <= strikes[index - 1]:
                raise FieldError(("volatilities", index, "strike"), "does not lie above the one before it")
        return self

    @property
    def sort_key(self) -> tuple[str, str]:
        return (self.underlying, self.expiry)

    def volatility(self, strike: Decimal) -> Decimal | None:
        """The smile at a strike; nothing outside it."""
        rows = self.volatilities
        for low, high in zip(rows, rows[1:] or rows, strict=False):
            if low.strike <= strike <= high.strike:
                return _between(low, high, strike)
        return None


class Quotes(Document):
    """The market at one time, from which a snapshot is built. Public; proofs are bound to the snapshot alone."""

    FORMAT: ClassVar[str] = "zkmargin quotes"

    format: Literal["zkmargin quotes"]
    time: Timestamp
    source: Text
    currency: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    stable_price: Positive = ONE
    spots: Annotated[tuple[Spot, ...], Field(max_length=MAX_ENTRIES)] = ()
    terms: Annotated[tuple[Term, ...], Field(max_length=MAX_ENTRIES)] = ()
    instruments: Annotated[tuple[Quote, ...], Field(max_length=MAX_ENTRIES)] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        for field, keys in (
            ("spots", [row.asset for row in self.spots]),
            ("terms", [(row.underlying, row.expiry) for row in self.terms]),
            ("instruments", [row.symbol for row in self.instruments]),
        ):
            first: dict[object, int] = {}
            for index, key in enumerate(keys):
                if first.setdefault(key, index) != index:
                    raise FieldError((field, index), "stands here a second time")
        return self

    def snapshot(self, book: Book) -> Snapshot:
        """The snapshot of a book in this market, without scenarios."""
        if self.currency != book.currency:
            raise InvalidInput(f"currency: quotes are in {self.currency}, the book is in {book.currency}")
        entries = {entry.symbol: entry for entry in book.entries}
        unknown = [row.symbol for row in self.instruments if row.symbol not in entries]
        if unknown:
            raise InvalidInput(f"instruments: the book has no {unknown[0]}")
        return Snapshot.build(
            book=book.digest,
            time=self.time,
            source=self.source,
            stable_price=decimal_text(self.stable_price),
            instruments=[self._row(entries[symbol]) for symbol in book.symbols],
            underlyings=[_given(row, "confidence", asset=row.asset, index=row.price) for row in self._spots.values()],
            expiries=[
                _given(row, "forward", "rate", "settled", "confidence", underlying=row.underlying, expiry=row.expiry)
                for row in self._terms.values()
            ],
        )

    @cached_property
    def _spots(self) -> dict[str, Spot]:
        return {row.asset: row for row in sorted(self.spots, key=lambda row: row.asset)}

    @cached_property
    def _terms(self) -> dict[tuple[str, str | None], Term]:
        return {(row.underlying, row.expiry): row for row in sorted(self.terms, key=lambda row: row.sort_key)}

    @cached_property
    def _instruments(self) -> dict[str, Quote]:
        return {row.symbol: row for row in self.instruments}

    def _row(self, entry: Entry) -> dict[str, Any]:
        """The snapshot's row of one symbol."""
        row: dict[str, Any] = {"symbol": entry.symbol} | self._price(entry)
        spot = self._spots.get(entry.parsed.base) if entry.parsed.shape == "asset" else None
        if spot is not None:
            row |= _given(spot, "haircut", "confidence")
        own = self._instruments.get(entry.symbol)
        return row | (_given(own, *ROW_FIELDS) if own else {})

    def _price(self, entry: Entry) -> dict[str, Any]:
        own = self._instruments.get(entry.symbol)
        if own is not None and own.price is not None:
            return {"price": decimal_text(own.price)}
        if entry.symbol == self.currency:
            return {"price": "1"}
        if entry.kind == "option":
            return self._option(entry, own)
        if entry.kind == "future":
            return {"price": decimal_text(self._term(entry).forward)}
        spot = self._spots.get(entry.parsed.base)
        if spot is None:
            raise InvalidInput(f"spots: no price of {entry.parsed.base}, which {entry.symbol} needs")
        return {"price": decimal_text(spot.price)}

    def _option(self, entry: Entry, own: Quote | None) -> dict[str, Any]:
        """Price and volatility of an option."""
        term, strike = self._term(entry), entry.parsed.strike or Decimal(0)
        volatility = own.volatility if own is not None and own.volatility is not None else term.volatility(strike)
        if volatility is None:
            raise InvalidInput(f"terms: no volatility at the strike of {entry.symbol}")
        seconds = max(0, epoch_seconds(term.expiry) - epoch_seconds(self.time))
        discount = discount_factor(float(term.rate), seconds)
        price = black76(
            float(term.forward),
            float(strike),
            float(volatility),
            seconds,
            discount,
            np.asarray(bool(entry.parsed.is_call)),
        )
        units = int(to_units(price, PRICE_DECIMALS))
        return {"price": decimal_text(from_units(units, PRICE_DECIMALS)), "volatility": decimal_text(volatility)}

    def _term(self, entry: Entry) -> Term:
        term = self._terms.get((entry.parsed.base, entry.expiry))
        if term is None:
            raise InvalidInput(f"terms: no {entry.parsed.base} for {entry.expiry}, which {entry.symbol} needs")
        return term


def _between(low: Volatility, high: Volatility, strike: Decimal) -> Decimal:
    if strike == high.strike:
        return high.volatility
    part = (Fraction(strike) - Fraction(low.strike)) / (Fraction(high.strike) - Fraction(low.strike))
    exact = Fraction(low.volatility) + part * (Fraction(high.volatility) - Fraction(low.volatility))
    return from_units(round(exact * 10**VOLATILITY_DECIMALS), VOLATILITY_DECIMALS)


def _given(part: Part, *names: str, **more: object) -> dict[str, Any]:
    """The fields of a part that have a value, as a document writes them."""
    fields = {name: getattr(part, name) for name in names} | more
    plain = {name: decimal_text(value) if isinstance(value, Decimal) else value for name, value in fields.items()}
    return {name: value for name, value in plain.items() if value is not None}
