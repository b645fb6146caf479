"""An account's margin in numbers, for its owner: levels, what they are made of, and scenarios. Private throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from zkmargin.circuits.attribution import Groups, attribute, component_groups
from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.expression import Quantity, require
from zkmargin.circuits.fixed import to_text
from zkmargin.circuits.models.base import Assessment, Level, MarginModel, Pool
from zkmargin.circuits.models.grid_parameters import BASIS_DOWN, BASIS_UP, DELTA, GridParameters
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.rule import Holdings, trace_rule
from zkmargin.circuits.values import Values

KINDS = ("cash", "collateral", "spot", "perpetual", "future", "option")
PLURALS = {"perpetual": "perpetuals", "future": "futures", "option": "options"}
OTHER = "charges by size"
BALANCES = "haircuts"
CONSTANT = "other"
BESIDES = (BASIS_UP, BASIS_DOWN, DELTA)
"""Rows that are no moves of the whole market."""


@dataclass(frozen=True, repr=False)
class LevelReport:
    """One inequality of one pool."""

    name: str
    equity: Decimal
    requirement: Decimal
    headroom: Decimal
    meets: bool
    parts: tuple[tuple[str, Decimal], ...]
    """What the requirement consists of, largest first."""


@dataclass(frozen=True, repr=False)
class PoolReport:
    bucket: str | None
    value: Decimal
    kinds: tuple[tuple[str, Decimal], ...]
    """What the value consists of."""
    levels: tuple[LevelReport, ...]


@dataclass(frozen=True, repr=False)
class ScenarioReport:
    """Change of the account's value in one row of the snapshot's scenarios, by underlying."""

    name: str
    changes: dict[str, Decimal]
    weight: Decimal = Decimal(1)
    """The share of the loss that the model counts."""

    @property
    def total(self) -> Decimal:
        return sum(self.changes.values(), Decimal(0))

    def counted(self, base: str | None = None) -> Decimal:
        """What counts, of one underlying or of all."""
        return self.weight * (self.total if base is None else self.changes.get(base, Decimal(0)))


@dataclass(frozen=True, repr=False)
class MarginReport:
    pools: tuple[PoolReport, ...]
    scenarios: tuple[ScenarioReport, ...]

    @property
    def state(self) -> str:
        """The worst thing that can be said of any pool."""
        if any(pool.value < 0 for pool in self.pools):
            return "bankrupt"
        missed = [level.name for pool in self.pools for level in pool.levels if not level.meets]
        for name, state in (("close out", "close out"), ("maintenance", "liquidatable"), ("initial", "no new risk")):
            if name in missed:
                return state
        return "healthy"

    @property
    def worst(self) -> ScenarioReport | None:
        """The row in which most counts against the account."""
        return min(self.scenarios, key=lambda row: row.counted(), default=None)

    def level(self, name: str | None = None) -> LevelReport:
        """A level of the cross pool, by default its first."""
        levels = self.pools[0].levels
        return next((level for level in levels if level.name == name), levels[0])

    def data(self) -> dict[str, Any]:
        """For machines: exact decimals as strings."""
        return {
            "state": self.state,
            "pools": [_pool_data(pool) for pool in self.pools],
            "scenarios": [
                {
                    "name": row.name,
                    "weight": decimal_string(row.weight),
                    "change": decimal_string(row.total),
                    "by_underlying": _texts(row.changes),
                }
                for row in self.scenarios
            ],
            "worst_scenario": self.worst.name if self.worst else None,
        }


def explain(model: MarginModel, book: Book, snapshot: Snapshot, units: Sequence[int]) -> MarginReport:
    """Evaluate a model on one account, level by level."""
    market = Market(book, snapshot)
    seen: list[Assessment] = []

    def rule(holdings: Holdings) -> None:
        assessment = model.assess(market, holdings)
        seen.append(assessment)
        for pool in assessment.pools:
            for level in pool.levels:
                require(level.margin >= 0, f"{level.name} margin of {pool.bucket}")

    traced = trace_rule(rule, book.entries)
    values = Values(traced.trace, np.array([list(units)], dtype=object)).run_all(traced.trace.nodes)
    groups = component_groups(traced.trace, {BALANCES: np.arange(len(book.entries), dtype=np.int64)})
    kinds = _entry_groups(book)
    pools = tuple(_pool(pool, values, groups, kinds) for pool in seen[0].pools)
    return MarginReport(pools, scenarios(model, market, units))


def scenarios(model: MarginModel, market: Market, units: Sequence[int]) -> tuple[ScenarioReport, ...]:
    """Change of value in every scenario: sizes times (price then less price now), exactly."""
    given = market.snapshot.scenarios
    if given is None:
        return ()
    weights = {row.name: row.weight for row in model.scenarios} if isinstance(model, GridParameters) else {}
    held = [place for place, units_held in enumerate(units) if units_held]
    rows = []
    for index, name in enumerate(given.rows):
        if name in BESIDES:
            continue
        changes: dict[str, Fraction] = {}
        for place in held:
            entry = market.entry(place)
            column = market.snapshot.rows[entry.symbol]
            now = Fraction(market.rows[place].price)
            then = Fraction(int(given.matrix[index, column]), 10**given.decimals)
            amount = Fraction(units[place], 10**entry.decimals) * Fraction(entry.contract_size)
            base = entry.parsed.base
            changes[base] = changes.get(base, Fraction(0)) + amount * (then - now)
        exact = {base: decimal_of(change) for base, change in changes.items() if change}
        rows.append(ScenarioReport(name, exact, weights.get(name, Decimal(1))))
    return tuple(rows)


def _pool(pool: Pool, values: Values, groups: Groups, kinds: Groups) -> PoolReport:
    shares = _shares(pool.value, values, kinds, CONSTANT, getattr(pool, "scale", 1))
    levels = tuple(_level(level, values, groups) for level in pool.levels)
    return PoolReport(pool.bucket, _number(pool.value, values, getattr(pool, "scale", 1)), shares, levels)


def _level(level: Level, values: Values, groups: Groups) -> LevelReport:
    scale = getattr(level, "scale", 1)
    equity, requirement, headroom = (_number(q, values, scale) for q in (level.equity, level.requirement, level.margin))
    enough = headroom > 0 if level.strict else headroom >= 0
    shares = _shares(level.requirement, values, groups, CONSTANT, scale)
    parts: dict[str, Decimal] = {}
    for name, share in shares:
        shown = OTHER if name.partition(" of ")[0].endswith((" requirement", " equity")) else name
        parts[shown] = parts.get(shown, Decimal(0)) + share
    ordered = tuple(sorted(parts.items(), key=lambda part: -abs(part[1])))
    return LevelReport(level.name, equity, requirement, headroom, enough or (level.idle and requirement <= 0), ordered)


def _shares(
    quantity: Quantity, values: Values, groups: Groups, rest: str, scale: int
) -> tuple[tuple[str, Decimal], ...]:
    shares = attribute(quantity, values, groups)
    unit = scale * 10**quantity.decimals
    return tuple((name or rest, decimal_of(Fraction(share, unit))) for name, share in shares.items() if share)


def _entry_groups(book: Book) -> Groups:
    """Entries by kind."""
    groups: Groups = {}
    for kind in KINDS:
        places = [place for place, entry in enumerate(book.entries) if entry.kind == kind]
        groups[PLURALS.get(kind, kind)] = np.array(places, dtype=np.int64)
    return groups


def _number(quantity: Quantity, values: Values, scale: int) -> Decimal:
    return decimal_of(Fraction(int(values.of(quantity).reshape(-1)[0]), scale * 10**quantity.decimals))


def decimal_of(number: Fraction) -> Decimal:
    """Exact to 18 decimals, which no currency has; rounded half to even beyond."""
    return Decimal(to_text(round(number * 10**18), 18))


def _pool_data(pool: PoolReport) -> dict[str, Any]:
    return {
        "bucket": pool.bucket,
        "value": decimal_string(pool.value),
        "value_by_kind": _texts(dict(pool.kinds)),
        "levels": [
            {
                "level": level.name,
                "equity": decimal_string(level.equity),
                "requirement": decimal_string(level.requirement),
                "headroom": decimal_string(level.headroom),
                "meets": level.meets,
                "requirement_parts": _texts(dict(level.parts)),
            }
            for level in pool.levels
        ],
    }


def decimal_string(number: Decimal) -> str:
    """All digits, and no needless zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _texts(numbers: dict[str, Decimal]) -> dict[str, str]:
    return {name: decimal_string(number) for name, number in numbers.items()}
