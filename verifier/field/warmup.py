"""Compiling all kernels at a moment of the caller's choice, and saying so: on a first run it takes seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from zkmargin.circuits.system import Block, LinearForms, Scatter
from zkmargin.verifier import parallel
from zkmargin.verifier.arithmetic import Words
from zkmargin.verifier.field import compiler
from zkmargin.verifier.field.portable import PortableField
from zkmargin.verifier.field.vector import PortableVector, zeros
from zkmargin.verifier.shape import MaskShape

Progress = Callable[[str], None]
Steps = dict[str, Callable[[], None]]


def kernels_cached() -> bool:
    """Whether a warm-up has been completed before: then there is nothing to compile."""
    marker = compiler.marker()
    return marker is not None and marker.exists()


def warm_up(progress: Progress | None = None) -> None:
    """Run everything once on tiny inputs; `progress` is told what comes next."""
    run("field kernels", lambda: field_steps(PortableField()), compiler.marker(), progress, __name__)


def take_last_step() -> None:
    """What another process does of a warm-up."""
    (*_, last) = field_steps(PortableField()).values()
    last()


def run(what: str, made: Callable[[], Steps], marker: Path | None, progress: Progress | None, module: str) -> None:
    """All steps; afterwards the marker says that they were taken.

    The last step takes as long as all others. On a first run another process takes it, and keeps what it compiled. It
    begins before the steps are made, since what they import may have to be compiled too.
    """
    other = _begun_apart(module) if marker is not None and not marker.exists() else None
    steps = made()
    for number, (name, step) in enumerate(steps.items(), 1):
        if progress is not None:
            progress(f"{what}, {number} of {len(steps)}: {name}")
        if other is not None and number == len(steps):
            # Should it have failed, the step is taken here, and says why.
            other.wait()
        step()
    if marker is not None:
        marker.touch()


def _begun_apart(module: str) -> subprocess.Popen[bytes] | None:
    if parallel.processors() < 2 or not sys.executable:
        return None
    command = [sys.executable, "-c", f"from {module} import take_last_step; take_last_step()"]
    environment, silent = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, subprocess.DEVNULL
    return subprocess.Popen(command, env=environment, stdin=silent, stdout=silent, stderr=silent)


def field_steps(field: PortableField) -> Steps:
    """What compiles the kernels of a field."""
    return {
        "vectors": lambda: _vectors(field),
        "linear forms": lambda: _forms(field),
        "rows of bits": lambda: _bit_rows(field),
        "product rounds": lambda: _product_rounds(field),
        "bit rounds": lambda: _bit_rounds(field),
    }


def _vectors(field: PortableField) -> None:
    one = field.vector([1])
    _ = (one + one - one) * one * 2 @ one
    field.outer(one, one)
    field.combine(one, one)
    field.powers([1], [1])


def _forms(field: PortableField) -> None:
    first = np.zeros(1, dtype=np.int64)
    block = Block(0, first, np.ones((1, 1), dtype=np.int64))
    forms = LinearForms(1, (1,), (block,), Scatter(first, first, (1,)))
    weights = field.weigh(field.vector([1]), forms, 1)
    field.apply(forms, weights, 1)
    field.spread(weights, np.ones(1, np.int64))


def _bit_rows(field: PortableField) -> None:
    field.combine_bits(field.vector([1]), np.ones((1, 1), dtype=np.uint16))


def _product_rounds(field: PortableField) -> None:
    two = field.vector([1, 1, 1, 1])
    field.product_sumcheck(two, two, two, [1, 1]).converse(_Nobody(1))


def _bit_rounds(field: PortableField) -> None:
    """With more account variables than are bound on bits, so that each kind of round occurs."""
    accounts, lane = field.vector([1] * 16), field.vector([1])
    field.bit_sumcheck(np.ones((16, 1), dtype=np.uint16), [(accounts, lane)], [1] * 8).converse(_Nobody(7))


class _Nobody:
    """A conversation in which nothing is hidden, and whatever is said forgotten."""

    def __init__(self, left: int) -> None:
        self.left = left

    def speak(self, polynomial: Sequence[int]) -> int:
        self.left -= 1
        return 1

    def words(self) -> Words:
        return Words(bytes(32), b"", b"", PortableVector(zeros(MaskShape(self.left + 1).size)), 1)

    def note(self, state: bytes, messages: list[list[int]], challenges: list[int], bound: int) -> None:
        self.left = 0
