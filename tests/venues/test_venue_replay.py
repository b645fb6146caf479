"""A statement is accepted once: by one process or many, and whatever dies in between."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import venue_samples as samples
from venue_legs import attested, owned, proof_of

from zkmargin.circuits.errors import (
    FalseStatement,
    InternalError,
    InvalidInput,
    PolicyRefused,
    UnsupportedVersion,
    ZkMarginError,
)
from zkmargin.verifier import replay, store
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.batch import Task
from zkmargin.verifier.replay import SeenStatements
from zkmargin.verifier.statement import Shown, Statement

HERE = Path(__file__).parent


@pytest.fixture
def seen(tmp_path: Path) -> SeenStatements:
    return SeenStatements(tmp_path / "seen.db")


@pytest.fixture(scope="module")
def made(fast: Arithmetic) -> samples.Shown:
    return samples.proven(fast)


def test_12_a_statement_is_accepted_once(seen: SeenStatements, made: samples.Shown, fast: Arithmetic) -> None:
    shown = seen.accept(made.statement, made.proof, samples.policy(), fast)
    assert shown.statement == made.statement.digest
    with pytest.raises(PolicyRefused, match="accepted before"):
        seen.accept(made.statement, made.proof, samples.policy(), fast)
    assert len(seen) == 1


def test_12_another_proof_of_the_same_statement_is_the_second_use(
    seen: SeenStatements, made: samples.Shown, fast: Arithmetic
) -> None:
    from zkmargin.prover.prove import prove

    lanes = samples.compiled().witness([list(samples.RICH)])
    other = prove(made.statement, made.accounts, lanes, fast)
    assert other != made.proof
    seen.accept(made.statement, made.proof, samples.policy(), fast)
    with pytest.raises(PolicyRefused, match="accepted before"):
        seen.accept(made.statement, other, samples.policy(), fast)


def test_12_another_statement_with_the_same_nonce_is_the_second_use(
    seen: SeenStatements, made: samples.Shown, fast: Arithmetic
) -> None:
    other = samples.proven(fast, at=replace(samples.context(), expires_at=samples.NOW + 5))
    seen.accept(made.statement, made.proof, samples.policy(), fast)
    with pytest.raises(PolicyRefused, match="accepted before"):
        seen.accept(other.statement, other.proof, samples.policy(), fast)


def test_12_a_new_nonce_does_not_fit_an_old_proof(seen: SeenStatements, made: samples.Shown, fast: Arithmetic) -> None:
    renamed = Statement(made.statement.system, made.statement.commitments, samples.context("n-2"))
    with pytest.raises(FalseStatement):
        seen.accept(renamed, made.proof, samples.policy(), fast)
    assert len(seen) == 0


@pytest.mark.parametrize("change", ["venue", "account", "nonce"])
def test_each_part_of_the_name_counts(seen: SeenStatements, change: str, fast: Arithmetic) -> None:
    shown = Shown(bytes(32), bytes(32), samples.context(), 1, "portable")
    seen.register(shown, b"proof", samples.NOW)
    other = replace(shown, context=replace(shown.context, **{change: "other"}))
    seen.check_new(other.context)
    seen.register(other, b"proof", samples.NOW)
    for one in (shown, other):
        with pytest.raises(PolicyRefused, match="accepted before"):
            seen.check_new(one.context)
        with pytest.raises(PolicyRefused, match="accepted before"):
            seen.register(one, b"proof", samples.NOW)


def test_what_was_seen_is_refused_without_verifying(
    seen: SeenStatements, made: samples.Shown, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen.accept(made.statement, made.proof, samples.policy(), fast)
    monkeypatch.setattr(replay, "verify", None)
    with pytest.raises(PolicyRefused, match="accepted before"):
        seen.accept(made.statement, made.proof, samples.policy(), fast)


def test_what_is_refused_leaves_nothing(seen: SeenStatements, made: samples.Shown, fast: Arithmetic) -> None:
    for proof, policy in ((made.proof[:-1], samples.policy()), (made.proof, replace(samples.policy(), venue="x"))):
        with pytest.raises(ZkMarginError):
            seen.accept(made.statement, proof, policy, fast)
    assert len(seen) == 0
    seen.accept(made.statement, made.proof, samples.policy(), fast)


def test_32_an_interrupt_in_the_middle_leaves_no_row(
    seen: SeenStatements, made: samples.Shown, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> Shown:
        raise KeyboardInterrupt

    whole = replay._write
    for name in ("verify", "_write"):
        with monkeypatch.context() as patch:
            patch.setattr(replay, name, interrupted)
            with pytest.raises(KeyboardInterrupt):
                seen.accept(made.statement, made.proof, samples.policy(), fast)
        assert len(seen) == 0

    def late(*arguments: object) -> Shown:
        whole(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(replay, "_write", late)
        with pytest.raises(KeyboardInterrupt):
            seen.accept(made.statement, made.proof, samples.policy(), fast)
    assert len(seen) == 0, "written, but not committed"
    seen.accept(made.statement, made.proof, samples.policy(), fast)


def test_a_proof_file_is_accepted_once(seen: SeenStatements, fast: Arithmetic) -> None:
    """Through the papers, as the command line does it; what the policy refuses is not remembered."""
    file = owned(samples.book(), samples.RICH)
    attestation = attested("venue", file, samples.book(), fast)
    papers = samples.papers(attestation, attestations=[attestation])
    made = proof_of(file, "alice", fast)
    with pytest.raises(PolicyRefused):
        seen.check_proof(made, papers, samples.policy_file(max_age=0), samples.NOW, fast)
    assert seen.check_proof(made, papers, samples.policy_file(), samples.NOW, fast).attester == samples.KEY.public.key
    with pytest.raises(PolicyRefused, match="accepted before"):
        seen.check_proof(made, papers, samples.policy_file(), samples.NOW, fast)


def test_an_acceptance_is_found_again(seen: SeenStatements, made: samples.Shown, fast: Arithmetic) -> None:
    from hashlib import sha256

    assert seen.find(made.statement.context) is None
    seen.accept(made.statement, made.proof, samples.policy(), fast)
    found = seen.find(made.statement.context)
    assert found is not None
    assert (found.statement, found.system) == (made.statement.digest, made.statement.system.digest)
    assert found.proof == sha256(made.proof).digest()
    assert (found.accepted_at, found.expires_at) == (samples.NOW, made.statement.context.expires_at)


def test_what_has_expired_is_forgotten_and_stays_refused(seen: SeenStatements, fast: Arithmetic) -> None:
    short, long = (
        samples.proven(fast, at=samples.context(nonce, lasts=lasts)) for nonce, lasts in (("short", 5), ("long", 500))
    )
    for one in (short, long):
        seen.accept(one.statement, one.proof, samples.policy(), fast)
    assert seen.forget_expired(samples.NOW + 5) == 0
    assert seen.forget_expired(samples.NOW + 6) == 1
    assert len(seen) == 1
    # The clock is set back: the policy would admit the statement again.
    with pytest.raises(PolicyRefused, match="forgotten"):
        seen.accept(short.statement, short.proof, samples.policy(), fast)
    shown = Shown(bytes(32), bytes(32), short.statement.context, 1, "portable")
    with pytest.raises(PolicyRefused, match="forgotten"):
        seen.register(shown, b"", samples.NOW)
    assert seen.forget_expired(samples.NOW) == 0
    with pytest.raises(PolicyRefused, match="forgotten"):
        seen.check_new(short.statement.context)


def test_27_a_batch_accepts_each_context_once(seen: SeenStatements, fast: Arithmetic) -> None:
    first, second = (samples.proven(fast, at=samples.context(nonce)) for nonce in ("a", "b"))
    spoiled = first.proof[:-1] + bytes([first.proof[-1] ^ 1])
    tasks = [
        Task(first.statement, spoiled, samples.policy()),
        Task(first.statement, first.proof, samples.policy()),
        Task(first.statement, first.proof, samples.policy()),
        Task(second.statement, second.proof, samples.policy()),
    ]
    verdicts = seen.accept_batch(tasks, fast)
    assert [type(verdict) for verdict in verdicts] == [FalseStatement, Shown, PolicyRefused, Shown]
    assert len(seen) == 2
    assert [type(verdict) for verdict in seen.accept_batch(tasks, fast)][1:] == [PolicyRefused] * 3


def test_32_one_of_many_threads_wins(seen: SeenStatements, made: samples.Shown, fast: Arithmetic) -> None:
    def attempt(_: int) -> bool:
        try:
            seen.accept(made.statement, made.proof, samples.policy(), fast)
        except PolicyRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1
    assert len(seen) == 1


RACER = """
import sys
from zkmargin.circuits.errors import PolicyRefused
from zkmargin.verifier.replay import SeenStatements
from zkmargin.verifier.statement import Context, Shown
seen = SeenStatements(sys.argv[1])
won = 0
for number in range(40):
    shown = Shown(bytes(32), bytes(32), Context("v", "a", str(number), 1, 2, bytes(32)), 1, "portable")
    try:
        seen.register(shown, b"", 1)
        won += 1
    except PolicyRefused:
        pass
