"""A `System` as formulas for the solver z3, and the three statements that are made about the cases of every atom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import z3
from circuit_cases import CASES, AtomCase

import zkmargin.circuits as zk
from zkmargin.circuits.system import LinearForms, System

SIDES = ("upper", "lower", "exact")
"""`y >= f(x)` uses the upper certificate of f, `y <= f(x)` the lower one, and `y == f(x)` both."""

NAMES = {case.name: case for case in CASES}
RESULT_LANES = 3


@dataclass(frozen=True)
class Formula:
    """One constraint of a system with a name for reports."""

    name: str
    constraint: Any


@cache
def compiled_case(name: str, side: str) -> zk.Compiled:
    """The rule `y >= f(x)`, `y <= f(x)` or `y == f(x)` over entries x_0, ..., y."""
    case = NAMES[name]

    def rule(holdings: zk.Holdings) -> None:
        x, y = holdings.units[:-1], holdings.units[-1]
        value = case.quantity(x).as_decimals(0)
        comparison = {"upper": y >= value, "lower": y <= value, "exact": y == value}[side]
        zk.require(comparison, "claim")

    entries = [zk.Entry(f"x{i}", 1) for i in range(case.inputs)]
    return zk.compile_rule(rule, [*entries, zk.Entry("y", RESULT_LANES)])


def holds(side: str, y: Any, value: Any) -> Any:
    return {"upper": y >= value, "lower": y <= value, "exact": y == value}[side]


def variables(system: System) -> list[Any]:
    return [z3.Int(f"w{wire}") for wire in range(system.wires)]


def ranges(system: System, wires: Sequence[Any]) -> list[Formula]:
    return [
        Formula(f"range of wire {wire}", z3.And(wires[wire] >= system.lower(wire), wires[wire] <= system.upper(wire)))
        for wire in range(system.wires)
    ]


def rows(system: System, wires: Sequence[Any]) -> list[Formula]:
    def form(forms: LinearForms, row: int) -> Any:
        return z3.Sum([value * wires[wire] for wire, value in forms.terms(row)]) + forms.constants[row]

    linear = [Formula(f"linear {row}", form(system.linear, row) == 0) for row in range(system.linear.rows)]
    products = [
        Formula(f"product {row}", form(system.left, row) * form(system.right, row) == form(system.output, row))
        for row in range(system.products)
    ]
    return linear + products


def falsehood(case: AtomCase, side: str, wires: Sequence[Any]) -> list[Any]:
    """The account's entries, which are the first wires, do not satisfy the claim."""
    x, y = list(wires[: case.inputs]), wires[case.inputs]
    conditions, value = case.specify(x)
    return [z3.Or(z3.Not(case.also(x)), z3.And(*conditions, z3.Not(holds(side, y, value))))]


EFFORT = 50_000_000
"""In the solver's own unit, ten times what the hardest question takes: a busy machine changes no answer."""


def solver() -> z3.Solver:
    result = z3.Solver()
    result.set("rlimit", EFFORT)
    result.set("random_seed", 1)
    return result
