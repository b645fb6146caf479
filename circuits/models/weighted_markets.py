"""Perpetuals of a weighted-health model: by ratio (Drift) and by weight (Mango)."""

from __future__ import annotations

from dataclasses import dataclass

import zkmargin.circuits as zk
from zkmargin.circuits import Quantity
from zkmargin.circuits.models.market import exact_scalar
from zkmargin.circuits.models.size_curves import asset_weight, liability_weight
from zkmargin.circuits.models.weighted_parameters import Perpetual
from zkmargin.circuits.models.weighted_view import LevelView


@dataclass(frozen=True, eq=False)
class Sides:
    """What counts, what is required, and the difference in its cheapest form."""

    counts: Quantity
    owes: Quantity
    health: Quantity


def ratio_sides(level: LevelView, place: int, terms: Perpetual) -> Sides:
    """A market by ratio: profit counts weighted and capped, loss in full; the notional at its worst is required."""
    low, high = level.pool.prices(level.pool.tokens[terms.settles], level.terms.strict)
    gain = level.rounded(level.pool.amount(place) * level.pool.price(place)) + level.pool.order(place, "quote")
    losses = high * (exact_scalar(level.terms.buffer) + 1)
    counts = _profit(level, gain, terms) * low - zk.neg(gain) * losses
    owes = _required(level, place, terms) * high
    if not level.exact or (level.terms.curves and terms.profit_curve):
        return Sides(counts, owes, counts - owes)
    forms = [gain * (exact_scalar(terms.profits[level.index]) * low), gain * losses]
    if terms.profit_cap is not None and level.terms.profit_caps:
        forms.append(level.pool.nothing + exact_scalar(terms.profit_cap) * low)
    return Sides(counts, owes, zk.minimum(*forms) - owes)


def _profit(level: LevelView, gain: Quantity, terms: Perpetual) -> Quantity:
    profit, weight = zk.pos(gain), exact_scalar(terms.profits[level.index])
    curve = terms.profit_curve if level.terms.curves else 0
    counted = level.rounded(profit * asset_weight(profit, weight, curve))
    if terms.profit_cap is None or not level.terms.profit_caps:
        return counted
    return zk.minimum(counted, exact_scalar(terms.profit_cap))


def _required(level: LevelView, place: int, terms: Perpetual) -> Quantity:
    """Ratio times notional, where either all bids or all asks have been filled."""
    pool = level.pool
    size, bids, asks = pool.amount(place), pool.order(place, "bid"), pool.order(place, "ask")
    price = pool.price(place)
    rise = exact_scalar(terms.max_price) - price if terms.max_price is not None else price
    notional = level.rounded(zk.maximum((size + bids) * price, (asks - size) * rise))
    ratio = exact_scalar(max(terms.ratios[level.index], level.terms.least_ratio))
    curve = terms.ratio_curve if level.terms.curves else 0
    weight = liability_weight(zk.maximum(size + bids, asks - size), ratio, curve)
    return level.rounded(notional * weight) + level.rounded(notional * exact_scalar(level.terms.buffer))


def weight_health(level: LevelView, place: int, terms: Perpetual) -> Quantity:
    """A market by weight: weighted base plus balance, at the worse of all bids and all asks filled.

    What is above zero counts by the market's own weight. The result joins the balance of the settle token.
    """
    pool = level.pool
    low, high = pool.prices(place, level.terms.strict)
    asset, liability = (exact_scalar(one[level.index]) for one in (terms.assets, terms.liabilities))
    size, quote = pool.amount(place), pool.order(place, "quote")
    fills = []
    for filled in (pool.order(place, "bid"), -pool.order(place, "ask")):
        base = size + filled
        worth = zk.minimum(base * (asset * low), base * (liability * high))
        fills.append(worth + quote - filled * pool.price(place))
    health = zk.minimum(*fills)
    return zk.minimum(health, health * exact_scalar(terms.profits[level.index]))
