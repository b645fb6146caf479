"""Fixtures of the tests about venues: an arithmetic, and folders in which commands have begun their work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import venue_evidence as evidence
import venue_samples as samples
from venue_commands import attest, done, own
from venue_legs import Two
from venue_samples import units

from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.arithmetics import select


@pytest.fixture(scope="session")
def fast() -> Arithmetic:
    return select("portable")


@pytest.fixture(scope="session")
def two(fast: Arithmetic) -> Two:
    return Two(fast)


@pytest.fixture(scope="session")
def venue_run(fast: Arithmetic, tmp_path_factory: pytest.TempPathFactory) -> evidence.parts.Run:
    """Five accounts whose positions cancel, to be proven in parts."""
    return evidence.parts.Run(fast, tmp_path_factory.mktemp("parts"), evidence.BALANCED)


@pytest.fixture(scope="session")
def published(venue_run: evidence.parts.Run, fast: Arithmetic) -> evidence.Files:
    """Everything that an audit may find."""
    return evidence.everything(venue_run, fast)


@pytest.fixture
def folder(published: evidence.Files, tmp_path: Path, fast: Arithmetic) -> evidence.Folder:
    """A folder with all of it, which a test may spoil."""
    target = tmp_path / "evidence"
    target.mkdir()
    return evidence.Folder(target, published, fast)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the public documents and keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZKMARGIN_ARITHMETIC", "portable")
    for name, document in (("book", samples.book()), ("snapshot", samples.snapshot()), ("model", samples.model())):
        Path(f"{name}.json").write_bytes(document.canonical())
    for name in ("venue", "north", "south"):
        done("key", "new", name, "--out", f"{name}.key.json")
    done("snapshot", "sign", "snapshot.json", "--key", "venue.key.json")
    return tmp_path


@pytest.fixture
def venue(desk: Path) -> Path:
    """Four accounts whose positions cancel, and their index."""
    Path("accounts").mkdir()
    for name, vector in {
        "alice": units(50_000, btc=1),
        "bob": units(160_000, btc=-1),
        "carol": units(9_000, 0.5, eth=2),
        "dave": units(9_000, eth=-2),
    }.items():
        own(name, vector, f"accounts/{name}.json")
    index = ["--venue", "venue", "--key", "venue.key.json", "--book", "book.json", "--out", "index.json"]
    told = done("venue", "index", "accounts", *index, "--at", samples.TIME)
    assert told.out.startswith("indexed: 4 accounts, root ")
    return desk


@pytest.fixture
def legs(desk: Path) -> Path:
    """A long leg in the north, a short one in the south; neither is healthy."""
    own("alice", units(-90_000, btc=1), "long.json")
    own("account 17", units(110_000, btc=-1), "short.json")
    attest("long", "north")
    attest("short", "south")
    return desk


@pytest.fixture
def sources(desk: Path) -> list[str]:
    """Three signed feeds, one of them far off, and the policy."""
    paths = []
    for number, price in enumerate(("100000", "100010", "150000", "100004")):
        done("key", "new", f"source {number}", "--out", f"source{number}.key.json")
        spots = [{"asset": "BTC", "price": price}, {"asset": "ETH", "price": "4000"}]
        quotes = Quotes.build(time=samples.TIME, source=f"source {number}", currency="USDC", spots=spots)
        Path(f"feed{number}.json").write_bytes(quotes.canonical())
        done("feeds", "sign", f"feed{number}.json", "--key", f"source{number}.key.json")
        paths.append(f"feed{number}.json")
    keys = [json.loads(Path(f"source{number}.pub.json").read_text())["key"] for number in range(4)]
    named = [{"name": f"source {number}", "key": key} for number, key in enumerate(keys)]
    limits = {"least": 3, "max_age": 300, "max_deviation": "0.01", "max_move": "0.02"}
    policy = {"format": "zkmargin feed policy", "version": 1, "sources": named} | limits
    Path("feeds.json").write_text(json.dumps(policy))
    return paths
