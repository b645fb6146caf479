"""Verdicts do not depend on how the interpreter is started, on threads, or on the size of nonsense (30, 32, 37)."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from argument_samples import Sample

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


def refused_within(sample: Sample, data: bytes, arithmetic: Arithmetic) -> float:
    start = time.perf_counter()
    with pytest.raises(ZkMarginError):
        verify(sample.statement, data, sample.policy, arithmetic)
    return time.perf_counter() - start


def test_30_nonsense_costs_no_more_than_a_proof(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    """Medians, with a factor of three for a noisy machine; a megabyte of nonsense is refused by its length alone."""

    def median(times: list[float]) -> float:
        return sorted(times)[len(times) // 2]

    def accepted() -> float:
        start = time.perf_counter()
        verify(honest.statement, proof, honest.policy, fast)
        return time.perf_counter() - start

    valid = median([accepted() for _ in range(9)])
    changed = [
        proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :] for at in (10, 700, len(proof) // 2, len(proof) - 1)
    ]
    for data in [*changed, proof[:-1], b"zkm\x01" + bytes(1 << 20), b"\xff" * (1 << 20)]:
        assert median([refused_within(honest, data, fast) for _ in range(5)]) < 3 * valid


def test_importing_the_verifier_is_quick() -> None:
    """Kernels and libraries are loaded when an arithmetic is chosen, not before.

    0.6 s is the promise; it is held to the processor's time, which a busy machine does not stretch.
    """
    command = [sys.executable, "-c", "import zkmargin.verifier.verify, zkmargin.verifier.batch"]
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(times) < 0.6
