"""The absolute value.

    f(x) = |x|

*Over-stated.* The prover writes `x = p - n` with wires `p, n >= 0` and uses `p + n` for the value:
`p + n >= |p - n| = |x|`. One row and two wires; an honest prover takes `p = max(x, 0)`, `n = max(-x, 0)`.

*Upper.* `t >= x` and `t >= -x`.

*Lower.* `|x|` is the larger of `x` and `-x`. The prover picks one by wires `a, b >= 0`, `a + b = 1`: exactly one of
them is zero. `t <= x + M a` and `t <= -x + M b`, of which the one with the zero binds and is at most |x|. The other
is slack for an honest prover because `M >= 2 |x|`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkmargin.circuits.atoms.base import Atom, use
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.expression import Interval, Quantity


@dataclass(frozen=True)
class Absolute(Atom):
    """The absolute value, entry by entry."""

    def interval(self, *arguments: Interval) -> Interval:
        ((low, high),) = arguments
        return np.maximum(np.maximum(low, -high), 0), np.maximum(-low, high)

    def value(self, *arguments: Ints) -> Ints:
        return np.asarray(abs(arguments[0]))

    def overstated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity:
        (x,) = arguments
        low, high = x.interval
        p = rows.choose("positive part", 0, np.maximum(high, 0), lambda v: np.maximum(v, 0), x, shape=x.shape)
        n = rows.choose("negative part", 0, np.maximum(-low, 0), lambda v: np.maximum(-v, 0), x, shape=x.shape)
        rows.equal(x, p - n)
        return p + n

    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        (x,) = arguments
        rows.at_least(t, x)
        rows.at_least(t, -x)

    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        (x,) = arguments
        a = rows.choose("negative", 0, 1, lambda v: v < 0, x, shape=x.shape)
        b = rows.choose("not negative", 0, 1, lambda v: v >= 0, x, shape=x.shape)
        rows.equal(a + b, 1)
        low, high = x.interval
        rows.at_least(x + a * (t.interval[1] - low), t)
        rows.at_least(-x + b * (t.interval[1] + high), t)


def absolute(x: Quantity) -> Quantity:
    """`|x|`, entry by entry (`abs` of this package, also Python's own `abs`)."""
    flat = x.reshape(-1)
    low, high = flat.interval
    sign = np.where(low >= 0, 1, np.where(high <= 0, -1, 0))
    if np.all(sign != 0):
        return x * sign.reshape(x.shape).astype(np.int64)
    return use(Absolute(), flat, decimals=x.decimals, shape=x.shape)
