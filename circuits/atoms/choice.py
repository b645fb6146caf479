"""A choice by a private condition.

    f(d, a, b) = a if d >= 0 else b

*The branch.* The prover picks it by wires `s, c >= 0`, `s + c = 1`: s = 1 says d >= 0, c = 1 says d < 0. Rows make both
claims true: `d + D c >= 0` (D >= -d, so that it is slack for c = 1) and `D' s >= d + 1` (D' >= d + 1).

*Upper.* `t >= a - A c` and `t >= b - B s`: the row of the branch binds, the other is slack. *Lower.* `t <= a + A c`,
`t <= b + B s`.

*One claim less.* Where a >= b for all accounts, wrongly claiming d >= 0 can only over-state and wrongly claiming d < 0
only under-state, so the upper certificate proves the claim d < 0 alone, the lower one the claim d >= 0 alone; where
a <= b it is the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zkmargin.circuits.atoms.base import Atom, use
from zkmargin.circuits.atoms.maximum import single_margin
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints, common_shape
from zkmargin.circuits.expression import Comparison, Interval, Quantity, broadcast, stack


@dataclass(frozen=True)
class Where(Atom):
    """One of two values, entry by entry."""

    def interval(self, *arguments: Interval) -> Interval:
        (low, high), (a_low, a_high), (b_low, b_high) = arguments
        least, most = np.minimum(a_low, b_low), np.maximum(a_high, b_high)
        for settled, first, last in ((low >= 0, a_low, a_high), (high < 0, b_low, b_high)):
            least, most = np.where(settled, first, least), np.where(settled, last, most)
        return least, most

    def value(self, *arguments: Ints) -> Ints:
        d, a, b = arguments
        return np.where(d >= 0, a, b)

    def overstated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity | None:
        _, a, b = arguments
        return self._public_value(rows, arguments, self._claims_above(a, b))

    def understated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity | None:
        _, a, b = arguments
        return self._public_value(rows, arguments, self._claims_below(a, b))

    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        d, a, b = arguments
        self._above(rows, t, a, b, *_branch(rows, d, *self._claims_above(a, b)))

    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        d, a, b = arguments
        self._below(rows, t, a, b, *_branch(rows, d, *self._claims_below(a, b)))

    def exact(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        d, a, b = arguments
        value = self._public_value(rows, arguments, (True, True))
        if value is not None:
            rows.equal(t, value)
            return
        s, c = _branch(rows, d, True, True)
        self._above(rows, t, a, b, s, c)
        self._below(rows, t, a, b, s, c)

    def _claims_above(self, a: Quantity, b: Quantity) -> tuple[bool, bool]:
        """Which of the claims d >= 0, d < 0 need a proof when t may be over-stated."""
        low, high = (a - b).interval
        return not np.all(low >= 0), not np.all(high <= 0)

    def _claims_below(self, a: Quantity, b: Quantity) -> tuple[bool, bool]:
        low, high = (a - b).interval
        return not np.all(high <= 0), not np.all(low >= 0)

    def _above(self, rows: Certificates, t: Quantity, a: Quantity, b: Quantity, s: Quantity, c: Quantity) -> None:
        low = t.interval[0]
        rows.at_least(t, a - c * np.maximum(a.interval[1] - low, 0))
        rows.at_least(t, b - s * np.maximum(b.interval[1] - low, 0))

    def _below(self, rows: Certificates, t: Quantity, a: Quantity, b: Quantity, s: Quantity, c: Quantity) -> None:
        high = t.interval[1]
        rows.at_least(a + c * np.maximum(high - a.interval[0], 0), t)
        rows.at_least(b + s * np.maximum(high - b.interval[0], 0), t)

    def _public_value(
        self, rows: Certificates, arguments: tuple[Quantity, ...], claims: tuple[bool, bool]
    ) -> Quantity | None:
        """With public a and b, `a s + b c` is the value: no further wire is needed."""
        d, a, b = arguments
        if a.is_private or b.is_private:
            return None
        s, c = _branch(rows, d, *claims)
        return s * a.interval[0] + c * b.interval[0]


def _branch(rows: Certificates, d: Quantity, prove_yes: bool, prove_no: bool) -> tuple[Quantity, Quantity]:
    s = rows.choose("yes", 0, 1, lambda d: d >= 0, d, shape=d.shape)
    c = rows.choose("no", 0, 1, lambda d: d < 0, d, shape=d.shape)
    rows.equal(s + c, 1)
    low, high = d.interval
    if prove_yes:
        rows.at_least(d + c * np.maximum(-low, 0), 0)
    if prove_no:
        rows.at_least(s * np.maximum(high + 1, 0), d + 1)
    return s, c


def where(condition: Comparison, a: Any, b: Any) -> Quantity:
    """`a` where the private condition holds, else `b`, entry by entry; both may be private or public."""
    if not isinstance(condition, Comparison):
        raise InvalidInput("where: a comparison of private quantities is needed")
    d = single_margin(condition)
    pair = stack([d.lift(a), d.lift(b), d * 0], -1)
    shape = common_shape(d.shape, pair.shape[:-1])
    first, second = (broadcast(pair[..., i], shape) for i in range(2))
    low, high = d.interval
    if np.all(low >= 0) or np.all(high < 0):
        return first if np.all(low >= 0) else second
    arguments = broadcast(d, shape).reshape(-1), first.reshape(-1), second.reshape(-1)
    return use(Where(), *arguments, decimals=pair.decimals, shape=shape)
