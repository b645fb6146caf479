"""What a weighted-health model is made of: weights of tokens and perpetuals, level by level, as shares of 1."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits.documents.base import FieldError, Part
from zkmargin.circuits.documents.numbers import NotNegative, Positive, Share, from_units
from zkmargin.circuits.models.base import LEVELS, LevelName, MarginModel

ZERO = from_units(0, 0)

AssetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
Curve = Annotated[int, Field(ge=0, le=1_000_000)]


class Token(Part):
    """A balance: `assets[l]` of a deposit counts at level l, `liabilities[l]` times a borrow is owed.

    `deposit_cap`: where the market's deposits are worth more, asset weights shrink by cap / deposits; `borrow_cap`:
    where its borrows are worth more, liability weights grow by borrows / cap. `asset_curve`, `liability_curve`: see
    size_curves.py. Caps and curves act at levels that say so. `is_quote`: the unit of account, which a level's least
    ratio leaves alone.
    """

    asset: AssetName
    assets: tuple[Share, ...]
    liabilities: tuple[NotNegative, ...]
    deposit_cap: Positive | None = None
    borrow_cap: Positive | None = None
    is_quote: bool = False
    asset_curve: Curve = 0
    liability_curve: Curve = 0


class Perpetual(Part):
    """A perpetual market.

    With `ratios`, its notional times the ratio is required and profit counts with `profits`, at most `profit_cap` (at
    levels that say so). With `assets` and `liabilities`, the base itself is weighted, the position's balance is added,
    a positive sum is weighted by `profits`, and the result joins the balance of the token `settles` before that is
    weighted. `max_price`: a prediction market, in which a short risks what the price may still rise.
    """

    symbol: Annotated[str, Field(max_length=120)]
    settles: AssetName
    profits: tuple[Share, ...]
    ratios: tuple[NotNegative, ...] = ()
    assets: tuple[Share, ...] = ()
    liabilities: tuple[NotNegative, ...] = ()
    profit_cap: NotNegative | None = None
    ratio_curve: Curve = 0
    profit_curve: Curve = 0
    max_price: Positive | None = None

    @model_validator(mode="after")
    def _one_style(self) -> Self:
        if bool(self.ratios) == bool(self.assets) or bool(self.assets) != bool(self.liabilities):
            raise FieldError(("ratios",), "either ratios, or assets and liabilities, are needed")
        return self


class WeightedLevel(Part):
    """One level.

    `strict`: deposits at the lower, borrows at the higher of price and average price. `caps`, `curves`, `profit_caps`:
    whether those act here. `least_ratio`: a margin ratio the owner or the venue sets on top: borrows count at least
    1 + ratio, deposits at most 1 - ratio, perpetuals at least ratio. `buffer`: a share of borrows, notionals and losses
    on top. `fixed`: an amount required in any case, such as a charge for open orders.
    """

    name: LevelName
    strict: bool = False
    caps: bool = False
    curves: bool = False
    profit_caps: bool = False
    least_ratio: NotNegative = ZERO
    buffer: NotNegative = ZERO
    fixed: NotNegative = ZERO


class WeightedParameters(MarginModel):
    """Everything a `weighted-health` model states.

    `spot_orders`: *legs* fills all bids or all asks at the price, whichever leaves less, and does not net the quote leg
    with deposits; *reserved* counts what orders set aside (bids in quote, asks in base) as either token, whichever
    leaves less. `decimals`: where given, values and weighted values are rounded towards zero, step by step.
    """

    family: Literal["weighted-health"]
    tokens: Annotated[tuple[Token, ...], Field(min_length=1, max_length=4096)]
    perpetuals: Annotated[tuple[Perpetual, ...], Field(max_length=4096)] = ()
    levels: Annotated[tuple[WeightedLevel, ...], Field(min_length=1, max_length=3)]
    spot_orders: Literal["legs", "reserved"] = "legs"
    decimals: Annotated[int, Field(ge=0, le=18)] | None = None
    weight_decimals: Annotated[int, Field(ge=0, le=18)] = 12

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        places = [LEVELS.index(level.name) for level in self.levels]
        if places != sorted(set(places)):
            raise FieldError(("levels",), "are out of order; they go initial, maintenance, close out")
        known: set[str] = set()
        for index, token in enumerate(self.tokens):
            if token.asset in known:
                raise FieldError(("tokens", index, "asset"), "stands here a second time")
            known.add(token.asset)
            self._check_weights(("tokens", index), (token.assets, token.liabilities))
            if any(low > high for low, high in zip(token.assets, token.liabilities, strict=True)):
                raise FieldError(("tokens", index, "assets"), "a deposit must not count more than a borrow")
        for index, market in enumerate(self.perpetuals):
            if market.settles not in known:
                raise FieldError(("perpetuals", index, "settles"), "is not among the tokens")
            given = [part for part in (market.ratios, market.assets, market.liabilities) if part]
            self._check_weights(("perpetuals", index), (market.profits, *given))
        return self

    def _check_weights(self, path: tuple[str | int, ...], lists: tuple[tuple[object, ...], ...]) -> None:
        if any(len(one) != len(self.levels) for one in lists):
            raise FieldError(path, "one weight is needed for each level")
