"""Sides pass through nested atoms: random towers of atoms, each claim put to the solver for all prover's choices.

A mistake in finding the side of an inner atom would leave its value unbound on the side that matters; the solver
would find the account for which it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import z3
from circuit_cases import CASES, AtomCase
from circuit_smt import NAMES, SIDES, holds, ranges, rows, solver, variables
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import zkmargin.circuits as zk
from zkmargin.circuits import Quantity

ENTRIES = 2
HARD = ("private", "root", "product", "square")
"""Products of unknowns on top of each other are beyond the solver; alone they are proved in test_certificates."""

LINEAR = [case for case in CASES if not any(word in case.name for word in HARD)]

atoms = st.sampled_from(LINEAR)
factors = st.sampled_from([-2, -1, 1, 2])
rows_of_factors = st.lists(st.tuples(factors, factors, st.integers(-3, 3)), min_size=4, max_size=4)


class Tower:
    """`outer(inner_1(a x), ..., inner_k(b x)) * c + d x_0`: quantities, plain numbers and solver terms side by side."""

    def __init__(self, outer: AtomCase, inner: Sequence[AtomCase], mixes: Any, factor: int, rest: int) -> None:
        self.outer, self.inner, self.mixes = outer, list(inner)[: outer.inputs], mixes
        self.factor, self.rest = factor, rest

    def arguments(self, x: Any, case: AtomCase, place: int) -> list[Any]:
        mixes = [self.mixes[(place + i) % 4] for i in range(case.inputs)]
        return [a * x[0] + b * x[1] + c for a, b, c in mixes]

    def quantity(self, x: Quantity) -> Quantity:
        values = [case.quantity(zk.stack(self.arguments(x, case, i))) for i, case in enumerate(self.inner)]
        return self.outer.quantity(zk.stack(values).as_decimals(0)).as_decimals(0) * self.factor + self.rest * x[0]

    def plain(self, x: Sequence[int]) -> int:
        values = [case.plain(self.arguments(x, case, i)) for i, case in enumerate(self.inner)]
        return self.outer.plain(values) * self.factor + self.rest * x[0]

    def specify(self, x: Sequence[Any]) -> tuple[list[Any], Any]:
        conditions, values = [], []
        for i, case in enumerate(self.inner):
            more, value = case.specify(self.arguments(x, case, i))
            conditions += more
            values.append(value)
        more, value = self.outer.specify(values)
        return conditions + more, value * self.factor + self.rest * x[0]


towers = st.builds(
    Tower, atoms, st.lists(atoms, min_size=4, max_size=4), rows_of_factors, factors, st.sampled_from([-1, 0, 1])
)


def assert_sound_and_complete(tower: Tower, side: str, accounts: Sequence[tuple[int, ...]]) -> bool:
    """Whether the solver could tell; it must not find a witness of a false claim."""
    entries = [*(zk.Entry(f"x{i}", 1) for i in range(ENTRIES)), zk.Entry("y", 4)]

    def rule(holdings: zk.Holdings) -> None:
        x, y = holdings.units[:-1], holdings.units[-1]
        zk.require(holds(side, y, tower.quantity(x)), "claim")

    compiled = zk.compile_rule(rule, entries)
    table = np.array([[*x, tower.plain(x)] for x in accounts])
    assert compiled.system.satisfied(compiled.witness(table))

    wires = variables(compiled.system)
    conditions, value = tower.specify(wires[:ENTRIES])
    query = solver()
    query.add(*(formula.constraint for formula in rows(compiled.system, wires) + ranges(compiled.system, wires)))
    query.add(*conditions, z3.Not(holds(side, wires[ENTRIES], value)))
    answer = query.check()
    assert answer != z3.sat
    return bool(answer == z3.unsat)


@given(towers, st.sampled_from(SIDES), st.lists(st.tuples(*[st.integers(-20, 20)] * ENTRIES), min_size=3, max_size=3))
@settings(max_examples=20)
def test_towers_are_sound_and_complete(tower: Tower, side: str, accounts: list[tuple[int, int]]) -> None:
    assume(assert_sound_and_complete(tower, side, accounts))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("outer", LINEAR, ids=lambda case: case.name)
def test_every_atom_passes_on_its_side(outer: AtomCase, side: str) -> None:
    """Over sizes, gains and losses, with either sign of the whole."""
    inner = [NAMES["abs"], NAMES["pos"], NAMES["neg"], NAMES["abs"]]
    mixes = [(1, 2, 0), (-1, 1, 3), (2, 1, -1), (1, -1, 0)]
    for factor in (1, -1):
        assert assert_sound_and_complete(Tower(outer, inner, mixes, factor, 1), side, [(3, -4), (-20, 7), (0, 0)])
