"""Small but whole margin rules, each beside its formula in plain Python: for searches, solvers, exports and proofs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import z3
from circuit_cases import largest_of, rounded, size_of, sum_of_largest, tier_lines

import zkmargin.circuits as zk

PRICES = [7, 4]
SCENARIOS = [[-3, 2], [1, -5], [4, 1], [-2, -2]]
CASH, LANES = 0, 1


@dataclass(frozen=True)
class SmallModel:
    """Entries: cash and two instruments. `margin` is the formula over z3 terms, with its side conditions."""

    name: str
    rule: Callable[[zk.Holdings], None]
    margin: Callable[[Sequence[Any]], tuple[list[Any], Any]]
    plain: Callable[[Sequence[int]], int]

    @property
    def entries(self) -> list[zk.Entry]:
        return [zk.Entry("cash", LANES), zk.Entry("A", LANES), zk.Entry("B", LANES)]


def equity(x: Sequence[Any]) -> Any:
    return x[0] + PRICES[0] * x[1] + PRICES[1] * x[2]


def losses(x: Sequence[Any]) -> list[Any]:
    return [-(row[0] * x[1] + row[1] * x[2]) for row in SCENARIOS]


def tiered_plain(x: int) -> int:
    return max(x, 3 * x - 20)


def tiered_term(x: Any) -> Any:
    return largest_of(tier_lines(x, [10], [1, 3]))


def pieces(holdings: zk.Holdings) -> tuple[zk.Quantity, zk.Quantity, zk.Quantity]:
    positions = holdings[1:]
    value = (holdings["cash"] + np.array(PRICES) @ positions).named("equity")
    return positions, value, -(np.array(SCENARIOS) @ positions)


def grid(holdings: zk.Holdings) -> None:
    positions, value, loss = pieces(holdings)
    worst = zk.max(loss).named("worst scenario")
    size = zk.tiers(abs(positions), [10], [1, 3]).sum().named("size charge")
    zk.require(value >= worst + size, "margin")


def shortfall(holdings: zk.Holdings) -> None:
    _, value, loss = pieces(holdings)
    tail = zk.divide(zk.sum_largest(loss, 2), 2, 0, zk.Rounding.UP).named("expected shortfall")
    zk.require(value >= tail, "margin")


def liquidatable(holdings: zk.Holdings) -> None:
    """The opposite claim, which needs the certificates of the other side."""
    positions, value, loss = pieces(holdings)
    requirement = zk.max(loss) + zk.tiers(abs(positions), [10], [1, 3]).sum()
    zk.require(value < requirement, "margin")


def whole_rate(holdings: zk.Holdings) -> None:
    positions, value, _ = pieces(holdings)
    zk.require(value >= zk.whole_tiers(abs(positions), [10], [2, 5]).sum(), "margin")


def grid_margin(x: Sequence[Any]) -> tuple[list[Any], Any]:
    return [], equity(x) - largest_of(losses(x)) - sum(tiered_term(size_of(p)) for p in x[1:])


def grid_plain(x: Sequence[int]) -> int:
    return equity(x) - max(losses(x)) - sum(tiered_plain(abs(p)) for p in x[1:])


def shortfall_margin(x: Sequence[Any]) -> tuple[list[Any], Any]:
    conditions, tail = rounded(sum_of_largest(losses(x), 2), 2, zk.Rounding.UP)
    return conditions, equity(x) - tail


def rate_margin(x: Sequence[Any]) -> tuple[list[Any], Any]:
    charges = [z3.If(size_of(p) <= 10, 2, 5) * size_of(p) for p in x[1:]]
    return [], equity(x) - sum(charges)


MODELS = [
    SmallModel("scenario grid with tiers", grid, grid_margin, grid_plain),
    SmallModel(
        "expected shortfall", shortfall, shortfall_margin, lambda x: equity(x) + (-sum(sorted(losses(x))[2:])) // 2
    ),
    SmallModel("liquidatable", liquidatable, lambda x: ([], -grid_margin(x)[1] - 1), lambda x: -grid_plain(x) - 1),
    SmallModel(
        "rate of the whole position",
        whole_rate,
        rate_margin,
        lambda x: equity(x) - sum((2 if abs(p) <= 10 else 5) * abs(p) for p in x[1:]),
    ),
]
BY_NAME = {model.name: model for model in MODELS}
