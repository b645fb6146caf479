"""Accepts proofs until it is killed: what `test_venue_replay.py` starts as a process of its own.

    python replay_victim.py STORE WHERE BLOWS

It proves and accepts one statement after another, each third one with a spoiled proof, and says on stdout which
nonces were accepted. At the given blow of the given place it kills itself as `kill -9` would; place `never` runs until
somebody else does.
"""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import sys
from typing import Any

from venue_samples import context, policy, proven

from zkmargin.circuits.errors import FalseStatement
from zkmargin.verifier import replay
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.replay import SeenStatements


def killing(function: Any, before: bool, blows: int) -> Any:
    """`function`, with a death just before or after its call number `blows`."""
    calls = itertools.count(1)

    def wrapped(*arguments: Any) -> Any:
        fatal = next(calls) == blows
        if fatal and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments)
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


def main(path: str, where: str, blows: int) -> None:
    arithmetic = select()
    match where:
        case "before verify":
            replay.verify = killing(replay.verify, True, blows)  # type: ignore[attr-defined]
        case "after verify":
            replay.verify = killing(replay.verify, False, blows)  # type: ignore[attr-defined]
        case "after insert":
            replay._write = killing(replay._write, False, blows)
        case "after commit":
            SeenStatements.register = killing(SeenStatements.register, False, blows)  # type: ignore[method-assign]
    seen = SeenStatements(path)
    for number in itertools.count(len(seen)):
        nonce = f"{os.getpid()}-{number}"
        made = proven(arithmetic, at=context(nonce))
        proof = made.proof if number % 3 else made.proof[:-40] + bytes([made.proof[-40] ^ 1]) + made.proof[-39:]
        try:
            seen.accept(made.statement, proof, policy(), arithmetic)
        except FalseStatement:
            print("refused", nonce, flush=True)
        else:
            print("accepted", nonce, flush=True)


if __name__ == "__main__":
    if sqlite3.sqlite_version_info < (3, 37):
        sys.exit("STRICT tables need SQLite 3.37")
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
