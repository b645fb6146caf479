"""Square roots rounded to an integer, and the Euclidean norm: correlated risk.

    f(x) = floor or ceil of sqrt(x / F),    x >= 0, F a public power of ten

One product row puts the square of the candidate on a wire q, which is then compared:

*Floor, upper.* `q = (t + 1)^2`, `F q >= x + 1`, `t >= 0`: then t + 1 is above the root, so t is at least its floor.
*Floor, lower.* `q = t^2`, `F q <= x`: then t <= |t| <= the root, and t is an integer.
*Ceil, upper.* `q = t^2`, `F q >= x`, `t >= 0`: then t is at least the root.
*Ceil, lower.* The prover picks e = 0 or 1 (wires `e, e' >= 0`, `e + e' = 1`); `q = (t - e)^2`, `F q <= x - e`. With
e = 1, `F (t - 1)^2 < x`, so t - 1 is below the root and t at most its ceiling. With e = 0, t is at most the root.
Honest provers need e = 0 only for x = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.atoms.base import Atom, use
from zkmargin.circuits.atoms.maximum import pos
from zkmargin.circuits.atoms.product import square
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.expression import Interval, Quantity
from zkmargin.circuits.fixed import Rounding

_isqrt = np.frompyfunc(math.isqrt, 1, 1)


@dataclass(frozen=True)
class Root(Atom):
    """The rounded root of `x / factor`."""

    factor: int
    rounding: Rounding

    def interval(self, *arguments: Interval) -> Interval:
        low, high = arguments[0]
        return self.value(low), self.value(high)

    def value(self, *arguments: Ints) -> Ints:
        x = exact.wide(arguments[0])
        if self.rounding is Rounding.DOWN:
            return np.asarray(_isqrt(x // self.factor))
        # ceil(sqrt(y)) is isqrt(ceil(y) - 1) + 1 for y > 0.
        above = -(-x // self.factor)
        return np.asarray(_isqrt(np.maximum(above - 1, 0)) + (above > 0))

    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        (x,) = arguments
        strict = int(self.rounding is Rounding.DOWN)
        rows.at_least(t, 0)
        rows.at_least(_square(rows, t + strict) * self.factor, x + strict)

    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        (x,) = arguments
        if self.rounding is Rounding.DOWN:
            rows.at_least(x, _square(rows, t) * self.factor)
            return
        e = rows.choose("not zero", 0, 1, lambda v: v > 0, x, shape=x.shape)
        zero = rows.choose("zero", 0, 1, lambda v: v == 0, x, shape=x.shape)
        rows.equal(e + zero, 1)
        rows.at_least(x - e, _square(rows, t - e) * self.factor)


def _square(rows: Certificates, side: Quantity) -> Quantity:
    _, high = side.interval
    q = rows.choose("square", 0, high * high, lambda v: exact.multiply(v, v), side, shape=side.shape)
    rows.product(side, side, q)
    return q


def sqrt(x: Quantity, decimals: int, rounding: Rounding) -> Quantity:
    """The square root with `decimals` decimals, rounded down or up; of what is below zero it is zero."""
    if rounding not in (Rounding.DOWN, Rounding.UP):
        raise InvalidInput("sqrt: the rounding has to be DOWN or UP")
    if np.any(x.interval[0] < 0):
        x = pos(x)
    x = x.at(max(x.decimals, 2 * decimals))
    atom = Root(10 ** (x.decimals - 2 * decimals), rounding)
    return use(atom, x.reshape(-1), decimals=decimals, shape=x.shape)


def norm2(v: Quantity, rounding: Rounding = Rounding.UP) -> Quantity:
    """The root of the sum of squares along the last axis, at the scale of `v`."""
    return sqrt(square(v).sum(-1), v.decimals, rounding)
