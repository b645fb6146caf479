"""The programs in examples/ run and end well."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_rule_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "own_rule.py"), run_name="__main__")
    out = capsys.readouterr().out
    assert "accepted: 1 account" in out
    assert "requirement: 6305.25" in out


def test_the_terminal_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["pictures.py", str(tmp_path)])
    runpy.run_path(str(EXAMPLES / "pictures.py"), run_name="__main__")
    drawn = (tmp_path / "terminal.svg").read_text(encoding="utf-8")
    assert "accepted" in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", ""), "nothing is loaded from anywhere"
