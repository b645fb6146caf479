"""Option prices for snapshots: Black-76, volatility smiles and shocks, all vectorised, all outside the circuit.

Prices are public. Whoever builds a snapshot computes them here in double precision and rounds them to integers once;
whoever checks it computes them again and allows one unit of difference, since the last bit of a double may differ
between processors. Inputs outside the stated ranges are refused: a NaN never becomes a price.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.canonical import MAX_INTEGER
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.fixed import Rounding
from zkmargin.circuits.system import Int64Array

FloatArray = npt.NDArray[np.float64]
Direction = Literal["up", "down", "none"]

YEAR = 365 * 86_400
MONTH = 30 * 86_400
MAX_PRICE = 1e21
MAX_VOLATILITY = 10_000.0
MAX_SECONDS = 100.0 * YEAR
MAX_TOTAL_VOLATILITY = 24.0
"""Of volatility times root of time; beyond it a call is worth its forward to every digit a double has."""

_ROUND: dict[Rounding, Callable[[FloatArray], FloatArray]] = {
    Rounding.DOWN: np.floor,
    Rounding.UP: np.ceil,
    Rounding.TOWARDS_ZERO: np.trunc,
    Rounding.AWAY_FROM_ZERO: lambda x: np.sign(x) * np.ceil(np.abs(x)),
    Rounding.HALF_EVEN: np.rint,
}
_erfc = np.frompyfunc(math.erfc, 1, 1)


def normal_cdf(x: npt.ArrayLike) -> FloatArray:
    """The standard normal distribution function, accurate in both tails."""
    values = np.asarray(x, dtype=np.float64)
    return np.asarray(_erfc(-values / math.sqrt(2.0)), dtype=np.float64) / 2.0


def normal_pdf(x: npt.ArrayLike) -> FloatArray:
    """The standard normal density."""
    values = np.asarray(x, dtype=np.float64)
    return np.asarray(np.exp(-values * values / 2.0) / math.sqrt(2.0 * math.pi), dtype=np.float64)


def black76(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    volatility: npt.ArrayLike,
    seconds: npt.ArrayLike,
    discount: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> FloatArray:
    """The price of options on a forward.

    `D (F N(d1) - K N(d2))` for calls and `D (K N(-d2) - F N(-d1))` for puts, with `d1 = ln(F/K)/s + s/2`,
    `d2 = d1 - s`, `s = volatility sqrt(seconds / year)`. Arguments broadcast. The put is not taken from parity, which
    would cancel the digits of a deep one. A forward, strike or `s` of zero gives the payoff.
    """
    f, k, s, d, sign = _option_inputs(forward, strike, volatility, seconds, discount, is_call)
    d1, d2 = _moneyness(f, k, s)
    value = sign * (f * normal_cdf(sign * d1) - k * normal_cdf(sign * d2))
    # Far from the money both terms are nearly equal and their difference may round below zero.
    return np.asarray(d * np.maximum(value, 0.0), dtype=np.float64)


def black76_delta(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    volatility: npt.ArrayLike,
    seconds: npt.ArrayLike,
    discount: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> FloatArray:
    """The derivative of `black76` by the forward: `D N(d1)` for calls, `-D N(-d1)` for puts."""
    f, k, s, d, sign = _option_inputs(forward, strike, volatility, seconds, discount, is_call)
    d1, _ = _moneyness(f, k, s)
    return np.asarray(d * sign * normal_cdf(sign * d1), dtype=np.float64)


def discount_factor(rate: npt.ArrayLike, seconds: npt.ArrayLike) -> FloatArray:
    """`exp(-max(rate, 0) seconds / year)`: a negative rate is taken as zero, as the engines we follow do."""
    r = _checked("rate", rate, -10.0, 10.0)
    t = _checked("seconds", seconds, 0.0, MAX_SECONDS)
    return np.asarray(np.exp(-np.maximum(r, 0.0) * t / YEAR), dtype=np.float64)


@dataclass(frozen=True)
class VolatilityShock:
    """Relative shocks of volatility, larger for options that expire sooner.

    `m = (30 days / max(seconds, floor))^p`, `p` = `short_power` up to 30 days and `long_power` after. Up:
    `max(minimum, v (1 + up m))`; down: `v max(0, 1 - down m)`; none: `v`.
    """

    up: float
    down: float
    short_power: float
    long_power: float
    floor_days: float = 1.0
    minimum: float = 0.0

    def multiplier(self, seconds: npt.ArrayLike) -> FloatArray:
        """The tenor scale `m`."""
        t = _checked("seconds", seconds, 0.0, MAX_SECONDS)
        power = np.where(t <= MONTH, self.short_power, self.long_power)
        return np.asarray((MONTH / np.maximum(t, self.floor_days * 86_400)) ** power, dtype=np.float64)

    def apply(self, volatility: npt.ArrayLike, seconds: npt.ArrayLike, direction: Direction) -> FloatArray:
        """The shocked volatility."""
        v = _checked("volatility", volatility, 0.0, MAX_VOLATILITY)
        m = self.multiplier(seconds)
        if direction == "up":
            return np.asarray(np.maximum(self.minimum, v * (1.0 + self.up * m)), dtype=np.float64)
        if direction == "down":
            return np.asarray(v * np.maximum(0.0, 1.0 - self.down * m), dtype=np.float64)
        return v * np.ones_like(m)


def svi_volatility(
    tau: npt.ArrayLike,
    parameters: tuple[float, float, float, float, float],
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
) -> FloatArray:
    """The volatility of Gatheral's curve `w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2))`, `v = sqrt(w/tau)`.

    `parameters` are `a, b, rho, m, sigma` and `k = ln(strike / forward)`.
    """
    t = _checked("tau", tau, 1e-9, 100.0)
    k = np.log(_checked("strike", strike, 1e-18, MAX_PRICE) / _checked("forward", forward, 1e-18, MAX_PRICE))
    a, b, rho, m, sigma = (float(_checked("curve", value, -1e6, 1e6)) for value in parameters)
    total = a + b * (rho * (k - m) + np.sqrt((k - m) ** 2 + sigma * sigma))
    if np.any(total < 0.0):
        raise InvalidInput("curve: these parameters give a negative variance at a strike")
    return np.asarray(np.sqrt(total / t), dtype=np.float64)


def to_units(values: npt.ArrayLike, decimals: int, rounding: Rounding = Rounding.HALF_EVEN) -> Int64Array:
    """Public prices as integers of `10^-decimals`, rounded once and as stated."""
    scaled = np.asarray(values, dtype=np.float64) * 10.0**decimals
    if not np.all(np.abs(scaled) <= MAX_INTEGER):
        raise InvalidInput(f"prices: a value does not fit 2^53 units of 10^-{decimals}, or is not a number")
    return np.asarray(_ROUND[rounding](scaled), dtype=np.int64)


def _option_inputs(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    volatility: npt.ArrayLike,
    seconds: npt.ArrayLike,
    discount: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Forward, strike, total volatility, discount factor and +1 for calls, -1 for puts; checked."""
    f = _checked("forward", forward, 0.0, MAX_PRICE)
    k = _checked("strike", strike, 0.0, MAX_PRICE)
    v = _checked("volatility", volatility, 0.0, MAX_VOLATILITY)
    t = _checked("seconds", seconds, 0.0, MAX_SECONDS)
    d = _checked("discount", discount, 0.0, 10.0)
    calls = np.asarray(is_call)
    if calls.dtype != np.bool_:
        raise InvalidInput("is_call: an array of booleans is needed")
    sign = np.where(calls, 1.0, -1.0)
    return f, k, np.minimum(v * np.sqrt(t / YEAR), MAX_TOTAL_VOLATILITY), d, sign


def _moneyness(f: FloatArray, k: FloatArray, s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """`d1` and `d2`; infinite, with the right sign, where forward, strike or total volatility is zero."""
    f, k, s = np.broadcast_arrays(f, k, s)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        distance = np.where(f == k, 0.0, np.log(f) - np.log(k)) / s
    # 0/0: at the money without volatility the payoff is zero on either side.
    distance = np.where(np.isnan(distance), 0.0, distance)
    return distance + s / 2.0, distance - s / 2.0


def _checked(name: str, value: npt.ArrayLike, low: float, high: float) -> FloatArray:
    """`value` as doubles, all of them numbers between `low` and `high`."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise InvalidInput(f"{name}: an array of numbers is needed")
    array = array.astype(np.float64)
    # A NaN fails both comparisons, so it is refused here too.
    if not np.all((array >= low) & (array <= high)):
        raise InvalidInput(f"{name}: a value is not between {low:g} and {high:g}")
    return array
