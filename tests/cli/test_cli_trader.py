"""What a trader sees of an account: sums that add up, pictures that are private, trades that are paid for."""

from __future__ import annotations

import json
import stat
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_samples import DOCUMENTS, zkmargin

from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.models import parse_model
from zkmargin.circuits.models.market import Market
from zkmargin.cli.sample import demo_book, demo_model, demo_positions
from zkmargin.verifier.documents import parse_shows
from zkmargin.verifier.documents.claim import compile_claim

BOOK = DOCUMENTS[:2]


def margin(*more: str) -> dict[str, Any]:
    return zkmargin("margin", "private/alice.json", *DOCUMENTS, "--json", *more).json


def test_levels_are_those_the_circuit_is_about(demo: Path) -> None:
    """The explanation and the compiled rule evaluate the same account to the same numbers."""
    book, snapshot = (
        Book.parse(Path("public/book.json").read_bytes()),
        Snapshot.parse(Path("public/snapshot.json").read_bytes()),
    )
    model = parse_model(Path("public/model.json").read_bytes())
    units = demo_positions(book).units(book)
    for level in margin()["pools"][0]["levels"]:
        compiled = compile_claim(book, snapshot, model, parse_shows(f"meets {level['level']}"))
        numbers = {line.name: line.numbers.ravel()[0] for line in compiled.explain(np.array([units], dtype=object))}
        assert Decimal(numbers[f"meets {level['level']}"]) == Decimal(level["headroom"])


def test_parts_add_up(demo: Path) -> None:
    (pool,) = margin()["pools"]
    assert sum(map(Decimal, pool["value_by_kind"].values())) == Decimal(pool["value"])
    for level in pool["levels"]:
        assert sum(map(Decimal, level["requirement_parts"].values())) == Decimal(level["requirement"])
        assert Decimal(level["equity"]) - Decimal(level["requirement"]) == Decimal(level["headroom"])
        assert level["meets"] is (Decimal(level["headroom"]) >= 0)


def test_scenarios_are_sizes_times_changes_of_price(demo: Path) -> None:
    book, snapshot = (
        Book.parse(Path("public/book.json").read_bytes()),
        Snapshot.parse(Path("public/snapshot.json").read_bytes()),
    )
    units, scenarios = demo_positions(book).units(book), snapshot.scenarios
    assert scenarios is not None
    rows = margin()["scenarios"]
    assert len(rows) == len(demo_model().scenarios)
    for index, row in enumerate(rows):
        expected = Fraction(0)
        for entry, held in zip(book.entries, units, strict=True):
            column = snapshot.rows[entry.symbol]
            then = Fraction(int(scenarios.matrix[index, column]), 10**scenarios.decimals)
            change = then - Fraction(snapshot.instruments[column].price)
            expected += Fraction(held, 10**entry.decimals) * Fraction(entry.contract_size) * change
        assert Fraction(row["change"]) == expected
        assert sum(map(Decimal, row["by_underlying"].values())) == Decimal(row["change"])


def test_only_what_is_asked_for_is_shown(demo: Path) -> None:
    everything = zkmargin("margin", "private/alice.json", *DOCUMENTS).out
    some = zkmargin("margin", "private/alice.json", *DOCUMENTS, "--level", "maintenance", "--scenarios", "3").out
    assert "Initial margin" in everything
    assert "Initial margin" not in some
    assert some.count("spot -") == 3
    assert "<- worst" in some
    assert "scenario" not in zkmargin("margin", "private/alice.json", *DOCUMENTS, "--scenarios", "0").out
    assert zkmargin("margin", "private/alice.json", *DOCUMENTS, "--level", "close out").code == 2


def test_a_missed_level_is_shown_as_such(demo: Path) -> None:
    ended = zkmargin("margin", "private/alice-one-unit-short.json", *DOCUMENTS)
    assert ended.code == 0, "looking at a margin is no failure"
    assert "MISSED" in ended.out
    assert ": no new risk" in ended.out
    assert "-0.000000" in ended.out, "a small shortfall does not show as zero"


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_pictures_are_private_and_the_same_every_time(demo: Path, kind: str, start: bytes) -> None:
    written = margin("--plot", "a", "--format", kind)["pictures"]
    margin("--plot", "b", "--format", kind)
    assert [Path(path).name for path in written] == [f"{name}.{kind}" for name in ("surface", "waterfall", "headroom")]
    for path in map(Path, written):
        assert path.read_bytes().startswith(start)
        assert path.read_bytes() == (Path("b") / path.name).read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert zkmargin("margin", "private/alice.json", *DOCUMENTS, "--plot", "a").code in (0, 2)
    assert zkmargin("margin", "private/alice.json", *DOCUMENTS, "--plot", "a", "--format", kind).code == 2


def what_if(trades: str) -> Any:
    command = ["what-if", "private/alice.json", "--trades", "-", *DOCUMENTS, "--json"]
    return zkmargin(*command, stdin=trades.encode())


def test_a_trade_at_the_mark_changes_no_equity(demo: Path) -> None:
    data = what_if("symbol,amount\nBTC/USDC:USDC,-0.5\n").json
    before, after = (data[when]["pools"][0]["levels"][0] for when in ("before", "after"))
    assert before["equity"] == after["equity"]
    assert before["requirement"] != after["requirement"]
    change = Decimal(after["headroom"]) - Decimal(before["headroom"])
    assert Decimal(data["changes"][0]["headroom_change"]) == change


