"""Broken files: whatever is wrong with them, a command ends with a code of the table and never as an internal fault."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import venue_samples as samples
from secrecy import told
from venue_commands import Ended, attest, combined, done, own, prove_sum, prove_venue, verify_sum, verify_venue

ODD: list[Any] = [
    None,
    True,
    -1,
    2**63,
    10**400,
    "",
    "\u0000",
    "\ud800",
    "-0",
    "1e3000000",
    "00" * 32,
    [],
    {},
    [[]],
    0.5,
]
ROUNDS = 25


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, child in children for place in places(child, (*at, key)))]


def broken(data: bytes, draw: random.Random) -> bytes:
    """One of: an odd value somewhere, a field gone, a byte changed, the end cut off."""
    match draw.randrange(4):
        case 0:
            at = draw.randrange(len(data))
            return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
        case 1:
            return data[: draw.randrange(len(data))]
        case kind:
            value = json.loads(data)
            *way, last = draw.choice(places(value)[1:])
            target = value
            for key in way:
                target = target[key]
            if kind == 2:
                target[last] = draw.choice(ODD)
            else:
                del target[last]
            return json.dumps(value).encode("utf-8", "surrogatepass")


def survives(path: str, command: Callable[[], Ended], seed: int) -> None:
    """The command, on many broken forms of one of its files."""
    whole = Path(path).read_bytes()
    draw = random.Random(seed)
    for _ in range(ROUNDS):
        Path(path).write_bytes(broken(whole, draw))
        ended = command()
        assert ended.code in (0, 1, 2, 3, 4, 5), f"{path}: {ended.err}"
        assert "Traceback" not in ended.err
    Path(path).write_bytes(whole)
    assert command().code == 0


@pytest.mark.parametrize("path", ["index.json", "index.sig.json", "parts/part-0001.json"])
def test_venue_verify(path: str, venue: Path) -> None:
    assert prove_venue("--part", "3").code == 0
    survives(path, verify_venue, 1)


@pytest.mark.parametrize("path", ["both.json", "long.attestation.json", "long.attestation.sig.json", "proof.json"])
def test_verify_of_a_sum(path: str, legs: Path) -> None:
    assert combined("long.attestation.json", "short.attestation.json").code == 0
    survives(path, verify_sum, 2)


@pytest.mark.parametrize("path", ["balance.json", "index.json"])
def test_audit_books(path: str, venue: Path) -> None:
    papers = ["--index", "index.json", "--book", "book.json"]
    done("venue", "open-sum", "accounts", *papers, "--out", "balance.json")
    survives(path, lambda: Ended("audit", "books", "balance.json", *papers), 3)


@pytest.mark.parametrize("path", ["receipt.json", "index.json"])
def test_receipt_check(path: str, venue: Path) -> None:
    done("commit", "accounts/carol.json", "--book", "book.json", "--out", "carol.json")
    done("receipt", "new", "carol", "--index", "index.json", "--key", "venue.key.json", "--out", "receipt.json")
    survives(path, lambda: Ended("receipt", "check", "receipt.json", "carol.json", "--index", "index.json"), 4)


@pytest.mark.parametrize("path", ["feeds.json", "feed0.json", "feed1.sig.json"])
def test_feeds_median(path: str, sources: list[str]) -> None:
    papers = ["--policy", "feeds.json", "--book", "book.json", "--at", "2026-11-21T08:01:00Z"]
    survives(path, lambda: Ended("feeds", "median", *sources, *papers), 5)


@pytest.mark.parametrize("path", ["update.json", "long.attestation.json"])
def test_update_check(path: str, desk: Path) -> None:
    own("alice", samples.RICH, "long.json")
    attest("long", "north")
    own("alice", samples.units(1), "fill.json")
    done("commit", "fill.json", "--book", "book.json", "--out", "fill.commitment.json")
    keys = ["--key", "north.key.json", "--update", "update.json", "--out", "next.json"]
    done("update", "attest", "long.attestation.json", "fill.commitment.json", *keys, "--at", "2026-11-21T08:01:00Z")
    survives(path, lambda: Ended("update", "check", "update.json", "long.attestation.json"), 6)


def test_a_private_file_is_never_quoted(legs: Path) -> None:
    """Broken account files are refused without a word of what is in them."""
    assert combined("long.attestation.json", "short.attestation.json").code == 0
    whole = Path("long.json").read_bytes()
    draw = random.Random(7)
    secrets = json.loads(whole)["blinding"] + ["90000"]
    for _ in range(ROUNDS):
        Path("long.json").write_bytes(broken(whole, draw))
        ended = prove_sum("--force")
        assert ended.code in (0, 1, 2, 3, 4, 5), ended.err
        assert not told(secrets, ended.err + ended.out)
