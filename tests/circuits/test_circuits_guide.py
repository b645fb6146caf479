"""The programs in docs/circuits.md run, and the atom it builds is as good as the one of the package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zkmargin.circuits as zk

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "circuits.md"


@pytest.fixture(scope="module")
def guide() -> dict[str, Any]:
    """The names left behind by all programs of the guide, run one after the other."""
    names: dict[str, Any] = {}
    for program in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(program, str(GUIDE), "exec"), names)
    return names


def test_the_rule_of_the_guide(guide: dict[str, Any]) -> None:
    compiled = guide["compiled"]
    assert compiled.system.satisfied(guide["lanes"])
    assert compiled.evaluate(guide["account"]).holds.tolist() == [True]
    assert guide["r1cs"][:4] == b"r1cs"
    assert guide["wtns"][:4] == b"wtns"
    # The requirement itself is free: one scenario is zero, so bounds know that the worst is no gain.
    assert list(guide["report"].costs) == ["account entries", "worst scenario", "closing costs", "initial margin"]


def test_the_guide_names_everything_public() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    functions = [name for name in zk.__all__ if name[0].islower()]
    assert [name for name in functions if f"{name}(" not in text] == []


@pytest.mark.parametrize("side", ["upper", "lower", "exact"])
def test_the_atom_of_the_guide(guide: dict[str, Any], side: str) -> None:
    def rule(holdings: zk.Holdings) -> None:
        value, y = guide["positive"](holdings["x"]), holdings["y"]
        zk.require({"upper": y >= value, "lower": y <= value, "exact": y == value}[side])

    compiled = zk.compile_rule(rule, [zk.Entry("x", 1), zk.Entry("y", 2)])
    table = np.array([[x, max(x, 0)] for x in range(-5, 6)])
    assert compiled.system.satisfied(compiled.witness(table))
