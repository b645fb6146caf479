"""The backtest command on a week of made-up markets, in which one day is a crash."""

from __future__ import annotations

import json
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cli_samples import Ended, zkmargin

PUBLIC = ["-b", "public/book.json", "-m", "public/model.json"]
MOVES = ["1", "1.01", "0.99", "0.5", "0.51"]
"""The level of all prices on each day."""


def scaled(text: str, move: str) -> str:
    return format((Decimal(text) * Decimal(move)).quantize(Decimal("0.01")).normalize(), "f")


def quotes(base: dict[str, Any], day: int, move: str) -> bytes:
    """The demonstration's quotes with every price moved, on a later day."""
    made = json.loads(json.dumps(base))
    made["time"] = f"2026-11-{20 + day}T08:00:00Z"
    for spot in made["spots"]:
        spot["price"] = scaled(spot["price"], move)
    for term in made["terms"]:
        term["forward"] = scaled(term["forward"], move)
    return json.dumps(made).encode()


@pytest.fixture
def days(demo: Path) -> list[str]:
    """Snapshots of the week, named so that their order of names is not that of time."""
    base = json.loads(Path("public/quotes.json").read_text())
    paths = []
    for day, move in enumerate(MOVES):
        path = f"{9 - day}.json"
        ended = zkmargin("snapshot", "build", "-", *PUBLIC, "--out", path, stdin=quotes(base, day, move))
        assert ended.code == 0, ended.err
        paths.append(path)
    return sorted(paths)


def backtest(*arguments: str) -> Ended:
    return zkmargin("backtest", "private/alice.json", *arguments, *PUBLIC)


def test_a_crash_is_a_breach(days: list[str]) -> None:
    data = backtest(*days, "--json").json
    assert data["schema"] == "zkmargin.backtest/1"
    assert [day["time"] for day in data["days"]] == [f"2026-11-{20 + day}T08:00:00Z" for day in range(4)]
    assert [day["breach"] for day in data["days"]] == [False, False, True, False]
    assert data["breaches"] == 1
    for day in data["days"]:
        lost, required, apart = (Decimal(day[name]) for name in ("realised", "requirement", "apart"))
        assert day["breach"] == (-lost > required)
        assert Decimal(day["saved"]) == apart - required
    assert data["zone"] == "yellow"


def test_each_requirement_is_the_one_margin_explains(days: list[str]) -> None:
    found = backtest(*days, "--json", "--level", "initial").json
    newest = max(days)
    explained = zkmargin("margin", "private/alice.json", *PUBLIC, "-s", newest, "--json").json
    (initial,) = [one for one in explained["pools"][0]["levels"] if one["level"] == "initial"]
    assert found["days"][0]["requirement"] == initial["requirement"]


def test_the_text_says_what_happened(days: list[str]) -> None:
    ended = backtest(*days, "--expected", "0.25")
    assert ended.code == 0
    assert "1 breach in 4 days at 25.00% expected" in ended.out
    assert "compatible with the expected share" in ended.out
    assert ended.out.splitlines()[0].endswith("maintenance: green")


@pytest.mark.parametrize(("name", "start"), [("week.svg", b"<?xml"), ("week.png", b"\x89PNG")])
def test_the_picture_is_private_and_whole(name: str, start: bytes, days: list[str]) -> None:
    ended = backtest(*days, "--plot", name)
    assert ended.code == 0
    assert "written: " + name in ended.err
    assert Path(name).read_bytes().startswith(start)
    assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600
    assert backtest(*days, "--plot", name).code == 2
    assert backtest(*days, "--plot", name, "--force").code == 0


def test_what_cannot_be_tested_is_said(days: list[str]) -> None:
    for arguments, complaint in (
        (days[:1], "at least two"),
        ([days[0], days[0]], "order of time"),
        *(([*days, "--expected", bad], "not a share") for bad in ("1", "0", "0.0", "nan", "1e-2", "-.1", "٠.١")),
        ([*days, "--plot", "week.gif"], ".svg or .png"),
        (["missing.json", *days], "missing.json"),
        ([*days, "public/proof.json"], "public/proof.json"),
    ):
        ended = backtest(*arguments)
        assert ended.code in (2, 3), ended
        assert complaint in ended.err
        assert "Traceback" not in ended.err
