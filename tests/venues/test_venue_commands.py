"""The commands about many accounts, run as a venue, a trader and an auditor would run them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import venue_samples as samples
from venue_commands import (
    ASKED,
    AT,
    DOCUMENTS,
    SIGNED,
    Ended,
    attest,
    combined,
    done,
    own,
    prove_venue,
    verify_sum,
    verify_venue,
)
from venue_samples import units

from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.cli.main import COMMANDS


def test_a_venue_proves_and_an_auditor_verifies(venue: Path) -> None:
    proven = prove_venue("--part", "3")
    assert proven.code == 0, proven.err
    assert "of 4 accounts in 2 parts" in proven.out
    verified = verify_venue("--json")
    assert verified.code == 0, verified.err
    assert (verified.json["accounts"], verified.json["parts"], verified.json["accepted"]) == (4, 2, True)
    assert "accepted: of all 4 accounts of venue" in verify_venue().out


def test_an_interrupted_venue_goes_on(venue: Path) -> None:
    assert prove_venue("--part", "2").code == 0
    kept = Path("parts/part-0001.json").read_bytes()
    Path("parts/part-0002.json").unlink()
    refused = verify_venue()
    assert (refused.code, "is not part 1 of 1" in refused.err) == (4, True)
    # Later, and without repeating when the first call was made.
    again = Ended(
        "venue",
        "prove-all",
        "accounts",
        "--index",
        "index.json",
        *DOCUMENTS,
        "--nonce",
        "n-1",
        "--part",
        "2",
        "--out",
        "parts",
    )
    assert again.code == 0, again.err
    assert Path("parts/part-0001.json").read_bytes() == kept
    assert verify_venue().code == 0


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_sees_how_far_the_venue_has_come(
    venue: Path, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr("venue_commands.Screen.terminal", terminal)
    seen = prove_venue("--part", "2").err
    for words in ("proving", "2/4", "4/4"):
        assert (words in seen) is terminal


def test_an_account_that_fails_stops_the_venue(venue: Path) -> None:
    own("dave", units(1, eth=-2), "accounts/dave.json")
    index = ["--venue", "venue", "--key", "venue.key.json", "--book", "book.json", "--out", "index.json", "--force"]
    done("venue", "index", "accounts", *index)
    refused = prove_venue()
    assert refused.code == 1
    assert "accounts[3]: the requirement" in refused.err


def test_accounts_that_are_not_in_the_index(venue: Path) -> None:
    own("erin", units(1), "accounts/erin.json")
    assert "5 accounts, the index has 4" in prove_venue().err
    Path("accounts/erin.json").unlink()
    own("bob", units(160_000, btc=-1), "accounts/bob.json")
    refused = prove_venue()
    assert refused.code == 3
    assert "accounts[1]: not the account" in refused.err


def test_an_index_without_its_signature_is_refused(venue: Path) -> None:
    assert prove_venue().code == 0
    Path("index.sig.json").unlink()
    refused = verify_venue()
    assert (refused.code, "not signed" in refused.err) == (4, True)


def test_a_trader_finds_the_account_by_its_receipt(venue: Path) -> None:
    done("commit", "accounts/carol.json", "--book", "book.json", "--out", "carol.commitment.json")
    receipt = ["--index", "index.json", "--key", "venue.key.json"]
    done("receipt", "new", "carol", *receipt, "--out", "carol.receipt.json")
    assert Path("carol.receipt.json").stat().st_mode & 0o077 == 0, "it tells whose leaf it is"
    found = done("receipt", "check", "carol.receipt.json", "carol.commitment.json", "--index", "index.json")
    assert "account carol is leaf 2 of 4" in found.out
    done("commit", "accounts/dave.json", "--book", "book.json", "--out", "dave.commitment.json")
    wrong = Ended("receipt", "check", "carol.receipt.json", "dave.commitment.json", "--index", "index.json")
    assert (wrong.code, "another account" in wrong.err) == (1, True)
    assert Ended("receipt", "new", "mallory", *receipt).code == 3


def test_the_book_balances(venue: Path) -> None:
    papers = ["--index", "index.json", "--book", "book.json"]
    done("venue", "open-sum", "accounts", *papers, "--out", "balance.json")
    found = done("audit", "books", "balance.json", *papers, "--total", "USDC=228000", "--total", "BTC=0.5")
    assert "longs equal shorts in 2 derivatives over 4 accounts" in found.out
    assert "not compared" not in found.out
    assert "give them with --total" in done("audit", "books", "balance.json", *papers).out
    wrong = Ended("audit", "books", "balance.json", *papers, "--total", "USDC=228001", "--total", "BTC=0.5")
    assert (wrong.code, "USDC totals 228000, published is 228001" in wrong.err) == (1, True)
    assert Ended("audit", "books", "balance.json", *papers, "--total", "USDC").code == 2


def test_totals_from_a_file(venue: Path) -> None:
    papers = ["--index", "index.json", "--book", "book.json"]
    done("venue", "open-sum", "accounts", *papers, "--out", "balance.json")
    check = ["audit", "books", "balance.json", *papers, "--totals", "totals.csv"]
    Path("totals.csv").write_text("symbol,amount\nUSDC,228000.00\nBTC,0.5\n")
    assert done(*check).out.endswith("as published\n")
    assert done(*check, "--json").json["totals_compared"] is True
    assert (Ended(*check, "--total", "USDC=1").code) == 2
    for text, code, words in (
        ("symbol,amount\nUSDC,228000\nBTC,0.6\n", 1, "BTC totals 0.5, published is 0.6"),
        ("symbol,amount\nUSDC,228000\n", 4, "no total of BTC was published"),
        ("symbol,amount\nUSDC,228000\nBTC,0.5\nDOGE,1\n", 3, "the book has no asset DOGE"),
        ("symbol,amount\nUSDC,1\nUSDC,2\n", 3, "line 3.symbol: USDC has a total already"),
        ("symbol,amount\nUSDC,1e3\n", 3, "line 2.amount: not a decimal"),
        ("asset,amount\nUSDC,1\n", 3, "line 1: the columns are symbol, amount"),
    ):
        Path("totals.csv").write_text(text)
        wrong = Ended(*check)
        assert (wrong.code, words in wrong.err) == (code, True), wrong.err


def test_a_book_that_does_not_balance(venue: Path) -> None:
    own("dave", units(9_000, eth=-1), "accounts/dave.json")
    papers = ["--index", "index.json", "--book", "book.json"]
    index = ["--venue", "venue", "--key", "venue.key.json", "--book", "book.json", "--out", "index.json", "--force"]
    done("venue", "index", "accounts", *index)
    done("venue", "open-sum", "accounts", *papers, "--out", "balance.json")
    wrong = Ended("audit", "books", "balance.json", *papers)
    assert (wrong.code, "ETH/USDC:USDC totals 1, longs and shorts differ" in wrong.err) == (1, True)


def test_two_legs_pass_together(legs: Path) -> None:
    context = ["--venue", "clearing", "--nonce", "n-1", "--out", "alone.json"]
    for name in ("long", "short"):
        alone = Ended("prove", f"{name}.json", *DOCUMENTS, *context)
        assert (alone.code, "the requirement" in alone.err) == (1, True)
    assert combined("long.attestation.json", "short.attestation.json").code == 0
    verified = verify_sum("--json")
    assert verified.code == 0, verified.err
    assert (verified.json["for"], verified.json["legs"]) == ("alice", 2)
    told = verify_sum().out
    assert "north: alice, attestation 1" in told
    keys = [json.loads(Path(f"{name}.pub.json").read_text())["key"][:12] for name in ("north", "south")]
    assert f"attested by {', '.join(sorted(keys))}\n" in told


def test_a_proof_is_accepted_once(desk: Path) -> None:
    own("alice", samples.RICH, "alice.json")
    attest("alice", "venue")
    context = ["--venue", "venue", "--nonce", "n-1", "--at", "2026-11-21T08:00:30Z", "--out", "proof.json"]
    done("prove", "alice.json", *DOCUMENTS, *context)
    policy = [*ASKED, *SIGNED, "--attester", "venue.pub.json", "--venue", "venue", "--account", "alice"]
    command = ["verify", "proof.json", *DOCUMENTS, *policy, "--attestation", "alice.attestation.json", *AT]
    refused = Ended(*command, "--seen", "seen.db", "--nonce", "another")
    assert refused.code == 4, "what is not accepted is not remembered"
    for expected in (0, 4):
        ended = Ended(*command, "--seen", "seen.db")
        assert ended.code == expected, ended.err
    assert "accepted before" in ended.err
    assert done(*command).code == 0, "without the file nothing is remembered"


def test_a_limit_is_proven_and_verified(desk: Path) -> None:
    own("alice", samples.RICH, "alice.json")
    context = ["--venue", "venue", "--nonce", "n-1", "--at", "2026-11-21T08:00:30Z", "--out", "proof.json"]
    assert Ended("prove", "alice.json", *DOCUMENTS, *context, "--show", "delta BTC -1 0.5").code == 1
    done("prove", "alice.json", *DOCUMENTS, *context, "--show", "delta BTC -1 1")
    asked = ["--venue", "venue", "--account", "alice", "--nonce", "n-1", "--max-age", "1h", "--any", "attesters"]
    waived = ["--any", "snapshot_signers", "--any", "snapshot_max_age"]
    told = done("verify", "proof.json", *DOCUMENTS, "--show", "delta BTC -1 1", *asked, *waived, *AT)
    assert "the net delta of BTC lies between -1 and 1" in told.out


def test_a_rollback_is_refused(legs: Path) -> None:
    assert combined("long.attestation.json", "short.attestation.json").code == 0
    assert verify_sum("--latest", "seen.db").code == 0
    from zkmargin.verifier.documents import Attestation
    from zkmargin.verifier.sequence import LatestAttestations

    told = Attestation.parse(Path("long.attestation.json").read_bytes())
    later = Attestation.build(**(told.model_dump(exclude={"format", "version"}) | {"sequence": 2}))
    LatestAttestations("seen.db").admit([later])
    refused = verify_sum("--latest", "seen.db")
    assert (refused.code, "older than number 2" in refused.err) == (4, True)


def test_a_fill_carries_account_and_attestation(legs: Path) -> None:
    own("alice", units(-4_000, eth=1), "fill.json")
    done("commit", "fill.json", "--book", "book.json", "--out", "fill.commitment.json")
    done("update", "account", "long.json", "fill.json", "--book", "book.json", "--out", "long.2.json")
    keys = ["--key", "north.key.json", "--update", "long.update.json", "--out", "long.2.attestation.json", *AT]
    told = done("update", "attest", "long.attestation.json", "fill.commitment.json", *keys)
    assert "sequence 2" in told.out
    done("update", "check", "long.update.json", "long.attestation.json")
    done("commit", "long.2.json", "--book", "book.json", "--out", "long.2.commitment.json")
    owner, venue = (json.loads(Path(f"long.2.{name}.json").read_text()) for name in ("commitment", "attestation"))
    assert owner["commitment"] == venue["commitment"]
    wrong = Ended("update", "check", "long.update.json", "short.attestation.json")
    assert (wrong.code, "follows another" in wrong.err) == (4, True)
    done("commit", "short.json", "--book", "book.json", "--out", "other.commitment.json")
    foreign = Ended("update", "attest", "long.attestation.json", "other.commitment.json", *keys, "--force")
    assert (foreign.code, "another account" in foreign.err) == (3, True)


def test_a_snapshot_from_several_sources(sources: list[str]) -> None:
    papers = ["--policy", "feeds.json", "--book", "book.json"]
    median = done("feeds", "median", *sources, *papers, *AT, "--out", "quotes.json")
    assert "bad feed source 2: spots BTC price is 150000" in median.out
    taken = Quotes.parse(Path("quotes.json").read_bytes())
    Path("median.json").write_bytes(taken.snapshot(samples.book()).canonical())
    checked = done("feeds", "check", *sources, *papers, "--snapshot", "median.json", "--last", "snapshot.json")
    assert "no price has jumped" in checked.out
    wrong = Ended("feeds", "check", *sources, *papers, "--snapshot", "snapshot.json")
    assert (wrong.code, "differs from the medians" in wrong.err) == (1, True)
    few = Ended("feeds", "median", *sources[:3], *papers, *AT)
    assert (few.code, "source 2: spots BTC price" in few.err) == (4, True)


def test_a_jump_is_refused(sources: list[str]) -> None:
    papers = ["--policy", "feeds.json", "--book", "book.json"]
    done("feeds", "median", *sources, *papers, *AT, "--out", "quotes.json")
    taken = Quotes.parse(Path("quotes.json").read_bytes())
    now = taken.snapshot(samples.book())
    Path("median.json").write_bytes(now.canonical())
    fields = now.model_dump(mode="json", exclude={"format", "version"}, exclude_none=True)
    fields["underlyings"][0]["index"] = "97000"
    from zkmargin.circuits.documents import Snapshot

    Path("last.json").write_bytes(Snapshot.build(**fields).canonical())
    refused = Ended("feeds", "check", *sources, *papers, "--snapshot", "median.json", "--last", "last.json")
    assert (refused.code, "circuit breaker: the index of BTC" in refused.err) == (4, True)


def test_every_new_kind_of_file_can_be_inspected(venue: Path) -> None:
    done("receipt", "new", "carol", "--index", "index.json", "--key", "venue.key.json", "--out", "receipt.json")
    papers = ["--index", "index.json", "--book", "book.json"]
    done("venue", "open-sum", "accounts", *papers, "--out", "balance.json")
    own("alice", units(1), "fill.json")
    Path("long.json").write_bytes(Path("accounts/alice.json").read_bytes())
    os.chmod("long.json", 0o600)
    attest("long", "north")
    done("commit", "fill.json", "--book", "book.json", "--out", "fill.commitment.json")
    keys = ["--key", "north.key.json", "--update", "update.json", "--out", "next.json", *AT]
    done("update", "attest", "long.attestation.json", "fill.commitment.json", *keys)
    done("commit", "add", "alice", "long.attestation.json", "--book", "book.json", "--out", "both.json")
    for name in ("index", "receipt", "balance", "update", "both"):
        assert done("inspect", f"{name}.json", "--json").json["ok"]


@pytest.mark.parametrize("name", ["update", "venue", "receipt", "feeds"])
def test_help_has_an_example_for_every_command(name: str) -> None:
    assert name in COMMANDS
    told = done(name, "--help")
    assert f"zkmargin {name} " in told.out
    inside = told.out.partition("Commands:")[2].splitlines()
    for line in [line for line in inside if line.startswith("  ") and line.strip() and line[2] != " "]:
        subcommand = line.split()[0]
        assert f"zkmargin {name} {subcommand}" in done(name, subcommand, "--help").out
