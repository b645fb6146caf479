"""The demonstration: what it leaves, what is private in it, and that it can be told again."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest
from cli_samples import zkmargin

PUBLIC = ("public", "two-venues", "whole-book")


def test_every_file_it_leaves_is_in_its_readme(told: Path) -> None:
    text = (told / "README.md").read_text()
    for folder in PUBLIC:
        section = text.partition(f"## {folder}: ")[2].partition("\n## ")[0]
        files = [path for path in (told / folder).rglob("*") if path.is_file()]
        assert files, folder
        for path in files:
            signed = path.name.removesuffix(".sig.json")
            assert path.name in section or (signed != path.name and f"`{signed}.json`" in section), path
    lines = re.findall(r"^\| (`[^|]+) \|", text, re.M)
    assert len(lines) > 10
    for line in lines:
        for name in re.findall(r"`([^`]+)`", line):
            assert list(told.glob(f"*/{name if '/' in name else '*' + name}")), name


def test_private_files_are_for_their_owner_alone(told: Path) -> None:
    places = [told / "private", *(told / "private").rglob("*")]
    files = [path for path in places if path.is_file()]
    assert len(files) >= 5 + 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in places if path.is_dir()} == {0o700}


def test_nothing_public_names_a_blinding_or_an_amount(told: Path) -> None:
    accounts = [json.loads(path.read_text()) for path in (told / "private").rglob("*.json")]
    owned = [account for account in accounts if account["format"] == "zkmargin account"]
    hidden = [one for account in owned for one in account["blinding"]]
    amounts = [row["amount"] for account in owned for row in account["portfolio"]["positions"]]
    distinctive = [*hidden, *(one for one in amounts if len(one) >= 6)]
    assert len(owned) == 12
    assert len(distinctive) > len(hidden)
    for path in [path for folder in (*PUBLIC, "tried") for path in (told / folder).rglob("*") if path.is_file()]:
        text = path.read_text()
        assert not [one for one in distinctive if f'"{one}"' in text], path


def test_it_ends_as_it_should_and_says_so_in_json(tmp_path: Path) -> None:
    ended = zkmargin("demo", "--out", tmp_path / "a", "--quick", "--json")
    assert ended.json["schema"] == "zkmargin.demo/1"
    codes = [(step["command"].split()[1], step["exit_code"]) for step in ended.json["steps"]]
    assert ("verify", 1) in codes
    assert codes.count(("verify", 4)) == 2, "stale prices, a superseded attestation"
    assert codes.count(("prove", 1)) == 3, "one unit short, and each leg alone"
    assert ("venue", 0) in codes
    assert ("receipt", 0) in codes
    assert codes.count(("audit", 1)) == 1, "reserves that are a cent short"
    assert codes[-1] == ("audit", 0)


def test_it_can_be_told_twice_in_one_folder(told: Path) -> None:
    before = (told / "public/proof.json").read_bytes()
    again = zkmargin("demo", "--out", told, "--quick")
    assert again.code == 0
    assert "accepted: equity covers the initial requirement" in again.out
    assert (told / "public/proof.json").read_bytes() != before, "proofs are fresh"


def test_it_does_not_write_into_somebody_elses_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    ended = zkmargin("demo", "--out", tmp_path, "--quick")
    assert ended.code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_a_step_that_ends_otherwise_stops_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The story is a test of itself: it never says more than happened."""
    monkeypatch.setattr("zkmargin.cli.scenes.tamper", lambda: None)
    ended = zkmargin("demo", "--out", tmp_path / "demo", "--quick")
    assert ended.code == 70
    assert "demo: zkmargin verify ended with exit code 2" in ended.err
