"""What a linear cross-margin model is made of: rates by market and tier, levels, units and roundings."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits import Rounding
from zkmargin.circuits.documents.base import FieldError, Part
from zkmargin.circuits.documents.numbers import NotNegative, Positive, from_units
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import LEVELS, LevelName, MarginModel

ONE = from_units(1, 0)

Unit = Annotated[int, Field(ge=1, le=1 << 48)]


class OpenInterest(Part):
    """The rate rises from its base at `lower` to one at `upper`, in the book's currency of open interest."""

    lower: NotNegative
    upper: Positive


class Terms(Part):
    """Rates of one market: `rates[k]` above `bounds[k-1]` and up to `bounds[k]`. `symbol` `*` stands for all others.

    `shares`: what part of the rate each level requires, where the market differs from the level's own share.
    """

    symbol: Annotated[str, Field(max_length=120)]
    rates: Annotated[tuple[NotNegative, ...], Field(min_length=1, max_length=64)]
    bounds: tuple[NotNegative, ...] = ()
    shares: tuple[NotNegative, ...] = ()
    open_interest: OpenInterest | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if len(self.bounds) + 1 != len(self.rates):
            raise FieldError(("bounds",), "one fewer than rates is needed")
        for index in range(1, len(self.bounds)):
            if self.bounds[index] <= self.bounds[index - 1]:
                raise FieldError(("bounds", index), "is out of order; bounds rise")
        if self.open_interest is not None and self.open_interest.upper <= self.open_interest.lower:
            raise FieldError(("open_interest", "upper"), "must be above lower")
        if self.open_interest is not None and self.bounds:
            raise FieldError(("open_interest",), "rates by tier do not grow with open interest too")
        return self


class LinearLevel(Part):
    """One requirement: a share of every market's base requirement. With `idle`, zero is met whatever the equity."""

    name: LevelName
    share: NotNegative = ONE
    open_interest: bool = False
    idle: bool = False


class Funding(Part):
    """Accrued funding: index difference times size, over `unit`, rounded once for the account."""

    unit: Unit = 1
    decimals: Annotated[int, Field(ge=0, le=18)]
    rounding: Rounding = Rounding.DOWN


class LinearParameters(MarginModel):
    """Everything a `linear-cross` model states."""

    family: Literal["linear-cross"]
    markets: Annotated[tuple[Terms, ...], Field(min_length=1, max_length=10_000)]
    levels: Annotated[tuple[LinearLevel, ...], Field(min_length=1, max_length=3)]
    tiers: Literal["step", "marginal"] = "step"
    tiers_by: Literal["amount", "notional"] = "notional"
    bounds_belong: Literal["below", "above"] = "below"
    price_unit: Unit = 1
    rate_unit: Unit = 1
    rate_decimals: Annotated[int, Field(ge=0, le=18)] = 6
    value_decimals: Annotated[int, Field(ge=0, le=18)] | None = None
    value_rounding: Rounding = Rounding.TOWARDS_ZERO
    requirement_decimals: Annotated[int, Field(ge=0, le=18)] | None = None
    requirement_rounding: Rounding = Rounding.UP
    funding: Funding | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        symbols = [terms.symbol for terms in self.markets]
        for index, terms in enumerate(self.markets):
            if terms.symbol in symbols[:index]:
                raise FieldError(("markets", index, "symbol"), "stands here a second time")
            if terms.shares and len(terms.shares) != len(self.levels):
                raise FieldError(("markets", index, "shares"), "one is needed for each level")
        places = [LEVELS.index(level.name) for level in self.levels]
        if places != sorted(set(places)):
            raise FieldError(("levels",), "are out of order; they go initial, maintenance, close out")
        if self.tiers_by == "amount" and self.value_decimals is not None:
            raise FieldError(("tiers_by",), "tiers by amount need values without rounding")
        if self.requirement_decimals is not None and self.value_scale != 1:
            raise FieldError(("requirement_decimals",), "rounded requirements need values in whole currency units")
        return self

    @property
    def value_scale(self) -> int:
        """Values are carried times this number: exact values are not divided by the price unit."""
        return self.price_unit if self.value_decimals is None else 1

    @property
    def level_scale(self) -> int:
        """Equity and requirement of a level are carried times this number."""
        return self.value_scale * self.rate_unit if self.requirement_decimals is None else 1

    def terms(self, symbol: str) -> Terms:
        """The terms of a market: its own, or those of `*`."""
        for wanted in (symbol, "*"):
            for terms in self.markets:
                if terms.symbol == wanted:
                    return terms
        raise InvalidInput(f"markets: model {self.name} has no terms for {symbol}")
