"""Fixed-point numbers: decimals in, scaled integers inside, rounding only where somebody asks for it by name.

A number with `decimals` decimals is the integer `number * 10^decimals`. Everything here is exact or refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from zkmargin.circuits import exact
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints

if TYPE_CHECKING:
    from zkmargin.circuits.expression import Quantity

MAX_DECIMALS = 60
MAX_DIGITS = 100
"""Longer numbers are refused before any arithmetic: no amount of money needs them, attacks do."""

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?", re.ASCII)


class Rounding(Enum):
    """Which neighbour a quotient goes to."""

    DOWN = "down"
    """towards minus infinity (floor)"""
    UP = "up"
    """towards plus infinity (ceiling)"""
    TOWARDS_ZERO = "towards zero"
    """truncation, the integer division of most machines"""
    AWAY_FROM_ZERO = "away from zero"
    HALF_EVEN = "half even"
    """to the nearest, ties to the even neighbour"""


class Amount(Enum):
    """Whether a number counts for the account (equity, a weight of collateral) or against it (a requirement, a fee)."""

    CREDIT = "credit"
    CHARGE = "charge"


def against_account(amount: Amount) -> Rounding:
    """The rounding that never favours the account: credits shrink, charges grow."""
    return Rounding.DOWN if amount is Amount.CREDIT else Rounding.UP


def favouring_account(amount: Amount) -> Rounding:
    """The rounding that never costs the account anything: credits grow, charges shrink."""
    return Rounding.UP if amount is Amount.CREDIT else Rounding.DOWN


@overload
def divide(number: int, divisor: int, rounding: Rounding) -> int: ...
@overload
def divide(number: Ints, divisor: int | Ints, rounding: Rounding) -> Ints: ...
def divide(number: Any, divisor: Any, rounding: Rounding) -> Any:
    """`number / divisor` rounded to an integer; integers or arrays of them, the divisor positive."""
    if np.any(np.asarray(divisor) <= 0):
        raise InvalidInput("division: the divisor has to be positive")
    down, up = number // divisor, -(-number // divisor)
    if rounding is Rounding.DOWN:
        return down
    if rounding is Rounding.UP:
        return up
    if rounding is Rounding.HALF_EVEN:
        doubled = 2 * (number - down * divisor) - divisor
        to_upper = (doubled > 0) | ((doubled == 0) & (down % 2 == 1))
        return down + to_upper
    positive = number > 0 if rounding is Rounding.AWAY_FROM_ZERO else number < 0
    return down + positive * (up - down)


def parse_decimal(text: object, decimals: int, what: str = "number") -> int:
    """The scaled integer of a decimal text such as `-12.50`; digits beyond `decimals` must be zeros."""
    check_decimals(decimals)
    if type(text) is not str:
        raise InvalidInput(f"{what}: a decimal text is needed, not {type(text).__name__}")
    if len(text) > MAX_DIGITS:
        raise InvalidInput(f"{what}: {len(text)} characters, at most {MAX_DIGITS}")
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InvalidInput(f"{what}: not a plain decimal number such as -12.50")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if fraction[decimals:].strip("0"):
        raise InvalidInput(f"{what}: more than {decimals} decimals; round it explicitly")
    value = int(whole + fraction[:decimals].ljust(decimals, "0"))
    if sign and value == 0:
        raise InvalidInput(f"{what}: minus zero")
    return -value if sign else value


def to_integer(number: object, decimals: int, what: str = "number") -> int:
    """The scaled integer of a Python integer, a decimal text or a finite `Decimal`; never rounds."""
    check_decimals(decimals)
    if type(number) is int:
        if number.bit_length() > 4 * MAX_DIGITS:
            raise InvalidInput(f"{what}: more than {MAX_DIGITS} digits")
        return number * int(10**decimals)
    if type(number) is Decimal:
        return _from_decimal(number, decimals, what)
    return parse_decimal(number, decimals, what)


def _from_decimal(number: Decimal, decimals: int, what: str) -> int:
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise InvalidInput(f"{what}: not a finite number")
    # The exponent is bounded before anything is raised to it: 1e3000000 would take minutes.
    if abs(exponent) > MAX_DIGITS or len(digits) > MAX_DIGITS:
        raise InvalidInput(f"{what}: more than {MAX_DIGITS} digits")
    coefficient = int("".join(map(str, digits)))
    value, rest = divmod(coefficient * int(10 ** (MAX_DIGITS + decimals + exponent)), int(10**MAX_DIGITS))
    if rest:
        raise InvalidInput(f"{what}: more than {decimals} decimals; round it explicitly")
    return -value if sign else value


def to_text(value: int, decimals: int) -> str:
    """The decimal text of a scaled integer: the canonical form, with exactly `decimals` decimals."""
    digits = str(abs(value)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    return ("-" if value < 0 else "") + whole + ("." + fraction if decimals else "")


def check_decimals(decimals: object) -> None:
    if type(decimals) is not int or not 0 <= decimals <= MAX_DECIMALS:
        raise InvalidInput(f"decimals: an integer from 0 to {MAX_DECIMALS} is needed")


@dataclass(frozen=True, eq=False)
class Fixed:
    """A public array of fixed-point numbers: `integers / 10^decimals`. Operators are exact and align the scales."""

    integers: Ints
    decimals: int = 0

    # numpy arrays on the left leave operators to this class.
    __array_ufunc__ = None

    def __post_init__(self) -> None:
        check_decimals(self.decimals)
        object.__setattr__(self, "integers", exact.integers(self.integers))

    @classmethod
    def parse(cls, numbers: Any, decimals: int, what: str = "numbers") -> Fixed:
        """From (nested lists of) decimal texts, integers or `Decimal`s."""
        array = np.array(numbers, dtype=object)
        flat = [to_integer(number, decimals, f"{what}[{i}]") for i, number in enumerate(array.flat)]
        return cls(np.array(flat, dtype=object).reshape(array.shape), decimals)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.integers.shape

    def __len__(self) -> int:
        return len(self.integers)

    def __getitem__(self, part: Any) -> Fixed:
        return Fixed(np.asarray(self.integers[part]), self.decimals)

    @property
    def T(self) -> Fixed:
        return Fixed(self.integers.T, self.decimals)

    def __neg__(self) -> Fixed:
        return Fixed(exact.multiply(self.integers, exact.integers(-1)), self.decimals)

    @overload
    def __add__(self, other: Quantity) -> Quantity: ...
    @overload
    def __add__(self, other: Public) -> Fixed: ...
    def __add__(self, other: Any) -> Any:
        if not is_public(other):
            return NotImplemented
        decimals = max(self.decimals, fixed(other).decimals)
        exact.common_shape(self.shape, fixed(other).shape)
        return Fixed(exact.add(self.at(decimals), fixed(other).at(decimals)), decimals)

    @overload
    def __sub__(self, other: Quantity) -> Quantity: ...
    @overload
    def __sub__(self, other: Public) -> Fixed: ...
    def __sub__(self, other: Any) -> Any:
        return self + -fixed(other) if is_public(other) else NotImplemented

    @overload
    def __mul__(self, other: Quantity) -> Quantity: ...
    @overload
    def __mul__(self, other: Public) -> Fixed: ...
    def __mul__(self, other: Any) -> Any:
        if not is_public(other):
            return NotImplemented
        exact.common_shape(self.shape, fixed(other).shape)
        return Fixed(exact.multiply(self.integers, fixed(other).integers), self.decimals + fixed(other).decimals)

    @overload
    def __matmul__(self, other: Quantity) -> Quantity: ...
    @overload
    def __matmul__(self, other: Public) -> Fixed: ...
    def __matmul__(self, other: Any) -> Any:
        if not is_public(other):
            return NotImplemented
        right = fixed(other)
        if not self.shape or self.shape[-1:] != right.shape[:1]:
            raise InvalidInput(f"matrix product: shapes {self.shape} and {right.shape} do not fit")
        product = exact.matmul(self.integers.reshape(-1, self.shape[-1]), right.integers.reshape(len(right), -1))
        return Fixed(product.reshape(self.shape[:-1] + right.shape[1:]), self.decimals + right.decimals)

    def __radd__(self, other: Public) -> Fixed:
        return self + other

    def __rsub__(self, other: Public) -> Fixed:
        return -self + other

    def __rmul__(self, other: Public) -> Fixed:
        return self * other

    def __rmatmul__(self, other: Public) -> Fixed:
        return fixed(other) @ self

    def at(self, decimals: int) -> Ints:
        """The integers at a finer scale."""
        if decimals < self.decimals:
            raise InvalidInput("a coarser scale needs rounding: use Fixed.rescale")
        return exact.multiply(self.integers, exact.integers(10 ** (decimals - self.decimals)))

    def rescale(self, decimals: int, rounding: Rounding) -> Fixed:
        """The numbers at another scale, rounded as told where it is coarser."""
        if decimals >= self.decimals:
            return Fixed(self.at(decimals), decimals)
        return Fixed(divide(exact.wide(self.integers), 10 ** (self.decimals - decimals), rounding), decimals)

    def texts(self) -> npt.NDArray[np.object_]:
        """The canonical decimal texts."""
        flat = [to_text(int(value), self.decimals) for value in self.integers.flat]
        return np.array(flat, dtype=object).reshape(self.shape)


Public = Fixed | Ints | int
"""What may stand next to a private quantity."""


def is_public(number: object) -> bool:
    """Whether an operand is public: a `Fixed`, a Python integer, a numpy integer or array, a list of integers."""
    return isinstance(number, Fixed | np.ndarray | np.integer | int | list | tuple)


def fixed(number: Any) -> Fixed:
    """A public operand as `Fixed`; plain integers have no decimals."""
    return number if isinstance(number, Fixed) else Fixed(exact.integers(number), 0)
