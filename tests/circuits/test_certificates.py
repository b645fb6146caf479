"""Every atom, on every side: a claim has a witness exactly when it is true, and no row could be spared.

The solver's answers hold for all values the wires can take, not for samples: `unsat` means that no prover, however
clever, can satisfy the rows of a false claim.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import z3
from circuit_cases import CASES, AtomCase, largest_of
from circuit_smt import NAMES, SIDES, Formula, compiled_case, falsehood, holds, ranges, rows, solver, variables

import zkmargin.circuits as zk

CLAIMS = [pytest.param(name, side, id=f"{name}, {side}") for name in NAMES for side in SIDES]

STATED_TWICE = {
    # 0 <= x - d t and x - d t <= d - 1 together already imply d >= 1.
    ("down by a private number", "exact"): {"linear 0"},
    ("up by a private number", "exact"): {"linear 0"},
    ("half even by a private number", "exact"): {"linear 0"},
}


def splits(case: AtomCase, wires: list[Any]) -> Iterator[list[Any]]:
    """Further assumptions, one set for each question to the solver."""
    if not case.split:
        yield []
    for value in case.split:
        yield [wires[case.inputs - 1] == value]


def cheat(case: AtomCase, side: str, formulas: list[Formula], wires: list[Any]) -> z3.CheckSatResult:
    """Whether some prover can satisfy the formulas of a false claim."""
    answers = []
    for assumptions in splits(case, wires):
        query = solver()
        query.add(*(formula.constraint for formula in formulas), *falsehood(case, side, wires), *assumptions)
        answers.append(query.check())
        if answers[-1] == z3.sat:
            return z3.sat
    return z3.unsat if all(answer == z3.unsat for answer in answers) else z3.unknown


@pytest.mark.parametrize(("name", "side"), CLAIMS)
def test_no_false_claim_has_a_witness(name: str, side: str) -> None:
    system = compiled_case(name, side).system
    wires = variables(system)
    assert cheat(NAMES[name], side, rows(system, wires) + ranges(system, wires), wires) == z3.unsat


@pytest.mark.parametrize(("name", "side"), CLAIMS)
def test_every_row_is_needed(name: str, side: str) -> None:
    """Without any one of its rows, `test_no_false_claim_has_a_witness` fails: the solver finds a cheat."""
    system = compiled_case(name, side).system
    wires = variables(system)
    formulas, bounds = rows(system, wires), ranges(system, wires)
    for removed in formulas:
        if removed.name in STATED_TWICE.get((name, side), ()):
            continue
        others = [formula for formula in formulas if formula is not removed]
        assert cheat(NAMES[name], side, others + bounds, wires) == z3.sat, removed.name


@pytest.mark.parametrize(("name", "side"), CLAIMS)
def test_every_slack_is_needed(name: str, side: str) -> None:
    """A slack wire that could be negative would let a cheat through."""
    compiled = compiled_case(name, side)
    system, wires = compiled.system, variables(compiled.system)
    formulas, bounds = rows(system, wires), ranges(system, wires)
    for slack in compiled.lowering.slacks:
        row = next(int(row.split()[1]) for row in compiled.inspect().wires[slack.first_wire].rows)
        if f"linear {row}" in STATED_TWICE.get((name, side), ()):
            continue
        for wire in range(slack.first_wire, slack.first_wire + len(slack.rows)):
            free = [bound for bound in bounds if bound.name != f"range of wire {wire}"]
            assert cheat(NAMES[name], side, formulas + free, wires) == z3.sat, wire


@pytest.mark.parametrize(("name", "side"), CLAIMS)
def test_exhaustively_in_a_small_domain(name: str, side: str) -> None:
    """For all inputs: true claims have the honest witness, the nearest false ones have none at all."""
    case, compiled = NAMES[name], compiled_case(name, side)
    true: list[list[int]] = []
    false: list[list[int]] = []
    for x in itertools.product(case.domain, repeat=case.inputs):
        if not case.also(x):
            false.append([*x, 0])
            continue
        value = case.plain(x)
        for y in (value - 1, value, value + 1):
            (true if holds(side, y, value) else false).append([*x, y])
    assert true
    assert false
    assert_honest(compiled, true)
    assert not compiled.evaluate(np.array(false)).holds.any()
    assert_no_witness(compiled, false)


COUNTED = ("tiers", "root")
"""Cases whose plain formula counts in steps of one."""


@pytest.mark.parametrize("least", [-(2**63), 1 - 2**63])
@pytest.mark.parametrize(
    "case", [case for case in CASES if not any(word in case.name for word in COUNTED)], ids=lambda case: case.name
)
def test_the_ends_of_64_bits(case: AtomCase, least: int) -> None:
    """Honest witnesses where sums of machine integers would overflow; a batch with -2^63 in it and one without."""
    entries = [*(zk.Entry(f"x{i}") for i in range(case.inputs)), zk.Entry("y", 9)]

    def rule(holdings: zk.Holdings) -> None:
        x, y = holdings.units[:-1], holdings.units[-1]
        zk.require(case.quantity(x).as_decimals(0) == y, "claim")

    compiled = zk.compile_rule(rule, entries)
    corners = itertools.product((least, -(2**62) - 1, 0, 2**63 - 1), repeat=case.inputs)
    accounts = [[*x, case.plain(x)] for x in corners if case.also(x)]
    lanes = compiled.witness(np.array(accounts, dtype=object))
    assert compiled.system.satisfied(lanes)
    assert compiled.system.join(lanes)[:, : len(entries)].tolist() == accounts


def test_bounds_that_only_honest_provers_keep_are_not_relied_on() -> None:
    """The larger of x_0 and 40,000 is never below 40,000, but a prover could write less: the row has to stay."""

    def rule(holdings: zk.Holdings) -> None:
        zk.require(zk.maximum(holdings.units[:2], [40_000, 0]).sum() == holdings["y"], "claim")

    compiled = zk.compile_rule(rule, [zk.Entry("x0", 1), zk.Entry("x1", 1), zk.Entry("y", 2)])
    system, wires = compiled.system, variables(compiled.system)
    x0, x1, y = wires[:3]
    query = solver()
    query.add(*(formula.constraint for formula in rows(system, wires) + ranges(system, wires)))
    query.add(y != largest_of([x0, 40_000]) + largest_of([x1, 0]))
    assert query.check() == z3.unsat
    assert_honest(compiled, [[7, -3, 40_000], [-9, 8, 40_008]])


def assert_honest(compiled: zk.Compiled, accounts: list[list[int]]) -> None:
    lanes = compiled.witness(np.array(accounts))
    assert compiled.system.satisfied(lanes)
    assert np.array_equal(lanes, compiled.system.split(compiled.wires(np.array(accounts))))


def assert_no_witness(compiled: zk.Compiled, accounts: list[list[int]]) -> None:
    wires = variables(compiled.system)
    query = solver()
    query.add(*(formula.constraint for formula in rows(compiled.system, wires) + ranges(compiled.system, wires)))
    for account in accounts:
        query.push()
        query.add(*(wires[entry] == value for entry, value in enumerate(account)))
        assert query.check() == z3.unsat, account
        query.pop()
