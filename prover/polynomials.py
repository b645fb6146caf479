"""Polynomials in one variable, as the last round of a sumcheck needs them."""

from __future__ import annotations

from itertools import zip_longest

from zkmargin.circuits.system import MODULUS


class Polynomial:
    """By its coefficients, from the constant on: any integers, which stand for field elements."""

    __slots__ = ("coefficients",)

    def __init__(self, *coefficients: int) -> None:
        self.coefficients = coefficients

    @classmethod
    def line(cls, at_zero: int, at_one: int) -> Polynomial:
        return cls(at_zero, at_one - at_zero)

    def __repr__(self) -> str:
        # The coefficients may be private.
        return f"Polynomial(degree={len(self.coefficients) - 1})"

    def __add__(self, other: Polynomial) -> Polynomial:
        return Polynomial(*(a + b for a, b in zip_longest(self.coefficients, other.coefficients, fillvalue=0)))

    def __sub__(self, other: Polynomial) -> Polynomial:
        return Polynomial(*(a - b for a, b in zip_longest(self.coefficients, other.coefficients, fillvalue=0)))

    def __mul__(self, other: Polynomial | int) -> Polynomial:
        if isinstance(other, int):
            return Polynomial(*[coefficient * other for coefficient in self.coefficients])
        result = [0] * (len(self.coefficients) + len(other.coefficients) - 1)
        for i, a in enumerate(self.coefficients):
            for j, b in enumerate(other.coefficients, i):
                result[j] += a * b
        return Polynomial(*result)

    def reduced(self) -> Polynomial:
        return Polynomial(*[coefficient % MODULUS for coefficient in self.coefficients])

    def at(self, x: int) -> int:
        """Reduced."""
        value = 0
        for coefficient in reversed(self.coefficients):
            value = (value * x + coefficient) % MODULUS
        return value
