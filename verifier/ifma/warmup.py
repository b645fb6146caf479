"""Compiling all vector kernels at a moment of the caller's choice, and saying so: on a first run it takes seconds."""

from __future__ import annotations

import numpy as np

from zkmargin.verifier.field.warmup import Progress, Steps, field_steps, run
from zkmargin.verifier.ifma import compiler, msm
from zkmargin.verifier.ifma.field import IfmaField
from zkmargin.verifier.ifma.group import IfmaGroup, scalar_words

_FIELD, _GROUP = IfmaField(), IfmaGroup()
_GENERATOR = bytes.fromhex(
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
)


def kernels_cached() -> bool:
    """Whether a warm-up has been completed before: then there is nothing to compile."""
    marker = compiler.marker()
    return marker is not None and marker.exists()


def warm_up(progress: Progress | None = None) -> None:
    """Run everything once on tiny inputs; `progress` is told what comes next."""
    steps: Steps = {"points": _points, "sums of multiples": _sums, "tables": _tables, **field_steps(_FIELD)}
    run("vector kernels", steps, compiler.marker(), progress, __name__)


def take_last_step() -> None:
    """What another process does of a warm-up."""
    (*_, last) = field_steps(_FIELD).values()
    last()


def _points() -> None:
    one = _GROUP.from_bytes(_GENERATOR)
    _GROUP.is_identity(one + -one)
    (one + one).to_bytes()


def _sums() -> None:
    """Both ways, whatever would be chosen for one point."""
    one, words = _GROUP.from_bytes(_GENERATOR), scalar_words(_FIELD.vector([1]))
    msm.by_tables(one.packed(), words)
    _GROUP.msm(_GROUP.prepare(one), _FIELD.vector([1]))
    msm.by_buckets(one.affine(), words, msm.bucket_plan(1))


def _tables() -> None:
    one = _GROUP.from_bytes(_GENERATOR)
    table = _GROUP.byte_tables(_GROUP.join([one] * 16))
    _GROUP.commit_bits(table, np.ones((1, 1), dtype=np.uint16))()
