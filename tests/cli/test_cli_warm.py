"""The first run: said once, on stderr, and never again while the kernels are there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from zkmargin.cli import warm


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands for the packages of kernels; holds what was compiled."""
    done: list[str] = []
    marker = tmp_path / "marker"

    def warm_up(progress: object) -> None:
        assert callable(progress)
        progress("everything")
        done.append("compiled")
        marker.touch()

    parts = {"compiler": SimpleNamespace(marker=lambda: marker), "warmup": SimpleNamespace(warm_up=warm_up)}
    monkeypatch.setattr("importlib.import_module", lambda name: parts[name.rpartition(".")[2]])
    return done


def test_the_first_run_says_what_it_does(compiled: list[str]) -> None:
    said: list[str] = []
    warm.warm("portable", said.append)
    assert said[0].startswith("first run: compiling the portable kernels")
    assert said[1:] == ["  everything"]
    warm.warm("portable", said.append)
    assert (len(said), compiled) == (2, ["compiled"])


def test_the_reference_has_nothing_to_compile(compiled: list[str]) -> None:
    warm.warm("reference", lambda _: None)
    assert compiled == []
