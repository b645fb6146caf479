"""Nothing is paid twice or for nothing: shared expressions, single sides, decided bounds, zeros, unused wires."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from compiler_samples import Wasteful, assert_every_wire_is_used

import zkmargin.circuits as zk
from zkmargin.circuits.atoms.base import use


def test_what_always_holds_costs_nothing() -> None:
    system = zk.compile_rule(lambda h: zk.require(h["A"] + (1 << 70) >= abs(h["A"])), [zk.Entry("A")]).system
    assert system.wires == 1
    assert system.linear.rows == 0


def test_what_fails_for_a_single_number_is_proved() -> None:
    """Bounds to the last unit: x = -32768 is the only entry that breaks it."""
    compiled = zk.compile_rule(lambda h: zk.require(h["x"] + 32_767 >= 0), [zk.Entry("x", 1)])
    assert compiled.system.linear.rows == 1
    assert compiled.system.satisfied(compiled.witness([-32_767]))
    with pytest.raises(zk.RequirementFailed):
        compiled.witness([-32_768])


def test_unused_wires_cannot_exist() -> None:
    def rule(holdings: zk.Holdings) -> None:
        worst = use(Wasteful(), holdings.units[None, :2], decimals=0, shape=(1,))
        zk.require(worst <= abs(holdings["y"]) * 2, "claim")

    compiled = zk.compile_rule(rule, [zk.Entry("a", 1), zk.Entry("b", 1), zk.Entry("y", 1)])
    assert_every_wire_is_used(compiled.system)
    assert not any("spare" in str(name) for name in compiled.inspect().names)
    assert compiled.system.satisfied(compiled.witness([[5, 9, 5], [-3, -4, 0]]))


def test_common_expressions_are_shared() -> None:
    def once(holdings: zk.Holdings) -> None:
        worst = zk.max(holdings.units)
        zk.require(3 * worst <= holdings[0] + 100)

    def thrice(holdings: zk.Holdings) -> None:
        worst = [zk.max(1 * holdings.units) for _ in range(3)]
        zk.require(sum(worst[1:], worst[0]) <= holdings[0] + 100)

    entries = [zk.Entry(f"x{i}") for i in range(4)]
    assert zk.compile_rule(once, entries).digest == zk.compile_rule(thrice, entries).digest


def test_instances_take_only_the_side_they_need() -> None:
    """|a| and |b| are instances of one atom; each gets the certificate of its own side."""

    def wires(*claims: Callable[[zk.Quantity], zk.Comparison]) -> int:
        def rule(holdings: zk.Holdings) -> None:
            for claim in claims:
                zk.require(claim(abs(holdings.units)))

        return zk.compile_rule(rule, [zk.Entry("a", 1), zk.Entry("b", 1)]).system.wires

    entries, requirement = 2, 1
    over_stated, lower, upper = 2, 2 + 2, 2  # p, n; the choice and two slacks; two slacks
    assert wires(lambda size: size[0] <= 100) == entries + over_stated + requirement
    assert wires(lambda size: size[1] >= 100) == entries + 1 + lower + requirement
    different = wires(lambda size: size[0] <= 100, lambda size: size[1] >= 50)
    assert different == entries + over_stated + 1 + lower + 2 * requirement
    same = wires(lambda size: size[0] <= 100, lambda size: size[0] >= 50)
    assert same == entries + 1 + upper + lower + 2 * requirement


def test_bounds_spare_work() -> None:
    """What bounds decide takes no wire: the sign of a size, the larger of numbers that cannot meet."""

    def cost(quantity: Callable[[zk.Quantity], zk.Quantity]) -> int:
        rule = lambda h: zk.require(h["y"] >= quantity(h["x"]))  # noqa: E731
        return zk.compile_rule(rule, [zk.Entry("x", 1), zk.Entry("y", 2)]).system.wires

    plain = cost(abs)
    assert cost(lambda x: zk.pos(abs(x))) == plain
    assert cost(lambda x: abs(abs(x) + 1)) == plain
    assert cost(lambda x: zk.maximum(abs(x), -abs(x), -5)) == plain
    assert cost(lambda x: zk.where(abs(x) >= 0, abs(x), 5)) == plain
    assert cost(lambda x: zk.where(abs(x) < 0, 5, abs(x))) == plain
    assert cost(lambda x: zk.maximum(x, x - 100_000, 40_000)) == 2 + 1


def test_zeros_of_public_matrices_cost_nothing() -> None:
    """An instrument without a charge needs no certificate, though it stands in the matrix."""
    charges = np.array([[3, 0, 4], [5, 0, 6]])

    def rule(holdings: zk.Holdings) -> None:
        gross = charges @ abs(holdings[:3])
        zk.require(holdings["cash"] >= zk.max(gross), "inequality")
        zk.require(holdings["total"] == gross.sum() + (0 * gross).sum(), "equality")

    compiled = zk.compile_rule(rule, [zk.Entry(name, 1) for name in ("a", "b", "c", "cash", "total")])
    assert_every_wire_is_used(compiled.system)
    reports = compiled.inspect().wires
    assert reports[1].rows == ()
    assert sum("Absolute[" in str(report.name) for report in reports) == 2
    assert compiled.system.satisfied(compiled.witness([[3, 1000, -2, 40, 44]]))
