"""Linear cross margin: values net, requirements add gross. Perpetual venues, and most rule-of-thumb margins.

For assets i with private sizes x, public prices p (in units of 1/price_unit) and rates r (in units of 1/rate_unit):

    value_i     = p x / price_unit                            rounded as declared, or exact
    notional_i  = |value_i|, or with resting orders the larger of the values of |x + bids| and |x - asks|
    base_i      = rate_i * notional_i / rate_unit             rounded as declared, or exact
    requirement = sum of share * base_i                       each rounded as declared, or exact
    equity      = cash + sum of value_i - accrued funding

`rate` is one number, or goes by tiers: *step* tiers put the whole position at the rate of its tier (StarkEx),
*marginal* tiers each part of it at its own (Hyperliquid, Bybit, Binance: "rate times notional less deduction"). A
market's rate may grow with its open interest, which is public (dYdX). Without rounding, both sides of a level are
carried as integers times the units, so that nothing is divided.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np

import zkmargin.circuits as zk
from zkmargin.circuits import Fixed, Holdings, Quantity, Rounding
from zkmargin.circuits.documents import from_units
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models import factors
from zkmargin.circuits.models.base import Level, Pool, total
from zkmargin.circuits.models.linear_parameters import LinearLevel, LinearParameters, Terms
from zkmargin.circuits.models.market import Market, Places, exact_fixed, exact_table

ASSETS = ("collateral", "spot", "perpetual", "future")


class LinearCross(LinearParameters):
    """The parameters and the rule."""

    def pool(self, market: Market, holdings: Holdings, bucket: str | None) -> Pool:
        rule = _Rule(self, market, holdings, bucket)
        equity = rule.equity()
        scaled = equity * (self.level_scale // self.value_scale)
        levels = tuple(
            Level(level.name, scaled, rule.requirement(index, level), idle=level.idle, scale=self.level_scale)
            for index, level in enumerate(self.levels)
        )
        return Pool(bucket, equity, levels, scale=self.value_scale)


class _Rule:
    """One pool of one account."""

    def __init__(self, model: LinearCross, market: Market, holdings: Holdings, bucket: str | None) -> None:
        self.model, self.market, self.holdings, self.bucket = model, market, holdings, bucket
        self.assets = market.places(*ASSETS, bucket=bucket)
        self.nothing = holdings[0] * 0
        orders = market.order_places(bucket, "bid", "ask")
        if len(orders):
            zk.require(holdings[orders] >= 0, market.name("orders are not negative", bucket))
        if len(market.places("option", bucket=bucket)):
            raise InvalidInput(f"entries: model {model.name} does not margin options")

    def equity(self) -> Quantity:
        """Cash, values and funding, times `value_scale`."""
        cash = self.market.places("cash", bucket=self.bucket)
        parts = [(self.market.prices(cash) @ self.holdings[cash]) * self.model.value_scale] if len(cash) else []
        quotes = self.market.order_places(self.bucket, "quote")
        if len(quotes):
            parts.append(self.holdings[quotes].sum() * self.model.value_scale)
        if len(self.assets):
            parts.append(self._values(self.assets, self.holdings[self.assets]).sum())
        return total([*parts, *self._funding()], self.nothing)

    def requirement(self, index: int, level: LinearLevel) -> Quantity:
        """The sum over assets, those with equally many tiers side by side."""
        counts = {place: len(self._terms(place).rates) for place in self.assets.tolist()}
        parts = []
        for count in sorted(set(counts.values())):
            places = np.array([place for place in counts if counts[place] == count], dtype=np.int64)
            shares = [self._terms(place).shares for place in places.tolist()]
            share = exact_fixed([own[index] if own else level.share for own in shares])
            base = self._base(places, level)
            whole = bool(np.all(share.integers == 10**share.decimals))
            parts.append((base if whole else self._rounded(base * share, 1)).sum())
        return total(parts, self.nothing)

    def _values(self, places: Places, sizes: Quantity) -> Quantity:
        """Prices times sizes: times `value_scale` if exact, else divided and rounded."""
        exact = sizes * self.market.prices(places)
        if self.model.value_decimals is None:
            return exact
        return zk.divide(exact, self.model.price_unit, self.model.value_decimals, self.model.value_rounding)

    def _funding(self) -> list[Quantity]:
        """What has accrued since the account was committed: longs pay where the index rose. Rounded in one sum."""
        places = self.market.places("perpetual", bucket=self.bucket)
        if self.market.since is None or not len(places):
            return []
        terms = self.model.funding
        if terms is None:
            raise InvalidInput(f"funding: model {self.model.name} has no terms for what accrues between snapshots")
        accrued = self.market.funding(places) @ self.holdings[places]
        return [zk.divide(-accrued, terms.unit, terms.decimals, terms.rounding) * self.model.value_scale]

    def _base(self, places: Places, level: LinearLevel) -> Quantity:
        """Rates times notionals, asset by asset."""
        sizes = self._sizes(places)
        terms = [self._terms(place) for place in places.tolist()]
        rates = exact_table([self._rates(place, level) for place in places.tolist()])
        if rates.shape[1] == 1:
            return self._rounded(self._values(places, sizes) * rates[:, 0], self.model.rate_unit)
        bounds = exact_table([list(one.bounds) for one in terms])
        if self.model.tiers_by == "amount":
            x, slopes = sizes, rates * self.market.prices(places)[:, None]
        else:
            x, slopes, bounds = self._values(places, sizes), rates, bounds * self.model.value_scale
        if self.model.bounds_belong == "above" and self.model.tiers == "step":
            # The last number below the bound is the last that belongs to the tier below.
            bounds = Fixed(bounds.rescale(x.decimals, Rounding.UP).integers - 1, x.decimals)
        by_tiers = zk.whole_tiers if self.model.tiers == "step" else zk.tiers
        return self._rounded(by_tiers(x, bounds, slopes), self.model.rate_unit)

    def _sizes(self, places: Places) -> Quantity:
        """|x|, or the worse of what is left when all bids, or all asks, are filled."""
        sizes = self.holdings[places]
        if not self.market.has_orders(places):
            return zk.abs(sizes)
        bids, asks = (self._orders(places, side) for side in ("bid", "ask"))
        return zk.maximum(zk.abs(sizes + bids), zk.abs(sizes - asks))

    def _orders(self, places: Places, side: str) -> Quantity:
        """Sizes of resting orders on one side, zero where the book has no entry for them."""
        zero = self.nothing.reshape(1)
        found = self.market.orders(places, side)
        return zk.concatenate([zero if place is None else self.holdings[place].reshape(1) for place in found])

    def _rates(self, place: int, level: LinearLevel) -> list[Decimal]:
        terms = self._terms(place)
        if terms.open_interest is None or not level.open_interest:
            return list(terms.rates)
        row = self.market.rows[place]
        if row.open_interest is None:
            raise InvalidInput(f"instruments[{self.market.snapshot.rows[row.symbol]}].open_interest: is needed")
        notional = factors.multiply(row.open_interest, row.price, self.market.entry(place).contract_size)
        return [scaled_rate(terms, notional, self.model)]

    def _terms(self, place: int) -> Terms:
        return self.model.terms(self.market.entry(place).symbol)

    def _rounded(self, quantity: Quantity, divisor: int) -> Quantity:
        """Divided and rounded if requirements are; else as it is, times the divisor."""
        if self.model.requirement_decimals is None:
            return quantity
        return zk.divide(quantity, divisor, self.model.requirement_decimals, self.model.requirement_rounding)


def scaled_rate(terms: Terms, notional: Decimal, model: LinearParameters) -> Decimal:
    """The rate of a market whose open interest has this notional: rising from the base at `lower` to one at `upper`."""
    base, scale = terms.rates[0], terms.open_interest
    if scale is None or notional <= scale.lower:
        return base
    rise = max(Fraction(0), model.rate_unit - Fraction(base))
    passed = Fraction(notional) - Fraction(scale.lower)
    share = min(Fraction(1), passed / (Fraction(scale.upper) - Fraction(scale.lower)))
    return factors.add(base, from_units(int(rise * share * 10**model.rate_decimals), model.rate_decimals))
