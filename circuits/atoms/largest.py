"""The sum of the k largest of n values: expected shortfall, when the values are losses.

    f(v) = max { sum of v_i over S : S has k of the n entries }

*Over-stated.* For any number `t` and any `u_i >= 0`, `u_i >= v_i - t`:

    k t + sum_i u_i  >=  sum over S of (t + u_i)  >=  sum over S of v_i        for every S with k entries,

so `k t + sum u` is at least f(v) whatever the prover chooses. An honest one takes t = k-th largest, u = max(v - t, 0),
and has equality. (This is the linear program of Rockafellar and Uryasev.)

*Under-stated.* The prover picks the set by wires `b_i >= 0`, `sum b_i = k`, and amounts
`w_i = v_i + M (1 - b_i) - s_i` with wires `s_i >= 0`, and `w_i <= H b_i`. One number `M >= 0`, `M >= -v_i` serves all
entries, and `H >= v_i`, `H >= 0`. Then `sum w <= f(v)`: where `b_i = 0`, `w_i <= 0`; where `b_i >= 1`,
`w_i <= v_i - M (b_i - 1)`. So with j entries chosen, `sum w <= (their v) - M (k - j)`, and as `-M` is at most any
entry that is still missing, filling up the set to k entries can only give more. That b_i is 0 or 1 is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.atoms.base import Atom, use
from zkmargin.circuits.atoms.maximum import largest
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.expression import Interval, Quantity


@dataclass(frozen=True)
class SumLargest(Atom):
    """The sum of the `k` largest along the last axis."""

    k: int

    def interval(self, *arguments: Interval) -> Interval:
        low, high = (np.sort(bound, axis=-1)[..., -self.k :].sum(axis=-1) for bound in arguments[0])
        return low, high

    def value(self, *arguments: Ints) -> Ints:
        largest = np.sort(arguments[0], axis=-1)[..., -self.k :]
        return exact.sum_groups(largest, np.zeros(1, np.int64))[..., 0]

    def overstated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity:
        (v,) = arguments
        low, high = v.interval
        least, most = low.min(axis=1), high.max(axis=1)
        t = rows.choose("threshold", least, most, self._kth, v, shape=v.shape[:1])
        gap = np.maximum(high - least[:, None], 0)
        u = rows.choose("excess", 0, gap, lambda v: np.maximum(v - self._kth(v)[..., None], 0), v, shape=v.shape)
        rows.at_least(u, v - t[:, None])
        return t * self.k + u.sum(1)

    def understated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity:
        (v,) = arguments
        low, high = v.interval
        filler = np.maximum(-low.min(axis=1), 0)[:, None]
        b = rows.choose("picked", 0, 1, self._picked, v, shape=v.shape)
        rows.equal(b.sum(1), self.k)
        lost = rows.choose("left out", 0, high + filler, self._left_out, v, v.lift(filler), shape=v.shape)
        w: Quantity = v + filler - b * filler - lost
        rows.at_least(b * np.maximum(high, 0), w)
        return w.sum(1)

    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        rows.at_least(t, self.overstated(rows, t, *arguments))

    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        rows.at_least(self.understated(rows, t, *arguments), t)

    def _kth(self, v: Ints) -> Ints:
        return np.asarray(np.sort(v, axis=-1)[..., -self.k])

    def _picked(self, v: Ints) -> Ints:
        ranks = np.argsort(np.argsort(v, axis=-1, kind="stable"), axis=-1, kind="stable")
        return np.asarray(ranks >= v.shape[-1] - self.k).astype(np.int64)

    def _left_out(self, v: Ints, filler: Ints) -> Ints:
        return np.asarray((1 - self._picked(v)) * (v + filler))


def sum_largest(v: Quantity, k: int) -> Quantity:
    """The sum of the `k` largest along the last axis; divide by `k` for the expected shortfall."""
    count = v.shape[-1] if v.shape else 0
    if type(k) is not int or not 1 <= k <= count:
        raise InvalidInput(f"sum_largest: k has to be an integer from 1 to {count}")
    if k == count:
        return v.sum(-1)
    if k == 1:
        return largest(v, -1)
    return use(SumLargest(k), v.reshape(-1, count), decimals=v.decimals, shape=v.shape[:-1])
