"""Charges of a scenario-grid model by size: linear contracts, naked options, and feeds that do not trust themselves."""

from __future__ import annotations

import numpy as np

import zkmargin.circuits as zk
from zkmargin.circuits import Fixed, Quantity
from zkmargin.circuits.models import factors
from zkmargin.circuits.models.grid_parameters import GridLevel
from zkmargin.circuits.models.grid_view import GridView, OptionGroup
from zkmargin.circuits.models.market import exact_fixed, exact_scalar


def charges(view: GridView, base: str, level: GridLevel) -> list[Quantity]:
    """Everything that is charged on the sizes of one underlying at one level."""
    parts = _linear_charges(view, base, level)
    for group in view.options(base):
        if level.naked_options:
            parts.append(_naked(view, group) * exact_scalar(level.naked_options))
        if level.confidence:
            parts += _option_confidence(view, group)
    return parts


def collateral_charges(view: GridView, index: int, level: GridLevel) -> list[Quantity]:
    """Haircuts, and the confidence charge of assets."""
    parts = []
    for terms, places in view.terms():
        rate = terms.haircuts[index]
        if level.confidence:
            rate = factors.add(rate, view.confidence_charge(terms.underlying, view.feeds(places)))
        parts.append(view.worth(places) * exact_scalar(rate))
    return parts


def _linear_charges(view: GridView, base: str, level: GridLevel) -> list[Quantity]:
    """A share of the index notional of every perpetual and future, whichever way it is held."""
    places = view.linear(base)
    if not len(places):
        return []
    rates = [level.linear] * len(places)
    if level.confidence:
        feeds = [view.confidence_charge(base, view.feeds(places[i : i + 1])) for i in range(len(places))]
        rates = [factors.add(rate, extra) for rate, extra in zip(rates, feeds, strict=True)]
    return [(view.market.index(places) * exact_fixed(rates)) @ zk.abs(view.holdings[places])]


def _naked(view: GridView, group: OptionGroup) -> Quantity:
    """Index notional of options sold that no option of the same strike covers: calls and puts net at a strike."""
    strikes = [view.market.entry(place).parsed.strike for place in group.places.tolist()]
    rows = {strike: row for row, strike in enumerate(dict.fromkeys(strikes))}
    sizes = view.market.sizes(group.places)
    matrix = np.zeros((len(rows), len(strikes)), dtype=object)
    matrix[[rows[strike] for strike in strikes], np.arange(len(strikes))] = sizes.integers
    index = exact_scalar(view.market.snapshot.underlying(group.base).index)
    return zk.neg(Fixed(matrix, sizes.decimals) @ group.sizes).sum() * index


def _option_confidence(view: GridView, group: OptionGroup) -> list[Quantity]:
    """The charge on the gross notional; an open linear position brings in the confidence of its own feed."""
    gross = view.market.index(group.places) @ zk.abs(group.sizes)
    feeds = [] if group.confidence is None else [group.confidence]
    linear = view.linear(group.base)
    alone = view.confidence_charge(group.base, feeds)
    together = view.confidence_charge(group.base, [*feeds, *view.feeds(linear)])
    parts = [gross * exact_scalar(alone)] if alone else []
    if together > alone:
        lots = zk.abs(view.holdings.units[linear]).sum()
        parts.append(zk.where(lots > 0, gross * exact_scalar(factors.subtract(together, alone)), 0))
    return parts
