"""Quotes as a table of numbers, and the quotes whose every number is the median of several. All of it exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from zkmargin.circuits.documents.base import Part
from zkmargin.circuits.documents.numbers import decimal_text, from_units
from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.circuits.errors import InvalidInput

Place = tuple[str, ...]
"""Where a number stands: `("spots", "BTC", "price")`, `("terms", "BTC", "2026-12-25T08:00:00Z", "forward")`."""

SOURCE_LENGTH = 400


def median(numbers: Sequence[Decimal]) -> Decimal:
    """The number in the middle, or the middle of the two in the middle."""
    ordered = sorted(numbers)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    pair = ordered[half - 1 : half + 1]
    scale = max(0, *(-_exponent(number) for number in pair)) + 1
    low, high = (int(Fraction(number) * 10**scale) for number in pair)
    return from_units((low + high) // 2, scale)


def numbers_of(quotes: Quotes) -> dict[Place, Decimal]:
    """Every number under its place; rows are called by what they are about, not by where they stand."""
    found: dict[Place, Decimal] = {("stable_price",): quotes.stable_price}
    for spot in quotes.spots:
        found |= _decimals(("spots", spot.asset), spot)
    for term in quotes.terms:
        found |= _decimals(("terms", term.underlying, term.expiry), term)
        for row in term.volatilities:
            found["terms", term.underlying, term.expiry, "volatility", decimal_text(row.strike)] = row.volatility
    for quote in quotes.instruments:
        found |= _decimals(("instruments", quote.symbol), quote)
    return found


def quotes_of(like: Quotes, numbers: Mapping[Place, Decimal], source: str, time: str) -> Quotes:
    """Quotes with the rows of `like` and these numbers."""
    fields = like.model_dump(mode="json", exclude_none=True, exclude={"format", "version"})
    fields["stable_price"] = decimal_text(numbers["stable_price",])
    for row in fields["spots"]:
        _fill(row, ("spots", row["asset"]), numbers)
    for row in fields["terms"]:
        place = ("terms", row["underlying"], row["expiry"])
        _fill(row, place, numbers)
        for point in row["volatilities"]:
            point["volatility"] = decimal_text(numbers[*place, "volatility", point["strike"]])
    for row in fields["instruments"]:
        _fill(row, ("instruments", row["symbol"]), numbers)
    fields["spots"].sort(key=lambda row: row["asset"])
    fields["terms"].sort(key=lambda row: (row["underlying"], row["expiry"]))
    fields["instruments"].sort(key=lambda row: row["symbol"])
    return Quotes.build(**(fields | {"source": source[:SOURCE_LENGTH], "time": time}))


def _decimals(place: Place, part: Part) -> dict[Place, Decimal]:
    fields = {name: getattr(part, name) for name in type(part).model_fields}
    return {(*place, name): value for name, value in fields.items() if isinstance(value, Decimal)}


def _fill(row: dict[str, Any], place: Place, numbers: Mapping[Place, Decimal]) -> None:
    for name in row:
        if (*place, name) in numbers:
            row[name] = decimal_text(numbers[*place, name])


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise InvalidInput("median: not a finite number")
    return exponent
