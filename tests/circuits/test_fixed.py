"""Decimals in, integers inside: exact or refused, and quickly."""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from circuit_cases import plain_rounded
from hypothesis import given
from hypothesis import strategies as st
from measured import processor_seconds

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.fixed import (
    Amount,
    Fixed,
    Rounding,
    against_account,
    divide,
    favouring_account,
    parse_decimal,
    to_integer,
    to_text,
)

wide = st.integers(-(10**30), 10**30)
roundings = st.sampled_from(list(Rounding))


@given(wide, st.integers(0, 30))
def test_text_and_back(value: int, decimals: int) -> None:
    text = to_text(value, decimals)
    assert parse_decimal(text, decimals) == value
    assert Fraction(text) == Fraction(value, 10**decimals)


@given(wide, st.integers(1, 10**20), roundings)
def test_division_against_fractions(number: int, divisor: int, rounding: Rounding) -> None:
    expected = plain_rounded(number, divisor, rounding)
    assert divide(number, divisor, rounding) == expected
    assert divide(np.array([number], dtype=object), divisor, rounding).tolist() == [expected]


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("divisor", [1, 2, 3, 4])
def test_division_of_machine_integers(rounding: Rounding, divisor: int) -> None:
    numbers = np.arange(-13, 14)
    expected = [plain_rounded(int(number), divisor, rounding) for number in numbers]
    assert divide(numbers, divisor, rounding).tolist() == expected


def test_rounding_by_whom_it_serves() -> None:
    assert against_account(Amount.CREDIT) is Rounding.DOWN
    assert against_account(Amount.CHARGE) is Rounding.UP
    assert favouring_account(Amount.CREDIT) is Rounding.UP
    assert favouring_account(Amount.CHARGE) is Rounding.DOWN


@pytest.mark.parametrize("divisor", [0, -3])
def test_division_needs_a_positive_divisor(divisor: int) -> None:
    with pytest.raises(InvalidInput, match="has to be positive"):
        divide(5, divisor, Rounding.DOWN)


HOSTILE: list[Any] = [
    "1e3000000", "1E5", "NaN", "sNaN", "Infinity", "-inf", "", " 1", "1 ", "1\n", "+1", "-0", "-0.00", "01", ".5", "5.",
    "1_000", "1,000", "0x10", "１２", "٣", "1.2.3", "--1", "1" * 5000, "0." + "0" * 5000, "9" * 101,
    Decimal("1e3000000"), Decimal("1e-3000000"), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1e101"),
    10**5000, 1.5, math.nan, math.inf, -0.0, True, False, None, b"1", [], np.int64(3), np.float64(1), np.array(3),
    Fraction(1, 2), 1 + 0j,
]  # fmt: skip


@pytest.mark.parametrize("number", HOSTILE, ids=lambda number: type(number).__name__)
def test_hostile_numbers_are_refused_quickly_and_by_name(number: Any) -> None:
    def refuse() -> None:
        with pytest.raises(InvalidInput, match=r"^price: "):
            to_integer(number, 2, "price")

    assert processor_seconds(refuse) < 0.01


def test_an_integer_of_another_class_is_refused() -> None:
    class Odd(int):
        pass

    with pytest.raises(InvalidInput, match="price"):
        to_integer(Odd(3), 2, "price")


@pytest.mark.parametrize("number", ["0.125", Decimal("0.125"), Decimal("1e-3")])
def test_nothing_is_rounded_silently(number: Any) -> None:
    with pytest.raises(InvalidInput, match="round it explicitly"):
        to_integer(number, 2)


@pytest.mark.parametrize(
    ("number", "expected"),
    [("12.50", 12500), ("-0.001", -1), ("7", 7000), ("1.5000000", 1500), (3, 3000), (Decimal("1e2"), 100_000),
     (Decimal("-2.5"), -2500), (Decimal("1.50000"), 1500)],
)  # fmt: skip
def test_good_numbers(number: Any, expected: int) -> None:
    assert to_integer(number, 3) == expected


@pytest.mark.parametrize("decimals", [-1, 61, 2.0, True, "2", None])
def test_hostile_scales(decimals: Any) -> None:
    with pytest.raises(InvalidInput, match="decimals"):
        parse_decimal("1", decimals)
    with pytest.raises(InvalidInput, match="decimals"):
        Fixed(np.array([1]), decimals)


@given(
    st.lists(wide, min_size=3, max_size=3), st.lists(wide, min_size=3, max_size=3), st.integers(0, 4), st.integers(0, 4)
)
def test_public_arithmetic_is_exact(left: list[int], right: list[int], a: int, b: int) -> None:
    x, y = Fixed(np.array(left, dtype=object), a), Fixed(np.array(right, dtype=object), b)

    def fractions(number: Fixed) -> list[Fraction]:
        return [Fraction(int(value), 10**number.decimals) for value in np.atleast_1d(number.integers)]

    pairs = list(zip(fractions(x), fractions(y), strict=True))
    assert fractions(x + y) == [p + q for p, q in pairs]
    assert fractions(x - y) == [p - q for p, q in pairs]
    assert fractions(x * y) == [p * q for p, q in pairs]
    assert fractions(5 - x) == [5 - p for p, _ in pairs]
    assert fractions(x @ y) == [sum(p * q for p, q in pairs)]
    assert fractions(np.array([[1, 2, 3]]) @ y) == [sum(k * q for k, (_, q) in enumerate(pairs, 1))]


def test_rescale_of_public_numbers() -> None:
    prices = Fixed.parse(["1.25", "-1.25", "1.35"], 2)
    assert prices.rescale(1, Rounding.HALF_EVEN).texts().tolist() == ["1.2", "-1.2", "1.4"]
    assert prices.rescale(1, Rounding.UP).texts().tolist() == ["1.3", "-1.2", "1.4"]
    assert prices.rescale(3, Rounding.DOWN).texts().tolist() == ["1.250", "-1.250", "1.350"]
    with pytest.raises(InvalidInput, match="rounding"):
        prices.at(1)


def test_public_shapes_have_to_fit() -> None:
    two, three = Fixed(np.array([1, 2])), Fixed(np.array([1, 2, 3]))
    for operation in (operator.add, operator.sub, operator.mul, operator.matmul):
        with pytest.raises(InvalidInput, match=r"shapes \(2,\) and \(3,\) do not fit"):
            operation(two, three)


@pytest.mark.parametrize(
    "values",
    [[1.5], [True], ["1"], np.array([1.0]), np.array([True]), [[1], [2, 3]], [None], np.array(["1"]), [np.int64(1)]],
)
def test_public_arrays_hold_integers_only(values: Any) -> None:
    with pytest.raises(InvalidInput, match=r"integers are needed|rectangular"):
        Fixed(values)


def test_public_arrays_of_any_integer_type() -> None:
    for dtype in (np.int8, np.uint8, np.int32, np.uint64, np.int64):
        assert Fixed(np.array([1, 100], dtype=dtype)).integers.tolist() == [1, 100]
    assert Fixed(np.array([2**64 - 1], dtype=np.uint64)).integers.tolist() == [2**64 - 1]
    assert Fixed([2**200, -1]).integers.tolist() == [2**200, -1]  # type: ignore[arg-type]
