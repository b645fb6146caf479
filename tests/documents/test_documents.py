"""Books and snapshots: one form, one digest, and every refusal with the path of its field."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from document_samples import CALL, PERPETUAL, book, entries, snapshot
from pydantic import ValidationError

from zkmargin.circuits.documents import Book, Portfolio, Snapshot, epoch_seconds
from zkmargin.circuits.documents.base import Document
from zkmargin.circuits.errors import InvalidInput, UnsupportedVersion

Change = Callable[[dict[str, Any]], object]


def edited(document: Document, change: Change) -> str:
    value = json.loads(document.canonical())
    change(value)
    return json.dumps(value)


def put(*path: Any) -> Change:
    """A change that sets the last of `path` at the place the others name."""
    *places, last, value = path

    def change(document: dict[str, Any]) -> None:
        at: Any = document
        for place in places:
            at = at[place]
        at[last] = value

    return change


BOOK_REFUSALS: dict[str, tuple[Change, str]] = {
    "another_format": (put("format", "zkmargin snapshot"), "format: this is not a zkmargin book"),
    "version_missing": (lambda d: d.pop("version"), "version: is missing"),
    "version_as_boolean": (put("version", True), "version: is not an integer"),
    "version_as_text": (put("version", "1"), "version: is not an integer"),
    "unknown_field": (put("entries", 0, "colour", "red"), "entries[0].colour: is not a field of this document"),
    "missing_field": (lambda d: d["entries"][1].pop("decimals"), "entries[1].decimals: is missing"),
    "boolean_as_integer": (put("entries", 0, "decimals", True), "entries[0].decimals: should be a valid integer"),
    "text_as_integer": (put("entries", 0, "decimals", "6"), "entries[0].decimals: should be a valid integer"),
    "decimals_negative": (put("entries", 0, "decimals", -1), "entries[0].decimals: "),
    "decimals_past_18": (put("entries", 0, "decimals", 19), "entries[0].decimals: "),
    "no_lanes": (put("entries", 0, "lanes", 0), "entries[0].lanes: "),
    "lanes_past_15": (put("entries", 0, "lanes", 16), "entries[0].lanes: "),
    "contract_size_zero": (put("entries", 2, "contract_size", "0"), "entries[2].contract_size: must be above zero"),
    "contract_size_negative": (
        put("entries", 2, "contract_size", "-1"),
        "entries[2].contract_size: must be above zero",
    ),
    "contract_size_number": (put("entries", 2, "contract_size", 1), "entries[2].contract_size: a decimal is written"),
    "contract_size_exponent": (
        put("entries", 2, "contract_size", "1e3000000"),
        "entries[2].contract_size: not a decimal",
    ),
    "unknown_kind": (put("entries", 0, "kind", "swap"), "entries[0].kind: "),
    "kind_of_another_symbol": (put("entries", 0, "kind", "spot"), "entries[0].symbol: is the name of a different kind"),
    "nonsense_symbol": (put("entries", 2, "symbol", "BTC//USDC"), "entries[2].symbol: not an instrument such as"),
    "strike_zero": (
        put("entries", 3, "symbol", "BTC/USD:BTC-261225-0-C"),
        "entries[3].symbol: an option needs a strike",
    ),
    "strike_spelled_twice": (put("entries", 3, "symbol", "BTC/USD:BTC-261225-1.0-C"), "entries[3].symbol: not an"),
    "unicode_digits": (put("entries", 3, "symbol", "BTC/USD:BTC-261225-１-C"), "entries[3].symbol: not an"),
    "option_without_expiry": (lambda d: d["entries"][3].pop("expiry"), "entries[3].expiry: is needed for futures"),
    "perpetual_with_expiry": (put("entries", 2, "expiry", "2026-12-25T08:00:00Z"), "entries[2].expiry: is needed for"),
    "expiry_on_another_day": (put("entries", 3, "expiry", "2026-12-26T08:00:00Z"), "entries[3].expiry: does not fall"),
    "expiry_without_calendar": (put("entries", 3, "expiry", "2026-13-25T08:00:00Z"), "entries[3].expiry: not a time"),
    "expiry_in_another_zone": (put("entries", 3, "expiry", "2026-12-25T08:00:00+00:00"), "entries[3].expiry: "),
    "order_on_cash": (put("entries", 0, "order", "bid"), "entries[0].order: cash and collateral are balances"),
    "entry_twice": (lambda d: d["entries"].append(d["entries"][2]), "entries[6].symbol: is already entry 2"),
    "expiry_differs": (
        lambda d: d["entries"].append(d["entries"][3] | {"bucket": "b", "expiry": "2026-12-25T09:00:00Z"}),
        "entries[6].expiry: differs from an earlier entry",
    ),
    "no_entries": (put("entries", []), "entries: "),
    "entries_an_object": (put("entries", {}), "entries: "),
    "name_with_a_newline": (put("name", "de\nmo"), "name: "),
    "null": (put("entries", 0, "bucket", None), "entries[0].bucket: is null"),
}

SNAPSHOT_REFUSALS: dict[str, tuple[Change, str]] = {
    "price_nan": (put("instruments", 1, "price", "NaN"), "instruments[1].price: not a decimal"),
    "price_negative": (put("instruments", 1, "price", "-1"), "instruments[1].price: must not be negative"),
    "price_needless_zeros": (put("instruments", 1, "price", "1.50"), "instruments[1].price: not a decimal"),
    "price_minus_zero": (put("instruments", 1, "price", "-0"), "instruments[1].price: not a decimal"),
    "price_leading_zero": (put("instruments", 1, "price", "01"), "instruments[1].price: not a decimal"),
    "price_plus": (put("instruments", 1, "price", "+1"), "instruments[1].price: not a decimal"),
    "price_newline": (put("instruments", 1, "price", "1\n"), "instruments[1].price: not a decimal"),
    "price_of_a_megabyte": (
        put("instruments", 1, "price", "1" * 1_000_000),
        "instruments[1].price: a decimal has at most",
    ),
    "haircut_above_one": (put("instruments", 1, "haircut", "1.01"), "instruments[1].haircut: must not be above one"),
    "instrument_twice": (put("instruments", 1, "symbol", "USDC"), "instruments[1]: stands here a second time"),
    "underlyings_out_of_order": (lambda d: d["underlyings"].reverse(), "underlyings[1]: is out of order"),
    "underlying_twice": (put("underlyings", 1, "asset", "BTC"), "underlyings[1]: is out of order"),
    "index_zero": (put("underlyings", 1, "index", "0"), "underlyings[1].index: must be above zero"),
    "expiries_out_of_order": (lambda d: d["expiries"].reverse(), "expiries[1]: is out of order"),
    "expiry_of_nothing": (put("expiries", 1, "underlying", "SOL"), "expiries[1].underlying: is not among"),
    "settled_above_forward": (put("expiries", 1, "settled", "5000"), "expiries[1].settled: is above the forward"),
    "time_of_no_day": (put("time", "2026-02-30T00:00:00Z"), "time: not a time"),
    "book_digest_upper_case": (put("book", "A" * 64), "book: "),
    "scenario_named_twice": (put("scenarios", "rows", ["up", "up"]), "scenarios.rows: a scenario is named twice"),
    "scenario_without_values": (put("scenarios", "rows", ["up"]), "scenarios.values: one row is needed"),
    "ragged_values": (put("scenarios", "values", 1, [1, 2]), "scenarios.values[1]: is not as long"),
    "values_too_short": (
        put("scenarios", "values", [[1], [2]]),
        "scenarios.values[0]: one value is needed for each instrument",
    ),
    "value_as_boolean": (put("scenarios", "values", 1, 2, True), "scenarios.values[1][2]: should be a valid integer"),
    "value_as_text": (put("scenarios", "values", 1, 2, "5"), "scenarios.values[1][2]: should be a valid integer"),
    "value_past_doubles": (put("scenarios", "values", 1, 2, 1 << 53), "scenarios.values[1][2]: is an integer beyond"),
    "rounding_unknown": (put("scenarios", "rounding", "nearest"), "scenarios.rounding: "),
}


@pytest.mark.parametrize("name", BOOK_REFUSALS)
def test_book_refused_with_its_path(name: str) -> None:
    change, message = BOOK_REFUSALS[name]
    with pytest.raises(InvalidInput) as caught:
        Book.parse(edited(book(), change))
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", SNAPSHOT_REFUSALS)
def test_snapshot_refused_with_its_path(name: str) -> None:
    change, message = SNAPSHOT_REFUSALS[name]
    with pytest.raises(InvalidInput) as caught:
        Snapshot.parse(edited(snapshot(), change))
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("version", [0, 2, -1, 10**9])
def test_other_versions_are_named_as_such(version: int) -> None:
    with pytest.raises(UnsupportedVersion, match="version: this release reads version 1"):
        Book.parse(edited(book(), put("version", version)))


@pytest.mark.parametrize("text", ["[]", '"zkmargin book"', "1", "true"])
def test_a_document_is_an_object(text: str) -> None:
    with pytest.raises(InvalidInput):
        Book.parse(text)


@pytest.mark.parametrize("document", [book(), snapshot()], ids=["book", "snapshot"])
def test_canonical_form_round_trips(document: Document) -> None:
    again = type(document).parse(document.canonical())
    assert again == document
    assert again.canonical() == document.canonical()
    assert again.digest == document.digest


def test_defaults_and_spelled_out_defaults_are_the_same_book() -> None:
    assert Book.parse(edited(book(), lambda d: d["entries"][0].pop("lanes"))).digest == book().digest
    assert Book.parse(edited(book(), put("entries", 0, "lanes", 4))).digest == book().digest
    assert Book.parse(edited(book(), put("entries", 0, "lanes", 5))).digest != book().digest


def test_documents_do_not_change() -> None:
    with pytest.raises(ValidationError):
        book().name = "other"
    shot = snapshot()
    assert shot.scenarios is not None
    with pytest.raises(ValueError, match="read-only"):
        shot.scenarios.matrix[0, 0] = 9


def test_a_book_only_grows_at_its_end() -> None:
    old = book()
    more = [*entries(), {"kind": "spot", "symbol": "BTC/USDC", "decimals": 8}]
    assert book(entries=more).extends(old)
    assert old.extends(old)
    assert not book(entries=entries()[:-1]).extends(old)
    assert not book(entries=more[-1:] + more[:-1]).extends(old)
    assert not book(entries=more, currency="USD").extends(old)
    assert book(entries=more, name="renamed").extends(old)
    wider = [entries()[0] | {"lanes": 5}, *more[1:]]
    with pytest.raises(InvalidInput, match=r"entries\[0\]: differs from the earlier book"):
        book(entries=wider).check_extends(old)


def test_a_book_finds_its_entries() -> None:
    own = book()
    assert own.symbols == ("USDC", "BTC", PERPETUAL, CALL)
    assert own.buckets == (None, "isolated 1")
    assert [own.index(PERPETUAL), own.index(PERPETUAL, order="bid"), own.index(PERPETUAL, "isolated 1")] == [2, 4, 5]
    assert own.entries[1].offset == 1 << 47
    assert own.entries[3].parsed.is_call
    with pytest.raises(InvalidInput, match="no entry BTC"):
        own.index("BTC", order="ask")


def test_a_snapshot_belongs_to_one_book() -> None:
    snapshot().check_book(book())
    with pytest.raises(InvalidInput, match="book: this snapshot is not of book demo"):
        snapshot().check_book(book(name="demo", currency="USD"))
    rows = json.loads(snapshot().canonical())["instruments"]
    swapped = snapshot(instruments=[rows[1], rows[0], *rows[2:]])
    with pytest.raises(InvalidInput, match=r"instruments\[0\].symbol: the book has USDC here"):
        swapped.check_book(book())
    short = snapshot(instruments=rows[:3], scenarios={"grid": "g", "decimals": 0, "rows": ["a"], "values": [[1, 2, 3]]})
    with pytest.raises(InvalidInput, match="instruments: 3 rows for 4 symbols"):
        short.check_book(book())


def test_a_snapshot_finds_its_rows() -> None:
    shot = snapshot()
    assert shot.instrument(CALL).symbol == CALL
    assert str(shot.underlying("ETH").index) == "4000"
    assert str(shot.expiry("ETH", "2026-12-25T08:00:00Z").rate) == "-0.04"
    assert shot.scenarios is not None
    assert shot.scenarios.matrix.dtype == np.int64
    assert shot.scenarios.matrix.tolist() == [[1, 2, 3, 4], [0, -1, 5, 6]]
    for refused in (lambda: shot.instrument("X"), lambda: shot.underlying("X"), lambda: shot.expiry("BTC", "X")):
        with pytest.raises(InvalidInput):
            refused()


def test_seconds_of_a_time() -> None:
    assert epoch_seconds("2026-11-21T08:00:00Z") == 1795248000


def test_every_document_names_its_fields_in_refusals_of_python_values() -> None:
    with pytest.raises(InvalidInput, match=r"^entries\[0\].decimals: is of type float"):
        book(entries=[entries()[0] | {"decimals": 6.0}])
    with pytest.raises(InvalidInput, match=r"^name: is missing"):
        Book.build(currency="USD", entries=entries())
    with pytest.raises(InvalidInput, match=r"^positions: is missing"):
        Portfolio.build(book="0" * 64)
