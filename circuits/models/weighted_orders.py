"""Balances and resting spot orders of a weighted-health model."""

from __future__ import annotations

import zkmargin.circuits as zk
from zkmargin.circuits import Quantity
from zkmargin.circuits.models.base import total
from zkmargin.circuits.models.market import exact_scalar
from zkmargin.circuits.models.size_curves import asset_weight, liability_weight
from zkmargin.circuits.models.weighted_markets import Sides
from zkmargin.circuits.models.weighted_view import LevelView


def token_sides(level: LevelView, asset: str, joins: Quantity | None) -> list[Sides]:
    """A balance, with what perpetuals settle into it, and under legs with its orders at their worst."""
    pool = level.pool
    place = pool.tokens[asset]
    balance = pool.amount(place)
    orders = [one for one in pool.spot_markets() if one[0] == asset] if pool.model.spot_orders == "legs" else []
    if not orders:
        return [_sides(level, asset, balance, joins)]
    worst = []
    for base, quote, bids, asks in orders:
        price = pool.price(pool.tokens[base])
        fills = [
            (_sides(level, asset, balance + change, joins), _leg(level, quote, -change * price))
            for change in (bids, -asks)
        ]
        bought, sold = (_sum(*pair) for pair in fills)
        sells = sold.health < bought.health
        worst.append(
            Sides(
                zk.where(sells, sold.counts, bought.counts),
                zk.where(sells, sold.owes, bought.owes),
                zk.minimum(sold.health, bought.health),
            )
        )
    return worst


def _sides(level: LevelView, asset: str, balance: Quantity, joins: Quantity | None) -> Sides:
    """Deposits at the low price and the asset weight, borrows at the high price and the liability weight."""
    token, weights, terms = level.pool.terms[asset], level.weights(asset), level.terms
    low, high = (balance * price for price in level.pool.prices(level.pool.tokens[asset], terms.strict))
    if joins is not None:
        low, high = low + joins, high + joins
    held, owed = level.rounded(zk.pos(low)), level.rounded(zk.neg(high))
    curves = (token.asset_curve, token.liability_curve) if terms.curves else (0, 0)
    buffer = exact_scalar(terms.buffer)
    if level.exact and not any(curves):
        liability = weights.liability + buffer
        health = zk.minimum(low * weights.asset, high * liability)
        return Sides(held * weights.asset, owed * liability, health)
    counts = level.rounded(held * asset_weight(zk.pos(balance), weights.asset, curves[0]))
    owes = level.rounded(owed * liability_weight(zk.neg(balance), weights.liability, curves[1]))
    owes = owes + level.rounded(owed * buffer)
    return Sides(counts, owes, counts - owes)


def _leg(level: LevelView, quote: str, value: Quantity) -> Sides:
    """The quote leg of filled orders: a deposit or a debt of its own, not netted with the balance."""
    weights = level.weights(quote)
    low, high = level.pool.prices(level.pool.tokens[quote], level.terms.strict)
    counts, owes = zk.pos(value) * (low * weights.asset), zk.neg(value) * (high * weights.liability)
    return Sides(counts, owes, zk.minimum(value * (low * weights.asset), value * (high * weights.liability)))


def _sum(left: Sides, right: Sides) -> Sides:
    return Sides(left.counts + right.counts, left.owes + right.owes, left.health + right.health)


def reserved_health(level: LevelView, joins: dict[str, Quantity]) -> list[Quantity]:
    """What orders have set aside counts as base or as quote, whichever leaves the account less, market by market.

    It is taken as the last part of a balance: up to what the balance and everything set aside for the token come to, it
    is a deposit, and the rest pays back a debt.
    """
    pool = level.pool
    if pool.model.spot_orders != "reserved":
        return []
    prices = {asset: pool.price(place) for asset, place in pool.tokens.items()}
    worths = [
        (base, quote, asks * prices[base] + bids * prices[quote]) for base, quote, bids, asks in pool.spot_markets()
    ]
    found = []
    for base, quote, worth in worths:
        effects = []
        for asset in (base, quote):
            weights = level.weights(asset)
            everything = [one for *pair, one in worths if asset in pair]
            balance = pool.amount(pool.tokens[asset]) * prices[asset] + joins.get(asset, pool.nothing)
            deposit = zk.minimum(zk.pos(total(everything, balance)), worth)
            effects.append(worth * weights.liability - deposit * (weights.liability - weights.asset))
        found.append(zk.minimum(*effects))
    return found
