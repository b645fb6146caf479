"""The reader of documents refuses, by path, everything that two readers could read differently."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.canonical import MAX_DEPTH, MAX_INTEGER, canonical_bytes, digest_of, load, path_text
from zkmargin.circuits.errors import InvalidInput, TooLarge

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)

REFUSED = {
    "duplicate_key": ('{"a": [{"b": 1, "c": 2, "b": 3}]}', "a[0].b: is given twice"),
    "duplicate_of_a_duplicate": ('{"a": 1, "a": 1, "a": 1}', "a: is given twice"),
    "nan": ('{"a": NaN}', "a: is NaN, which is not a number"),
    "infinity": ('{"a": [Infinity]}', "a[0]: is Infinity"),
    "minus_infinity": ('{"a": -Infinity}', "a: is -Infinity"),
    "huge_exponent": ('{"a": 1e400}', "a: is a number with a fraction or exponent"),
    "fraction": ('{"a": {"b": 1.5}}', "a.b: is a number with a fraction or exponent"),
    "minus_zero": ('{"a": -0}', "a: is minus zero"),
    "5000_digits": ('{"a": ' + "9" * 5000 + "}", "a: is an integer beyond 2^53 - 1"),
    "integer_past_doubles": (f'{{"a": {MAX_INTEGER + 1}}}', "a: is an integer beyond 2^53 - 1"),
    "null": ('{"a": null}', "a: is null"),
    "lone_surrogate": ('{"a": "\\ud800"}', "a: holds half of a surrogate pair"),
    "lone_surrogate_in_key": ('{"\\udc00": 1}', "document: holds half of a surrogate pair"),
    "deep_nesting": ("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "document: nested deeper"),
    "deeper_than_the_stack": ("[" * 200_000, "document: nested deeper"),
    "deep_objects": ('{"a":' * 100_000, "document: nested deeper"),
    "byte_order_mark": ("\ufeff{}", "document: begins with a byte order mark"),
    "trailing_text": ("{} {}", "document: not JSON"),
    "empty": ("", "document: not JSON"),
    "leading_zero": ('{"a": 01}', "document: not JSON"),
    "plus": ('{"a": +1}', "document: not JSON"),
    "unicode_digits": ('{"a": １２}', "document: not JSON"),
    "underscore": ('{"a": 1_000}', "document: not JSON"),
    "control_character": ('{"a": "\x01"}', "document: not JSON"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_path(name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(InvalidInput) as caught:
        load(text)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 200


def test_bytes_that_are_not_utf8() -> None:
    with pytest.raises(InvalidInput, match="byte 6 is not UTF-8"):
        load(b'{"a": \xff}')


def test_a_huge_file_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zkmargin.circuits.canonical.MAX_BYTES", 10)
    assert load(b'{"a": 123}') == {"a": 123}
    with pytest.raises(TooLarge):
        load(b'{"a": 1234}')


@given(VALUES)
def test_canonical_form_is_a_fixed_point(value: object) -> None:
    written = canonical_bytes(value)
    assert load(written) == value
    assert canonical_bytes(load(written)) == written


@given(VALUES)
def test_layout_does_not_change_the_digest(value: object) -> None:
    spread = json.dumps(value, indent=3, ensure_ascii=True)
    assert digest_of(canonical_bytes(load(spread))) == digest_of(canonical_bytes(value))


def test_the_digest_is_sha256_of_the_canonical_bytes() -> None:
    written = canonical_bytes({"b": [1, True], "a": "é"})
    assert written == '{"a":"é","b":[1,true]}'.encode()
    assert digest_of(written) == hashlib.sha256(written).hexdigest()


class _Subclass(int):
    pass


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), np.int64(3), _Subclass(3), b"x", {1: 2}, {"a": {3}}, MAX_INTEGER + 1]
)
def test_python_values_of_other_kinds_have_no_canonical_form(value: object) -> None:
    with pytest.raises(InvalidInput):
        canonical_bytes(value)


def test_paths_of_hostile_names_are_short_and_printable() -> None:
    assert path_text(("entries", 2, "symbol")) == "entries[2].symbol"
    shown = path_text(("\n\x1b[31m" + "x" * 10_000,))
    assert len(shown) <= 40
    assert shown.isprintable()
