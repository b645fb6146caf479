"""Limits on what an account holds, whatever its margin: positions, net deltas, concentration. All bounds are public.

    position       low <= sum of a symbol over all pools <= high, in contracts or coins
    delta          low <= sum over everything priced by an underlying of delta x size <= high, in coins
    concentration  gross value in an underlying <= share x gross value in all of them

A spot, perpetual or future position, and collateral in the underlying itself, has a delta of one a coin. Those of
options stand in the snapshot, in the scenario row called `delta`; without that row, limits on deltas are refused.
Gross values count each symbol once, pools netted, at mark.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np

import zkmargin.circuits as zk
from zkmargin.circuits import Fixed, Holdings, Quantity
from zkmargin.circuits.documents import decimal_from_text
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import total
from zkmargin.circuits.models.grid_parameters import DELTA
from zkmargin.circuits.models.market import Market, Places, exact_scalar

Limit = Callable[[Market, Holdings], None]


def position(symbol: str, low: str, high: str) -> Limit:
    """The net position in a symbol, isolated pools included, resting orders not."""
    least, most = _bounds(low, high)

    def limit(market: Market, holdings: Holdings) -> None:
        net = holdings[_places_of(market, symbol)].sum()
        zk.require(net >= least, f"position in {symbol} at least")
        zk.require(net <= most, f"position in {symbol} at most")

    return limit


def delta(asset: str, low: str, high: str) -> Limit:
    """The net delta of an underlying."""
    least, most = _bounds(low, high)

    def limit(market: Market, holdings: Holdings) -> None:
        places = _exposed(market, asset)
        net = _deltas(market, places) @ holdings[places]
        zk.require(net >= least, f"delta of {asset} at least")
        zk.require(net <= most, f"delta of {asset} at most")

    return limit


def concentration(asset: str, share: str) -> Limit:
    """The share of an underlying in the gross value of all positions and collateral."""
    most = _number(share)
    if not 0 <= most <= 1:
        raise InvalidInput("concentration: a share lies between 0 and 1")

    def limit(market: Market, holdings: Holdings) -> None:
        symbols = [symbol for symbol in market.book.symbols if market.entry(_first(market, symbol)).kind != "cash"]
        gross = {symbol: _gross(market, holdings, symbol) for symbol in symbols}
        own = [gross[symbol] for symbol in symbols if _base(market, symbol) == asset]
        if not own:
            raise InvalidInput(f"concentration: the book has nothing priced by {asset}")
        nothing = holdings[0] * 0
        whole = total(list(gross.values()), nothing)
        zk.require(total(own, nothing) <= whole * exact_scalar(most), f"concentration in {asset}")

    return limit


def _gross(market: Market, holdings: Holdings, symbol: str) -> Quantity:
    places = _places_of(market, symbol)
    return zk.abs((market.prices(places) @ holdings[places]).reshape(1))[0]


def _places_of(market: Market, symbol: str) -> Places:
    """Where a symbol stands, orders left out."""
    found = [place for place, entry in enumerate(market.book.entries) if entry.symbol == symbol and entry.order is None]
    if not found:
        raise InvalidInput(f"position: the book has no {symbol}")
    return np.array(found, dtype=np.int64)


def _exposed(market: Market, asset: str) -> Places:
    """Everything that is priced by an underlying, in every pool."""
    found = [
        place
        for place, entry in enumerate(market.book.entries)
        if entry.kind != "cash" and entry.order is None and entry.parsed.base == asset
    ]
    if not found:
        raise InvalidInput(f"delta: the book has nothing priced by {asset}")
    return np.array(found, dtype=np.int64)


def _deltas(market: Market, places: Places) -> Fixed:
    """Coins of the underlying one contract moves with."""
    options = [market.entry(place).kind == "option" for place in places.tolist()]
    if not any(options):
        return market.sizes(places)
    scenarios = market.snapshot.scenarios
    if scenarios is None or DELTA not in scenarios.rows:
        raise InvalidInput("delta: the snapshot has no scenario row called delta, which its options need")
    given = market.scenario_values(np.array([scenarios.rows.index(DELTA)]), places)[0]
    # `given` is already per contract: its scale holds that of the sizes.
    return Fixed(np.where(np.array(options), given.integers, market.sizes(places).at(given.decimals)), given.decimals)


def _first(market: Market, symbol: str) -> int:
    return int(_places_of(market, symbol)[0])


def _base(market: Market, symbol: str) -> str:
    return market.entry(_first(market, symbol)).parsed.base


def _bounds(low: str, high: str) -> tuple[Fixed, Fixed]:
    least, most = _number(low), _number(high)
    if most < least:
        raise InvalidInput("limit: the upper bound lies below the lower one")
    return exact_scalar(least), exact_scalar(most)


def _number(text: str) -> Decimal:
    try:
        return decimal_from_text(text)
    except ValueError as error:
        raise InvalidInput(f"limit: {error}") from None
