"""A verifier's memory: one SQLite file in which whatever was written stays written, or was never there.

Tables are STRICT and the journal is a write-ahead log synced at every commit, so neither `kill -9` nor a power cut
leaves half a transaction. Each operation opens its own connection: a store may be used from any thread, and after a
fork.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from zkmargin.circuits.errors import InternalError, InvalidInput, UnsupportedVersion

APPLICATION = 0x7A6B6D01
"""Stands in the file's header, and tells it from other SQLite files."""
VERSION = 1
BUSY_SECONDS = 30
PRIVATE = 0o600

SCHEMA = """
CREATE TABLE seen (
    venue TEXT NOT NULL,
    account TEXT NOT NULL,
    nonce TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    statement BLOB NOT NULL,
    system BLOB NOT NULL,
    proof BLOB NOT NULL,
    PRIMARY KEY (venue, account, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_by_expiry ON seen (expires_at);
CREATE TABLE horizon (only INTEGER PRIMARY KEY CHECK (only = 1), cleared_before INTEGER NOT NULL) STRICT;
INSERT INTO horizon VALUES (1, 0);
CREATE TABLE latest (
    venue TEXT NOT NULL,
    account TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    attestation TEXT NOT NULL,
    PRIMARY KEY (venue, account)
) STRICT, WITHOUT ROWID;
"""


class Store:
    """The file, made on first use and readable by its owner alone."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, PRIVATE))
        except OSError as error:
            raise InvalidInput(f"store: cannot open the file: {error.strerror}") from None
        with self._connected() as connection:
            _prepare(connection)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the file."""
        with self._connected() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: what the block writes is there, for good, once the block has been left without an error."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)) as opened:
                opened.execute("PRAGMA synchronous = FULL")
                yield opened
        except sqlite3.OperationalError as error:
            raise InternalError(f"store: {error}; nothing was accepted") from None
        except sqlite3.DatabaseError as error:
            raise InvalidInput(f"store: {error}") from None


def _prepare(connection: sqlite3.Connection) -> None:
    """Lay out a new file; refuse one that is something else."""
    if _kind(connection) == (0, 0):
        _write_ahead(connection)
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been quicker.
        if _kind(connection) == (0, 0):
            if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
                raise InvalidInput("store: the file is a database of something else")
            for command in SCHEMA.split(";"):
                connection.execute(command)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    application, version = _kind(connection)
    if application != APPLICATION:
        raise InvalidInput("store: the file is a database of something else")
    if version != VERSION:
        raise UnsupportedVersion(f"store: version {version}, this release reads version {VERSION}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Change the journal's mode, which the file remembers. SQLite does not wait for others here, so this does."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _kind(connection: sqlite3.Connection) -> tuple[int, int]:
    application, version = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
    )
    return application, version
