"""Correlated margin: a quadratic form of the account's factor exposures, compared without computing a root twice.

For factors f with public exposures B of each instrument, private sizes x and a public covariance matrix A:

    E           = B x
    margin      = multiplier * max over blends b of sqrt(E' A_b E)            rounded up
    requirement = margin + haircuts of collateral,    equity = cash + sum of price x

With `gamma`, the second derivatives g = G x count too (delta-gamma-normal, factors taken one at a time):

    variance = E' A E + 1/2 g' (A o A) g,    margin = max(0, multiplier * sqrt(variance) - 1/2 sum of A_ff g_f)

A *blend* moves every correlation part of the way towards one, minus one or zero: what hedges are worth when they
break. Every blend has to be positive semidefinite, which is checked exactly.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

import zkmargin.circuits as zk
from zkmargin.circuits import Fixed, Holdings, Quantity, Rounding
from zkmargin.circuits.documents.base import FieldError, Name, Part
from zkmargin.circuits.documents.numbers import NotNegative, Number, Share
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models import factors
from zkmargin.circuits.models.base import LEVELS, Level, LevelName, MarginModel, Pool
from zkmargin.circuits.models.covariance import Matrix, blended, covariance, is_semidefinite
from zkmargin.circuits.models.holdings import collateral_haircuts, refuse_orders, worth
from zkmargin.circuits.models.market import POSITIONS, Market, exact_fixed, exact_scalar, exact_table

HALF = Decimal("0.5")
NEGATIVE = "is not positive semidefinite: some portfolio would have negative variance"


class Blend(Part):
    """Correlations moved `share` of the way."""

    towards: Literal["one", "minus one", "zero"]
    share: Share


class CorrelatedLevel(Part):
    """One requirement: this many standard deviations."""

    name: LevelName
    multiplier: NotNegative


class Correlated(MarginModel):
    """The parameters and the rule.

    Exposures are rows of the snapshot's scenarios: `delta F` holds what one unit of each instrument gains for a
    relative move of 1 of factor F, `gamma F` the second derivative. `decimals` is the scale of the root.
    """

    family: Literal["correlated"]
    factors: Annotated[tuple[Name, ...], Field(min_length=1, max_length=64)]
    volatilities: tuple[NotNegative, ...]
    correlations: tuple[tuple[Number, ...], ...]
    blends: Annotated[tuple[Blend, ...], Field(max_length=8)] = ()
    gamma: bool = False
    decimals: Annotated[int, Field(ge=0, le=12)] = 2
    levels: Annotated[tuple[CorrelatedLevel, ...], Field(min_length=1, max_length=3)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        count = len(self.factors)
        if len(set(self.factors)) != count:
            raise FieldError(("factors",), "a name is used twice")
        if len(self.volatilities) != count:
            raise FieldError(("volatilities",), "one is needed for each factor")
        self._check_correlations(count)
        places = [LEVELS.index(level.name) for level in self.levels]
        if places != sorted(set(places)):
            raise FieldError(("levels",), "are out of order; they go initial, maintenance, close out")
        return self

    def _check_correlations(self, count: int) -> None:
        if [len(row) for row in self.correlations] != [count] * count:
            raise FieldError(("correlations",), f"a square of {count} rows is needed")
        for i, row in enumerate(self.correlations):
            for j, value in enumerate(row):
                if value != self.correlations[j][i] or not -1 <= value <= 1 or (i == j and value != 1):
                    raise FieldError(("correlations", i, j), "not a correlation: symmetric, 1 on the diagonal")
        plain, *blends = self.matrices()
        if not is_semidefinite(plain):
            raise FieldError(("correlations",), NEGATIVE)
        for index, (blend, matrix) in enumerate(zip(self.blends, blends, strict=True)):
            # Towards one and zero, a blend is a mixture of semidefinite matrices, and so semidefinite itself.
            if blend.towards == "minus one" and not is_semidefinite(matrix):
                raise FieldError(("blends", index), NEGATIVE)

    def matrices(self) -> list[Matrix]:
        """The correlation matrix and its blends."""
        plain = [list(row) for row in self.correlations]
        return [plain, *(blended(plain, blend.towards, blend.share) for blend in self.blends)]

    def pool(self, market: Market, holdings: Holdings, bucket: str | None) -> Pool:
        refuse_orders(market, self.name)
        value = worth(market, holdings, bucket)
        deviation, drift = self._deviation(market, holdings, bucket)
        haircuts = collateral_haircuts(market, holdings, bucket)
        levels = []
        for level in self.levels:
            margin = deviation * exact_scalar(level.multiplier)
            required = margin if drift is None else zk.pos(margin - drift)
            levels.append(Level(level.name, value, required + haircuts))
        return Pool(bucket, value, tuple(levels))

    def _deviation(self, market: Market, holdings: Holdings, bucket: str | None) -> tuple[Quantity, Quantity | None]:
        """The standard deviation under the worst blend, and with gamma the mean gain."""
        deltas = self._exposures(market, holdings, bucket, "delta").named(market.name("factor exposures", bucket))
        tables = [covariance(self.volatilities, matrix) for matrix in self.matrices()]
        gammas = self._exposures(market, holdings, bucket, "gamma") if self.gamma else None
        variances = []
        for table in tables:
            variance = _form(deltas, table)
            if gammas is not None:
                squares = [[factors.multiply(value, value, HALF) for value in row] for row in table]
                variance = variance + _form(gammas, squares)
            variances.append(variance)
        variance = zk.maximum(*variances) if len(variances) > 1 else variances[0]
        deviation = zk.sqrt(variance, self.decimals, Rounding.UP).named(market.name("standard deviation", bucket))
        if gammas is None:
            return deviation, None
        halves = exact_fixed([factors.multiply(tables[0][i][i], HALF) for i in range(len(self.factors))])
        return deviation, halves @ gammas

    def _exposures(self, market: Market, holdings: Holdings, bucket: str | None, kind: str) -> Quantity:
        """`B x`, one number a factor."""
        scenarios = market.snapshot.scenarios
        names = [f"{kind} {factor}" for factor in self.factors]
        if scenarios is None or any(name not in scenarios.rows for name in names):
            raise InvalidInput(f"scenarios.rows: model {self.name} needs {', '.join(names[:3])}, ...")
        places = market.places(*POSITIONS, "collateral", bucket=bucket)
        if not len(places):
            return zk.concatenate([holdings[0].reshape(1) * 0] * len(names))
        rows = np.array([scenarios.rows.index(name) for name in names])
        return market.scenario_values(rows, places) @ holdings[places]


def _form(vector: Quantity, matrix: Matrix) -> Quantity:
    """`v' M v`: one product row a factor."""
    table: Fixed = exact_table(matrix)
    return (vector * (table @ vector)).sum()
