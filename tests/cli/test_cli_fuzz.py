"""No file, however broken, makes a command fall over: every ending is one of the seven codes, and no secret is told."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_samples import ATTESTATION, DOCUMENTS, NOW, zkmargin
from secrecy import told

ODD: list[Any] = [
    None,
    True,
    -1,
    0,
    2**63,
    10**400,
    "",
    "x" * 5000,
    "\u0000",
    "\ud800",
    "NaN",
    "-0",
    "1e3000000",
    "１２",
    "1_000",
    "0" * 64,
    "-1",
    "999999999999999999999999",
    [],
    {},
    [[]],
    {"a": {"b": {}}},
    0.5,
    1e300,
]


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, child in children for path in paths(child, (*at, key)))]


def with_odd_value(data: bytes, draw: random.Random) -> bytes:
    value = json.loads(data)
    *way, last = draw.choice(paths(value)[1:])
    target = value
    for key in way:
        target = target[key]
    target[last] = draw.choice(ODD)
    return json.dumps(value).encode("utf-8", "surrogatepass")


def without_a_field(data: bytes, draw: random.Random) -> bytes:
    value = json.loads(data)
    *way, last = draw.choice(paths(value)[1:])
    target = value
    for key in way:
        target = target[key]
    del target[last]
    return json.dumps(value).encode()


def with_a_stranger(data: bytes, draw: random.Random) -> bytes:
    text = data.decode()
    at = draw.choice([place for place, character in enumerate(text) if character == "{"]) + 1
    return (text[:at] + draw.choice(['"x": 1,', '"format": "x",', '"__class__": "x",']) + text[at:]).encode()


def cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def flipped(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << draw.randrange(8))]) + data[at + 1 :]


def spliced(data: bytes, draw: random.Random) -> bytes:
    at, other = sorted((draw.randrange(len(data)), draw.randrange(len(data))))
    return data[:at] + data[other:] + data[at:other]


def deep(data: bytes, _: random.Random) -> bytes:
    return b"[" * 100_000


def doubled(data: bytes, _: random.Random) -> bytes:
    return data + data


def marked(data: bytes, _: random.Random) -> bytes:
    return b"\xef\xbb\xbf" + data


def junk(data: bytes, draw: random.Random) -> bytes:
    return draw.randbytes(200)


BYTES: list[Callable[[bytes, random.Random], bytes]] = [cut, flipped, spliced, doubled, marked, junk, deep]
FIELDS = [with_odd_value] * 4 + [without_a_field, with_a_stranger]
TIMES = 14

POLICY = [*ATTESTATION, "--policy", "public/policy.json", "--at", NOW]
VERIFY = ["verify", "public/proof.json", *DOCUMENTS, *POLICY]
BOOK = DOCUMENTS[:2]
TARGETS: list[tuple[str, list[str]]] = [
    ("public/proof.json", VERIFY),
    ("public/book.json", VERIFY),
    ("public/snapshot.json", VERIFY),
    ("public/snapshot.sig.json", VERIFY),
    ("public/model.json", VERIFY),
    ("public/policy.json", VERIFY),
    ("public/alice.attestation.json", VERIFY),
    (
        "public/exchange.pub.json",
        ["snapshot", "check", "public/snapshot.json", *BOOK, "--signer", "public/exchange.pub.json"],
    ),
    ("public/quotes.json", ["snapshot", "build", "public/quotes.json", *BOOK, "-m", "public/model.json"]),
    ("public/model.json", ["snapshot", "build", "public/quotes.json", *BOOK, "-m", "public/model.json"]),
    ("private/alice.json", ["margin", "private/alice.json", *DOCUMENTS]),
    ("public/model.json", ["margin", "private/alice.json", *DOCUMENTS]),
    ("private/alice.json", ["prove", "private/alice.json", *DOCUMENTS, "--venue", "v", "--nonce", "n"]),
    ("private/positions.csv", ["account", "import", "a", "private/positions.csv", *BOOK, "-o", "new.json"]),
    ("private/exchange.key.json", ["snapshot", "sign", "public/snapshot.json", "-k", "private/exchange.key.json"]),
    (
        "public/alice.commitment.json",
        [
            "attest",
            "public/alice.commitment.json",
            "-k",
            "private/exchange.key.json",
            "--venue",
            "v",
            "--sequence",
            "1",
            "-o",
            "new.json",
        ],
    ),
    ("public/proof.json", ["inspect", "public/proof.json"]),
    ("private/alice.json", ["inspect", "private/alice.json"]),
    ("public/snapshot.json", ["audit", "public", "--policy", "public/policy.json", "--at", NOW]),
]


def secrets() -> list[str]:
    """What no output may hold, unless the owner asked to see it; short numbers stand in public files by accident."""
    account = json.loads(Path("private/alice.json").read_text())
    amounts = [row["amount"] for row in account["portfolio"]["positions"]]
    seed = json.loads(Path("private/exchange.key.json").read_text())["seed"]
    public = "".join(path.read_text() for path in Path("public").glob("*.json"))
    return [*account["blinding"], seed, *(one for one in amounts if len(one) >= 5 and one not in public)]


def test_the_search_for_secrets_sees() -> None:
    assert told(["48000", "1.5"], "missed by 48000 USDC") == ["48000"]
    assert not told(["48000"], "digest ab48000c9d12")


@pytest.mark.parametrize(("name", "command"), TARGETS, ids=[f"{name}-{line[0]}" for name, line in TARGETS])
def test_broken_files(demo: Path, name: str, command: list[str]) -> None:
    draw = random.Random(f"{name} {command[0]}")
    path, hidden = Path(name), secrets()
    good = path.read_bytes()
    mutations = [*BYTES, *(FIELDS if name.endswith(".json") else BYTES)]
    for turn in range(TIMES):
        mutation = draw.choice(mutations)
        path.write_bytes(mutation(good, draw))
        ended = zkmargin(*command)
        where = f"turn {turn}, {mutation.__name__}: {ended.err[-300:]}"
        assert ended.code in (0, 1, 2, 3, 4, 5), where
        assert "Traceback" not in ended.err, where
        shown = ended.err if command[0] == "margin" else ended.out + ended.err
        assert not told(hidden, shown), where
        if ended.code != 0:
            assert ended.err.startswith("error: ") or command[0] == "audit", where
            assert ended.err.count("\n") <= 3, where
        for made in ("new.json", "new.sig.json", "public/snapshot.sig.json"):
            if command[0] != "verify" and made != name:
                Path(made).unlink(missing_ok=True)


@pytest.mark.parametrize("seed", range(6))
def test_random_words_on_the_command_line(demo: Path, seed: int) -> None:
    draw = random.Random(seed)
    words = [
        "verify",
        "prove",
        "margin",
        "--json",
        "-b",
        "public/book.json",
        "private/alice.json",
        "--any",
        "venue",
        "-",
        "--out",
        "",
        "--",
        "-o",
        "audit",
        "books",
        "commit",
        "add",
        "--sum",
        "public",
        "--at",
        NOW,
        "--policy",
        "\udcff",
        "book",
        "new",
        os.fsdecode("🂡".encode()),
        "--format",
    ]
    for _ in range(25):
        chosen = [draw.choice(words) for _ in range(draw.randrange(8))]
        ended = zkmargin(*chosen)
        assert ended.code in (0, 1, 2, 3, 4, 5), (chosen, ended.err)
