"""The algebra of quantities against numpy on plain integers: shapes, scales, slices, products, comparisons."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import zkmargin.circuits as zk
from zkmargin.circuits.errors import InvalidInput

ENTRIES = [zk.Entry("USD", decimals=2), zk.Entry("BTC", decimals=8), *(zk.Entry(f"P{i}") for i in range(4))]
ACCOUNT = np.array([12_345, -678_900_000, 3, -1, 4, 15])


def value_of(compute: Callable[[zk.Holdings], zk.Quantity]) -> Any:
    """The numbers of a quantity as fractions, in its shape."""
    traced = zk.trace_rule(lambda holdings: zk.require((compute(holdings).named("q") * 0).sum() >= -1), ENTRIES)
    quantity = traced.components[0].quantity
    numbers = traced.evaluate(ACCOUNT).components["q"][0]
    flat = [Fraction(int(number), 10**quantity.decimals) for number in np.asarray(numbers).flat]
    return np.array(flat, dtype=object).reshape(quantity.shape)


def assert_same(compute: Callable[[zk.Holdings], zk.Quantity], expected: Any) -> None:
    got, expected = value_of(compute), np.array(expected, dtype=object)
    assert got.shape == expected.shape
    assert got.tolist() == expected.tolist()


USD, BTC = Fraction(12345, 100), Fraction(-6789, 1000)
P = np.array([3, -1, 4, 15])
M = np.array([[1, 2, 3, 4], [-5, 6, 7, 8], [0, 0, 1, 0]])
T = np.arange(24).reshape(2, 3, 4) - 7


def positions(holdings: zk.Holdings) -> zk.Quantity:
    return holdings[2:]


CASES: dict[str, tuple[Callable[[zk.Holdings], zk.Quantity], Any]] = {
    "an entry by name": (lambda h: h["BTC"], BTC),
    "an entry by number": (lambda h: h[0], USD),
    "entries of different scales": (lambda h: h[["USD", "BTC"]], [USD, BTC]),
    "entries by an index array": (lambda h: h[np.array([5, 2])], [15, 3]),
    "all entries as units": (lambda h: h.units[:3], [12345, -678900000, 3]),
    "sum": (lambda h: h["USD"] + h["BTC"], USD + BTC),
    "difference with a number": (lambda h: 5 - h["USD"], 5 - USD),
    "a fixed number on the left": (lambda h: zk.Fixed.parse("0.5", 1) * h["USD"], USD / 2),
    "a fixed number on the right": (lambda h: h["USD"] - zk.Fixed.parse("0.125", 3), USD - Fraction(1, 8)),
    "matrix times vector": (lambda h: M @ positions(h), M @ P),
    "vector times matrix": (lambda h: positions(h) @ M.T, P @ M.T),
    "fixed matrix times vector": (lambda h: zk.Fixed(M, 1) @ positions(h), (M @ P) * Fraction(1, 10)),
    "tensor times vector": (lambda h: T @ positions(h), T @ P),
    "matrix times matrix": (lambda h: M[:, :2] @ positions(h).reshape(2, 2), M[:, :2] @ P.reshape(2, 2)),
    "matrix of quantities times matrix": (lambda h: positions(h).reshape(2, 2) @ M[:2], P.reshape(2, 2) @ M[:2]),
    "inner product of private vectors": (lambda h: positions(h) @ positions(h), int(P @ P)),
    "private matrix times private vector": (
        lambda h: positions(h).reshape(2, 2) @ positions(h)[:2], P.reshape(2, 2) @ P[:2]
    ),
    "private matrix times private matrix": (
        lambda h: positions(h).reshape(2, 2) @ positions(h).reshape(2, 2), P.reshape(2, 2) @ P.reshape(2, 2)
    ),
    "broadcasting": (lambda h: positions(h)[:, None] - positions(h)[None, :], P[:, None] - P[None, :]),
    "broadcasting with public numbers": (lambda h: positions(h) * M + M[:, :1], P * M + M[:, :1]),
    "sum along an axis": (lambda h: (positions(h) * M).sum(0), (P * M).sum(0)),
    "sum along the other axis": (lambda h: (positions(h) * M).sum(1), (P * M).sum(1)),
    "sum of everything": (lambda h: (positions(h) * M).sum(), (P * M).sum()),
    "lists": (lambda h: [1, 0, 0, 2] * positions(h) + [0, 0, 1, 0], [3, 0, 1, 30]),
    "Python's sum": (lambda h: sum(positions(h)), P.sum()),
    "slices": (lambda h: (positions(h) * M)[1:, ::-2], (P * M)[1:, ::-2]),
    "a mask": (lambda h: positions(h)[np.array([True, False, True, False])], P[[0, 2]]),
    "transpose": (lambda h: (positions(h) * M).T, (P * M).T),
    "stack": (lambda h: zk.stack([positions(h), 7, h["USD"]], 1), np.stack([P, np.full(4, 7), np.full(4, USD)], 1)),
    "concatenate": (lambda h: zk.concatenate([positions(h), P]), np.concatenate([P, P])),
    "sizes of what is hardly ever negative": (lambda h: abs(zk.pos(-positions(h)) - 1), [1, 0, 1, 1]),
    "sizes of what is hardly ever positive": (lambda h: abs(1 - zk.pos(-positions(h))), [1, 0, 1, 1]),
    "max along an axis": (lambda h: zk.max(positions(h) * M, 1), (P * M).max(1)),
    "min along the other axis": (lambda h: zk.min(positions(h) * M, 0), (P * M).min(0)),
    "max of everything": (lambda h: zk.max(positions(h) * M), (P * M).max()),
    "maximum with broadcasting": (lambda h: zk.maximum(positions(h) * M, 0), np.maximum(P * M, 0)),
    "sum of the largest of each row": (lambda h: zk.sum_largest(positions(h) * M, 2), np.sort(P * M, 1)[:, 2:].sum(1)),
    "the second largest of each row": (lambda h: zk.kth_largest(positions(h) * M, 2), np.sort(P * M, 1)[:, 2]),
    "norm of each row": (lambda h: zk.norm2(positions(h).reshape(2, 2)), [4, 16]),
    "root with decimals": (lambda h: zk.sqrt(h["USD"], 3, zk.Rounding.DOWN), Fraction(11110, 1000)),
    "rescale": (lambda h: zk.rescale(h["USD"], 1, zk.Rounding.UP), Fraction(1235, 10)),
    "rescale to more decimals": (lambda h: zk.rescale(h["USD"], 4, zk.Rounding.UP), USD),
    "quotient of different scales": (lambda h: zk.divide(h["USD"], 7, 3, zk.Rounding.DOWN), Fraction(17635, 1000)),
    "public by private": (lambda h: zk.divide(100, h[2:3], 2, zk.Rounding.UP), [Fraction(3334, 100)]),
    "integer part": (lambda h: zk.floor_div(h["BTC"], zk.Fixed.parse("0.5", 1)), -14),
    "tiers with a row an instrument": (
        lambda h: zk.tiers(abs(h[2:4]), [[1], [5]], zk.Fixed([[1, 2], [3, 5]], 1)), [Fraction(5, 10), Fraction(3, 10)]
    ),
    "whole tiers with fine bounds": (lambda h: zk.whole_tiers(h["P2"], zk.Fixed([35], 1), [1, 2]), 8),
    "where with numbers": (lambda h: zk.where(positions(h) > 3, 1, zk.Fixed(5, 1)), [Fraction(1, 2)] * 2 + [1, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_reads_like_numpy(name: str) -> None:
    assert_same(*CASES[name])


@given(st.lists(st.integers(-(10**25), 10**25), min_size=4, max_size=4), st.integers(0, 20))
def test_public_numbers_of_any_size(factors: list[int], decimals: int) -> None:
    public = zk.Fixed(np.array(factors, dtype=object), decimals)
    expected = sum(Fraction(factor * int(p), 10**decimals) for factor, p in zip(factors, P, strict=True))
    assert_same(lambda h: public @ positions(h), expected)


REFUSED: dict[str, tuple[Callable[[zk.Holdings], Any], str]] = {
    "a float": (lambda h: h[0] * 1.5, "operand of type float"),
    "a float array": (lambda h: np.array([0.5] * 4) @ positions(h), "integers are needed"),
    "a text": (lambda h: h[0] + "1", "operand of type str"),
    "a comparison with None": (lambda h: h[0] == None, "operand of type NoneType"),  # noqa: E711
    "a Python boolean": (lambda h: h[0] * True, "integers are needed"),
    "a list of floats": (lambda h: h[:2] >= [1.0, 2.0], "integers are needed"),
    "a boolean": (lambda h: h[0] * np.array(True), "integers are needed"),
    "an unknown entry": (lambda h: h["DOGE"], "there is no entry 'DOGE'"),
    "a truth value": (lambda h: 1 if h[0] > 0 else 0, "no truth value"),
    "a truth value of a quantity": (lambda h: bool(h[0]), "no truth value"),
    "Python's max": (lambda h: max(h[0], h[1]), "no truth value"),
    "an inequality with holes": (lambda h: h[0] != 3, "either"),
    "shapes that do not fit": (lambda h: M @ h[:3], "do not fit"),
    "shapes that do not broadcast": (lambda h: h[:3] + h[:2], r"shapes \(3,\) and \(2,\) do not fit"),
    "a coarser scale": (lambda h: h["BTC"].at(2), "needs rounding"),
    "the length of one number": (lambda h: len(h[0]), "no length"),
    "too many decimals": (lambda h: h[0] * zk.Fixed(1, 60), "at most 60"),
    "a public divisor of zero": (lambda h: zk.floor_div(h[0], 0), "has to be positive"),
    "a negative public divisor": (lambda h: zk.divide(h[0], [-1], 0, zk.Rounding.UP), "has to be positive"),
    "k of nothing": (lambda h: zk.sum_largest(h[2:], 0), "from 1 to 4"),
    "k beyond the end": (lambda h: zk.kth_largest(h[2:], 5), "from 1 to 4"),
    "k that is no integer": (lambda h: zk.sum_largest(h[2:], True), "from 1 to 4"),
    "bounds that fall": (lambda h: zk.steps(h[0], [2, 1], [1, 2, 3]), "have to rise"),
    "rates that miss a tier": (lambda h: zk.whole_tiers(h[0], [1, 2], [1, 2]), "one rate more"),
    "a root rounded half even": (lambda h: zk.sqrt(h[0], 0, zk.Rounding.HALF_EVEN), "DOWN or UP"),
    "a rounding that is none": (lambda h: zk.rescale(h[0], 0, "down"), "a Rounding is needed"),
    "a require of nothing": (lambda h: zk.require(True), "a comparison of quantities"),
    "a where of nothing": (lambda h: zk.where(True, h[0], 0), "a comparison of private"),
    "a stack of public numbers": (lambda h: zk.stack([1, 2]), "at least one quantity"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name: str) -> None:
    compute, message = REFUSED[name]
    with pytest.raises(InvalidInput, match=message):
        zk.trace_rule(compute, ENTRIES)


PRICE, CENT = zk.Fixed.parse("123.45", 2), zk.Fixed.parse("0.01", 2)


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (lambda usd: usd > PRICE - CENT, True),
        (lambda usd: usd > PRICE, False),
        (lambda usd: usd >= PRICE, True),
        (lambda usd: usd < PRICE, False),
        (lambda usd: usd < PRICE + CENT, True),
        (lambda usd: usd <= PRICE, True),
        (lambda usd: usd == PRICE, True),
        (lambda usd: usd == PRICE + CENT, False),
        (lambda usd: operator.gt(PRICE + CENT, usd), True),
        (lambda usd: operator.ge(PRICE, usd), True),
        (lambda usd: operator.lt(PRICE, usd), False),
        (lambda usd: operator.eq(PRICE, usd), True),
        (lambda usd: zk.either(usd > PRICE, usd < PRICE), False),
        (lambda usd: zk.either(usd > PRICE, usd == PRICE), True),
        (lambda usd: zk.both(usd >= PRICE, usd < PRICE), False),
        (lambda usd: zk.both(usd >= PRICE, usd == PRICE), True),
    ],
)
def test_comparisons_to_the_last_decimal(claim: Callable[[zk.Quantity], zk.Comparison], expected: bool) -> None:
    """Strict is strict at the scale of the numbers: by a cent."""
    compiled = zk.compile_rule(lambda h: zk.require(claim(h["USD"])), ENTRIES)
    assert compiled.evaluate(ACCOUNT).holds.tolist() == [expected]
    if expected:
        assert compiled.system.satisfied(compiled.witness(ACCOUNT))


def test_quantities_of_two_rules_do_not_mix() -> None:
    kept: list[zk.Quantity] = []

    def first(holdings: zk.Holdings) -> None:
        kept.append(holdings[0])
        zk.require(holdings[0] >= 0)

    zk.trace_rule(first, ENTRIES)
    with pytest.raises(InvalidInput, match="two different rules"):
        zk.trace_rule(lambda holdings: zk.require(holdings[0] >= kept[0]), ENTRIES)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "at least one entry"),
        ([zk.Entry("A"), zk.Entry("A")], "used twice"),
        ([zk.Entry("A", lanes=0)], "lanes are possible"),
        ([zk.Entry("A", lanes=16)], "lanes are possible"),
        ([zk.Entry("A", decimals=-1)], "decimals"),
    ],
)
def test_impossible_entries(entries: list[zk.Entry], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        zk.trace_rule(lambda holdings: zk.require(holdings[0] >= 0), entries)


def test_names_are_used_once() -> None:
    def twice_required(holdings: zk.Holdings) -> None:
        zk.require(holdings[0] >= 0, "same")
        zk.require(holdings[1] >= 0, "same")

    def twice_named(holdings: zk.Holdings) -> None:
        holdings[0].named("same")
        holdings[1].named("same")

    for rule in (twice_required, twice_named):
        with pytest.raises(InvalidInput, match="'same': the name is used twice"):
            zk.trace_rule(rule, ENTRIES)


def test_nothing_private_is_printed() -> None:
    seen: list[str] = []

    def rule(holdings: zk.Holdings) -> None:
        seen.append(repr(holdings[0]))
        zk.require(holdings[0] >= 0)

    traced = zk.trace_rule(rule, ENTRIES)
    evaluation, lines = traced.evaluate(ACCOUNT), traced.explain(ACCOUNT)
    for shown in (evaluation, *lines):
        assert repr(shown) == str(shown) == object.__repr__(shown)
    assert seen == ["Quantity(shape=(), decimals=2)"]
