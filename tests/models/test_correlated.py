"""Correlated margin: the published delta case, the algebra of blends, and gamma."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_samples import Case
from statistical_samples import case, correlated

from zkmargin.circuits import RequirementFailed
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.covariance import is_semidefinite
from zkmargin.circuits.models.predicates import meets

FILE = json.loads((Path(__file__).parents[1] / "vectors" / "ore_var.json").read_text(encoding="utf-8"))["cases"]
NORMAL_99 = "2.326347874040841"


def test_delta_case_as_published() -> None:
    """The file gives covariances; volatilities are the roots of their diagonal."""
    row = next(one for one in FILE if one["fn"] == "delta_var_5x5")
    omega = np.array([[float(value) for value in line] for line in row["omega"]])
    roots = np.sqrt(np.diag(omega))
    rho = omega / np.outer(roots, roots)
    texts = [[f"{rho[max(i, j)][min(i, j)]:.12f}".rstrip("0").rstrip(".") for j in range(5)] for i in range(5)]
    model = correlated(
        factors=[f"F{i}" for i in range(5)],
        volatilities=[f"{root:.12f}".rstrip("0") for root in roots],
        correlations=texts,
        decimals=6,
        levels=[{"name": "maintenance", "multiplier": NORMAL_99}],
    )
    deltas = [int(Fraction(value) * 10**5) for value in row["delta"]]
    values = [[deltas[i] if i == j else 0 for j in range(5)] for i in range(5)]
    made = case(model, [1] * 5, [f"delta F{i}" for i in range(5)], values, decimals=5)
    expected = float(row["expected"]["delta_var_computed_by_us"])
    assert float(made.numbers()["maintenance requirement"]) == pytest.approx(expected, rel=1e-9)


TWO = {"factors": ["A", "B"], "volatilities": ["0.5", "2"], "correlations": [["1", "0.25"], ["0.25", "1"]]}


def two(sizes: tuple[int, int], cash: int = 0, **fields: Any) -> Case:
    return case(correlated(**(TWO | fields)), sizes, ["delta A", "delta B"], [[1, 0], [0, 1]], decimals=0, cash=cash)


@given(st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)))
def test_the_root_is_rounded_up_at_its_scale(sizes: tuple[int, int]) -> None:
    a, b = sizes
    variance = Fraction(1, 4) * a * a + 2 * Fraction(1, 4) * a * b + 4 * b * b
    cents = math.isqrt(math.ceil(variance * 10_000) - 1) + 1 if variance else 0
    assert two(sizes).numbers()["maintenance requirement"] == Fraction(cents, 100)


def test_the_boundary() -> None:
    compiled = two((3, 4)).compiled(meets("maintenance"))
    # 1/4 9 + 1/2 12 + 4 16 = 72.25 = 8.5^2
    assert compiled.system.satisfied(compiled.witness([[8_500_000, 3, 4]]))
    assert compiled.system.satisfied(compiled.witness([[8_500_001, 3, 4]]))
    with pytest.raises(RequirementFailed):
        compiled.witness([[8_499_999, 3, 4]])


def test_blends_take_hedges_away() -> None:
    """A short against a long is cheap while correlations hold; the blends charge for the day they do not."""
    hedge = (400, -100)
    plain = two(hedge).numbers()["maintenance requirement"]
    to_zero = two(hedge, blends=[{"towards": "zero", "share": "1"}]).numbers()["maintenance requirement"]
    to_minus = two(hedge, blends=[{"towards": "minus one", "share": "1"}]).numbers()["maintenance requirement"]
    to_one = two(hedge, blends=[{"towards": "one", "share": "1"}]).numbers()["maintenance requirement"]
    assert to_zero == Fraction(28285, 100)  # sqrt(200^2 + 200^2), rounded up
    assert to_minus == 400
    assert plain == to_one == Fraction(24495, 100)


def test_gamma_adds_variance_and_drift() -> None:
    """Long gamma earns half of gamma times variance on average; short gamma pays it."""
    rows = ["delta A", "delta B", "gamma A", "gamma B"]
    values = [[1, 0], [0, 1], [8, 0], [0, 0]]
    for size in (100, -100):
        model = correlated(**TWO, gamma=True)
        made = case(model, (size, 0), rows, values, decimals=0)
        variance = Fraction(1, 4) * size**2 + Fraction(1, 2) * Fraction(1, 16) * (8 * size) ** 2
        cents = math.isqrt(int(variance * 10_000) - 1) + 1
        drift = Fraction(1, 2) * Fraction(1, 4) * 8 * size
        assert made.numbers()["maintenance requirement"] == max(0, Fraction(cents, 100) - drift)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "not_symmetric": ({"correlations": [["1", "0.2"], ["0.3", "1"]]}, r"correlations\[0\]\[1\]: not a correlation"),
    "above_one": ({"correlations": [["1", "1.2"], ["1.2", "1"]]}, r"correlations\[0\]\[1\]: not a correlation"),
    "diagonal": ({"correlations": [["0.9", "0"], ["0", "1"]]}, r"correlations\[0\]\[0\]: not a correlation"),
    "not_square": ({"correlations": [["1", "0"]]}, r"correlations: a square of 2 rows"),
    "too_few_volatilities": ({"volatilities": ["1"]}, r"volatilities: one is needed"),
    "factor_twice": ({"factors": ["A", "A"]}, r"factors: a name is used twice"),
    "blend_past_one": ({"blends": [{"towards": "one", "share": "1.1"}]}, r"blends\[0\].share: must not be above one"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_path(name: str) -> None:
    fields, message = REFUSED[name]
    with pytest.raises(InvalidInput, match=message):
        correlated(**(TWO | fields))


def test_matrices_that_are_no_covariances_are_refused() -> None:
    three = {"factors": ["A", "B", "C"], "volatilities": ["1", "1", "1"]}
    bad = [["1", "0.9", "-0.9"], ["0.9", "1", "0.9"], ["-0.9", "0.9", "1"]]
    with pytest.raises(InvalidInput, match="correlations: is not positive semidefinite"):
        correlated(**three, correlations=bad)
    good = [["1", "0", "0"], ["0", "1", "0"], ["0", "0", "1"]]
    with pytest.raises(InvalidInput, match=r"blends\[0\]: is not positive semidefinite"):
        correlated(**three, correlations=good, blends=[{"towards": "minus one", "share": "1"}])


@given(st.lists(st.lists(st.integers(-4, 4), min_size=3, max_size=3), min_size=3, max_size=3), st.booleans())
def test_semidefinite_is_what_numpy_says(rows: list[list[int]], singular: bool) -> None:
    root = np.array(rows if not singular else [rows[0], rows[0], rows[1]])
    matrix = root.T @ root
    assert is_semidefinite([[Decimal(int(value)) for value in row] for row in matrix])
    shifted = matrix - np.eye(3, dtype=int) * (int(np.linalg.eigvalsh(matrix)[0]) + 1)
    assert not is_semidefinite([[Decimal(int(value)) for value in row] for row in shifted])
