"""`SeenStatements`: a statement is accepted once. Venue, account and nonce of its context name it for good.

    1. seen before?          refused without looking at the proof
    2. verify                raises the typed reason
    3. write, and sync       the row is the acceptance; of two that verify at once, one writes and the other is refused

A row exists only for a proof that has been verified, and `accept` returns only after its row is on disk. A process
killed between 2 and 3 has accepted nothing and the proof may be shown again; killed after 3 it finds the acceptance
with `find`. Expired statements may be forgotten: the store keeps the time up to which it has, and refuses anything
that expires before it, even if the clock is set back.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from zkmargin.circuits.errors import PolicyRefused, ZkMarginError
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.batch import Task, Verdict, verify_batch
from zkmargin.verifier.checking import Checked, Papers, check_proof
from zkmargin.verifier.documents.claim import ProofFile
from zkmargin.verifier.documents.policy import PolicyFile
from zkmargin.verifier.statement import Context, Policy, Shown, Statement
from zkmargin.verifier.store import Store
from zkmargin.verifier.verify import verify


@dataclass(frozen=True)
class Acceptance:
    """What the store knows of an accepted statement."""

    statement: bytes
    """Digest of the statement."""
    system: bytes
    proof: bytes
    """SHA-256 of the proof that was verified."""
    accepted_at: int
    expires_at: int


class SeenStatements:
    """The statements a verifier has accepted, in a file that several processes may share."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._store = Store(path)

    def accept(self, statement: Statement, proof: bytes, policy: Policy, arithmetic: Arithmetic) -> Shown:
        """`verify`, and never again for this venue, account and nonce."""
        self.check_new(statement.context)
        shown = verify(statement, proof, policy, arithmetic)
        self.register(shown, proof, policy.now)
        return shown

    def check_proof(
        self, file: ProofFile, papers: Papers, policy: PolicyFile, now: int, arithmetic: Arithmetic
    ) -> Checked:
        """`checking.check_proof`, and never again for this venue, account and nonce."""
        self.check_new(file.statement.context)
        checked = check_proof(file, papers, policy, now, arithmetic)
        self.register(checked.shown, file.proof_bytes, now)
        return checked

    def accept_batch(self, tasks: Sequence[Task], arithmetic: Arithmetic) -> list[Verdict]:
        """`accept` for each task, in order. A context that occurs twice in the batch is accepted once."""
        verdicts = verify_batch(tasks, arithmetic)
        with self._store.writing() as connection:
            for index, task in enumerate(tasks):
                verdict = verdicts[index]
                if isinstance(verdict, Shown):
                    verdicts[index] = _write(connection, verdict, task.proof, task.policy.now)
        return verdicts

    def check_new(self, context: Context) -> None:
        """Refuse a context that was accepted before, or may have been and is forgotten."""
        with self._store.reading() as connection:
            _check_horizon(connection, context)
            if _find(connection, context) is not None:
                raise PolicyRefused(SEEN)

    def register(self, shown: Shown, proof: bytes, now: int) -> None:
        """Write down what `verify` has accepted; refused if it is there already. This is the acceptance."""
        with self._store.writing() as connection:
            verdict = _write(connection, shown, proof, now)
        if isinstance(verdict, ZkMarginError):
            raise verdict

    def find(self, context: Context) -> Acceptance | None:
        """The acceptance of a venue, account and nonce, if there was one."""
        with self._store.reading() as connection:
            return _find(connection, context)

    def forget_expired(self, now: int) -> int:
        """Remove what expired before `now`; returns how many rows went."""
        with self._store.writing() as connection:
            removed = connection.execute("DELETE FROM seen WHERE expires_at < ?", (now,)).rowcount
            connection.execute("UPDATE horizon SET cleared_before = max(cleared_before, ?)", (now,))
        return removed

    def __len__(self) -> int:
        with self._store.reading() as connection:
            count: int = connection.execute("SELECT count(*) FROM seen").fetchone()[0]
            return count


SEEN = "policy: this venue, account and nonce have been accepted before"


def _key(context: Context) -> tuple[str, str, str]:
    return (context.venue, context.account, context.nonce)


def _write(connection: sqlite3.Connection, shown: Shown, proof: bytes, now: int) -> Verdict:
    """One row, inside a transaction that excludes all other writers."""
    context = shown.context
    try:
        _check_horizon(connection, context)
    except PolicyRefused as error:
        return error
    row = (*_key(context), context.expires_at, now, shown.statement, shown.system, sha256(proof).digest())
    command = "INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    if connection.execute(command, row).rowcount != 1:
        return PolicyRefused(SEEN)
    return shown


def _find(connection: sqlite3.Connection, context: Context) -> Acceptance | None:
    columns = "statement, system, proof, accepted_at, expires_at"
    where = "venue = ? AND account = ? AND nonce = ?"
    row = connection.execute(f"SELECT {columns} FROM seen WHERE {where}", _key(context)).fetchone()
    return None if row is None else Acceptance(*row)


def _check_horizon(connection: sqlite3.Connection, context: Context) -> None:
    (cleared,) = connection.execute("SELECT cleared_before FROM horizon").fetchone()
    if context.expires_at < cleared:
        raise PolicyRefused("policy: the statement expires before the time up to which seen statements were forgotten")
