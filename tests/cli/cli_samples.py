"""Running commands in this process, and the options most of them take."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zkmargin.cli.main import run

DOCUMENTS = ["-b", "public/book.json", "-s", "public/snapshot.json", "-m", "public/model.json"]
ATTESTATION = ["--attestation", "public/alice.attestation.json"]
NOW = "2026-11-20T08:00:20Z"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        (line,) = self.out.strip().split("\n")
        value = json.loads(line)
        assert isinstance(value, dict)
        return value


class Captured(io.TextIOWrapper):
    """A text stream over bytes, as stdout is."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="\n")

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


def zkmargin(*arguments: str | Path, stdin: bytes = b"") -> Ended:
    """Run a command here, as the installed program would."""
    out, err = Captured(), Captured()
    source = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr("sys.stdin", source)
        code = run([str(one) for one in arguments])
    return Ended(code, out.text(), err.text())
