"""The k-th largest of n values: value at risk by rank, when the values are losses.

    f(v) = the k-th entry of v in falling order

*Upper.* f(v) <= t says that at most k - 1 entries are above t. Wires `b_i >= 0` with `sum b = k - 1`, and
`t + M_i b_i >= v_i`: at most k - 1 of the b can be non-zero, and every other entry is at most t.

*Lower.* f(v) >= t says that at most n - k entries are below t. Wires `c_i >= 0` with `sum c = n - k`, and
`v_i + M_i c_i >= t`.

Whole numbers from zero on are all that is asked of b and c. Honest provers take 0 and 1 by rank.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkmargin.circuits.atoms.base import Atom, use
from zkmargin.circuits.atoms.maximum import largest, smallest
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.expression import Interval, Quantity


@dataclass(frozen=True)
class KthLargest(Atom):
    """The `k`-th largest along the last axis."""

    k: int

    def interval(self, *arguments: Interval) -> Interval:
        low, high = (np.sort(bound, axis=-1)[..., -self.k] for bound in arguments[0])
        return low, high

    def value(self, *arguments: Ints) -> Ints:
        return np.asarray(np.sort(arguments[0], axis=-1)[..., -self.k])

    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        (v,) = arguments
        above = self.k - 1
        b = rows.choose("above", 0, max(above, 1), lambda v: _rank(v) < above, v, shape=v.shape)
        rows.equal(b.sum(1), above)
        enough = np.maximum(v.interval[1] - t.interval[0][:, None], 0)
        rows.at_least(t[:, None] + b * enough, v)

    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        (v,) = arguments
        below = v.shape[1] - self.k
        c = rows.choose("below", 0, max(below, 1), lambda v: _rank(v) >= self.k, v, shape=v.shape)
        rows.equal(c.sum(1), below)
        enough = np.maximum(t.interval[1][:, None] - v.interval[0], 0)
        rows.at_least(v + c * enough, t[:, None])


def _rank(v: Ints) -> Ints:
    """0 for the largest entry, n - 1 for the smallest."""
    order = np.argsort(np.argsort(v, axis=-1, kind="stable"), axis=-1, kind="stable")
    return np.asarray(v.shape[-1] - 1 - order)


def kth_largest(v: Quantity, k: int) -> Quantity:
    """The `k`-th largest along the last axis, `k` counted from 1; equal entries count as often as they occur."""
    count = v.shape[-1] if v.shape else 0
    if type(k) is not int or not 1 <= k <= count:
        raise InvalidInput(f"kth_largest: k has to be an integer from 1 to {count}")
    if k in (1, count):
        return largest(v, -1) if k == 1 else smallest(v, -1)
    return use(KthLargest(k), v.reshape(-1, count), decimals=v.decimals, shape=v.shape[:-1])
