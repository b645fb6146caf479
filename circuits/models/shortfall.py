"""Historical value at risk and expected shortfall: the account's loss on every recorded move, ranked.

For days d of a window of N, private sizes x, public prices v (now) and v_d (now, moved as on day d):

    loss_d   = -sum of (v_d - v) x
    k        = N - ceil(N confidence) + 1                 the rank of the quantile among the losses
    measure  = k-th largest loss                           value at risk
             = mean of the k largest losses                expected shortfall
    requirement = factor * max(0, larger of, or sum of, weight * measure over the windows) + haircuts of collateral
    equity      = cash + sum of v x

Several windows are how rules avoid following a calm market down: a recent and a stressed one, the larger counts, or a
fixed share of each. A mean is never divided out: both sides of a level are carried times the least common multiple of
the k.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

import zkmargin.circuits as zk
from zkmargin.circuits import Holdings, Quantity
from zkmargin.circuits.documents import from_units
from zkmargin.circuits.documents.base import FieldError, Name, Part
from zkmargin.circuits.documents.numbers import NotNegative, Share
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import LEVELS, Level, LevelName, MarginModel, Pool
from zkmargin.circuits.models.holdings import collateral_haircuts, refuse_orders, worth
from zkmargin.circuits.models.market import POSITIONS, Market, exact_scalar

ONE = from_units(1, 0)


class Window(Part):
    """A stretch of recorded days: the scenarios whose name is the window's, a space, and the day."""

    name: Name
    days: Annotated[int, Field(ge=1, le=4096)]
    confidence: Share
    weight: NotNegative = ONE

    @model_validator(mode="after")
    def _rank_exists(self) -> Self:
        if not 0 < self.confidence < 1:
            raise FieldError(("confidence",), "lies between 0 and 1")
        return self

    @property
    def rank(self) -> int:
        """How many of the largest losses reach the quantile."""
        return self.days - math.ceil(self.days * Fraction(self.confidence)) + 1


class ShortfallLevel(Part):
    """One requirement: the measure times a factor, which also scales the horizon."""

    name: LevelName
    factor: NotNegative = ONE


class HistoricalShortfall(MarginModel):
    """The parameters and the rule."""

    family: Literal["historical-shortfall"]
    measure: Literal["value at risk", "expected shortfall"]
    windows: Annotated[tuple[Window, ...], Field(min_length=1, max_length=16)]
    combine: Literal["largest", "sum"] = "largest"
    levels: Annotated[tuple[ShortfallLevel, ...], Field(min_length=1, max_length=3)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        names = [window.name for window in self.windows]
        if len(set(names)) != len(names):
            raise FieldError(("windows",), "a name is used twice")
        places = [LEVELS.index(level.name) for level in self.levels]
        if places != sorted(set(places)):
            raise FieldError(("levels",), "are out of order; they go initial, maintenance, close out")
        return self

    @property
    def scale(self) -> int:
        """Equity and requirements are carried times this number."""
        return math.lcm(*(window.rank for window in self.windows)) if self.measure == "expected shortfall" else 1

    def pool(self, market: Market, holdings: Holdings, bucket: str | None) -> Pool:
        refuse_orders(market, self.name)
        value = worth(market, holdings, bucket)
        measure = self._measure(market, holdings, bucket)
        haircuts = collateral_haircuts(market, holdings, bucket) * self.scale
        levels = tuple(
            Level(level.name, value * self.scale, measure * exact_scalar(level.factor) + haircuts, scale=self.scale)
            for level in self.levels
        )
        return Pool(bucket, value, levels)

    def _measure(self, market: Market, holdings: Holdings, bucket: str | None) -> Quantity:
        """All windows together, never below zero, times `scale`."""
        parts = []
        for window in self.windows:
            losses = window_losses(market, holdings, bucket, window)
            if self.measure == "value at risk":
                part = zk.kth_largest(losses, window.rank)
            else:
                part = zk.sum_largest(losses, window.rank) * (self.scale // window.rank)
            name = market.name(f"{self.measure} {window.name}", bucket)
            parts.append((part * exact_scalar(window.weight)).named(name))
        if self.combine == "largest":
            return zk.maximum(*parts, holdings[0] * 0)
        return zk.pos(zk.stack(parts).sum())


def window_losses(market: Market, holdings: Holdings, bucket: str | None, window: Window) -> Quantity:
    """The loss of one pool on every day of a window."""
    places = market.places(*POSITIONS, "collateral", bucket=bucket)
    scenarios = market.snapshot.scenarios
    if scenarios is None:
        raise InvalidInput("scenarios: this model needs the recorded moves")
    rows = [row for row, name in enumerate(scenarios.rows) if name.startswith(f"{window.name} ")]
    if len(rows) != window.days:
        raise InvalidInput(f"scenarios.rows: window {window.name} has {len(rows)} days, the model says {window.days}")
    if not len(places):
        return zk.concatenate([holdings[0].reshape(1) * 0] * len(rows))
    return -(market.scenario_values(np.array(rows), places) - market.prices(places)) @ holdings[places]
