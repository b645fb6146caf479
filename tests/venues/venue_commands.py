"""Commands about many accounts, run in this process, and the arguments that most of them take."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import venue_samples as samples

from zkmargin.circuits.documents import Portfolio
from zkmargin.cli.main import run
from zkmargin.prover.account_file import new_account

AT = ["--at", "2026-11-21T08:01:00Z"]
DOCUMENTS = ["-b", "book.json", "-s", "snapshot.json", "-m", "model.json"]
ASKED = ["--show", "healthy", "--nonce", "n-1", "--max-age", "1h", "--snapshot-max-age", "1h"]
SIGNED = ["--signer", "venue.pub.json", "--attestation-max-age", "1h"]


class Screen(io.StringIO):
    """Where talk goes: a terminal, if a test says so."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


class Ended:
    """How a command ended, and what it said."""

    def __init__(self, *arguments: str | Path) -> None:
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), Screen()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.code = run([str(one) for one in arguments])
        out.seek(0)
        self.out, self.err = out.read(), err.getvalue()

    @property
    def json(self) -> dict[str, Any]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


def done(*arguments: str | Path) -> Ended:
    ended = Ended(*arguments)
    assert ended.code == 0, ended.err
    return ended


def own(name: str, vector: Sequence[int], path: str) -> None:
    """An account file, as `zkmargin account import` writes it."""
    file = new_account(name, samples.book(), Portfolio.from_units(samples.book(), vector))
    Path(path).write_bytes(file.canonical())
    os.chmod(path, 0o600)


def prove_venue(*more: str) -> Ended:
    moment = ["--at", "2026-11-21T08:00:30Z", "--out", "parts"]
    return Ended(
        "venue", "prove-all", "accounts", "--index", "index.json", *DOCUMENTS, "--nonce", "n-1", *moment, *more
    )


def verify_venue(*more: str) -> Ended:
    policy = [*ASKED, *SIGNED, "--attester", "venue.pub.json", "--venue", "venue", "--any", "account"]
    return Ended("venue", "verify", "parts", "--index", "index.json", *DOCUMENTS, *policy, *AT, *more)


def attest(name: str, venue: str, sequence: int = 1) -> None:
    done("commit", f"{name}.json", "--book", "book.json", "--out", f"{name}.commitment.json")
    key = ["--key", f"{venue}.key.json", "--venue", venue, "--sequence", str(sequence)]
    done("attest", f"{name}.commitment.json", *key, "--at", samples.TIME, "--out", f"{name}.attestation.json")


def combined(*attestations: str) -> Ended:
    done("commit", "add", "alice", *attestations, "--book", "book.json", "--out", "both.json", "--force")
    return prove_sum()


def prove_sum(*more: str) -> Ended:
    context = ["--venue", "clearing", "--nonce", "n-1", "--at", "2026-11-21T08:00:30Z", "--out", "proof.json"]
    return Ended("prove", "long.json", "short.json", "--sum", "both.json", *DOCUMENTS, *context, *more)


def verify_sum(*more: str) -> Ended:
    legs = [part for name in ("long", "short") for part in ("--attestation", f"{name}.attestation.json")]
    keys = ["--attester", "north=north.pub.json", "--attester", "south=south.pub.json"]
    policy = [*ASKED, *SIGNED, *keys, "--venue", "clearing", "--account", "alice"]
    return Ended("verify", "proof.json", "--sum", "both.json", *legs, *DOCUMENTS, *policy, *AT, *more)
