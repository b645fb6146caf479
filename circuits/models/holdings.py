"""What most families do with holdings: worth at mark, haircuts of collateral, and refusing what they do not margin."""

from __future__ import annotations

from decimal import Decimal

import zkmargin.circuits as zk
from zkmargin.circuits import Holdings, Quantity
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import total
from zkmargin.circuits.models.market import POSITIONS, Market, exact_fixed


def worth(market: Market, holdings: Holdings, bucket: str | None) -> Quantity:
    """Cash, collateral and positions of one pool at mark prices."""
    kinds = [market.places(kind, bucket=bucket) for kind in ("cash", "collateral", *POSITIONS)]
    parts = [market.prices(places) @ holdings[places] for places in kinds if len(places)]
    return total(parts, holdings[0] * 0)


def collateral_haircuts(market: Market, holdings: Holdings, bucket: str | None) -> Quantity:
    """The part of the collateral's value that does not count; collateral is required not to be negative.

    Below zero a haircut would be paid out instead of charged.
    """
    places = market.places("collateral", bucket=bucket)
    if not len(places):
        return holdings[0] * 0
    zk.require(holdings[places] >= 0, market.name("collateral is not negative", bucket))
    haircuts = exact_fixed([market.rows[place].haircut or Decimal(0) for place in places.tolist()])
    return (market.prices(places) * haircuts) @ holdings[places]


def refuse_orders(market: Market, model: str) -> None:
    """For families that look at positions only."""
    for index, entry in enumerate(market.book.entries):
        if entry.order is not None:
            raise InvalidInput(f"entries[{index}].order: model {model} does not margin resting orders")
