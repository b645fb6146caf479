"""`LatestAttestations`: an account's attestations only move forward. An earlier one never passes for the latest."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence

from zkmargin.circuits.errors import PolicyRefused
from zkmargin.verifier.documents.commitment import Attestation
from zkmargin.verifier.store import Store


class LatestAttestations:
    """The highest sequence number seen of every venue's accounts, in the file that also holds seen statements."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._store = Store(path)

    def admit(self, attestations: Sequence[Attestation]) -> None:
        """Remember these, all or none; refused if one of them lies behind, or beside, what is known."""
        with self._store.writing() as connection:
            for attestation in attestations:
                _advance(connection, attestation)

    def sequence(self, venue: str, account: str) -> int | None:
        """The highest number seen, if any."""
        with self._store.reading() as connection:
            row = _latest(connection, venue, account)
        return None if row is None else row[0]


def _latest(connection: sqlite3.Connection, venue: str, account: str) -> tuple[int, str] | None:
    command = "SELECT sequence, attestation FROM latest WHERE venue = ? AND account = ?"
    row: tuple[int, str] | None = connection.execute(command, (venue, account)).fetchone()
    return row


def _advance(connection: sqlite3.Connection, attestation: Attestation) -> None:
    known = _latest(connection, attestation.venue, attestation.account)
    if known is not None and attestation.sequence < known[0]:
        raise PolicyRefused(
            f"policy: attestation {attestation.sequence} of this account is older than number {known[0]}, seen before"
        )
    if known is not None and attestation.sequence == known[0] and attestation.digest != known[1]:
        raise PolicyRefused(
            f"policy: two different attestations carry the number {known[0]}; the venue contradicts itself"
        )
    row = (attestation.venue, attestation.account, attestation.sequence, attestation.digest)
    connection.execute("INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?)", row)
