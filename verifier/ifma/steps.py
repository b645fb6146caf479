"""What compiles the vector kernels. Importing this compiles the routines that they call."""

from __future__ import annotations

import numpy as np

from zkmargin.verifier.field.warmup import Steps, field_steps
from zkmargin.verifier.ifma import msm
from zkmargin.verifier.ifma.field import IfmaField
from zkmargin.verifier.ifma.group import IfmaGroup, scalar_words

_FIELD, _GROUP = IfmaField(), IfmaGroup()
_GENERATOR = bytes.fromhex(
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
)


def steps() -> Steps:
    return {"points": _points, "sums of multiples": _sums, "tables": _tables, **field_steps(_FIELD)}


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
