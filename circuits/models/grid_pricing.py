"""From a market to the scenario values of a grid, and the check that a snapshot's values are what its market says.

Options are priced by Black-76 on their expiry's forward, of which the settled part does not move. Spot, perpetuals,
futures and collateral that offsets move with their underlying; cash and other collateral stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zkmargin.circuits.documents import Book, Entry, Snapshot, decimal_text, epoch_seconds, from_units
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.grid_parameters import (
    BASIS_DOWN,
    BASIS_UP,
    DELTA,
    SKEWS,
    GridParameters,
    Skew,
    VolatilityMove,
)
from zkmargin.circuits.pricing import (
    MAX_VOLATILITY,
    YEAR,
    FloatArray,
    VolatilityShock,
    black76,
    black76_delta,
    discount_factor,
    to_units,
)

LINEAR = ("spot", "perpetual", "future")
"""Kinds whose value is proportional to the price of their underlying."""


@dataclass(frozen=True)
class _Options:
    """The options of one underlying and expiry, as arrays."""

    columns: list[int]
    base: str
    settled: float
    moving: float
    seconds: int
    rate: float
    strikes: FloatArray
    volatilities: FloatArray
    calls: np.ndarray[tuple[int], np.dtype[np.bool_]]


def with_scenarios(model: GridParameters, book: Book, snapshot: Snapshot, mark_options: bool = True) -> Snapshot:
    """The snapshot with the scenario values of a model's grid; options are marked by the same pricer if so wished."""
    groups = _options(book, snapshot)
    fields = snapshot.model_dump(mode="json", exclude_none=True, exclude={"format", "version"})
    if mark_options:
        for group in groups:
            marks = to_units(_price(group, 1.0, group.volatilities), model.value_decimals).tolist()
            for column, mark in zip(group.columns, marks, strict=True):
                fields["instruments"][column]["price"] = decimal_text(from_units(mark, model.value_decimals))
    values = to_units(_values(model, book, snapshot, groups), model.value_decimals)
    grid = {"grid": model.name, "decimals": model.value_decimals, "rows": model.rows, "values": values.tolist()}
    return Snapshot.build(**(fields | {"scenarios": grid}))


def check_scenarios(model: GridParameters, book: Book, snapshot: Snapshot) -> None:
    """Refuse scenario values that differ from what the market gives by more than one unit."""
    snapshot.check_book(book)
    given = snapshot.scenarios
    if given is None or given.rows != model.rows or given.decimals != model.value_decimals:
        raise InvalidInput(f"scenarios: the rows and decimals are not those of model {model.name}")
    expected = to_units(_values(model, book, snapshot, _options(book, snapshot)), given.decimals, given.rounding)
    wrong = np.argwhere(np.abs(expected - given.matrix) > 1)
    if len(wrong):
        row, column = (int(place) for place in wrong[0])
        symbol = snapshot.instruments[column].symbol
        raise InvalidInput(f"scenarios.values[{row}][{column}]: {symbol} is priced otherwise by this market")


def _values(model: GridParameters, book: Book, snapshot: Snapshot, groups: list[_Options]) -> FloatArray:
    prices = np.array([float(row.price) for row in snapshot.instruments])
    movers = _movers(model, book)
    values = np.tile(prices, (len(model.rows), 1))
    ranges = {row.underlying: float(row.range) for row in model.ranges}
    rows: dict[str, Callable[[_Options], FloatArray]] = {}
    for place, scenario in enumerate(model.scenarios):
        spots = {base: 1.0 + float(scenario.move) * ranges.get(base, float(model.default_range)) for base in movers}
        if any(spot < 0.0 for spot in spots.values()):
            raise InvalidInput(f"scenarios[{place}].move: takes a price below zero")
        for base, columns in movers.items():
            values[place, columns] *= spots[base]
        for group in groups:
            spot = 1.0 + float(scenario.move) * ranges.get(group.base, float(model.default_range))
            values[place, group.columns] = _price(group, spot, _moved(model, group, scenario.volatility))
    if model.basis:
        up, down = float(model.basis.up), float(model.basis.down)
        rows[BASIS_UP] = lambda group: _price(group, 1.0 + up, group.volatilities)
        rows[BASIS_DOWN] = lambda group: _price(group, 1.0 + down, group.volatilities)
    if model.minimum_delta:
        rows[DELTA] = _delta
        entries = [_by_symbol(book)[symbol] for symbol in book.symbols]
        values[model.rows.index(DELTA)] = [float(entry.kind in LINEAR) for entry in entries]
    for name, price in rows.items():
        for group in groups:
            values[model.rows.index(name), group.columns] = price(group)
    return values


