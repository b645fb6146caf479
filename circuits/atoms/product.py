"""Products of private quantities.

    f(x, y) = x y

*Both sides at once.* One product row `x y = t` makes the value exact: t can be neither over- nor under-stated. The
arguments stand in an equality, so they are exact as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.atoms.base import Atom, use
from zkmargin.circuits.bounds import product as interval_product
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.exact import Ints, common_shape
from zkmargin.circuits.expression import Interval, Quantity, broadcast


@dataclass(frozen=True)
class Product(Atom):
    """The product of two values, entry by entry."""

    def interval(self, *arguments: Interval) -> Interval:
        return interval_product(*arguments)

    def value(self, *arguments: Ints) -> Ints:
        return exact.multiply(arguments[0], arguments[1])

    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        self.exact(rows, t, *arguments)

    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        self.exact(rows, t, *arguments)

    def exact(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        rows.product(arguments[0], arguments[1], t)


@dataclass(frozen=True)
class Square(Product):
    """The product of a value with itself, which is never negative."""

    def interval(self, *arguments: Interval) -> Interval:
        ((low, high),) = arguments
        nearest = np.where((low <= 0) & (high >= 0), 0, np.minimum(abs(low), abs(high)))
        return nearest * nearest, np.maximum(low * low, high * high)

    def value(self, *arguments: Ints) -> Ints:
        return exact.multiply(arguments[0], arguments[0])

    def exact(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        rows.product(arguments[0], arguments[0], t)


def square(x: Quantity) -> Quantity:
    """`x * x`, entry by entry."""
    return use(Square(), x.reshape(-1), decimals=2 * x.decimals, shape=x.shape)


def product(x: Quantity, y: Quantity) -> Quantity:
    """`x * y`, entry by entry."""
    shape = common_shape(x.shape, y.shape)
    x, y = broadcast(x, shape), broadcast(x.lift(y), shape)
    decimals = x.decimals + y.decimals
    if x.forms.fingerprint() == y.forms.fingerprint():
        return square(x).as_decimals(decimals)
    return use(Product(), x.reshape(-1), y.reshape(-1), decimals=decimals, shape=shape)
