"""The cost table of docs/models.md: what does not depend on the machine is what the compiler says today."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from cost_table import components, counts  # noqa: E402
from model_cases import ModelCase, all_cases  # noqa: E402

CASES = all_cases()
LINES = (ROOT / "docs" / "models.md").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_documented_cost_is_the_cost(case: ModelCase) -> None:
    compiled = case.compile()
    hint = "run python benchmarks/cost_table.py --write"
    assert f"| {' | '.join(counts(case, compiled))} |" in LINES, hint
    for line in components(compiled):
        assert line in LINES, hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_accounts_are_healthy(case: ModelCase) -> None:
    compiled = case.compile()
    assert compiled.system.satisfied(compiled.witness([list(case.units)]))
