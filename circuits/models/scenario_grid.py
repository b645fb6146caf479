"""Scenario grid: the worst netted loss over a public grid of moves, with tails, skews, contingencies and floors.

For an underlying with expiries e, scenarios s, private sizes x and public prices v (mark) and v_s (shocked):

    M_e        = sum of v x over the options of e
    X_{s,e}    = sum of v_s x over the options of e
    change_{s,e} = D_e(X_{s,e}) - M_e            D_e(X) = long_e X if X >= 0 else short_e X     (static discount)
    loss_s     = -weight_s (sum_e change_{s,e} + sum over linear instruments and offsetting collateral of (v_s - v) x)
    loss_s     =  weight_s sum_e |change_{s,e}| - ...                                          (skew scenarios)
    basis      = sum_e max(0, M_e - M_e(up), M_e - M_e(down)) (add + per_year T_e)
    worst      = max(0, basis, loss_s over all s, floors)

    requirement = sum over underlyings of worst * factor + charges by size + haircuts of collateral
    equity      = cash + sum of v x

Derive's PMRM_2 uses all of it; SPAN, TIMS, Deribit's and Paradex's portfolio margins use parts. That instrument and
scenario lists are public makes every X a public linear form of the private sizes: the circuit holds no option pricing.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

import zkmargin.circuits as zk
from zkmargin.circuits import Fixed, Holdings, Quantity
from zkmargin.circuits.models import factors
from zkmargin.circuits.models.base import Level, Pool, total
from zkmargin.circuits.models.grid_charges import charges, collateral_charges
from zkmargin.circuits.models.grid_parameters import (
    BASIS_DOWN,
    BASIS_UP,
    DELTA,
    SKEWS,
    Basis,
    Discount,
    GridLevel,
    GridParameters,
)
from zkmargin.circuits.models.grid_pricing import LINEAR
from zkmargin.circuits.models.grid_view import GridView, OptionGroup
from zkmargin.circuits.models.market import Market, exact_fixed, exact_scalar


class ScenarioGrid(GridParameters):
    """The parameters and the rule."""

    def pool(self, market: Market, holdings: Holdings, bucket: str | None) -> Pool:
        view = GridView(self, market, holdings, bucket)
        if len(view.collateral):
            zk.require(holdings[view.collateral] >= 0, market.name("collateral is not negative", bucket))
        worst = [worst_loss(view, base) for base in view.bases]
        levels = tuple(_level(view, index, level, worst) for index, level in enumerate(self.levels))
        return Pool(bucket, view.value, levels)


def worst_loss(view: GridView, base: str) -> Quantity:
    """The worst loss of one underlying, never below zero."""
    losses = [_losses(view, base)]
    if view.model.basis:
        charges_by_expiry = [_basis(view, view.model.basis, group) for group in view.options(base)]
        losses.append(total(charges_by_expiry, view.nothing).reshape(1))
    floors = [floor.reshape(1) for floor in (_minimum_delta(view, base), _floor(view, base)) if floor is not None]
    worst = zk.max(zk.concatenate([*losses, *floors, view.nothing.reshape(1)]))
    return worst.named(view.market.name(f"worst loss {base}", view.bucket))


def _level(view: GridView, index: int, level: GridLevel, worst: list[Quantity]) -> Level:
    """Equity is the value at mark; everything else is requirement."""
    factor, peg = level.loss_factor, view.model.peg
    if level.peg and peg:
        fall = max(Decimal(0), factors.subtract(peg.threshold, view.market.snapshot.stable_price))
        factor = factors.add(factor, factors.multiply(fall, peg.factor))
    parts = [loss * exact_scalar(factor) for loss in worst]
    for base in view.bases:
        parts += charges(view, base, level)
    parts += collateral_charges(view, index, level)
    return Level(level.name, view.value, total(parts, view.nothing))


def _losses(view: GridView, base: str) -> Quantity:
    """One loss a scenario, plain scenarios first."""
    scenarios = view.model.scenarios
    weights = exact_fixed([scenario.weight for scenario in scenarios])
    skewed = np.array([scenario.volatility in SKEWS for scenario in scenarios])
    changes = [_change(view, group) for group in view.options(base)]
    linear = _linear_change(view, base)
    plain, skews = np.flatnonzero(~skewed), np.flatnonzero(skewed)
    losses = [total([-change[plain] for change in changes], -linear[plain]) * weights[plain]]
    if len(skews):
        losses.append(total([zk.abs(change[skews]) for change in changes], -linear[skews]) * weights[skews])
    return zk.concatenate(losses)


def _change(view: GridView, group: OptionGroup) -> Quantity:
    """Discounted shocked value less value now, one a scenario."""
    shocked = view.shocked(group.places) @ group.sizes
    if view.model.discount is None:
        return shocked - group.value
    long, short = _discount(view.model.discount, group, view.model.factor_decimals)
    # X long for X >= 0, X short below: the part below zero counts (short - long) more.
    return shocked * long - zk.neg(shocked) * (short - long) - group.value


def _discount(d: Discount, group: OptionGroup, decimals: int) -> tuple[Fixed, Fixed]:
    """The factors of an expiry for values that are not negative, and for values that are."""
    t = factors.years(group.seconds)
    long_rate = factors.add(factors.multiply(group.rate, d.long_rate), d.long_add)
    short_rate = factors.add(factors.multiply(group.rate, d.short_rate), d.short_add)
    long = factors.multiply(d.long_base, factors.exponential(factors.multiply(t, long_rate, Decimal(-1))))
    short = factors.multiply(d.short_base, factors.exponential(factors.multiply(t, short_rate)))
    short = min(short, factors.exponential(factors.multiply(t, max(group.rate, Decimal(0)))))
    pair = factors.rounded([long, short], decimals)
    return pair[0], pair[1]


def _linear_change(view: GridView, base: str) -> Quantity:
    """Change of everything whose value is proportional to its own price, one a scenario."""
    parts = [view.market.places(kind, bucket=view.bucket, base=base) for kind in LINEAR]
    parts += [places for terms, places in view.terms() if terms.offsets and terms.underlying == base]
    changes = [
        (view.shocked(places) - view.market.prices(places)) @ view.holdings[places] for places in parts if len(places)
    ]
    return total(changes, zk.concatenate([view.nothing.reshape(1)] * len(view.model.scenarios)))


def _basis(view: GridView, basis: Basis, group: OptionGroup) -> Quantity:
    """What an expiry loses when its forward moves alone."""
    up, down = (view.row(name, group.places) @ group.sizes for name in (BASIS_UP, BASIS_DOWN))
    factor = factors.add(basis.add, factors.multiply(basis.per_year, factors.years(group.seconds)))
    rate = factors.rounded([factor], view.model.factor_decimals)[0]
    return zk.max(zk.stack([group.value - up, group.value - down, view.nothing])) * rate


def _minimum_delta(view: GridView, base: str) -> Quantity | None:
    """A floor that hedged positions reach too, at a lower rate."""
    rates = view.model.minimum_delta
    if rates is None:
        return None
    places = view.market.places(*LINEAR, "option", bucket=view.bucket, base=base)
    deltas = view.row(DELTA, places)
    net = zk.abs((deltas @ view.holdings[places]).reshape(1))[0]
    gross = Fixed(abs(deltas.integers), deltas.decimals) @ zk.abs(view.holdings[places])
    # net |d| + hedged (gross - |d|) / 2, written so that both terms add.
    half = exact_scalar(Decimal("0.5"))
    hedged = exact_scalar(rates.hedged) * half
    index = exact_scalar(view.market.snapshot.underlying(base).index)
    return (net * (exact_scalar(rates.net) - hedged) + gross * hedged) * index


def _floor(view: GridView, base: str) -> Quantity | None:
    """A floor by the number of contracts."""
    rates = view.model.floor
    if rates is None:
        return None
    options = view.market.places("option", bucket=view.bucket, base=base)
    linear = view.linear(base)
    parts = []
    if len(options):
        parts.append(view.market.index(options) @ zk.neg(view.holdings[options]) * exact_scalar(rates.short_options))
        parts.append(zk.abs(view.holdings[options]).sum() * exact_scalar(rates.option))
    if len(linear):
        parts.append(zk.abs(view.holdings[linear]).sum() * exact_scalar(rates.linear))
    return total(parts, view.nothing)
