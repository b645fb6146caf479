"""Models put together: the sum, the larger or the smaller of several requirements, each on its part of the account.

For parts i, each with value_i, equity_i and requirement_i of the instruments it margins:

    charge_i    = multiplier_i * (value_i - (equity_i - requirement_i))
    requirement = sum of, larger of, or smaller of the charges
    equity      = min(value, equity_cap) + credit                        value of the whole account at mark

A part looks at the kinds of instruments it names, or at all of them. Its charge is what it takes off the plain value,
be that a requirement or a haircut, so families with different notions of equity combine. `credit` is a line granted
outside the account. Isolated pools combine one by one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

import zkmargin.circuits as zk
from zkmargin.circuits import Holdings, Quantity
from zkmargin.circuits.documents import from_units
from zkmargin.circuits.documents.base import FieldError, Part
from zkmargin.circuits.documents.numbers import NotNegative
from zkmargin.circuits.models.base import LEVELS, Level, LevelName, MarginModel, Pool
from zkmargin.circuits.models.correlated import Correlated
from zkmargin.circuits.models.holdings import worth
from zkmargin.circuits.models.linear import LinearCross
from zkmargin.circuits.models.market import Market, exact_scalar
from zkmargin.circuits.models.scenario_grid import ScenarioGrid
from zkmargin.circuits.models.shortfall import HistoricalShortfall
from zkmargin.circuits.models.weighted import WeightedHealth

ONE = from_units(1, 0)

AnyFamily = Annotated[
    LinearCross | WeightedHealth | ScenarioGrid | HistoricalShortfall | Correlated, Field(discriminator="family")
]
PositionKind = Literal["spot", "perpetual", "future", "option"]


class Component(Part):
    """One model, what it looks at, and how much its charge counts."""

    model: AnyFamily
    kinds: tuple[PositionKind, ...] = ()
    multiplier: NotNegative = ONE


class Combination(MarginModel):
    """The parameters and the rule."""

    family: Literal["combination"]
    parts: Annotated[tuple[Component, ...], Field(min_length=1, max_length=8)]
    how: Literal["sum", "larger", "smaller"]
    levels: Annotated[tuple[LevelName, ...], Field(min_length=1, max_length=3)]
    credit: NotNegative = from_units(0, 0)
    equity_cap: NotNegative | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        places = [LEVELS.index(level) for level in self.levels]
        if places != sorted(set(places)):
            raise FieldError(("levels",), "are out of order; they go initial, maintenance, close out")
        return self

    def pool(self, market: Market, holdings: Holdings, bucket: str | None) -> Pool:
        value = worth(market, holdings, bucket)
        pools = [self._part(index, market, holdings, bucket) for index in range(len(self.parts))]
        levels = tuple(self._level(name, value, pools) for name in self.levels)
        return Pool(bucket, value, levels)

    def _part(self, index: int, market: Market, holdings: Holdings, bucket: str | None) -> Pool:
        part = self.parts[index]
        own = replace(market, kinds=part.kinds, label=f"{market.label}part {index + 1} ")
        return part.model.pool(own, holdings, bucket)

    def _level(self, name: LevelName, value: Quantity, pools: list[Pool]) -> Level:
        levels = [pool.level(name) for pool in pools]
        scale = math.lcm(*(level.scale for level in levels), *(pool.scale for pool in pools))
        charges = []
        for part, pool, level in zip(self.parts, pools, levels, strict=True):
            charge = pool.value * (scale // pool.scale) - level.margin * (scale // level.scale)
            charges.append(charge * exact_scalar(part.multiplier))
        combined = {"sum": _sum, "larger": zk.maximum, "smaller": zk.minimum}[self.how](*charges)
        equity = value if self.equity_cap is None else zk.minimum(value, exact_scalar(self.equity_cap))
        return Level(name, (equity + exact_scalar(self.credit)) * scale, combined, scale=scale)


def _sum(*charges: Quantity) -> Quantity:
    result = charges[0]
    for charge in charges[1:]:
        result = result + charge
    return result