print(won)
"""


def test_32_processes_share_a_store_and_each_statement_has_one_winner(tmp_path: Path) -> None:
    """The file does not exist when they start: making it is part of the race."""
    path = tmp_path / "seen.db"
    command = [sys.executable, "-c", RACER, str(path)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) for _ in range(4)]
    won = [int(racer.communicate(timeout=120)[0]) for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 4
    assert sum(won) == 40
    assert len(SeenStatements(path)) == 40


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}


def victim(path: Path, where: str, blows: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "replay_victim.py"), str(path), where, str(blows)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())


def told(output: str) -> dict[str, set[str]]:
    """The nonces the victim called accepted, and those it called refused, in whole lines."""
    lines = [line.split() for line in output.splitlines() if line.count(" ") == 1]
    return {verdict: {nonce for said, nonce in lines if said == verdict} for verdict in ("accepted", "refused")}


@pytest.mark.parametrize(
    ("where", "extra"), [("before verify", 0), ("after verify", 0), ("after insert", 0), ("after commit", 1)]
)
def test_28_killed_at_a_chosen_moment(where: str, extra: int, tmp_path: Path) -> None:
    """Whatever was told as accepted is on disk; a row that was not told has been committed after its verification."""
    path = tmp_path / "seen.db"
    process = victim(path, where, 3)
    output = told(process.communicate(timeout=120)[0])
    assert process.returncode == -signal.SIGKILL
    assert output["accepted"]
    rows = nonces(path)
    assert output["accepted"] <= rows
    assert not output["refused"] & rows
    assert len(rows - output["accepted"]) == extra
    assert len(SeenStatements(path)) == len(rows), "the store opens again"


def test_28_killed_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    accepted: set[str] = set()
    refused: set[str] = set()
    for delay in (0.0, 0.013, 0.029):
        process = victim(path, "never", 0)
        first = process.stdout.readline() if process.stdout else ""
        time.sleep(delay)
        process.kill()
        output = told(first + process.communicate(timeout=60)[0])
        accepted |= output["accepted"]
        refused |= output["refused"]
    rows = nonces(path)
    assert accepted <= rows
    assert not refused & rows
    assert len(rows - accepted) <= 3, "at most one acceptance a death was written and not told"
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def nonces(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    rows = {nonce for (nonce,) in connection.execute("SELECT nonce FROM seen")}
    connection.close()
    return rows


def test_the_tables_are_strict_and_the_log_is_synced(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    memory = store.Store(path)
    with memory.reading() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        strict = connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    assert {name for name, is_strict in strict if is_strict} == {"seen", "horizon", "latest"}
    assert path.stat().st_mode & 0o077 == 0


def test_files_that_are_no_store_are_refused(tmp_path: Path) -> None:
    text, other, newer = (tmp_path / name for name in ("text", "other.db", "newer.db"))
    text.write_text("not a database, " * 100)
    with pytest.raises(InvalidInput, match="store"):
        SeenStatements(text)
    for path, commands in ((other, ["CREATE TABLE t (x)"]), (newer, ["PRAGMA application_id = 1"])):
        connection = sqlite3.connect(path)
        for command in commands:
            connection.execute(command)
        connection.commit()
        connection.close()
        with pytest.raises(InvalidInput, match="something else"):
            SeenStatements(path)
    SeenStatements(tmp_path / "seen.db")
    connection = sqlite3.connect(tmp_path / "seen.db")
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(UnsupportedVersion, match="version 2"):
        SeenStatements(tmp_path / "seen.db")
    with pytest.raises(InvalidInput, match="cannot open"):
        SeenStatements(tmp_path / "no folder" / "seen.db")


def test_a_store_that_stays_locked_accepts_nothing(
    tmp_path: Path, made: samples.Shown, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = SeenStatements(tmp_path / "seen.db")
    monkeypatch.setattr(store, "BUSY_SECONDS", 0)
    connection = sqlite3.connect(tmp_path / "seen.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(InternalError, match="nothing was accepted"):
        seen.accept(made.statement, made.proof, samples.policy(), fast)
    connection.execute("ROLLBACK")
    connection.close()
    assert len(seen) == 0


def test_a_new_store_that_stays_locked_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever else is making the file does not finish; waiting ends."""
    naps, rest = [], time.sleep

    def nap(seconds: float) -> None:
        naps.append(seconds)
        rest(seconds)
        if len(naps) > 50:
            raise TimeoutError("it waits for good")

    monkeypatch.setattr(store, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(store.time, "sleep", nap)
    connection = sqlite3.connect(tmp_path / "seen.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(InternalError, match="locked"):
        SeenStatements(tmp_path / "seen.db")
    connection.execute("ROLLBACK")
    connection.close()
    assert len(SeenStatements(tmp_path / "seen.db")) == 0