def _options(book: Book, snapshot: Snapshot) -> list[_Options]:
    """The options of a book, grouped by underlying and expiry, with their markets."""
    now = epoch_seconds(snapshot.time)
    members: dict[tuple[str, str], list[int]] = {}
    entries = _by_symbol(book)
    for column, symbol in enumerate(book.symbols):
        entry = entries[symbol]
        if entry.kind == "option" and entry.expiry is not None:
            members.setdefault((entry.parsed.base, entry.expiry), []).append(column)
    groups = []
    for (base, time), columns in members.items():
        row = snapshot.expiry(base, time)
        parsed = [entries[book.symbols[column]].parsed for column in columns]
        groups.append(
            _Options(
                columns,
                base,
                float(row.settled),
                float(row.forward) - float(row.settled),
                max(0, epoch_seconds(time) - now),
                float(row.rate),
                np.array([float(one.strike or 0) for one in parsed]),
                np.array([_volatility(snapshot, column) for column in columns]),
                np.array([bool(one.is_call) for one in parsed]),
            )
        )
    return groups


def _volatility(snapshot: Snapshot, column: int) -> float:
    given = snapshot.instruments[column].volatility
    if given is None:
        raise InvalidInput(
            f"instruments[{column}].volatility: is needed to price {snapshot.instruments[column].symbol}"
        )
    return float(given)


def _price(group: _Options, spot: float, volatilities: FloatArray) -> FloatArray:
    forward = group.moving * spot + group.settled
    discount = discount_factor(group.rate, group.seconds)
    return black76(forward, group.strikes, volatilities, group.seconds, discount, group.calls)


def _delta(group: _Options) -> FloatArray:
    discount = discount_factor(group.rate, group.seconds)
    forward = group.moving + group.settled
    return black76_delta(forward, group.strikes, group.volatilities, group.seconds, discount, group.calls)


def _moved(model: GridParameters, group: _Options, move: VolatilityMove) -> FloatArray:
    """The volatilities of a group after a move; parameters are checked to have what their scenarios need."""
    if move in ("up", "down") and model.shocks:
        shock = VolatilityShock(**{name: float(value) for name, value in model.shocks})
        return shock.apply(group.volatilities, group.seconds, "up" if move == "up" else "down")
    if move in SKEWS and model.skew:
        return _skewed(model.skew, group, absolute=move == "skew absolute")
    return group.volatilities


def _skewed(skew: Skew, group: _Options, absolute: bool) -> FloatArray:
    root = float(np.sqrt(group.seconds / YEAR))
    base, slope = (skew.absolute_base, skew.absolute_slope) if absolute else (skew.linear_base, skew.linear_slope)
    cap = float(base) + float(slope) * root
    width = max(float(skew.least), root * float(skew.width) * (float(skew.static) + root * float(skew.scale)))
    k = np.log(group.strikes / (group.moving + group.settled))
    k = np.abs(k) if absolute else k
    # A cap may turn negative at long tenors, so this is not a clip: one side takes a minimum, the other a maximum.
    step = np.where(k >= 0.0, np.minimum(cap, k * cap / width), np.maximum(-cap, k * cap / width))
    return np.asarray(np.minimum(group.volatilities * np.maximum(0.0, 1.0 + step), MAX_VOLATILITY))


def _movers(model: GridParameters, book: Book) -> dict[str, list[int]]:
    """Columns whose price moves in proportion to an underlying."""
    offsets = {terms.asset: terms.underlying for terms in model.collateral if terms.offsets}
    found: dict[str, list[int]] = {}
    entries = _by_symbol(book)
    for column, symbol in enumerate(book.symbols):
        entry = entries[symbol]
        if entry.kind in LINEAR:
            found.setdefault(entry.parsed.base, []).append(column)
        elif entry.kind == "collateral" and symbol in offsets:
            found.setdefault(offsets[symbol], []).append(column)
    return found


def _by_symbol(book: Book) -> dict[str, Entry]:
    return {entry.symbol: entry for entry in reversed(book.entries)}
