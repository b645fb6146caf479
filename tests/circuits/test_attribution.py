"""A quantity cut into the shares of its components: exact, and complete."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import zkmargin.circuits as zk
from zkmargin.circuits.attribution import attribute, component_groups
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.rule import trace_rule
from zkmargin.circuits.values import Values

ENTRIES = [zk.Entry("a"), zk.Entry("b"), zk.Entry("c")]
SMALL = st.integers(-1000, 1000)


@given(st.lists(SMALL, min_size=3, max_size=3))
def test_shares_are_those_of_the_formula(holdings: list[int]) -> None:
    seen: list[zk.Quantity] = []

    def rule(h: zk.Holdings) -> None:
        worst = zk.max(h.units).named("worst")
        gross = abs(h.units).sum().named("gross")
        total = 3 * worst + 2 * gross + 5 * h["a"] + 7
        seen.append(total)
        zk.require(total >= 0, "anything")

    traced = trace_rule(rule, ENTRIES)
    values = Values(traced.trace, np.array([holdings])).run_all(traced.trace.nodes)
    groups = component_groups(traced.trace, {"held": np.arange(3)})
    shares = attribute(seen[0], values, groups)
    expected = {"worst": 3 * max(holdings), "gross": 2 * sum(map(abs, holdings)), "held": 5 * holdings[0], "": 7}
    assert shares == {name: share for name, share in expected.items() if share or name == ""}


def test_one_number_of_one_account() -> None:
    seen: list[zk.Quantity] = []

    def rule(h: zk.Holdings) -> None:
        seen.append(h.units)
        zk.require(h["a"] >= 0, "a")

    traced = trace_rule(rule, ENTRIES)
    for values, quantity in (
        (Values(traced.trace, np.zeros((1, 3), dtype=np.int64)), seen[0]),
        (Values(traced.trace, np.zeros((2, 3), dtype=np.int64)), seen[0][0]),
    ):
        with pytest.raises(InvalidInput, match="a single quantity of one account"):
            attribute(quantity, values, {})
