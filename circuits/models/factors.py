"""Public factors that a rule computes from a snapshot, such as `exp(-rate T)`: decimal arithmetic, never doubles.

The decimal module rounds `exp` correctly at the precision it is given, so that every machine compiles the same
circuit from the same documents. Operators of `Decimal`, even its minus sign, round to whatever context the calling
program has set; the functions here do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np

from zkmargin.circuits.fixed import Fixed

CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN)
SECONDS_A_YEAR = Decimal(365 * 86_400)


def years(seconds: int) -> Decimal:
    """Years of 365 days, to 60 digits."""
    return CONTEXT.divide(Decimal(seconds), SECONDS_A_YEAR)


def exponential(exponent: Decimal) -> Decimal:
    """`e^exponent`, correctly rounded to 60 digits."""
    return CONTEXT.exp(exponent)


def add(*numbers: Decimal) -> Decimal:
    result = Decimal(0)
    for number in numbers:
        result = CONTEXT.add(result, number)
    return result


def subtract(left: Decimal, right: Decimal) -> Decimal:
    return CONTEXT.subtract(left, right)


def multiply(*numbers: Decimal) -> Decimal:
    result = Decimal(1)
    for number in numbers:
        result = CONTEXT.multiply(result, number)
    return result


def rounded(numbers: Sequence[Decimal], decimals: int) -> Fixed:
    """Factors to the nearest multiple of `10^-decimals`, ties to even."""
    units = [int(CONTEXT.to_integral_value(CONTEXT.scaleb(number, decimals))) for number in numbers]
    return Fixed(np.array(units, dtype=object), decimals)
