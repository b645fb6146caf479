"""Sums over books that differ, from the command line: mappings, books that grew, and every mismatch."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
import venue_samples as samples
from test_venue_broken_files import survives
from test_venue_mapping import PAIRS, SHORT, south_book
from venue_commands import AT, DOCUMENTS, Ended, attest, done, own, prove_sum, verify_sum

from zkmargin.circuits.documents import Book, Portfolio
from zkmargin.prover.account_file import new_account

MAPPED = ["--leg-book", "south.book.json", "--mapping", "mapping.json"]
FILES = ["long.attestation.json", "short.attestation.json"]
ADD = ["commit", "add", "alice", *FILES, "--book", "book.json", "--out", "both.json", "--force"]
MAP = ["book", "map", "south.book.json", "book.json"]
RENAMED = "".join(f"{source},{target}\n" for source, target in PAIRS if source != target)


def own_of(book: Book, path: str, vector: tuple[int, ...], name: str, venue: str) -> None:
    """An account of another book than the one on the desk, attested by its venue."""
    Path(f"{path}.book.json").write_bytes(book.canonical())
    made = new_account(name, book, Portfolio.from_units(book, vector))
    Path(f"{path}.json").write_bytes(made.canonical())
    os.chmod(f"{path}.json", 0o600)
    done("commit", f"{path}.json", "--book", f"{path}.book.json", "--out", f"{path}.commitment.json")
    key = ["--key", f"{venue}.key.json", "--venue", venue, "--sequence", "1"]
    done("attest", f"{path}.commitment.json", *key, "--at", samples.TIME, "--out", f"{path}.attestation.json")


@pytest.fixture
def mapped(desk: Path) -> Path:
    """A long leg in the shared book, a short one in the south's, and the mapping between the two."""
    own("alice", samples.units(-90_000, btc=1), "long.json")
    attest("long", "north")
    own_of(south_book(), "short", SHORT, "account 17", "south")
    Path("south.book.json").write_bytes(south_book().canonical())
    Path("pairs.csv").write_text(f"source,target\n{RENAMED}")
    told = done(*MAP, "--pairs", "pairs.csv", "--out", "mapping.json")
    assert "1 BTC/USD:BTC counts as 0.001 BTC/USDC:USDC" in told.out
    return desk


@pytest.fixture
def grown(desk: Path) -> Path:
    """The short leg is in an earlier book, that lacks the last entry."""
    own("alice", samples.units(-90_000, btc=1), "long.json")
    attest("long", "north")
    own_of(samples.book(entries=samples.entries()[:3]), "short", (110_000 * 100, 0, -10_000), "account 17", "south")
    return desk


def test_legs_of_mapped_books_pass_together(mapped: Path) -> None:
    done(*ADD, *MAPPED)
    proven = prove_sum(*MAPPED)
    assert proven.code == 0, proven.err
    verified = verify_sum(*MAPPED)
    assert verified.code == 0, verified.err
    assert "south: account 17, attestation 1" in verified.out


def test_legs_of_a_book_that_grew_pass_together(grown: Path) -> None:
    earlier = ["--leg-book", "short.book.json"]
    done(*ADD, *earlier)
    assert prove_sum(*earlier).code == 0
    assert verify_sum(*earlier).code == 0
    for refused in (Ended(*ADD), prove_sum("--force"), verify_sum()):
        assert (refused.code, "no earlier book with this digest" in refused.err) == (3, True)


@pytest.mark.parametrize("path", ["mapping.json", "south.book.json", "both.json"])
def test_broken_papers_of_a_mapped_sum(path: str, mapped: Path) -> None:
    done(*ADD, *MAPPED)
    assert prove_sum(*MAPPED).code == 0
    survives(path, lambda: verify_sum(*MAPPED), 8)


@pytest.mark.parametrize("path", ["mapping.json", "south.book.json"])
def test_broken_papers_of_a_mapping(path: str, mapped: Path) -> None:
    survives(path, lambda: Ended(*MAP, "--pairs", "mapping.json"), 9)


