"""Weighted health: deposits count for less, borrows for more, perpetuals by ratio or by weight. Lending-style venues.

For a token with balance x, price p, and weights a <= 1 <= l of a level (prices low and high where the level is strict):

    counts   = a p_low max(x, 0)            owes = l p_high max(-x, 0)
    health   = sum of counts - owes over tokens, perpetuals, and resting orders at their worst;  met if health >= 0

Perpetuals by *ratio* (Drift): the notional at its worst times the ratio is required, profit and loss count.
Perpetuals by *weight* (Mango): the weighted base plus the position's balance joins the settle token before that token
is weighted, so that a profit pays down a borrow. Weights worsen with the size of the whole market (caps) and of the
position (curves). Isolated pools have inequalities of their own.

A level's equity and requirement are the two sides apart; its `surplus` is their difference written with
min(a p_low x, l p_high x), which costs less to certify.
"""

from __future__ import annotations

from zkmargin.circuits import Holdings, Quantity
from zkmargin.circuits.models.base import Level, Pool, total
from zkmargin.circuits.models.market import Market, exact_scalar
from zkmargin.circuits.models.weighted_markets import ratio_sides, weight_health
from zkmargin.circuits.models.weighted_orders import reserved_health, token_sides
from zkmargin.circuits.models.weighted_parameters import WeightedParameters
from zkmargin.circuits.models.weighted_view import LevelView, WeightedView


class WeightedHealth(WeightedParameters):
    """The parameters and the rule."""

    def pool(self, market: Market, holdings: Holdings, bucket: str | None) -> Pool:
        view = WeightedView(self, market, holdings, bucket)
        levels = tuple(_level(LevelView(view, index, terms)) for index, terms in enumerate(self.levels))
        return Pool(bucket, view.value, levels)


def _level(level: LevelView) -> Level:
    pool = level.pool
    terms = {place: pool.markets[pool.market.entry(place).symbol] for place in pool.perpetuals}
    joins: dict[str, Quantity] = {}
    for place, one in terms.items():
        if not one.ratios:
            joins[one.settles] = joins.get(one.settles, pool.nothing) + weight_health(level, place, one)
    sides = [side for asset in pool.tokens for side in token_sides(level, asset, joins.get(asset))]
    sides += [ratio_sides(level, place, one) for place, one in terms.items() if one.ratios]
    reserved = reserved_health(level, joins)
    fixed = pool.nothing + exact_scalar(level.terms.fixed)
    return Level(
        level.terms.name,
        total([*(side.counts for side in sides), *reserved], pool.nothing),
        total([side.owes for side in sides], fixed),
        surplus=total([*(side.health for side in sides), *reserved], -fixed),
    )
