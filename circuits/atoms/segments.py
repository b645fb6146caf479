"""Functions by tiers of one private number: marginal tiers, rates for the whole position, step functions.

    f(x) = slope_i x + constant_i    on segment i, that is for  bound_{i-1} < x <= bound_i

Marginal tiers that only rise (or only fall) are the largest (smallest) of their lines and need no choice of a
segment: `tiers` uses the certificates of `maximum` then. Otherwise:

*Choice of a segment.* Wires `b_i >= 0` with `sum b = 1`: exactly one is 1. `x <= sum_i b_i bound_i` (the last bound
being the largest possible x) forbids segments below that of x, and `x >= sum_i b_i (bound_{i-1} + 1)` those above.

*Upper.* `t >= slope_i x + constant_i - M_i (1 - b_i)`: the chosen line binds, and it is the right one.
*Lower.* `t <= slope_i x + constant_i + M_i (1 - b_i)`.
*Steps.* If all slopes are 0, `sum_i b_i constant_i` is the value itself and these rows are not needed.

*One row less.* Where the lines of higher segments are nowhere below f, a segment too high can only over-state, and
the upper certificate leaves out the row against it; likewise for lower segments, and with signs changed for the
lower certificate. Rates for a whole position that rise with size need one of the two rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.atoms.base import Atom, use
from zkmargin.circuits.atoms.maximum import largest
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints, common_shape
from zkmargin.circuits.expression import Interval, Quantity, broadcast
from zkmargin.circuits.fixed import Fixed, fixed


@dataclass(frozen=True)
class Segments(Atom):
    """Arguments: x; then public numbers: bounds (one fewer than segments), slopes, constants of each instance."""

    def interval(self, *arguments: Interval) -> Interval:
        (low, high), (bounds, _), (slopes, _), (constants, _) = arguments
        starts, ends = _ends(low, high, bounds)
        reached = starts <= ends
        first, last = slopes * starts + constants, slopes * ends + constants
        # Segments that x cannot reach give no bound; at least one is reached.
        anchor = np.take_along_axis(first, reached.argmax(axis=1)[:, None], axis=1)
        least, most = np.minimum(first, last), np.maximum(first, last)
        return np.where(reached, least, anchor).min(axis=1), np.where(reached, most, anchor).max(axis=1)

    def value(self, *arguments: Ints) -> Ints:
        x, bounds, slopes, constants = arguments
        at = _segment(x, bounds)[..., None]
        chosen = np.take_along_axis(np.broadcast_to(slopes, (*x.shape, slopes.shape[-1])), at, axis=-1)[..., 0]
        offset = np.take_along_axis(np.broadcast_to(constants, (*x.shape, slopes.shape[-1])), at, axis=-1)[..., 0]
        return exact.add(exact.multiply(chosen, x), offset)

    def overstated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity | None:
        return self._step(rows, arguments, self._checks(arguments, +1))

    def understated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity | None:
        return self._step(rows, arguments, self._checks(arguments, -1))

    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        self._above(rows, t, _choice(rows, arguments, self._checks(arguments, +1)), arguments)

    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        self._below(rows, t, _choice(rows, arguments, self._checks(arguments, -1)), arguments)

    def exact(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        value = self._step(rows, arguments, (True, True))
        if value is not None:
            rows.equal(t, value)
            return
        b = _choice(rows, arguments, (True, True))
        self._above(rows, t, b, arguments)
        self._below(rows, t, b, arguments)

    def _step(self, rows: Certificates, arguments: tuple[Quantity, ...], checks: tuple[bool, bool]) -> Quantity | None:
        _, _, slopes, constants = arguments
        if np.any(slopes.interval[0] != 0):
            return None
        return (_choice(rows, arguments, checks) * constants.interval[0]).sum(1)

    def _above(self, rows: Certificates, t: Quantity, b: Quantity, arguments: tuple[Quantity, ...]) -> None:
        lines = _lines(arguments)
        rows.at_least(t[:, None], lines - (1 - b) * np.maximum(lines.interval[1] - t.interval[0][:, None], 0))

    def _below(self, rows: Certificates, t: Quantity, b: Quantity, arguments: tuple[Quantity, ...]) -> None:
        lines = _lines(arguments)
        rows.at_least(lines + (1 - b) * np.maximum(t.interval[1][:, None] - lines.interval[0], 0), t[:, None])

    def _checks(self, arguments: tuple[Quantity, ...], side: int) -> tuple[bool, bool]:
        """Whether segments too low, and segments too high, have to be forbidden on this side."""
        x, (bounds, slopes, constants) = arguments[0], _public(arguments)
        starts, ends = _ends(*x.interval, bounds)
        forbid_low = forbid_high = False
        for right in range(slopes.shape[1]):
            reached = starts[:, right] <= ends[:, right]
            for other in range(slopes.shape[1]):
                slope, constant = slopes[:, other] - slopes[:, right], constants[:, other] - constants[:, right]
                # A line that errs to the wrong side anywhere on a segment does so at one of its ends.
                wrong = [side * (slope * point[:, right] + constant) < 0 for point in (starts, ends)]
                if np.any(reached & (wrong[0] | wrong[1])):
                    forbid_low, forbid_high = forbid_low or other < right, forbid_high or other > right
        return forbid_low, forbid_high


def _public(arguments: tuple[Quantity, ...]) -> tuple[Ints, Ints, Ints]:
    bounds, slopes, constants = (part.interval[0] for part in arguments[1:])
    return bounds, slopes, constants


def _lines(arguments: tuple[Quantity, ...]) -> Quantity:
    _, slopes, constants = _public(arguments)
    return arguments[0][:, None] * slopes + constants


def _choice(rows: Certificates, arguments: tuple[Quantity, ...], forbid: tuple[bool, bool]) -> Quantity:
    x, (bounds, slopes, _) = arguments[0], _public(arguments)
    b = rows.choose("segment", 0, 1, _chosen, x, arguments[1], shape=slopes.shape)
    rows.equal(b.sum(1), 1)
    low, high = x.interval
    forbid_low, forbid_high = forbid
    if forbid_low:
        ends = np.concatenate([bounds, np.maximum(high, bounds[:, -1] + 1)[:, None]], axis=1)
        rows.at_least((b * ends).sum(1), x)
    if forbid_high:
        starts = np.concatenate([np.minimum(low, bounds[:, 0])[:, None], bounds + 1], axis=1)
        rows.at_least(x, (b * starts).sum(1))
    return b


def _ends(low: Ints, high: Ints, bounds: Ints) -> tuple[Ints, Ints]:
    """The first and the last integer of each segment within `low..high` (empty where the first is larger)."""
    first = np.concatenate([low[:, None], np.maximum(bounds + 1, low[:, None])], axis=1)
    last = np.concatenate([np.minimum(bounds, high[:, None]), high[:, None]], axis=1)
    return first, last


def _segment(x: Ints, bounds: Ints) -> Any:
    return (x[..., None] > bounds).sum(axis=-1)


def _chosen(x: Ints, bounds: Ints) -> Ints:
    return np.asarray(np.arange(bounds.shape[-1] + 1) == _segment(x, bounds)[..., None]).astype(np.int64)


def tiers(x: Quantity, bounds: Any, rates: Any) -> Quantity:
    """Marginal tiers: `rates[0]` for each unit up to `bounds[0]`, `rates[1]` from there to `bounds[1]`, and so on.

    `bounds` and `rates` are public; their last axis runs over the tiers (one rate more than bounds), axes before it
    broadcast with `x`. The function is 0 at 0 if the first bound is not negative.
    """
    bounds, rates = fixed(bounds), fixed(rates)
    x = x.at(max(x.decimals, bounds.decimals))
    edges, slopes = exact.wide(bounds.at(x.decimals)), exact.wide(rates.integers)
    jumps = np.cumsum((slopes[..., :-1] - slopes[..., 1:]) * edges, axis=-1)
    constants = np.concatenate([np.zeros_like(jumps[..., :1]), jumps], axis=-1)
    steps = np.diff(slopes, axis=-1)
    lines = x[..., None] * Fixed(slopes, rates.decimals) + Fixed(constants, x.decimals + rates.decimals)
    if np.all(steps >= 0):
        return largest(lines, -1)
    if np.all(steps <= 0):
        return -largest(-lines, -1)
    return _segments(x, bounds, rates, Fixed(constants, x.decimals + rates.decimals))


def whole_tiers(x: Quantity, bounds: Any, rates: Any) -> Quantity:
    """The rate of the tier that `x` falls in, times all of `x`; a bound belongs to the tier below it."""
    rates = fixed(rates)
    return _segments(x, fixed(bounds), rates, Fixed(np.zeros_like(rates.integers), 0))


def steps(x: Quantity, bounds: Any, values: Any) -> Quantity:
    """The value of the tier that `x` falls in; a bound belongs to the tier below it."""
    values = fixed(values)
    return _segments(x, fixed(bounds), Fixed(np.zeros_like(values.integers), 0), values)


def _segments(x: Quantity, bounds: Fixed, slopes: Fixed, constants: Fixed) -> Quantity:
    x = x.at(max(x.decimals, bounds.decimals))
    decimals = max(x.decimals + slopes.decimals, constants.decimals)
    edges, lines = bounds.at(x.decimals), slopes.at(decimals - x.decimals)
    count = lines.shape[-1]
    if count != edges.shape[-1] + 1 or count < 2:
        raise InvalidInput("tiers: one rate more than bounds is needed, and at least one bound")
    if np.any(np.diff(exact.wide(edges), axis=-1) <= 0):
        raise InvalidInput("tiers: bounds have to rise")
    shape = common_shape(x.shape, edges.shape[:-1], lines.shape[:-1], constants.shape[:-1])
    public = [
        x.lift(np.broadcast_to(array, (*shape, array.shape[-1])).reshape(-1, array.shape[-1]))
        for array in (edges, lines, constants.at(decimals))
    ]
    return use(Segments(), broadcast(x, shape).reshape(-1), *public, decimals=decimals, shape=shape)
