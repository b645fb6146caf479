"""What a venue publishes: books that only grow, snapshots that can be computed again, models by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_samples import DOCUMENTS, zkmargin

from zkmargin.cli.presets import MODELS

BOOK, MODEL = DOCUMENTS[:2], DOCUMENTS[4:]
TABLE = b"kind,symbol,decimals\ncash,USDC,6\nperpetual,BTC/USDC:USDC,4\n"


def test_a_book_from_a_table_and_from_a_list(demo: Path) -> None:
    rows = [
        {"kind": "cash", "symbol": "USDC", "decimals": 6},
        {"kind": "perpetual", "symbol": "BTC/USDC:USDC", "decimals": 4},
    ]
    digests = set()
    for data in (TABLE, TABLE.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + TABLE, json.dumps(rows).encode()):
        digests.add(
            zkmargin("book", "new", "b", "--currency", "USDC", "--entries", "-", "--json", stdin=data).json["digest"]
        )
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "line 1: the columns are"),
        (b"kind,symbol\n", "line 1: the columns are"),
        (b"kind,symbol,decimals,colour\n", "line 1: the columns are"),
        (TABLE + b"perpetual\n", "line 4: 1 cells under 3 columns"),
        (TABLE + b"perpetual,ETH/USDC:USDC,four\n", "line 4.decimals: a whole number"),
        (TABLE + "perpetual,ETH/USDC:USDC,４\n".encode(), "line 4.decimals: a whole number"),
        (TABLE + b"cash,USDC,6\n", "entries[2].symbol: is already entry 0"),
        (TABLE + b"future,BTC/USDC:USDC,4\n", "entries[2].symbol"),
        (b"[]", "entries"),
        (b"[1]", "entries[0]"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_entries_that_are_none(demo: Path, data: bytes, complaint: str) -> None:
    ended = zkmargin("book", "new", "b", "--currency", "USDC", "--entries", "-", stdin=data)
    assert ended.code == 3
    assert complaint in ended.err


def test_a_book_grows_at_its_end(demo: Path) -> None:
    more = b"kind,symbol,decimals\nperpetual,SOL/USDC:USDC,4\n"
    ended = zkmargin("book", "extend", "public/book.json", "--entries", "-", "-o", "book-2.json", "--json", stdin=more)
    old, new = (json.loads(Path(name).read_text())["entries"] for name in ("public/book.json", "book-2.json"))
    assert new[: len(old)] == old
    assert (len(new) - len(old), ended.json["entries"]) == (1, 65)
    again = zkmargin("book", "extend", "book-2.json", "--entries", "-", stdin=more)
    assert again.code == 3


def test_a_snapshot_is_built_the_same_every_time(demo: Path) -> None:
    command = ["snapshot", "build", "public/quotes.json", *BOOK, *MODEL]
    assert zkmargin(*command).out.encode() == Path("public/snapshot.json").read_bytes()


def test_a_snapshot_without_a_model_has_no_scenarios(demo: Path) -> None:
    ended = zkmargin("snapshot", "build", "public/quotes.json", *BOOK)
    assert "scenarios" not in json.loads(ended.out)


def test_changed_scenario_values_are_found(demo: Path) -> None:
    path = Path("public/snapshot.json")
    value = json.loads(path.read_text())
    for difference, code in ((1, 0), (2, 3)):
        changed = json.loads(json.dumps(value))
        changed["scenarios"]["values"][3][20] += difference
        path.write_text(json.dumps(changed))
        ended = zkmargin("snapshot", "check", path, *BOOK, *MODEL)
        assert ended.code == code, "one unit is allowed: the last bit of a double may differ between processors"
    assert "scenarios.values[3][20]" in ended.err


def test_a_signature_that_nobody_asked_about_is_mentioned(demo: Path) -> None:
    ended = zkmargin("snapshot", "check", "public/snapshot.json", *BOOK)
    assert ended.code == 0
    assert "signature: not asked for" in ended.out
    assert "--signer" in ended.err


def test_who_signed_it(demo: Path, changed: Any) -> None:
    check = ["snapshot", "check", "public/snapshot.json", *BOOK, "--signer", "public/exchange.pub.json"]
    assert "signed by" in zkmargin(*check).out
    Path("public/snapshot.sig.json").rename("elsewhere.json")
    assert zkmargin(*check).code == 4
    assert zkmargin(*check, "--signature", "elsewhere.json").code == 0


def test_a_signature_goes_beside_and_not_over_another(demo: Path) -> None:
    command = ["snapshot", "sign", "public/snapshot.json", "-k", "private/exchange.key.json"]
    assert zkmargin(*command).code == 2
    assert zkmargin(*command, "--force").code == 0
    piped = zkmargin(
        "snapshot", "sign", "-", "-k", "private/exchange.key.json", stdin=Path("public/snapshot.json").read_bytes()
    )
    assert json.loads(piped.out) == json.loads(Path("public/snapshot.sig.json").read_text()), "Ed25519 is deterministic"


@pytest.mark.parametrize("name", MODELS)
def test_presets_are_documents_that_read_back(demo: Path, name: str) -> None:
    ended = zkmargin("model", "show", name)
    assert ended.code == 0
    assert "not endorsed by" in ended.err
    again = zkmargin("model", "show", "-", "--json", stdin=ended.out.encode())
    assert again.json["document"] == json.loads(ended.out)


def test_the_list_of_models(demo: Path) -> None:
    data = zkmargin("model", "list", "--json").json
    assert [row["name"] for row in data["models"]] == list(MODELS)
    text = zkmargin("model", "list").out
    assert all(name in text for name in (*MODELS, *data["families"]))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"family": "astrology"}, "family: there are"), ({"format": "zkmargin book"}, "format: this is not")],
)
def test_models_of_no_family(demo: Path, changed: Any, change: dict[str, str], complaint: str) -> None:
    changed("public/model.json", **change)
    ended = zkmargin("model", "show", "public/model.json")
    assert ended.code == 3
    assert complaint in ended.err