def test_a_price_above_the_mark_costs_the_difference(demo: Path) -> None:
    data = what_if("symbol,amount,price\nBTC/USDC:USDC,2,92010\n").json
    before, after = (Decimal(data[when]["pools"][0]["levels"][0]["equity"]) for when in ("before", "after"))
    assert after - before == -20


@pytest.mark.parametrize(
    ("trades", "complaint"),
    [
        ("", "line 1: the columns are"),
        ("symbol\nBTC\n", "line 1: the columns are"),
        ("symbol,amount,size\n", "line 1: the columns are"),
        ("symbol,amount\nDOGE/USDC,1\n", "line 2.symbol"),
        ("symbol,amount\nBTC/USDC:USDC\n", "line 2: 1 cells under 2 columns"),
        ("symbol,amount\nBTC/USDC:USDC,1e3\n", "line 2.amount"),
        ("symbol,amount\nBTC/USDC:USDC,0.00001\n", "line 2.amount"),
        ("symbol,amount,price\nBTC/USDC:USDC,1,many\n", "line 2.price"),
        ('symbol,amount\n"BTC/USDC:USDC,1\n', "comma-separated"),
        ("symbol,amount\nUSDC,5\n", "line 2.symbol: cash"),
        ("symbol,amount\nBTC/USDC:USDC,99999999999999999\n", "does not fit"),
    ],
)
def test_trades_that_are_none(demo: Path, trades: str, complaint: str) -> None:
    ended = what_if(trades)
    assert ended.code == 3
    assert complaint in ended.json["error"]["message"]


def test_positions_come_as_a_table_a_list_or_a_portfolio(demo: Path) -> None:
    book = demo_book()
    portfolio = demo_positions(book)
    rows = [row.model_dump(mode="json", exclude_none=True) for row in portfolio.positions]
    forms = [Path("private/positions.csv").read_bytes(), json.dumps(rows[::-1]).encode(), portfolio.canonical()]
    for number, data in enumerate(forms):
        ended = zkmargin("account", "import", "a", "-", *BOOK, "-o", f"{number}.json", stdin=data)
        assert ended.code == 0, ended.err
        shown = zkmargin("account", "show", f"{number}.json", *BOOK, "--json").json
        assert shown["positions"] == rows


def test_an_account_of_another_book_is_not_shown(demo: Path) -> None:
    assert zkmargin("book", "new", "other", "--currency", "USDC", "--entries", "-", "-o", "other.json",
                    stdin=b"kind,symbol,decimals\ncash,USDC,6\n").code == 0  # fmt: skip
    ended = zkmargin("account", "show", "private/alice.json", "-b", "other.json")
    assert ended.code == 3
    assert "not of book other" in ended.err


@pytest.mark.parametrize(
    "shows", ["meets maintenance", "headroom initial 1000", "ratio initial 1.5", "requirement initial 1 900000"]
)
def test_claims_that_hold_are_proved_and_verified(demo: Path, shows: str) -> None:
    at = ["--at", "2026-11-20T08:00:10Z"]
    made = zkmargin("prove", "private/alice.json", *DOCUMENTS, "--show", shows, "--venue", "v", "--nonce", "n", *at)
    assert made.code == 0, made.err
    asked = ["--show", shows, "--venue", "v", "--account", "alice", "--nonce", "n", "--max-age", "1m", *at]
    waived = ["--any", "snapshot_signers", "--any", "snapshot_max_age", "--any", "attesters"]
    ended = zkmargin("verify", "-", *DOCUMENTS, *asked, *waived, stdin=made.out.encode())
    assert ended.code == 0, ended.err


@pytest.mark.parametrize("shows", ["fails initial", "headroom initial 171414.520653", "ratio initial 1.7", "bankrupt"])
def test_claims_that_do_not_hold_are_not(demo: Path, shows: str) -> None:
    ended = zkmargin("prove", "private/alice.json", *DOCUMENTS, "--show", shows, "--venue", "v", "--nonce", "n")
    assert ended.code == 1
    assert ended.out == ""
    assert "171414" not in ended.err, "by how much is between the owner and `zkmargin margin`"


def test_market_of_the_demonstration(demo: Path) -> None:
    """The rows the story speaks of are there."""
    book, snapshot = demo_book(), Snapshot.parse(Path("public/snapshot.json").read_bytes())
    kinds = [entry.kind for entry in book.entries]
    assert (len(kinds), kinds.count("option"), kinds.count("collateral"), kinds.count("future")) == (64, 48, 5, 6)
    assert Market(book, snapshot).bases(np.arange(6, 64)) == ("BTC", "ETH")


def test_what_if_in_words(demo: Path) -> None:
    ended = zkmargin("what-if", "private/alice.json", "--trades", "private/trades.csv", *DOCUMENTS)
    assert ended.code == 0
    assert ended.out.startswith("Before and after, in USDC: healthy -> healthy")
    for words in ("initial headroom", "maintenance requirement"):
        assert words in ended.out
