"""One byte string and one digest for every document, and a reader that refuses what two readers could read differently.

The written form is RFC 8785 (keys sorted, no spaces, UTF-8); the digest is SHA-256 of it, so `sha256sum` checks it.
The reader accepts JSON of any layout but refuses, with the path of the field: duplicate keys, fractions and exponents
(decimals are strings), NaN and Infinity, integers beyond 2^53 - 1, lone surrogates, null, deep nesting, huge files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import NoReturn, TypeAlias

import rfc8785

from zkmargin.circuits.errors import InvalidInput, TooLarge

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue]"
Path: TypeAlias = "tuple[str | int, ...]"

MAX_BYTES = 64 << 20
MAX_DEPTH = 16
MAX_INTEGER = (1 << 53) - 1
"""Beyond this, readers that hold numbers as doubles would see another integer; RFC 8785 excludes it for that reason."""

_MAX_INTEGER_TEXT = len(str(-MAX_INTEGER))
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKET = re.compile(r"[][{}]")


def path_text(path: Path) -> str:
    """`entries[2].symbol`; names that come from a hostile file are cut short and stripped of control characters."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = part if part.isascii() and part.isprintable() else ascii(part)[1:-1]
            text += ("." if text else "") + (shown if len(shown) <= 40 else shown[:37] + "...")
    return text or "document"


def load(data: bytes | str) -> JsonValue:
    """The JSON value in `data`, or `InvalidInput` with the path of what is wrong."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"document: {len(data)} bytes, at most {MAX_BYTES} are read")
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise InvalidInput(f"document: byte {error.start} is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise InvalidInput("document: begins with a byte order mark; save it as plain UTF-8")
    _check_depth(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_pairs, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        # The decoder's message quotes nothing of the text, only positions.
        raise InvalidInput(f"document: not JSON, line {error.lineno} column {error.colno}: {error.msg}") from None
    return _checked(value, ())


def canonical_bytes(value: object) -> bytes:
    """The RFC 8785 form of a value of booleans, integers, strings, lists and string-keyed objects."""
    try:
        return rfc8785.dumps(_checked(value, ()))
    except rfc8785.CanonicalizationError:
        raise InvalidInput("document: holds a value that has no canonical form") from None


def digest_of(canonical: bytes) -> str:
    """SHA-256 of a canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical).hexdigest()


def _check_depth(text: str) -> None:
    """Before the parser runs: it recurses, and how deep it may is a setting of the process that any library can raise.

    py_ecc does, to 100,000; a few hundred kilobytes of brackets would then overflow the stack and end the process.
    """
    steps = (1 if bracket[0] in "[{" else -1 for bracket in _BRACKET.finditer(_STRING.sub("", text)))
    if any(depth > MAX_DEPTH + 1 for depth in accumulate(steps)):
        raise InvalidInput(f"document: nested deeper than {MAX_DEPTH} levels")


class _Refused:
    """Stands where a number stood that may not be read; the walk that follows knows its path."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class _Repeating(dict[str, object]):
    """An object in which `key` was given twice."""

    key = ""


def _pairs(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    seen: set[str] = set()
    repeating = _Repeating(result)
    repeating.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return repeating


def _integer(text: str) -> int | _Refused:
    # The length is looked at first: converting thousands of digits is slow and, in newer Pythons, an error.
    if len(text) > _MAX_INTEGER_TEXT or abs(int(text)) > MAX_INTEGER:
        return _Refused("is an integer beyond 2^53 - 1; write it as a string")
    return _Refused("is minus zero") if text == "-0" else int(text)


def _fraction(_: str) -> _Refused:
    return _Refused("is a number with a fraction or exponent; write decimals as strings")


def _constant(name: str) -> _Refused:
    return _Refused(f"is {name}, which is not a number")


def _checked(value: object, path: Path) -> JsonValue:
    """`value` again, once everything in it is of the few permitted kinds."""
    if type(value) is int:
        if abs(value) > MAX_INTEGER:
            _refuse(path, "is an integer beyond 2^53 - 1; write it as a string")
        return value
    if type(value) is str:
        _check_text(value, path)
        return value
    if type(value) is bool:
        return value
    if value is None:
        _refuse(path, "is null; leave out a field that has no value")
    if len(path) > MAX_DEPTH:
        raise InvalidInput(f"document: nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, (list, tuple)):
        return [_checked(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return _checked_object(value, path)
    return _refuse(path, value.reason if isinstance(value, _Refused) else f"is of type {type(value).__name__}")


def _checked_object(value: dict[object, object], path: Path) -> dict[str, JsonValue]:
    if isinstance(value, _Repeating):
        _refuse((*path, value.key), "is given twice")
    result: dict[str, JsonValue] = {}
    for key, item in value.items():
        if type(key) is not str:
            _refuse(path, "has a key that is not a string")
        _check_text(key, path)
        result[key] = _checked(item, (*path, key))
    return result


def _check_text(text: str, path: Path) -> None:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        _refuse(path, "holds half of a surrogate pair")


def _refuse(path: Path, reason: str) -> NoReturn:
    raise InvalidInput(f"{path_text(path)}: {reason}")
