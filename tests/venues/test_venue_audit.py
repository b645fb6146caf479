"""An audit of a folder with everything in it: all of it holds, and each file that is spoiled or missing is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from json_schema import problems
from venue_evidence import WHOLE, Folder, flipped, of, renumbered, reversed_commitments, told


def test_everything_holds(folder: Folder) -> None:
    audit = folder.audit()
    assert {line.file: line.message for line in audit.lines if not line.ok} == {}
    assert audit.exit_code == 0
    assert len(audit.proofs) == 5


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("index", "proven of all 5 accounts: equity covers the initial requirement"),
        ("part1", "2 accounts, part 1 of 3 under root"),
        ("part3", "1 account, part 3 of 3 under root"),
        ("receipt", "leaf 2 of 5 under root"),
        ("receipt", "with the account's commitment"),
        ("balance", "longs equal shorts in 2 derivatives over 5 accounts"),
        ("balance", "USDC 750010, BTC 0"),
        ("combination", "2 accounts, attested; proven of the sum: equity covers"),
        ("sum", "alice, the sum of 2 accounts"),
        ("mapped sum", "alice, the sum of 2 accounts"),
        ("mapping", "fits book"),
        ("update", "follows from"),
        ("today snapshot", "medians of 3 feeds under feed policy"),
        ("today source 1", "signed by source 1, a source of the feed policy"),
        ("today medians", "the medians of a snapshot"),
        ("after", "for venue"),
    ],
)
def test_every_line_says_what_was_found(folder: Folder, name: str, words: str) -> None:
    assert words in folder.line(name).message


def test_every_file_fits_its_schema(folder: Folder) -> None:
    kinds = {fields["format"].removeprefix("zkmargin ") for fields in folder.files.values()}
    assert {"index", "receipt", "balance", "combination", "mapping", "update", "feed policy", "quotes"} < kinds
    assert {name: problems(fields) for name, fields in folder.files.items() if problems(fields)} == {}


@pytest.mark.parametrize(
    ("name", "change", "failing"),
    [
        ("part2", flipped, {"part2": "proof:", "index": f"part 2 of 3 {WHOLE}"}),
        ("part1", told("nonce", "other"), {"part1": "proof:", "index": f"part 1 of 3 {WHOLE}"}),
        ("part2", told("venue", "north"), {"part2": "another venue than the index", "index": f"part 2 of 3 {WHOLE}"}),
        ("part1", reversed_commitments, {"part1": "not about accounts of the index", "index": f"part 1 of 3 {WHOLE}"}),
        ("part1", renumbered, {"part1": "there is no part 4 of 3", "index": f"part 1 of 3 {WHOLE}"}),
        ("sum", flipped, {"sum": "proof:"}),
        ("sum", told("commitments", ["c0" + "00" * 47]), {"sum": "not the sum of the attested ones"}),
        ("mapped sum", flipped, {"mapped sum": "proof:"}),
        ("mapped sum", told("commitments", ["c0" + "00" * 47]), {"mapped sum": "not made of the attested ones"}),
        ("combination", of("account", "mallory"), {"sum": "its combination"}),
        ("receipt", of("position", 3), {"receipt": "does not lead to this index"}),
        ("receipt", of("path", []), {"receipt": "path is too short"}),
        ("receipt", of("count", 6), {"receipt": "its index is not in the folder"}),
        ("own", of("commitment", "c0" + "00" * 47), {"receipt": "another commitment than the account's"}),
        ("balance", of("blinding", ["00" * 32]), {"balance": "does not open to these totals"}),
        ("balance", of("totals", []), {"balance": "does not open to these totals"}),
        ("balance", of("index", "00" * 32), {"balance": "its index with root 000000000000 is not in the folder"}),
        ("update", of("delta", "c0" + "00" * 47), {"update": "not the sum of the two"}),
        ("update", of("sequence", 9), {"update": "number 9 does not follow 7"}),
        ("update", of("before", "00" * 32), {"update": "its attestation 000000000000 is not in the folder"}),
        ("mapping", of("entries", [{"source": "BTC", "target": "BTC"}]),
         {"mapping": "each is mapped once", "mapped sum": "each is mapped once"}),
        ("feed policy", of("least", 4), {"today snapshot": "3 good feeds, 4 are needed", "yesterday snapshot": "good"}),
        ("feed policy", of("max_move", "0.001"), {"today snapshot": "circuit breaker"}),
    ],
)  # fmt: skip
def test_a_spoiled_file_is_named_and_stops_nothing_else(
    folder: Folder, name: str, change: Callable[[dict[str, Any]], None], failing: dict[str, str]
) -> None:
    change(folder.files[name])
    found = folder.failed()
    # Without their snapshot medians are quotes that nobody signed.
    found = {file: message for file, message in found.items() if not file.endswith("medians")}
    assert found.keys() == failing.keys(), found
    assert [file for file in failing if failing[file] not in found[file]] == []


@pytest.mark.parametrize(
    ("name", "failing"),
    [
        ("index", {"part1": "its index", "part2": "its index", "part3": "its index", "balance": "its index",
                   "receipt": "its index", "index.sig": "what it signs"}),
        ("index.sig", {"part1": "index is not signed", "part2": "index is not signed", "part3": "index is not signed",
                       "index": "index is not signed"}),
        ("part3", {"index": f"part 3 of 3 {WHOLE}"}),
        ("combination", {"sum": "its combination"}),
        ("mapped combination", {"mapped sum": "its combination"}),
        ("mapping", {"mapped sum": "did not grow into the combined book"}),
        ("south book", {"mapping": "its book", "mapped sum": "give the book and its mapping"}),
        ("south.sig", {"south": "not signed", "combination": "not signed", "sum": "not signed"}),
        ("north", {"combination": "leg 0 is not among", "sum": "leg 0 is not among", "north.sig": "what it signs"}),
        ("before", {"update": "its attestation", "before.sig": "what it signs"}),
        ("after", {"update": "its attestation", "after.sig": "what it signs"}),
        ("today source 1.sig", {"today source 1": "nobody has signed", "today snapshot": "2 good feeds, 3 are needed"}),
    ],
)  # fmt: skip
def test_what_a_file_rests_on_has_to_be_there(folder: Folder, name: str, failing: dict[str, str]) -> None:
    del folder.files[name]
    found = folder.failed()
    found = {file: message for file, message in found.items() if not file.endswith("medians")}
    assert found.keys() == failing.keys(), found
    assert [file for file in failing if failing[file] not in found[file]] == []


def test_without_the_book_every_paper_about_it_fails(folder: Folder) -> None:
    del folder.files["book"]
    found = folder.failed()
    names = ("index", "balance", "combination", "mapping", "part1", "sum", "mapped sum", "today snapshot")
    assert [name for name in names if "its book" not in found.get(name, "")] == []
