"""Backtest: a portfolio held through a series of snapshots, each requirement against what was then lost.

For consecutive snapshots s_0, s_1, ... of one book and a fixed account:

    requirement_i   what the model asks for at s_i
    realised_i      value at s_{i+1} less value at s_i
    breach          the loss exceeds the requirement:  -realised_i > requirement_i

Counted breaches are judged twice: by Kupiec's likelihood ratio, which compares their share with the stated one, and by
the traffic light of the Basel Committee, which asks how likely so many breaches would be under a right model. `apart`
is what the positions would need if no two of them netted, and `saved` what netting took off. On a day when the loss
exceeds the requirement but not what the positions would have needed apart, netting broke.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from zkmargin.circuits import Holdings, TracedRule, require, trace_rule
from zkmargin.circuits.documents import Book, Portfolio, Snapshot
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.market import Market

GREEN, YELLOW, RED = "green", "yellow", "red"
YELLOW_FROM, RED_FROM = 0.95, 0.9999
CRITICAL_5_PERCENT = 3.841458820694124
"""The 95 per cent quantile of the chi-square distribution with one degree of freedom."""


@dataclass(frozen=True, repr=False)
class Day:
    """One step of the backtest. Private: these are amounts of the account."""

    time: str
    requirement: Fraction
    apart: Fraction
    realised: Fraction

    @property
    def breach(self) -> bool:
        return -self.realised > self.requirement

    @property
    def saved(self) -> Fraction:
        """What netting between positions took off the requirement."""
        return self.apart - self.requirement

    @property
    def netting_broke(self) -> bool:
        """The loss exceeded the requirement, but not what the positions would have needed apart."""
        return self.breach and -self.realised <= self.apart


@dataclass(frozen=True, repr=False)
class Backtest:
    """All days, and what their breaches say about a model that claims to be exceeded on a share `expected` of days."""

    days: tuple[Day, ...]
    expected: Fraction

    @property
    def breaches(self) -> int:
        return sum(day.breach for day in self.days)

    @property
    def netting_breaches(self) -> int:
        return sum(day.netting_broke for day in self.days)

    @property
    def kupiec(self) -> float:
        """Kupiec's statistic: minus twice the log of the likelihood ratio, near zero for a right model."""
        return kupiec(len(self.days), self.breaches, float(self.expected))

    @property
    def kupiec_accepts(self) -> bool:
        """Whether the share of breaches is compatible with the stated one at 5 per cent."""
        return self.kupiec <= CRITICAL_5_PERCENT

    @property
    def zone(self) -> str:
        """Green, yellow or red: how likely up to this many breaches would be under a right model."""
        return traffic_light(len(self.days), self.breaches, float(self.expected))


def run(
    model: MarginModel,
    book: Book,
    snapshots: Sequence[Snapshot],
    portfolio: Portfolio,
    level: str = "maintenance",
    expected: Fraction = Fraction(1, 100),
) -> Backtest:
    """Hold a portfolio through the snapshots, which are in order of time."""
    if len(snapshots) < 2:
        raise InvalidInput("snapshots: at least two are needed, a day and what happened after it")
    if any(later.time <= earlier.time for earlier, later in pairwise(snapshots)):
        raise InvalidInput("snapshots: they have to be in order of time")
    if not 0 < expected < 1:
        raise InvalidInput("expected: a share of days between 0 and 1 is needed")
    units = list(portfolio.units(book))
    accounts = [units, *_alone(book, units)]
    readings = [_read(model, Market(book, snapshot), level, accounts) for snapshot in snapshots]
    days = [
        Day(snapshot.time, today.required, today.apart, tomorrow.value - today.value)
        for snapshot, today, tomorrow in zip(snapshots, readings, readings[1:], strict=False)
    ]
    return Backtest(tuple(days), expected)


def kupiec(days: int, breaches: int, expected: float) -> float:
    """`-2 ln` of the likelihood of `breaches` at the expected share over that at the observed share."""
    observed = breaches / days

    def log_likelihood(share: float) -> float:
        # A share of 0 or 1 occurs only where it is the observed one, and then its term has no weight.
        hits = breaches * math.log(share) if breaches else 0.0
        misses = (days - breaches) * math.log1p(-share) if days > breaches else 0.0
        return hits + misses

    return max(0.0, 2.0 * (log_likelihood(observed) - log_likelihood(expected)))


def traffic_light(days: int, breaches: int, expected: float) -> str:
    """The zone of a number of breaches: the binomial probability of no more than so many, against 95 and 99.99 %."""
    reached = math.fsum(
        math.comb(days, count) * expected**count * (1.0 - expected) ** (days - count) for count in range(breaches + 1)
    )
    return GREEN if reached < YELLOW_FROM else YELLOW if reached < RED_FROM else RED


@dataclass(frozen=True, repr=False)
class _Reading:
    value: Fraction
    required: Fraction
    apart: Fraction


def _alone(book: Book, units: list[int]) -> list[list[int]]:
    """The account cut into accounts of one position each, and one that holds the balances."""
    groups: dict[str, list[int]] = {}
    for place, entry in enumerate(book.entries):
        name = "balances" if entry.kind in ("cash", "collateral") else f"{entry.symbol}@{entry.bucket}"
        groups.setdefault(name, []).append(place)
    kept = [set(places) for places in groups.values() if any(units[place] for place in places)]
    return [[unit if place in places else 0 for place, unit in enumerate(units)] for places in kept]


def _read(model: MarginModel, market: Market, level: str, accounts: list[list[int]]) -> _Reading:
    """Value and requirement of the whole, and the sum of the requirements of its positions alone.

    The requirement is what the level takes off the plain value, so that haircuts count whichever side they stand on.
    """
    traced, scales = _calculator(model, market, level)
    values = traced.evaluate(accounts).components
    worth, charge = (
        [Fraction(int(number), scales[name]) for number in values[name].ravel()] for name in ("worth", "charge")
    )
    return _Reading(worth[0], charge[0], sum(charge[1:], Fraction(0)))


def _calculator(model: MarginModel, market: Market, level: str) -> tuple[TracedRule, dict[str, int]]:
    """A rule that names the plain value and what the level takes off it, summed over pools."""

    def rule(holdings: Holdings) -> None:
        pools = model.assess(market, holdings).pools
        worth = charge = holdings[0] * 0
        scale = math.lcm(*(pool.scale for pool in pools), *(pool.level(level).scale for pool in pools))
        for pool in pools:
            one = pool.level(level)
            worth = worth + pool.value * (scale // pool.scale)
            charge = charge + pool.value * (scale // pool.scale) - one.margin * (scale // one.scale)
        found["scale"] = scale
        charge.named("charge")
        require(worth.named("worth") == worth, "a reading")

    found: dict[str, int] = {}
    traced = trace_rule(rule, market.book.entries)
    scales = {one.name: found["scale"] * 10**one.quantity.decimals for one in traced.components}
    return traced, scales
