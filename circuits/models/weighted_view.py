"""What a weighted-health rule reads of one pool: balances, positions, orders, prices, and the weights of a level."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

import zkmargin.circuits as zk
from zkmargin.circuits import Fixed, Holdings, Quantity, Rounding
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import total
from zkmargin.circuits.models.market import Market, exact_scalar
from zkmargin.circuits.models.weighted_parameters import Token, WeightedLevel, WeightedParameters


class WeightedView:
    """One pool of one account, with the terms of its tokens and perpetuals."""

    def __init__(self, model: WeightedParameters, market: Market, holdings: Holdings, bucket: str | None) -> None:
        self.model, self.market, self.holdings, self.bucket = model, market, holdings, bucket
        self.nothing = holdings[0] * 0
        balances = market.places("cash", "collateral", bucket=bucket).tolist()
        self.tokens = {market.entry(place).symbol: place for place in balances}
        self.perpetuals = market.places("perpetual", bucket=bucket).tolist()
        self.terms = {token.asset: token for token in model.tokens}
        self.markets = {one.symbol: one for one in model.perpetuals}
        self._check()
        orders = market.order_places(bucket, "bid", "ask")
        if len(orders):
            zk.require(holdings[orders] >= 0, market.name("orders are not negative", bucket))

    @property
    def value(self) -> Quantity:
        """Balances and positions at their prices."""
        held = [self.amount(place) * self.price(place) for place in [*self.tokens.values(), *self.perpetuals]]
        return total([*held, *(self.order(place, "quote") for place in self.perpetuals)], self.nothing)

    def amount(self, place: int) -> Quantity:
        return self.holdings[place] * self.market.sizes(np.array([place]))[0]

    def order(self, place: int, what: str) -> Quantity:
        """What stands beside a position: bids, asks, or its quote balance; zero where the book has no entry for it."""
        entry = self.market.entry(place)
        found = self.market.book.positions.get((entry.symbol, entry.bucket, what))
        return self.nothing if found is None else self.amount(found)

    def spot_markets(self) -> list[tuple[str, str, Quantity, Quantity]]:
        """Base, quote, bids and asks of every spot market with resting orders."""
        found: dict[str, dict[str, Quantity]] = {}
        for place in self.market.order_places(self.bucket, "bid", "ask").tolist():
            entry = self.market.entry(place)
            if entry.kind == "spot":
                found.setdefault(entry.symbol, {})[entry.order or ""] = self.amount(place)
        rows = []
        for symbol, sides in found.items():
            base, _, quote = symbol.partition("/")
            rows.append((base, quote, sides.get("bid", self.nothing), sides.get("ask", self.nothing)))
        return rows

    def price(self, place: int) -> Fixed:
        return exact_scalar(self.market.rows[place].price)

    def prices(self, place: int, strict: bool) -> tuple[Fixed, Fixed]:
        """The lower and the higher of price and average price; the price alone where the level is not strict."""
        row = self.market.rows[place]
        average: Decimal = row.average_price if strict and row.average_price is not None else row.price
        return exact_scalar(min(row.price, average)), exact_scalar(max(row.price, average))

    def _check(self) -> None:
        for asset in self.tokens:
            if asset not in self.terms:
                raise InvalidInput(f"tokens: model {self.model.name} has no terms for {asset}")
        for place in self.perpetuals:
            symbol = self.market.entry(place).symbol
            if symbol not in self.markets:
                raise InvalidInput(f"perpetuals: model {self.model.name} has no terms for {symbol}")
            if self.markets[symbol].settles not in self.tokens:
                raise InvalidInput(f"entries: the pool of {symbol} has no balance of {self.markets[symbol].settles}")
        for index, entry in enumerate(self.market.book.entries):
            if entry.kind in ("future", "option") or (entry.kind == "spot" and entry.order is None):
                raise InvalidInput(f"entries[{index}].kind: model {self.model.name} does not margin {entry.kind}s")
        for base, quote, _, _ in self.spot_markets():
            if base not in self.tokens or quote not in self.tokens:
                raise InvalidInput(f"entries: orders of {base}/{quote} need balances of both in the same pool")


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of one token at one level."""

    asset: Fixed
    liability: Fixed


@dataclass(frozen=True, eq=False)
class LevelView:
    """One level of one pool."""

    pool: WeightedView
    index: int
    terms: WeightedLevel

    @property
    def exact(self) -> bool:
        """Whether nothing is rounded."""
        return self.pool.model.decimals is None

    def rounded(self, quantity: Quantity) -> Quantity:
        """Rounded towards zero where the model rounds."""
        decimals = self.pool.model.decimals
        return quantity if decimals is None else zk.rescale(quantity, decimals, Rounding.TOWARDS_ZERO)

    def weights(self, asset: str) -> Weights:
        """A token's weights after caps and the least ratio; size curves come later, since they depend on the account.

        Rounded against the account: deposits down, borrows up.
        """
        token, place = self.pool.terms[asset], self.pool.tokens[asset]
        own, owed = Fraction(token.assets[self.index]), Fraction(token.liabilities[self.index])
        if self.terms.caps:
            own, owed = own * self._shrink(token, place), owed * self._growth(token, place)
        least = Fraction(self.terms.least_ratio)
        if least and not token.is_quote:
            own, owed = max(Fraction(0), min(own, 1 - least)), max(owed, 1 + least)
        decimals = self.pool.model.weight_decimals
        units = int(own * 10**decimals), -int(-owed * 10**decimals // 1)
        return Weights(*(Fixed(np.array(unit, dtype=object), decimals) for unit in units))

    def _shrink(self, token: Token, place: int) -> Fraction:
        """By how much deposits count less because the whole market holds many of them."""
        row = self.pool.market.rows[place]
        worth = Fraction(row.deposits or 0) * Fraction(row.price)
        return min(Fraction(1), Fraction(token.deposit_cap) / worth) if token.deposit_cap and worth else Fraction(1)

    def _growth(self, token: Token, place: int) -> Fraction:
        row = self.pool.market.rows[place]
        worth = Fraction(row.borrows or 0) * Fraction(row.price)
        return max(Fraction(1), worth / Fraction(token.borrow_cap)) if token.borrow_cap else Fraction(1)
