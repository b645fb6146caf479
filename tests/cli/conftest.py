"""One demonstration for all tests of the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cli_samples import zkmargin


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demonstration."""
    folder = tmp_path_factory.mktemp("story") / "demo"
    ended = zkmargin("demo", "--out", folder, "--quick", "--json")
    assert ended.code == 0, ended.err
    return folder


@pytest.fixture
def demo(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that a test may spoil, as the working folder; without the settings of whoever runs the tests."""
    copy = tmp_path / "demo"
    for path in told.rglob("*"):
        target = copy / path.relative_to(told)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            target.chmod(path.stat().st_mode & 0o777)
    for name in [name for name in os.environ if name.startswith("ZKMARGIN_") and name != "ZKMARGIN_ARITHMETIC"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture
def changed(demo: Path) -> Any:
    """Change a field of a JSON file in place."""

    def change(place: str, **fields: Any) -> Path:
        path = demo / place
        value = json.loads(path.read_text())
        value.update(fields)
        path.write_text(json.dumps({key: item for key, item in value.items() if item is not None}))
        return path

    return change