def test_the_margin_of_a_sum_is_explained(mapped: Path) -> None:
    """A contract long and a thousand thousandths short: nothing is left but 20,000 of cash."""
    (pool,) = done("margin", "long.json", "short.json", *DOCUMENTS, *MAPPED, "--json").json["pools"]
    assert {(level["equity"], level["requirement"]) for level in pool["levels"]} == {("20000", "0")}
    missing = Ended("margin", "long.json", "short.json", *DOCUMENTS)
    assert (missing.code, "hint: give it with --leg-book" in missing.err) == (3, True)


def test_the_margin_of_a_sum_over_a_book_that_grew(grown: Path) -> None:
    command = ["margin", "long.json", "short.json", *DOCUMENTS, "--leg-book", "short.book.json"]
    assert "alice + account 17 under three moves: healthy" in done(*command).out
    command.remove("long.json")
    assert "account 17 under three moves: no new risk" in done(*command).out


def test_a_mapping_that_one_side_does_not_have(mapped: Path) -> None:
    done(*ADD, *MAPPED)
    assert prove_sum(*MAPPED).code == 0
    for refused in (Ended(*ADD, *MAPPED[:2]), prove_sum("--force", *MAPPED[:2]), verify_sum(*MAPPED[:2])):
        assert refused.code == 3
        assert "differs from the earlier book, which may only grow at its end" in refused.err
    for refused in (Ended(*ADD, *MAPPED[2:]), prove_sum("--force", *MAPPED[2:]), verify_sum(*MAPPED[2:])):
        assert (refused.code, "give the book and its mapping" in refused.err) == (3, True)


def test_a_mapping_that_maps_no_leg(legs: Path) -> None:
    Path("south.book.json").write_bytes(south_book().canonical())
    Path("pairs.csv").write_text(f"source,target\n{RENAMED}")
    done(*MAP, "--pairs", "pairs.csv", "--out", "mapping.json")
    done(*ADD)
    assert prove_sum().code == 0
    for refused in (Ended(*ADD, *MAPPED), prove_sum("--force", *MAPPED), verify_sum(*MAPPED)):
        assert (refused.code, "mapping: no leg is of book" in refused.err) == (3, True)


def test_a_mapping_is_checked_again_and_stays_as_it_is(mapped: Path) -> None:
    again = done(*MAP, "--pairs", "mapping.json")
    assert json.loads(again.out) == json.loads(Path("mapping.json").read_text())
    rows = json.dumps([{"source": source, "target": target} for source, target in PAIRS])
    Path("pairs.json").write_text(rows)
    assert json.loads(done(*MAP, "--pairs", "pairs.json").out) == json.loads(again.out)
    other = Ended("book", "map", "book.json", "south.book.json", "--pairs", "mapping.json")
    assert (other.code, "it is of other books" in other.err) == (3, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source,target\n", "entries[0].target: the target book has no BTC/USD:BTC"),
        ("source,target\nBTC/USD:BTC,ETH/USDC:USDC\n", "are not the same thing"),
        ("source,target\nDOGE,BTC\n", "pairs[0].source: book south has no entry DOGE"),
        (f"source,target\n{RENAMED}BTC/USD:BTC,BTC\n", "pairs[1].target: BTC/USD:BTC counts as BTC/USDC:USDC already"),
        ("source,goal\nBTC,BTC\n", "line 1: the columns are source, target"),
        ("source,target\nBTC\n", "line 2: 1 cells under 2 columns"),
        ('[{"source": "BTC"}]', "pairs[0]: an object with the names"),
        ("[1]", "pairs[0]: an object with the names"),
        ('{"format": "zkmargin mapping"}', "pairs.txt: "),
        ("[", "pairs.txt: "),
    ],
)
def test_pairs_that_make_no_mapping(mapped: Path, text: str, words: str) -> None:
    Path("pairs.txt").write_text(text)
    refused = Ended(*MAP, "--pairs", "pairs.txt", "--out", "new.json")
    assert (refused.code, words in refused.err) == (3, True), refused.err
    assert not Path("new.json").exists()


