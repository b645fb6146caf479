"""Division with explicit rounding, by public and by private divisors; the only place where anything is rounded.

    f(x, d) = x / d rounded to an integer,    d >= 1

Let q stand for `d t`: a multiple of t if d is public, a wire with the product row `d t = q` if d is private.

*Down, upper.* t >= floor(x / d) means d t >= x - d + 1:  row `q >= x - d + 1`.
*Down, lower.* t <= floor(x / d) means d t <= x:          row `q <= x`.
The two slacks together are the remainder r and d - 1 - r, both from zero on: 0 <= r < d.

*Up.* f(x) = -floor(-x / d): `q >= x`, and `q <= x + d - 1`.

*Half even.* With p = 1 for odd t and p = 0 for even t, and ties going to even neighbours, t >= f(x, d) means
`2 q >= 2 x - d + p` and t <= f(x, d) means `2 q <= 2 x + d - p`. The wires are `p >= 0` and an integer h with
`t = 2 h + p`; a prover may take p too large, which only makes both rows stricter, but not 0 for odd t. Odd public
divisors have no ties and need no parity.

A private divisor has to be at least 1. If its interval does not say so, `divide` adds that as a requirement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.atoms.base import Atom, use
from zkmargin.circuits.atoms.maximum import neg, pos
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.expression import Interval, Quantity, align, broadcast, require
from zkmargin.circuits.fixed import Rounding
from zkmargin.circuits.fixed import divide as divide_integers


@dataclass(frozen=True)
class Quotient(Atom):
    """The rounded quotient, entry by entry."""

    rounding: Rounding

    def interval(self, *arguments: Interval) -> Interval:
        x, d = arguments
        divisors = [np.maximum(bound, 1) for bound in d]
        corners = [divide_integers(bound, divisor, self.rounding) for bound in x for divisor in divisors]
        return np.minimum.reduce(corners), np.maximum.reduce(corners)

    def value(self, *arguments: Ints) -> Ints:
        # Divisors that are not positive break a requirement; the calculator still has to get that far.
        return divide_integers(arguments[0], np.maximum(arguments[1], 1), self.rounding)

    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        self._bind(rows, t, arguments, above=True, below=False)

    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        self._bind(rows, t, arguments, above=False, below=True)

    def exact(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        self._bind(rows, t, arguments, above=True, below=True)

    def _bind(self, rows: Certificates, t: Quantity, arguments: tuple[Quantity, ...], above: bool, below: bool) -> None:
        x, d = arguments
        low: Quantity
        high: Quantity
        q = self._multiple(rows, t, d)
        if self.rounding is Rounding.HALF_EVEN:
            p = self._parity(rows, t, d)
            low, high, q = 2 * x - d + p, 2 * x + d - p, 2 * q
        elif self.rounding is Rounding.DOWN:
            low, high = x - d + 1, x
        else:
            low, high = x, x + d - 1
        if above:
            rows.at_least(q, low)
        if below:
            rows.at_least(high, q)

    def _multiple(self, rows: Certificates, t: Quantity, d: Quantity) -> Quantity:
        if not d.is_private:
            return t * d.interval[0]
        (low, high), reach = t.interval, d.interval[1]
        q = rows.choose(
            "multiple", np.minimum(low * reach, 0), np.maximum(high * reach, 0), exact.multiply, t, d, shape=t.shape
        )
        rows.product(t, d, q)
        return q

    def _parity(self, rows: Certificates, t: Quantity, d: Quantity) -> Quantity | int:
        if not d.is_private and np.all(d.interval[0] % 2 == 1):
            return 0
        low, high = t.interval
        p = rows.choose("odd", 0, 1, lambda t: t % 2, t, shape=t.shape)
        half = rows.choose("half", low // 2, high // 2, lambda t: t // 2, t, shape=t.shape)
        rows.equal(2 * half + p, t)
        return p


def divide(x: Any, y: Any, decimals: int, rounding: Rounding) -> Quantity:
    """`x / y` with `decimals` decimals, rounded as told; at least one of the two is private, y has to be positive."""
    x, y = (x.lift(x), x.lift(y)) if isinstance(x, Quantity) else (y.lift(x), y)
    x, y = align(x, y)
    if np.any(y.interval[0] < 1):
        if not y.is_private:
            raise InvalidInput("division: the divisor has to be positive")
        _require_positive(y)
    numerator = (x * 10**decimals).reshape(-1)
    return _rounded(numerator, y.reshape(-1), rounding, decimals, x.shape)


def _require_positive(y: Quantity) -> None:
    """Once for each divisor, however often it divides."""
    comparison = y > 0
    wanted = comparison.margin.forms.fingerprint()
    if all(known.margin.forms.fingerprint() != wanted for known in y.trace.requirements):
        require(comparison, f"divisor is positive ({len(y.trace.requirements) + 1})")


def floor_div(x: Any, y: Any) -> Quantity:
    """The integer part of `x / y`, rounded down: Python's `//`."""
    return divide(x, y, 0, Rounding.DOWN)


def rescale(x: Quantity, decimals: int, rounding: Rounding) -> Quantity:
    """The number with fewer decimals, rounded as told; with more decimals it is exact."""
    if decimals >= x.decimals:
        return x.at(decimals)
    divisor = broadcast(x.lift(10 ** (x.decimals - decimals)), x.shape)
    return _rounded(x.reshape(-1), divisor.reshape(-1), rounding, decimals, x.shape)


def _rounded(x: Quantity, d: Quantity, rounding: Rounding, decimals: int, shape: tuple[int, ...]) -> Quantity:
    if not isinstance(rounding, Rounding):
        raise InvalidInput("division: a Rounding is needed")

    def to(direction: Rounding) -> Quantity:
        return use(Quotient(direction), x, d, decimals=decimals, shape=shape)

    if rounding in (Rounding.DOWN, Rounding.UP, Rounding.HALF_EVEN):
        return to(rounding)
    low, high = x.interval
    inwards = rounding is Rounding.TOWARDS_ZERO
    if np.all(low >= 0):
        return to(Rounding.DOWN if inwards else Rounding.UP)
    if np.all(high <= 0):
        return to(Rounding.UP if inwards else Rounding.DOWN)
    # Above zero one direction counts, below zero the other; each is zero where the other one counts.
    down, up = to(Rounding.DOWN), to(Rounding.UP)
    return pos(down) - neg(up) if inwards else pos(up) - neg(down)
