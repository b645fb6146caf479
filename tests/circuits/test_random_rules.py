"""Random rules over random holdings: the calculator, plain Python, the witness and the rows agree.

Each rule is drawn twice at once: as quantities of the package, and as a function on plain Python integers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from circuit_cases import plain_root, plain_rounded, plain_segment, plain_tiers
from hypothesis import given
from hypothesis import strategies as st

import zkmargin.circuits as zk
from zkmargin.circuits import Quantity, Rounding
from zkmargin.circuits.errors import InvalidInput

ENTRIES = 3
Plain = Callable[[Sequence[int]], int]


@dataclass(frozen=True)
class Pair:
    """One expression in both languages. `text` is what a failing example prints."""

    text: str
    quantity: Callable[[Quantity], Quantity]
    plain: Plain


small = st.integers(-9, 9)
positive = st.integers(1, 9)
roundings = st.sampled_from(list(Rounding))
leaves = st.integers(0, ENTRIES - 1).map(lambda i: Pair(f"x{i}", lambda x: x[i], lambda x: x[i]))


def combine(text: str, parts: Sequence[Pair], quantity: Any, plain: Any) -> Pair:
    inner = ", ".join(part.text for part in parts)
    return Pair(
        f"{text}({inner})",
        lambda x: quantity(*(part.quantity(x) for part in parts)),
        lambda x: plain(*(part.plain(x) for part in parts)),
    )


def affine(parts: tuple[Pair, Pair], factors: tuple[int, int], constant: int) -> Pair:
    a, b = factors
    return combine(
        f"{a} a + {b} b + {constant}",
        parts,
        lambda p, q: a * p + q * b + constant,
        lambda p, q: a * p + b * q + constant,
    )


def ranked(parts: list[Pair], k: int) -> Pair:
    k = min(k, len(parts))
    return combine(
        f"largest {k}", parts, lambda *v: zk.sum_largest(zk.stack(v), k), lambda *v: sum(sorted(v)[len(v) - k :])
    )


def rank(parts: list[Pair], k: int) -> Pair:
    k = min(k, len(parts))
    return combine(f"rank {k}", parts, lambda *v: zk.kth_largest(zk.stack(v), k), lambda *v: sorted(v)[-k])


def quotient(part: Pair, divisor: int, rounding: Rounding) -> Pair:
    return combine(
        f"{rounding.value} by {divisor}",
        [part],
        lambda x: zk.divide(x, divisor, 0, rounding),
        lambda x: plain_rounded(x, divisor, rounding),
    )


def private_quotient(part: Pair, divisor: Pair, rounding: Rounding) -> Pair:
    return combine(
        f"{rounding.value} by private",
        [part, divisor],
        lambda x, d: zk.divide(x, abs(d) + 1, 0, rounding),
        lambda x, d: plain_rounded(x, abs(d) + 1, rounding),
    )


def branch(condition: Pair, a: Pair, b: Pair, threshold: int) -> Pair:
    return combine(
        f"where > {threshold}",
        [condition, a, b],
        lambda c, p, q: zk.where(c > threshold, p, q),
        lambda c, p, q: p if c > threshold else q,
    )


def tiered(part: Pair, bounds: list[int], rates: list[int]) -> Pair:
    rates = rates[: len(bounds) + 1]
    return combine(
        f"tiers {bounds} {rates}",
        [part],
        lambda x: zk.tiers(zk.minimum(x, 40), bounds, rates),
        lambda x: plain_tiers(min(x, 40), bounds, rates),
    )


def segmented(part: Pair, bounds: list[int], rates: list[int]) -> Pair:
    rates = rates[: len(bounds) + 1]
    return combine(
        f"whole tiers {bounds} {rates}",
        [part],
        lambda x: zk.whole_tiers(x, bounds, rates) + zk.steps(x, bounds, rates),
        lambda x: plain_segment(x, bounds, [rate * x + rate for rate in rates]),
    )


def root(part: Pair, rounding: Rounding) -> Pair:
    return combine(
        f"root {rounding.value}",
        [part],
        lambda x: zk.sqrt(x, 0, rounding),
        lambda x: plain_root(max(x, 0), 1, rounding),
    )


def one_argument(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    bounds = st.lists(st.integers(0, 30), min_size=1, max_size=3, unique=True).map(sorted)
    rates = st.lists(small, min_size=4, max_size=4)
    return st.one_of(
        inner.map(lambda p: combine("abs", [p], abs, abs)),
        inner.map(lambda p: combine("pos", [p], zk.pos, lambda x: max(x, 0))),
        inner.map(lambda p: combine("neg", [p], zk.neg, lambda x: max(-x, 0))),
        inner.map(lambda p: combine("square", [p], zk.square, lambda x: x * x)),
        st.builds(quotient, inner, positive, roundings),
        st.builds(tiered, inner, bounds, rates),
        st.builds(segmented, inner, bounds, rates),
        st.builds(root, inner, st.sampled_from([Rounding.DOWN, Rounding.UP])),
    )


def several_arguments(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    pairs, lists = st.tuples(inner, inner), st.lists(inner, min_size=2, max_size=4)
    return st.one_of(
        st.builds(affine, pairs, st.tuples(small, small), small),
        pairs.map(lambda p: combine("product", p, lambda a, b: a * b, lambda a, b: a * b)),
        lists.map(lambda p: combine("max", p, zk.maximum, max)),
        lists.map(lambda p: combine("min", p, zk.minimum, min)),
        st.builds(ranked, lists, st.integers(1, 4)),
        st.builds(rank, lists, st.integers(1, 4)),
        st.builds(branch, inner, inner, inner, small),
        st.builds(private_quotient, inner, inner, roundings),
    )


expressions = st.recursive(leaves, lambda inner: one_argument(inner) | several_arguments(inner), max_leaves=6)
accounts = st.lists(st.tuples(*[st.integers(-60, 60)] * ENTRIES), min_size=1, max_size=6)


def compile_if_small(rule: Any, entries: Any, claim: bool) -> zk.Compiled | None:
    """Nested products may outgrow the field, and bounds may show that a claim is false: both are refused by name."""
    try:
        return zk.compile_rule(rule, entries)
    except InvalidInput as error:
        if "narrow the entries or rescale earlier" in str(error) or ("cannot hold" in str(error) and not claim):
            return None
        raise


@given(expressions, accounts, st.sampled_from(["<=", ">=", "=="]), st.integers(-2, 2))
def test_all_readings_agree(pair: Pair, holdings: list[tuple[int, ...]], side: str, off: int) -> None:
    """The threshold is an entry of its own, put at the value or next to it: the boundary is where mistakes show."""

    def rule(book: zk.Holdings) -> None:
        x, y = book.units[:-1], book.units[-1]
        value = pair.quantity(x).named("value")
        zk.require({"<=": value <= y, ">=": value >= y, "==": value == y}[side], "claim")

    expected = {"<=": off >= 0, ">=": off <= 0, "==": off == 0}[side]
    entries = [*(zk.Entry(f"x{i}", 1) for i in range(ENTRIES)), zk.Entry("y", 7)]
    compiled = compile_if_small(rule, entries, expected)
    if compiled is None:
        return
    values = [pair.plain(x) for x in holdings]
    table = np.array([[*x, value + off] for x, value in zip(holdings, values, strict=True)], dtype=object)
    evaluation = compiled.evaluate(table)
    assert evaluation.components["value"].tolist() == values
    assert evaluation.holds.tolist() == [expected] * len(values)
    if expected:
        lanes = compiled.witness(table)
        assert compiled.system.satisfied(lanes)
        assert np.array_equal(lanes, compiled.system.split(compiled.wires(table)))
    else:
        with pytest.raises(zk.RequirementFailed):
            compiled.witness(table)
