"""Decimals in documents: strings with one spelling each, held exactly.

`0`, `-12.5` and `100000` are spellings; `1.50`, `+1`, `01`, `1e3`, `.5`, `-0` are not, so equal numbers have equal
digests. No arithmetic is done on the `Decimal` objects, whose context would round: `fixed.to_integer`
makes integers of them.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, PlainSerializer, PlainValidator, WithJsonSchema

MAX_DIGITS = 60
PATTERN = r"^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$"
LOOSE_PATTERN = r"-?[0-9]+(\.[0-9]+)?"

_ONE_SPELLING = re.compile(PATTERN, re.ASCII)
_LOOSE = re.compile(LOOSE_PATTERN, re.ASCII)


def decimal_from_text(value: object) -> Decimal:
    """The number a document's string spells; the message never repeats the string, which may be private."""
    if type(value) is not str:
        raise ValueError("a decimal is written as a string")
    if len(value) > MAX_DIGITS:
        raise ValueError(f"a decimal has at most {MAX_DIGITS} characters")
    if not _ONE_SPELLING.fullmatch(value) or value == "-0" or value.endswith("\n"):
        raise ValueError("not a decimal such as 0, -12.5 or 100000 (no exponent, no sign +, no needless zeros)")
    return Decimal(value)


def normal_spelling(text: str) -> str:
    """The one spelling of what a person or spreadsheet wrote: needless zeros go; exponents and separators do not."""
    if len(text) > MAX_DIGITS or not _LOOSE.fullmatch(text):
        raise ValueError("not a decimal such as 0, -12.5 or 100000 (no exponent, no thousands separator)")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, part = digits.partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    body = f"{whole}.{part}" if part else whole
    return body if body == "0" else sign + body


def decimal_text(value: Decimal) -> str:
    """The one spelling of a parsed number."""
    return format(value, "f")


def from_units(number: int, decimals: int) -> Decimal:
    """The decimal that is `number` units of `10^-decimals`; exact at any size."""
    text = str(abs(number)).rjust(decimals + 1, "0")
    split = len(text) - decimals
    sign = "-" if number < 0 else ""
    return Decimal(normal_spelling(f"{sign}{text[:split]}" + (f".{text[split:]}" if decimals else "")))


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be above zero")
    return value


def _at_most_one(value: Decimal) -> Decimal:
    if value > 1:
        raise ValueError("must not be above one")
    return value


Number = Annotated[
    Decimal,
    PlainValidator(decimal_from_text),
    PlainSerializer(decimal_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "maxLength": MAX_DIGITS}),
]
NotNegative = Annotated[Number, AfterValidator(_not_negative)]
Positive = Annotated[Number, AfterValidator(_positive)]
Share = Annotated[NotNegative, AfterValidator(_at_most_one)]
"""A fraction of a whole, from 0 to 1."""