def test_plain_commitments_add_up(desk: Path) -> None:
    """The commitment after a change, as anyone can derive it who has the two."""
    own("alice", samples.RICH, "alice.json")
    own("alice", samples.units(-4_000, eth=1), "fill.json")
    for name in ("alice", "fill"):
        done("commit", f"{name}.json", "--book", "book.json", "--out", f"{name}.commitment.json")
    paths = ["alice.commitment.json", "fill.commitment.json"]
    added = done("commit", "add", "alice", *paths, "--book", "book.json")
    done("update", "account", "alice.json", "fill.json", "--book", "book.json", "--out", "alice.2.json")
    assert json.loads(added.out) == json.loads(done("commit", "alice.2.json", "--book", "book.json").out)
    Path("other.json").write_bytes(south_book().canonical())
    foreign = Ended("commit", "add", "alice", *paths, "--book", "other.json")
    assert (foreign.code, "commitments[0].book: it is of another book than south" in foreign.err) == (3, True)
    earlier = Ended("commit", "add", "alice", *paths, "--book", "book.json", "--leg-book", "other.json")
    assert (earlier.code, "are for attestations" in earlier.err) == (2, True)


def test_attestations_and_commitments_do_not_mix(legs: Path) -> None:
    mixed = Ended("commit", "add", "alice", FILES[0], "short.commitment.json", "--book", "book.json")
    assert (mixed.code, "do not add up to one thing" in mixed.err) == (2, True)
    wrong = Ended("commit", "add", "alice", "book.json", "--book", "book.json")
    assert (wrong.code, "book.json: format: this is not a zkmargin attestation" in wrong.err) == (3, True)


def test_several_accounts_need_a_combination_and_its_options(legs: Path) -> None:
    context = ["--venue", "clearing", "--nonce", "n-1", "--out", "new.json"]
    several = Ended("prove", "long.json", "short.json", *DOCUMENTS, *context)
    assert (several.code, "--sum says as which" in several.err) == (2, True)
    for option in (MAPPED[:2], MAPPED[2:]):
        alone = Ended("prove", "long.json", *DOCUMENTS, *context, *option)
        assert (alone.code, "go with --sum" in alone.err) == (2, True)
        asked = Ended("verify", "proof.json", *DOCUMENTS, "--policy", "policy.json", *option, *AT)
        assert (asked.code, "go with --sum" in asked.err) == (2, True)
    latest = Ended("verify", "proof.json", *DOCUMENTS, "--policy", "policy.json", "--latest", "seen.db", *AT)
    assert (latest.code, "--latest goes with --sum" in latest.err) == (2, True)


def test_the_accounts_are_those_of_the_combination(legs: Path) -> None:
    done(*ADD)
    context = ["--sum", "both.json", *DOCUMENTS, "--venue", "clearing", "--nonce", "n-1", "--out", "new.json"]
    for files in (["long.json"], ["long.json", "long.json"]):
        wrong = Ended("prove", *files, *context)
        assert (wrong.code, "the combination is of account 17, alice" in wrong.err) == (3, True)
    other = samples.book(name="another").digest
    Path("both.json").write_text(json.dumps(json.loads(Path("both.json").read_text()) | {"book": other}))
    foreign = Ended("prove", "long.json", "short.json", *context)
    assert (foreign.code, "combination.book: it is of another book" in foreign.err) == (3, True)


def test_a_proof_about_a_sum_is_accepted_once(legs: Path) -> None:
    done(*ADD)
    assert prove_sum().code == 0
    assert verify_sum("--seen", "seen.db", "--latest", "seen.db").code == 0
    file = json.loads(Path("proof.json").read_text())
    data = bytearray(base64.b64decode(file["proof"]))
    data[-32] ^= 1
    Path("proof.json").write_text(json.dumps(file | {"proof": base64.b64encode(data).decode()}))
    again = verify_sum("--seen", "seen.db")
    assert (again.code, "accepted before" in again.err) == (4, True), "before the proof is looked at"
    assert verify_sum().code == 1
