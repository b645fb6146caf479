"""The digest of a compiled rule: the same in every process, another for every public number."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import zkmargin.circuits as zk

PROGRAM = """
import numpy as np, sys
sys.path.insert(0, {tests!r})
import zkmargin.circuits as zk
from compiler_samples import margin_rule
from circuit_smt import NAMES, compiled_case
import hashlib
digests = [zk.compile_rule(*margin_rule(3, 40)).digest]
digests += [compiled_case(name, "exact").digest for name in NAMES]
print(hashlib.sha256(b"".join(digests)).hexdigest())
"""


def test_the_digest_does_not_depend_on_the_process() -> None:
    program = PROGRAM.format(tests=str(Path(__file__).parent))
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        ).stdout
        for seed in ("0", "4711")
    ]  # fmt: skip
    assert runs[0] == runs[1]
    assert len(runs[0].strip()) == hashlib.sha256().digest_size * 2


@pytest.mark.parametrize("change", ["value", "price", "rate", "strictness", "lanes", "name only"])
def test_the_digest_depends_on_every_public_number(change: str) -> None:
    def compiled(changed: str) -> zk.Compiled:
        value, price, rate = 7 + (changed == "value"), 11 + (changed == "price"), 3 + (changed == "rate")

        def rule(holdings: zk.Holdings) -> None:
            left, right = holdings["A"] * value + price, rate * abs(holdings["B"])
            zk.require(left > right if changed == "strictness" else left >= right)

        lanes = 3 if changed == "lanes" else 4
        return zk.compile_rule(rule, [zk.Entry("A"), zk.Entry("B", lanes)])

    assert (compiled("").digest == compiled(change).digest) == (change == "name only")
