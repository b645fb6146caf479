"""Verdicts do not depend on how the interpreter is started, on threads, or on the size of nonsense (30, 32, 37)."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from argument_samples import Sample
from measured import processor_seconds, processor_seconds_of

from zkmargin.circuits.errors import FalseStatement, ZkMarginError
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.verify import verify

PROGRAM = """
import hashlib, sys
from argument_samples import sample
from zkmargin.circuits.errors import FalseStatement
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.verify import verify
arithmetic = select("portable")
given = sample(arithmetic)
proof = given.prove(arithmetic)
verify(given.statement, proof, given.policy, arithmetic)
try:
    verify(given.statement, proof[:-1] + bytes([proof[-1] ^ 1]), given.policy, arithmetic)
except FalseStatement:
    print(hashlib.sha256(proof).hexdigest(), given.system.digest.hex())
"""

STARTS: dict[str, tuple[list[str], dict[str, str]]] = {
    "plain": ([], {}),
    "optimised": (["-O"], {}),
    "without docstrings": (["-OO"], {}),
    "hash seed 1": ([], {"PYTHONHASHSEED": "1"}),
    "hash seed 4294967295": ([], {"PYTHONHASHSEED": "4294967295"}),
    "another locale": ([], {"LC_ALL": "C", "LANG": "tr_TR.UTF-8"}),
    "another time zone": ([], {"TZ": "Pacific/Kiritimati"}),
    "developer mode": (["-X", "dev"], {}),
}


def started(flags: list[str], variables: dict[str, str]) -> str:
    here = str(Path(__file__).parent)
    path = os.pathsep.join([here, *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    environment = {**os.environ, **variables, "PYTHONPATH": path}
    command = [sys.executable, *flags, "-c", PROGRAM]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_37_the_same_bytes_and_verdicts_however_started() -> None:
    outputs = {name: started(*start) for name, start in STARTS.items()}
    assert len(set(outputs.values())) == 1
    assert len(outputs["plain"].split()) == 2


def test_32_one_process_many_threads(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    tampered = proof[:-1] + bytes([proof[-1] ^ 1])

    def attempt(index: int) -> bool:
        try:
            return bool(verify(honest.statement, tampered if index % 3 == 0 else proof, honest.policy, fast))
        except FalseStatement:
            return False

    with ThreadPoolExecutor(16) as pool:
        verdicts = list(pool.map(attempt, range(48)))
    assert verdicts == [index % 3 != 0 for index in range(48)]


def test_30_nonsense_costs_no_more_than_a_proof(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    """Within a factor of two for noise; another length is refused at once, be it a megabyte."""

    def refuse(data: bytes) -> None:
        with pytest.raises(ZkMarginError):
            verify(honest.statement, data, honest.policy, fast)

    valid = processor_seconds(lambda: verify(honest.statement, proof, honest.policy, fast))
    changed = [
        proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :] for at in (10, 700, len(proof) // 2, len(proof) - 1)
    ]
    for data in changed:
        assert processor_seconds(partial(refuse, data)) < 2 * valid
    for data in (proof[:-1], b"zkm\x01" + bytes(1 << 20), b"\xff" * (1 << 20)):
        assert processor_seconds(partial(refuse, data)) < valid / 20


def test_importing_the_verifier_is_quick() -> None:
    """Kernels and libraries are loaded when an arithmetic is chosen, not before."""
    command = [sys.executable, "-c", "import zkmargin.verifier.verify, zkmargin.verifier.batch"]
    assert processor_seconds_of(command) < 0.6
