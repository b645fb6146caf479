"""The largest of several values: `max`, `maximum`, and by mirroring `min`, `minimum`, `pos`, `neg`, `either`.

    f(v) = max(v_1, ..., v_k)

*Upper.* `t >= v_j` for every j: then t is at least the largest. No choice is made, no sorting, no product.

*Over-stated.* `v_k + s` with a wire `s >= 0` in place of t saves a wire and a row: it is at least v_k, and rows make
it at least the others. Over-stating v_k can only over-state the sum.

*Lower.* The prover picks an entry: wires `c_1, ..., c_k >= 0` with `c_1 + ... + c_k = k - 1`, and
`t <= v_j + M_j c_j` for every j. At most k - 1 of the c can be non-zero, so at least one j has `c_j = 0`, and for
it `t <= v_j <= f(v)`. That c_j are whole numbers from zero on is all that is used; they need no product rows. For
honest provers `c_j = 0` for a largest entry and 1 for the others, and `M_j >= max(v) - v_j` leaves those rows slack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zkmargin.circuits.atoms.base import Atom, use
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.expression import Comparison, Interval, Quantity, stack

SHORT = 8
"""Expressions of up to so many terms may be repeated rather than put on a wire."""


@dataclass(frozen=True)
class Maximum(Atom):
    """The largest along the last axis."""

    def interval(self, *arguments: Interval) -> Interval:
        ((low, high),) = arguments
        return low.max(axis=-1), high.max(axis=-1)

    def value(self, *arguments: Ints) -> Ints:
        return np.asarray(arguments[0].max(axis=-1))

    def overstated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity | None:
        (v,) = arguments
        last = v[:, -1]
        if last.forms.nonzeros > SHORT * last.size:
            # Rows of a public matrix would be repeated wherever the value is used.
            return None
        gap = np.maximum(v.interval[1].max(axis=1) - v.interval[0][:, -1], 0)
        s = rows.choose("above the last", 0, gap, lambda v: v.max(axis=-1) - v[..., -1], v, shape=v.shape[:1])
        rows.at_least(t[:, None], v[:, :-1])
        return last + s

    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        (v,) = arguments
        rows.at_least(t[:, None], v)

    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        (v,) = arguments
        others = v.shape[1] - 1
        c = rows.choose("passed over", 0, others, _all_but_largest, v, shape=v.shape)
        rows.equal(c.sum(1), others)
        enough = np.maximum(t.interval[1][:, None] - v.interval[0], 0)
        rows.at_least(v + c * enough, t[:, None])


def _all_but_largest(v: Ints) -> Ints:
    """One for every entry but the first of the largest."""
    return np.asarray(np.arange(v.shape[-1]) != v.argmax(axis=-1)[..., None]).astype(np.int64)


def largest(v: Quantity, axis: int | None = None) -> Quantity:
    """The largest entry, or the largest along one axis (`max` of this package)."""
    index = np.arange(v.size).reshape(v.shape)
    moved = np.moveaxis(index, axis, -1) if axis is not None else index.ravel()
    if moved.shape[-1] == 1:
        return v.reshape(-1)[moved[..., 0]]
    candidates = _undominated(v.reshape(-1)[moved.reshape(-1, moved.shape[-1])])
    if candidates.shape[1] == 1:
        return candidates.reshape(*moved.shape[:-1])
    return use(Maximum(), candidates, decimals=v.decimals, shape=moved.shape[:-1])


def _undominated(v: Quantity) -> Quantity:
    """Leave out columns that bounds show to be nowhere above the others."""
    low, high = v.interval
    kept = list(range(v.shape[1]))
    for column in np.flatnonzero((high <= low.max(axis=1)[:, None]).all(axis=0)).tolist():
        others = [other for other in kept if other != column]
        if others and np.all(low[:, others].max(axis=1) >= high[:, column]):
            kept = others
    return v[:, np.array(kept)] if len(kept) < v.shape[1] else v


def smallest(v: Quantity, axis: int | None = None) -> Quantity:
    """The smallest entry, or the smallest along one axis (`min` of this package)."""
    return -largest(-v, axis)


def maximum(*values: Any) -> Quantity:
    """The larger of several quantities, entry by entry; with a single argument its largest entry."""
    return largest(values[0]) if len(values) == 1 else largest(stack(values, -1), -1)


def minimum(*values: Any) -> Quantity:
    """The smaller of several quantities, entry by entry; with a single argument its smallest entry."""
    return smallest(values[0]) if len(values) == 1 else smallest(stack(values, -1), -1)


def pos(x: Quantity) -> Quantity:
    """`max(x, 0)`."""
    return maximum(x, 0)


def neg(x: Quantity) -> Quantity:
    """`max(-x, 0)`: the size of what is below zero."""
    return maximum(-x, 0)


def either(*comparisons: Comparison) -> Comparison:
    """Holds where at least one of the comparisons holds; `a == b` counts as `-|a - b| >= 0`."""
    margins = [single_margin(comparison).as_decimals(0) for comparison in comparisons]
    return Comparison(maximum(*margins)) if len(margins) > 1 else comparisons[0]


def both(*comparisons: Comparison) -> Comparison:
    """Holds where all of the comparisons hold: for use within `either` and `where`."""
    margins = [single_margin(comparison).as_decimals(0) for comparison in comparisons]
    return Comparison(minimum(*margins)) if len(margins) > 1 else comparisons[0]


def single_margin(comparison: Comparison) -> Quantity:
    """A number that is not negative exactly where the comparison holds."""
    margin = comparison.margin
    return minimum(margin, -margin) if comparison.equality else margin
