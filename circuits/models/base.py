"""What every margin family computes, in one vocabulary: pools, levels, and an assessment made of them.

A *level* is one inequality, `equity >= requirement`; engines have up to three (initial, maintenance, close out). A
*pool* is the cross account or one isolated bucket. An account meets a level when every pool does.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Literal

from zkmargin.circuits import Comparison, Holdings, Quantity, either
from zkmargin.circuits.documents.parameters import ModelParameters
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.market import Market

LevelName = Literal["initial", "maintenance", "close out"]
LEVELS: tuple[LevelName, ...] = ("initial", "maintenance", "close out")
"""From the first to be missed to the last."""


@dataclass(frozen=True, eq=False)
class Level:
    """One inequality of one pool.

    `strict`: equity equal to the requirement is not enough. `idle`: a requirement of zero is met whatever the equity.
    Both sides are carried times `scale`, so that a model need not divide. `surplus` is the difference of both sides
    in a form that costs less to certify, where there is one.
    """

    name: LevelName
    equity: Quantity
    requirement: Quantity
    strict: bool = False
    idle: bool = False
    scale: int = 1
    surplus: Quantity | None = None

    @property
    def margin(self) -> Quantity:
        """What is left above the requirement, or missing when negative."""
        return self.surplus if self.surplus is not None else self.equity - self.requirement

    def meets(self) -> Comparison:
        enough = self.margin > 0 if self.strict else self.margin >= 0
        return either(enough, self.requirement <= 0) if self.idle else enough

    def fails(self) -> tuple[Comparison, ...]:
        """All of these hold exactly when `meets` does not."""
        short = self.margin <= 0 if self.strict else self.margin < 0
        return (short, self.requirement > 0) if self.idle else (short,)


@dataclass(frozen=True, eq=False)
class Pool:
    """Positions and collateral that are margined together. `value` is what the pool is worth, times `scale`."""

    bucket: str | None
    value: Quantity
    levels: tuple[Level, ...]
    scale: int = 1

    def level(self, name: str) -> Level:
        """The level of this name; engines with fewer levels use the next one down, or their last."""
        if name not in LEVELS:
            raise InvalidInput(f"level: {', '.join(LEVELS)} are possible")
        wanted = LEVELS.index(name)
        return next((level for level in self.levels if LEVELS.index(level.name) >= wanted), self.levels[-1])


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a model says about an account."""

    pools: tuple[Pool, ...]

    def levels(self, name: str) -> tuple[Level, ...]:
        """One level of every pool."""
        return tuple(pool.level(name) for pool in self.pools)


class MarginModel(ModelParameters):
    """Parameters of a family together with its rule."""

    equality: Literal["meets", "fails"] = "meets"

    @abstractmethod
    def pool(self, market: Market, holdings: Holdings, bucket: str | None) -> Pool:
        """The levels of one pool as expressions of the private holdings."""

    def assess(self, market: Market, holdings: Holdings) -> Assessment:
        """The levels of all pools, cross pool first."""
        buckets = sorted(market.book.buckets, key=lambda bucket: (bucket is not None, bucket or ""))
        return Assessment(tuple(self._named(self.pool(market, holdings, bucket), market) for bucket in buckets))

    def _named(self, pool: Pool, market: Market) -> Pool:
        levels = tuple(
            replace(
                level,
                equity=level.equity.named(market.name(f"{level.name} equity", pool.bucket)),
                requirement=level.requirement.named(market.name(f"{level.name} requirement", pool.bucket)),
                strict=level.strict or self.equality == "fails",
            )
            for level in pool.levels
        )
        return replace(pool, value=pool.value.named(market.name("value", pool.bucket)), levels=levels)


def total(parts: list[Quantity], nothing: Quantity) -> Quantity:
    """The sum of parts, of which there may be none."""
    result = nothing
    for part in parts:
        result = result + part
    return result
