"""Polynomials of degree two, as the rounds of the sumchecks need them."""

from __future__ import annotations

from typing import NamedTuple


class Quadratic(NamedTuple):
    """`constant + linear X + leading X^2`; the coefficients are any integers that stand for field elements."""

    constant: int
    linear: int
    leading: int

    @classmethod
    def through(cls, at_zero: int, at_one: int, leading: int) -> Quadratic:
        return cls(at_zero, at_one - at_zero - leading, leading)

    def at(self, x: int) -> int:
        return self.constant + x * (self.linear + x * self.leading)

    def times_line(self, low: int, high: int) -> list[int]:
        """The coefficients of its product with the line that is `low` at 0 and `high` at 1."""
        constant, linear, leading = self
        slope = high - low
        return [low * constant, low * linear + slope * constant, low * leading + slope * linear, slope * leading]
