"""Every atom in small dimension: as a rule computes it, as plain Python computes it, and as a solver understands it.

The three columns are written independently of each other. `specify` returns side conditions and the value.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import z3

import zkmargin.circuits as zk
from zkmargin.circuits import Quantity, Rounding

Specification = tuple[list[Any], Any]


@dataclass(frozen=True)
class AtomCase:
    name: str
    inputs: int
    quantity: Callable[[Quantity], Quantity]
    plain: Callable[[Sequence[int]], int]
    specify: Callable[[Sequence[Any]], Specification]
    domain: Sequence[int] = tuple(range(-2, 3))
    also: Callable[[Sequence[Any]], Any] = lambda _: True
    """What else the rule has to require, for plain numbers and for the solver alike."""
    split: Sequence[int] = ()
    """Values of the last input for which the solver is asked one after the other, where it cannot do all at once."""


def largest_of(values: Sequence[Any]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = z3.If(value > result, value, result)
    return result


def smallest_of(values: Sequence[Any]) -> Any:
    return -largest_of([-value for value in values])


def size_of(x: Any) -> Any:
    return z3.If(x < 0, -x, x)


def kth_of(values: Sequence[Any], k: int) -> Any:
    return largest_of([smallest_of(chosen) for chosen in itertools.combinations(values, k)])


def sum_of_largest(values: Sequence[Any], k: int) -> Any:
    return largest_of([sum(chosen) for chosen in itertools.combinations(values, k)])


def rounded(x: Any, d: Any, rounding: Rounding) -> Specification:
    """`x / d` as an unknown pinned down by multiplication: independent of how the compiler does it."""
    q = z3.FreshInt("quotient")
    down, up = [d * q <= x, x < d * q + d], [d * q >= x, x > d * q - d]
    if rounding is Rounding.DOWN:
        return down, q
    if rounding is Rounding.UP:
        return up, q
    if rounding is Rounding.HALF_EVEN:
        near = [2 * d * q <= 2 * x + d, 2 * d * q >= 2 * x - d]
        tie = z3.Or(2 * d * q == 2 * x + d, 2 * d * q == 2 * x - d)
        return [*near, z3.Implies(tie, q % 2 == 0)], q
    to_floor = x >= 0 if rounding is Rounding.TOWARDS_ZERO else x < 0
    return [z3.If(to_floor, z3.And(*down), z3.And(*up))], q


def plain_rounded(x: int, d: int, rounding: Rounding) -> int:
    ratio = Fraction(x, d)
    if rounding is Rounding.DOWN:
        return math.floor(ratio)
    if rounding is Rounding.UP:
        return math.ceil(ratio)
    if rounding is Rounding.HALF_EVEN:
        return round(ratio)
    return (math.floor if (ratio > 0) == (rounding is Rounding.TOWARDS_ZERO) else math.ceil)(ratio)


def root(x: Any, factor: int, rounding: Rounding) -> Specification:
    r = z3.FreshInt("root")
    if rounding is Rounding.DOWN:
        return [r >= 0, factor * r * r <= x, factor * (r + 1) * (r + 1) > x], r
    return [r >= 0, factor * r * r >= x, z3.Or(r == 0, factor * (r - 1) * (r - 1) < x)], r


def plain_root(x: int, factor: int, rounding: Rounding) -> int:
    r = 0
    while factor * r * r < x:
        r += 1
    return r if rounding is Rounding.UP or factor * r * r == x else r - 1


def by_segment(x: Any, bounds: Sequence[int], values: Sequence[Any]) -> Any:
    result = values[-1]
    for bound, value in reversed(list(zip(bounds, values, strict=False))):
        result = z3.If(x <= bound, value, result)
    return result


def plain_segment(x: int, bounds: Sequence[int], values: Sequence[int]) -> int:
    return values[sum(x > bound for bound in bounds)]


def plain_tiers(x: int, bounds: Sequence[int], rates: Sequence[int]) -> int:
    """Marginal tiers, unit by unit from zero (the bounds of the cases are not negative)."""
    if x < 0:
        return rates[0] * x
    return sum(plain_segment(unit, bounds, rates) for unit in range(1, x + 1))


def tier_lines(x: Any, bounds: Sequence[int], rates: Sequence[int]) -> list[Any]:
    """The line of each tier, by continuity at the bounds."""
    lines, height, start = [], 0, 0
    for i, rate in enumerate(rates):
        lines.append(height + rate * (x - start))
        if i < len(bounds):
            height, start = height + rate * (bounds[i] - start), bounds[i]
    return lines


def _simple(
    name: str, inputs: int, quantity: Callable[[Quantity], Quantity], plain: Any, formula: Any, **more: Any
) -> AtomCase:
    return AtomCase(name, inputs, quantity, plain, lambda x: ([], formula(x)), **more)


def _quotient(name: str, divisor: int, rounding: Rounding) -> AtomCase:
    return AtomCase(
        f"{name} by {divisor}",
        1,
        lambda x: zk.divide(x[0], divisor, 0, rounding),
        lambda x: plain_rounded(x[0], divisor, rounding),
        lambda x: rounded(x[0], divisor, rounding),
        tuple(range(-9, 10)),
    )


def _private_quotient(name: str, rounding: Rounding) -> AtomCase:
    """The divisor is one of the entries, which the compiler has to require to be positive."""
    return AtomCase(
        f"{name} by a private number",
        2,
        lambda x: zk.divide(x[0], x[1], 0, rounding),
        lambda x: plain_rounded(x[0], x[1], rounding),
        lambda x: rounded(x[0], x[1], rounding),
        tuple(range(-3, 6)),
        lambda x: x[1] >= 1,
        tuple(range(-1, 9)) if rounding is Rounding.HALF_EVEN else (),
    )


def _root(rounding: Rounding, factor: int) -> AtomCase:
    scale = {1: 0, 10: 1}[factor]
    return AtomCase(
        f"root rounded {rounding.value}, of x / {factor}",
        1,
        lambda x: zk.sqrt(zk.pos(x[0]).as_decimals(scale), 0, rounding),
        lambda x: plain_root(max(x[0], 0), factor, rounding),
        lambda x: root(z3.If(x[0] > 0, x[0], 0), factor, rounding),
        tuple(range(-2, 60)),
    )


def _segment(name: str, bounds: list[int], slopes: list[int], constants: list[int]) -> AtomCase:
    function = zk.steps if not any(slopes) else zk.whole_tiers
    return _simple(
        name,
        1,
        lambda x: function(x[0], bounds, slopes if any(slopes) else constants),
        lambda x: plain_segment(x[0], bounds, [s * x[0] + c for s, c in zip(slopes, constants, strict=True)]),
        lambda x: by_segment(x[0], bounds, [s * x[0] + c for s, c in zip(slopes, constants, strict=True)]),
        domain=tuple(range(-6, 7)),
    )


def _tiers(name: str, bounds: list[int], rates: list[int]) -> AtomCase:
    return _simple(
        name,
        1,
        lambda x: zk.tiers(x[0], bounds, rates),
        lambda x: plain_tiers(x[0], bounds, rates),
        lambda x: by_segment(x[0], bounds, tier_lines(x[0], bounds, rates)),
        domain=tuple(range(-4, 9)),
    )


CASES = [
    _simple("max of 3", 3, zk.max, max, largest_of),
    _simple("min of 2", 2, lambda x: zk.minimum(x[0], x[1]), min, smallest_of),
    _simple("pos", 1, lambda x: zk.pos(x[0]), lambda x: max(x[0], 0), lambda x: z3.If(x[0] > 0, x[0], 0)),
    _simple("neg", 1, lambda x: zk.neg(x[0]), lambda x: max(-x[0], 0), lambda x: z3.If(x[0] < 0, -x[0], 0)),
    _simple("abs", 1, lambda x: abs(x[0]), lambda x: abs(x[0]), lambda x: size_of(x[0])),
    _simple(
        "sum of 2 largest of 3", 3, lambda x: zk.sum_largest(x, 2), lambda x: sum(sorted(x)[1:]),
        lambda x: sum_of_largest(x, 2),
    ),
    _simple(
        "sum of 2 largest of 4", 4, lambda x: zk.sum_largest(x, 2), lambda x: sum(sorted(x)[2:]),
        lambda x: sum_of_largest(x, 2), domain=(-1, 0, 2),
    ),
    _simple(
        "2nd largest of 3", 3, lambda x: zk.kth_largest(x, 2), lambda x: sorted(x)[1], lambda x: kth_of(x, 2)
    ),
    _simple(
        "3rd largest of 4", 4, lambda x: zk.kth_largest(x, 3), lambda x: sorted(x)[1], lambda x: kth_of(x, 3),
        domain=(-1, 0, 2),
    ),
    _simple("product", 2, lambda x: x[0] * x[1], lambda x: x[0] * x[1], lambda x: x[0] * x[1]),
    _simple("square", 1, lambda x: zk.square(x[0]), lambda x: x[0] ** 2, lambda x: x[0] * x[0]),
    _tiers("convex tiers", [2, 5], [1, 3, 4]),
    _tiers("concave tiers", [2, 5], [4, 3, 1]),
    _tiers("mixed tiers", [2, 5], [3, 1, 4]),
    _segment("rate of the whole position", [-2, 3], [5, 1, 2], [0, 0, 0]),
    _simple(
        "rate of the whole position by size",
        1,
        lambda x: zk.whole_tiers(abs(x[0]), [2, 4], [1, 3, 4]),
        lambda x: plain_segment(abs(x[0]), [2, 4], [1, 3, 4]) * abs(x[0]),
        lambda x: by_segment(size_of(x[0]), [2, 4], [rate * size_of(x[0]) for rate in (1, 3, 4)]),
        domain=tuple(range(-6, 7)),
    ),
    _segment("steps up", [-2, 3], [0, 0, 0], [1, 5, 9]),
    _segment("steps down", [-2, 3], [0, 0, 0], [9, 5, 1]),
    _segment("steps up and down", [-2, 3], [0, 0, 0], [5, 1, 9]),
    _simple(
        "where", 3, lambda x: zk.where(x[0] >= 0, x[1], x[2]), lambda x: x[1] if x[0] >= 0 else x[2],
        lambda x: z3.If(x[0] >= 0, x[1], x[2]),
    ),
    _simple(
        "where with the larger first", 2, lambda x: zk.where(x[0] > 1, x[1] + 3, x[1]),
        lambda x: x[1] + 3 if x[0] > 1 else x[1], lambda x: z3.If(x[0] > 1, x[1] + 3, x[1]),
    ),
    _simple(
        "where with the smaller first", 2, lambda x: zk.where(x[0] > 1, x[1], x[1] + 3),
        lambda x: x[1] if x[0] > 1 else x[1] + 3, lambda x: z3.If(x[0] > 1, x[1], x[1] + 3),
    ),
    _simple(
        "indicator", 1, lambda x: zk.where(x[0] >= 1, 7, 4), lambda x: 7 if x[0] >= 1 else 4,
        lambda x: z3.If(x[0] >= 1, 7, 4),
    ),
    _simple(
        "indicator of equality", 1, lambda x: zk.where(x[0] == 1, 2, 9), lambda x: 2 if x[0] == 1 else 9,
        lambda x: z3.If(x[0] == 1, 2, 9),
    ),
    *(_quotient(rounding.value, divisor, rounding) for rounding in Rounding for divisor in (4, 3)),
    *(_private_quotient(rounding.value, rounding) for rounding in (Rounding.DOWN, Rounding.UP, Rounding.HALF_EVEN)),
    *(_root(rounding, factor) for rounding in (Rounding.DOWN, Rounding.UP) for factor in (1, 10)),
]  # fmt: skip
