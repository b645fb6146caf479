"""What a scenario-grid model is made of: its scenarios, its shocks, and its charges. Shares are of 1."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits.documents.base import FieldError, Name, Part
from zkmargin.circuits.documents.numbers import NotNegative, Number, Positive, Share, from_units
from zkmargin.circuits.models.base import LEVELS, LevelName, MarginModel

ONE = from_units(1, 0)
ZERO = from_units(0, 0)

VolatilityMove = Literal["up", "down", "none", "skew linear", "skew absolute"]
SKEWS = ("skew linear", "skew absolute")
BASIS_UP, BASIS_DOWN, DELTA = "basis up", "basis down", "delta"
"""Rows of a snapshot's scenarios besides those of the grid."""

AssetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]


class Scenario(Part):
    """The spot of every underlying times `1 + move * range`, volatilities moved one way; the loss counts `weight`."""

    name: Name
    move: Number
    volatility: VolatilityMove = "none"
    weight: NotNegative = ONE


class Range(Part):
    """How far one underlying is scanned: `move` counts in this unit."""

    underlying: AssetName
    range: Positive


class Shocks(Part):
    """Volatility shocks: relative, scaled by `(30 days / max(days, floor))^power`; see `pricing.VolatilityShock`."""

    up: NotNegative
    down: NotNegative
    short_power: Number
    long_power: Number
    floor_days: Positive = ONE
    minimum: NotNegative = ZERO


class Skew(Part):
    """Skew shocks: a volatility multiplier that grows with log-moneyness `k` up to a cap.

    cap = base + slope sqrt(T), k* = max(least, sqrt(T) width (static + sqrt(T) scale)),
    multiplier = 1 + min(cap, k cap / k*) for k >= 0, 1 + max(-cap, k cap / k*) below
    """

    linear_base: Number
    linear_slope: Number
    absolute_base: Number
    absolute_slope: Number
    least: Positive
    width: Positive
    static: Number
    scale: Number


class Discount(Part):
    """Shocked option value of one expiry, by its sign.

    if not negative: times long_base exp(-T (rate long_rate + long_add))
    if negative:     times min(exp(max(rate, 0) T), short_base exp(T (rate short_rate + short_add)))
    """

    long_base: NotNegative
    long_rate: Number
    long_add: Number
    short_base: NotNegative
    short_rate: Number
    short_add: Number


class Basis(Part):
    """Loss of each expiry when its forward alone moves by `up` or `down`, times `add + per_year T`."""

    up: Number
    down: Number
    add: NotNegative
    per_year: NotNegative


class Confidence(Part):
    """`(1 - confidence) factor` of the notional is charged where a feed's confidence is below the threshold."""

    threshold: Share
    factor: NotNegative


class Peg(Part):
    """The loss factor grows by `factor` times the fall of the stable coin below the threshold."""

    threshold: NotNegative
    factor: NotNegative


class MinimumDelta(Part):
    """A floor on the loss of an underlying: `(net |delta| + hedged (gross - |delta|) / 2) index`."""

    net: NotNegative
    hedged: NotNegative


class Floor(Part):
    """A floor on the loss of an underlying by the number of contracts: `short_options` of the index for each option
    sold, and amounts of the book's currency for each option and each linear contract, long or short."""

    short_options: NotNegative = ZERO
    option: NotNegative = ZERO
    linear: NotNegative = ZERO


class GridLevel(Part):
    """One requirement: the worst loss times `loss_factor`, plus charges by size.

    `linear` and `naked_options` are shares of the index notional of perpetuals and futures, and of options sold that no
    option of the same strike and expiry covers.
    """

    name: LevelName
    loss_factor: NotNegative
    linear: NotNegative = ZERO
    naked_options: NotNegative = ZERO
    peg: bool = False
    confidence: bool = False


class CollateralTerms(Part):
    """An asset that counts: its haircut at each level, in the order of the levels. With `offsets`, its price moves with
    the underlying in the scenarios, so that it hedges."""

    asset: AssetName
    underlying: AssetName
    offsets: bool = False
    haircuts: tuple[Share, ...]


class GridParameters(MarginModel):
    """Everything a `scenario-grid` model states. `factor_decimals`: public factors are rounded to so many decimals."""

    family: Literal["scenario-grid"]
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1, max_length=1000)]
    default_range: Positive = ONE
    ranges: tuple[Range, ...] = ()
    shocks: Shocks | None = None
    skew: Skew | None = None
    discount: Discount | None = None
    basis: Basis | None = None
    confidence: Confidence | None = None
    peg: Peg | None = None
    minimum_delta: MinimumDelta | None = None
    floor: Floor | None = None
    levels: Annotated[tuple[GridLevel, ...], Field(min_length=1, max_length=3)]
    collateral: tuple[CollateralTerms, ...] = ()
    value_decimals: Annotated[int, Field(ge=0, le=18)] = 6
    factor_decimals: Annotated[int, Field(ge=0, le=18)] = 9

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        names = [scenario.name for scenario in self.scenarios]
        for index, scenario in enumerate(self.scenarios):
            at = ("scenarios", index)
            if scenario.name in names[:index] or scenario.name in (BASIS_UP, BASIS_DOWN, DELTA):
                raise FieldError((*at, "name"), "is taken")
            if scenario.volatility in SKEWS and (self.skew is None or scenario.move != 0):
                raise FieldError((*at, "volatility"), "skew needs the field skew, and a move of 0")
            if scenario.volatility in ("up", "down") and self.shocks is None:
                raise FieldError((*at, "volatility"), "the field shocks is needed")
        _check_order("levels", [LEVELS.index(level.name) for level in self.levels])
        _check_order("ranges", [row.underlying for row in self.ranges])
        _check_order("collateral", [row.asset for row in self.collateral])
        for index, terms in enumerate(self.collateral):
            if len(terms.haircuts) != len(self.levels):
                raise FieldError(("collateral", index, "haircuts"), "one is needed for each level")
        if any(level.peg for level in self.levels) and self.peg is None:
            raise FieldError(("peg",), "is needed by a level")
        if any(level.confidence for level in self.levels) and self.confidence is None:
            raise FieldError(("confidence",), "is needed by a level")
        return self

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows a snapshot's scenarios must have, in order."""
        basis = (BASIS_UP, BASIS_DOWN) if self.basis else ()
        return (*(scenario.name for scenario in self.scenarios), *basis, *((DELTA,) if self.minimum_delta else ()))


def _check_order(field: str, keys: list[int] | list[str]) -> None:
    for index in range(1, len(keys)):
        if keys[index] <= keys[index - 1]:  # type: ignore[operator]
            raise FieldError((field, index), "is out of order; rows are sorted and each stands once")
