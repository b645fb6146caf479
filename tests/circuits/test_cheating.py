"""Looking for a witness of a false statement on whole models: by random search, and by a solver that misses nothing.

The random search is generic: it moves free wires, solves equalities and slacks for the rest, and looks whether some
false account gets through. To know that it can find something, it is also let loose on systems with a row taken out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import z3
from circuit_models import BY_NAME, SmallModel
from circuit_smt import ranges, rows, solver, variables

import zkmargin.circuits as zk
from zkmargin.circuits.system import LinearForms, Scatter, System

TRIES = 3000


@pytest.mark.parametrize("name", BY_NAME)
def test_the_formula_is_the_rule(name: str) -> None:
    """The plain formula, the solver's formula and the rule agree before anything is searched."""
    model = BY_NAME[name]
    table = np.random.default_rng(1).integers(-40, 40, (60, 3))
    margins = zk.trace_rule(model.rule, model.entries).evaluate(table).margins["margin"].tolist()
    assert margins == [model.plain(account) for account in table.tolist()]
    for account, margin in zip(table.tolist()[:10], margins, strict=False):
        conditions, term = model.margin([z3.IntVal(value) for value in account])
        query = solver()
        query.add(*conditions, term != margin)
        assert query.check() == z3.unsat


@pytest.mark.parametrize("name", BY_NAME)
def test_a_solver_finds_no_cheat(name: str) -> None:
    """For all accounts and all witnesses at once."""
    model = BY_NAME[name]
    system = zk.compile_rule(model.rule, model.entries).system
    wires = variables(system)
    conditions, margin = model.margin(wires[:3])
    query = solver()
    query.add(*(formula.constraint for formula in rows(system, wires) + ranges(system, wires)), *conditions, margin < 0)
    assert query.check() == z3.unsat


@pytest.mark.parametrize("name", BY_NAME)
def test_random_search_finds_no_cheat(name: str) -> None:
    model = BY_NAME[name]
    assert search(model, zk.compile_rule(model.rule, model.entries), None) == 0


@pytest.mark.parametrize("name", BY_NAME)
def test_random_search_would_find_one(name: str) -> None:
    """With the row of one slack taken out, the same search gets a false account through."""
    model = BY_NAME[name]
    compiled = zk.compile_rule(model.rule, model.entries)
    assert any(search(model, compiled, row) for row in range(compiled.system.linear.rows))


def search(model: SmallModel, compiled: zk.Compiled, removed: int | None) -> int:
    """How many false accounts get through, of those next to the boundary."""
    rng = np.random.default_rng(7)
    honest, false = neighbours(model, rng)
    system = compiled.system if removed is None else without_row(compiled.system, removed)
    slacks = {slack.first_wire + i for slack in compiled.lowering.slacks for i in range(len(slack.rows))}
    start = compiled.wires(np.array(honest))
    table = start[rng.integers(0, len(start), TRIES)].copy()
    table[:, :3] = np.array(false, dtype=object)[rng.integers(0, len(false), TRIES)]
    free = [wire for wire in range(3, system.wires) if wire not in slacks]
    disturb(table, system, free, rng)
    settle(table, system, set(free))
    settle(table, system, slacks)
    return int(np.count_nonzero(accepted(system, table)))


def neighbours(model: SmallModel, rng: np.random.Generator) -> tuple[list[list[int]], list[list[int]]]:
    """Accounts that just satisfy a rule, and their neighbours that just do not."""
    honest, false = [], []
    sign = 1 if model.plain([1000, 0, 0]) > model.plain([0, 0, 0]) else -1
    for positions in rng.integers(-25, 25, (40, 2)).tolist():
        cash = -sign * model.plain([0, *positions])
        honest.append([cash, *positions])
        false.append([cash - sign, *positions])
    assert all(model.plain(account) == 0 for account in honest)
    assert all(model.plain(account) == -1 for account in false)
    return honest, false


def disturb(table: Any, system: System, free: list[int], rng: np.random.Generator) -> None:
    """Move a few wires a little, to 0 or 1, or to an end of their range."""
    for wire in free:
        moves = [
            table[:, wire],
            table[:, wire] + rng.integers(-3, 4, TRIES),
            rng.integers(0, 3, TRIES).astype(object),
            np.full(TRIES, system.lower(wire), dtype=object),
            np.full(TRIES, system.upper(wire), dtype=object),
        ]
        choice = rng.choice(5, TRIES, p=[0.7, 0.2, 0.06, 0.02, 0.02])
        table[:, wire] = np.choose(choice, np.array(moves, dtype=object))


def settle(table: Any, system: System, wires: set[int]) -> None:
    """Solve each row that has one of these wires with coefficient 1 or -1 for it."""
    for row in range(system.linear.rows):
        pivots = [(wire, c) for wire, c in system.linear.terms(row) if wire in wires and abs(c) == 1]
        if pivots:
            wire, coefficient = pivots[-1]
            wires.discard(wire)
            table[:, wire] -= coefficient * one_row(system.linear, row, table)


def one_row(forms: LinearForms, row: int, table: Any) -> Any:
    return sum(value * table[:, wire] for wire, value in forms.terms(row)) + forms.constants[row]


def accepted(system: System, table: Any) -> Any:
    low = np.array([system.lower(wire) for wire in range(system.wires)], dtype=object)
    high = np.array([system.upper(wire) for wire in range(system.wires)], dtype=object)
    fits = ((table >= low) & (table <= high)).all(axis=1)
    return fits & (system.linear.evaluate(table) == 0).all(axis=1)


def without_row(system: System, removed: int) -> System:
    """The same system with one row's terms gone."""
    forms = system.linear
    terms = [(row, wire, c) for row in range(forms.rows) if row != removed for wire, c in forms.terms(row)]
    scatter = Scatter(
        np.array([row for row, _, _ in terms], np.int64),
        np.array([wire for _, wire, _ in terms], np.int64),
        tuple(c for _, _, c in terms),
    )
    constants = tuple(0 if row == removed else c for row, c in enumerate(forms.constants))
    return replace(system, linear=LinearForms(forms.rows, constants, (), scatter))
