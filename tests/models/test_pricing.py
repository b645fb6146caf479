"""Prices against published cases, against identities, and refusals of nonsense."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.fixed import Rounding
from zkmargin.circuits.pricing import (
    MONTH,
    YEAR,
    VolatilityShock,
    black76,
    black76_delta,
    discount_factor,
    normal_cdf,
    normal_pdf,
    svi_volatility,
    to_units,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "derive_math.json").read_text(encoding="utf-8"))["cases"]


def rows(function: str) -> list[dict[str, Any]]:
    found = [case for case in VECTORS if case["fn"] == function]
    assert found, function
    return found


def inputs(case: dict[str, Any]) -> tuple[float, ...]:
    return tuple(float(case[name]) for name in ("fwd", "strike", "vol", "sec", "discount"))


@pytest.mark.parametrize("case", rows("black76"), ids=lambda case: f"{case['fwd']}-{case['strike']}-{case['vol']}"[:40])
@pytest.mark.parametrize("side", ["call", "put"])
def test_black76_as_published(case: dict[str, Any], side: str) -> None:
    # The published digits end at 1e-18, so far from the money they carry an absolute error, not a relative one.
    assert float(black76(*inputs(case), side == "call")) == pytest.approx(float(case[side]), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("case", rows("black76"), ids=lambda case: f"{case['fwd']}-{case['strike']}-{case['vol']}"[:40])
def test_delta_as_published(case: dict[str, Any]) -> None:
    forward, strike, vol, sec, discount = inputs(case)
    expected = float(case["call_delta_before_discount"]) * discount
    assert float(black76_delta(forward, strike, vol, sec, discount, True)) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("case", rows("svi_vol"), ids=lambda case: f"{case['tau'][:6]}-{case['strike']}")
def test_svi_as_published(case: dict[str, Any]) -> None:
    curve = tuple(float(case[name]) for name in ("a", "b", "rho", "m", "sigma"))
    value = svi_volatility(float(case["tau"]), curve, float(case["fwd"]), float(case["strike"]))  # type: ignore[arg-type]
    assert float(value) == pytest.approx(float(case["vol"]), abs=1e-14)


def test_normal_functions_as_published() -> None:
    for case in rows("norm_cdf"):
        assert float(normal_cdf(float(case["x"]))) == pytest.approx(int(case["result_1e18_exact"]) / 1e18, abs=2e-16)
    for case in rows("norm_pdf"):
        assert float(normal_pdf(float(case["x"]))) == pytest.approx(int(case["result_1e18_exact"]) / 1e18, abs=2e-16)


def test_the_lower_tail_keeps_its_digits() -> None:
    # 1 - N(-x) would give zero here; the value is the leading terms of the asymptotic series.
    x = 30.0
    series = math.exp(-x * x / 2) / (x * math.sqrt(2 * math.pi)) * (1 - 1 / x**2 + 3 / x**4 - 15 / x**6)
    assert float(normal_cdf(-x)) == pytest.approx(series, rel=1e-9)


PRICES = st.floats(1.0, 1e6)


@given(PRICES, PRICES, st.floats(0.0, 5.0), st.integers(0, 3 * YEAR), st.floats(0.5, 1.0))
def test_parity_bounds_and_signs(forward: float, strike: float, vol: float, seconds: int, discount: float) -> None:
    call, put = (float(black76(forward, strike, vol, seconds, discount, side)) for side in (True, False))
    scale = max(forward, strike)
    assert call - put == pytest.approx(discount * (forward - strike), abs=1e-12 * scale)
    assert max(0.0, discount * (forward - strike)) - 1e-12 * scale <= call <= discount * forward * (1 + 1e-12)
    assert max(0.0, discount * (strike - forward)) - 1e-12 * scale <= put <= discount * strike * (1 + 1e-12)


@given(PRICES, st.floats(0.2, 3.0), st.floats(0.05, 2.0), st.integers(3600, YEAR))
def test_delta_is_the_slope(forward: float, moneyness: float, vol: float, seconds: int) -> None:
    step = forward * 1e-5
    for side in (True, False):
        prices = black76([forward + step, forward - step], forward * moneyness, vol, seconds, 0.97, side)
        slope = float(prices[0] - prices[1]) / (2 * step)
        assert float(black76_delta(forward, forward * moneyness, vol, seconds, 0.97, side)) == pytest.approx(
            slope, abs=1e-4
        )


def test_many_at_once_equal_one_by_one() -> None:
    strikes = np.linspace(50.0, 150.0, 11)
    vols = np.array([0.2, 0.8])[:, None]
    table = black76(100.0, strikes, vols, MONTH, 0.99, np.array([True] * 6 + [False] * 5))
    assert table.shape == (2, 11)
    for i, vol in enumerate([0.2, 0.8]):
        for j, strike in enumerate(strikes):
            assert table[i, j] == float(black76(100.0, strike, vol, MONTH, 0.99, j < 6))


def test_volatility_shocks_scale_with_tenor() -> None:
    shock = VolatilityShock(up=0.5, down=0.275, short_power=0.3, long_power=0.13, floor_days=1.0, minimum=0.45)
    day = 86_400
    assert float(shock.multiplier(MONTH)) == 1.0
    assert float(shock.multiplier(MONTH + 1)) == pytest.approx((MONTH / (MONTH + 1)) ** 0.13, rel=1e-15)
    assert float(shock.multiplier(10)) == float(shock.multiplier(day)) == pytest.approx(30**0.3, rel=1e-15)
    assert float(shock.apply(0.6, MONTH, "up")) == pytest.approx(0.9)
    assert float(shock.apply(0.6, MONTH, "down")) == pytest.approx(0.435)
    assert float(shock.apply(0.6, MONTH, "none")) == 0.6
    assert float(shock.apply(0.1, MONTH, "up")) == 0.45
    assert float(VolatilityShock(0.5, 2.0, 0.3, 0.13).apply(0.6, day, "down")) == 0.0


def test_negative_rates_do_not_inflate() -> None:
    assert float(discount_factor(-0.05, YEAR)) == 1.0
    assert float(discount_factor(0.05, YEAR)) == pytest.approx(math.exp(-0.05))


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (Rounding.HALF_EVEN, [0, 2, -2, 3]),
        (Rounding.DOWN, [0, 1, -2, 2]),
        (Rounding.UP, [1, 2, -1, 3]),
        (Rounding.TOWARDS_ZERO, [0, 1, -1, 2]),
        (Rounding.AWAY_FROM_ZERO, [1, 2, -2, 3]),
    ],
)
def test_rounding_to_units(rounding: Rounding, expected: list[int]) -> None:
    assert to_units([0.0625, 0.1875, -0.1875, 0.3], 3, rounding).tolist() != expected
    assert to_units([0.5, 1.5, -1.5, 2.75], 0, rounding).tolist() == expected


def test_units_do_not_wrap() -> None:
    assert to_units([2.0**53 - 1], 0).tolist() == [(1 << 53) - 1]
    for value in (2.0**53, 1e300, float("nan"), float("inf")):
        with pytest.raises(InvalidInput, match="does not fit"):
            to_units([value], 0)
    with pytest.raises(InvalidInput, match="does not fit"):
        to_units([1e10], 8)


GOOD: dict[str, Any] = {
    "forward": 100.0,
    "strike": 100.0,
    "volatility": 0.5,
    "seconds": 86_400,
    "discount": 0.99,
    "is_call": True,
}
BAD = [
    *((name, value) for name in list(GOOD)[:5] for value in (float("nan"), float("inf"), -1e-9, "1", True, None, 1e30)),
    ("is_call", 1),
    ("is_call", "C"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
@pytest.mark.parametrize("function", [black76, black76_delta])
def test_insane_inputs_are_refused(function: Any, name: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^{name}: "):
        function(**(GOOD | {name: value}))
    with pytest.raises(InvalidInput, match=f"^{name}: "):
        function(**(GOOD | {name: np.array([GOOD[name], value], dtype=object)}))


@pytest.mark.parametrize("curve", [(float("nan"), 0.1, 0.0, 0.0, 0.1), (-1.0, 0.0, 0.0, 0.0, 0.1)])
def test_impossible_curves_are_refused(curve: tuple[float, float, float, float, float]) -> None:
    with pytest.raises(InvalidInput, match=r"^curve: "):
        svi_volatility(0.1, curve, 100.0, 100.0)
