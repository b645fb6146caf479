"""A `System` that could wrap, or that names what does not exist, cannot be constructed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from argument_samples import sample_system, sample_wires
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.system import MODULUS, Block, LinearForms, Scatter, System

ROWS = np.arange(1, dtype=np.int64)


def one_row(coefficient: int, constant: int = 0) -> LinearForms:
    return LinearForms(1, (constant,), (), Scatter(ROWS, ROWS, (coefficient,)))


@pytest.mark.parametrize(("coefficient", "constant", "fits"), [
    (1, MODULUS // 2 - (1 << 16), True),
    (1, MODULUS // 2 - (1 << 16) + 1, False),
    (-1, -(MODULUS // 2) + (1 << 16), True),
    (MODULUS // 2 >> 16, 0, True),
    ((MODULUS // 2 >> 16) + (1 << 224), 0, False),
    (MODULUS, 0, False),
])  # fmt: skip
def test_19_linear_rows_that_could_wrap_are_refused(coefficient: int, constant: int, fits: bool) -> None:
    def build() -> System:
        return System(1, (1,), (0,), one_row(coefficient, constant))

    if fits:
        assert build().linear.magnitudes(np.array([(1 << 16) - 1], dtype=object))[0] < MODULUS // 2
    else:
        with pytest.raises(InvalidInput, match="linear row 0 could wrap"):
            build()


def test_19_product_rows_that_could_wrap_are_refused() -> None:
    wide = one_row(1 << 110)
    assert System(1, (1,), (0,), LinearForms(0, ()), wide, wide, one_row(1)).products == 1
    wider = one_row(1 << 111)
    for left, right, output in ((wider, wider, one_row(1)), (wide, wide, one_row(1 << 239))):
        with pytest.raises(InvalidInput, match="product row 0 could wrap"):
            System(1, (1,), (0,), LinearForms(0, ()), left, right, output)


def test_19_offsets_count_towards_the_size() -> None:
    """A wire of [-65535, 0] is as large as one of [0, 65535]."""
    edge = MODULUS // 2 // 65535 + 1
    for offset in (0, 65535):
        with pytest.raises(InvalidInput, match="could wrap"):
            System(1, (1,), (offset,), one_row(edge))


def test_blocks_count_towards_the_size() -> None:
    smallest = np.full((1, 1), np.iinfo(np.int64).min)
    forms = LinearForms(1, (0,), (Block(0, ROWS, smallest),))
    with pytest.raises(InvalidInput, match="could wrap"):
        System(1, (12,), (0,), forms)
    assert System(1, (11,), (0,), forms).lane_count == 11


SHAPES: list[tuple[dict[str, Any], str]] = [
    ({"entries": 0}, "possible shape"),
    ({"entries": 5}, "possible shape"),
    ({"lanes": (3, 3, 6, 0)}, "wire 3 has 0 lanes"),
    ({"lanes": (3, 3, 6, 16)}, "wire 3 has 16 lanes"),
    ({"offsets": (0, 0, 0)}, "one offset"),
    ({"offsets": (0, 0, 0, -1)}, "offset of wire 3"),
    ({"offsets": (1 << 48, 0, 0, 0)}, "offset of wire 0"),
    ({"linear": one_row(1), "left": LinearForms(0, ())}, "differ in length"),
    ({"linear": LinearForms(1, (0,), (), Scatter(ROWS, ROWS + 4, (1,)))}, "linear names a wire"),
    ({"left": LinearForms(1, (0,), (), Scatter(ROWS, ROWS - 1, (1,)))}, "left names a wire"),
    ({"right": LinearForms(1, (0,), (Block(0, ROWS + 9, np.ones((1, 1), np.int64)),))}, "right names a wire"),
    ({"output": LinearForms(1, (0,), (), Scatter(ROWS, ROWS + 4, (1,)))}, "output names a wire"),
]


@pytest.mark.parametrize(("changes", "message"), SHAPES)
def test_impossible_systems_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(sample_system(2, 1, 1), **changes)


PARTS: list[tuple[Any, str]] = [
    (lambda: Block(-1, ROWS, np.ones((1, 1), np.int64)), "first_row is negative"),
    (lambda: Block(0, np.array([1, 1]), np.ones((1, 2), np.int64)), "listed twice"),
    (lambda: Block(0, ROWS, np.ones((1, 2), np.int64)), "one column"),
    (lambda: Block(0, ROWS, np.ones((1, 1))), "block coefficients"),
    (lambda: Block(0, ROWS.astype(np.int32), np.ones((1, 1), np.int64)), "block wires"),
    (lambda: Block(0, ROWS, np.ones(1, np.int64)), "block coefficients"),
    (lambda: Scatter(ROWS, ROWS, ()), "differ in length"),
    (lambda: Scatter(ROWS.astype(float), ROWS, (1,)), "scatter rows"),
    (lambda: LinearForms(-1, ()), "rows"),
    (lambda: LinearForms(1, ()), "one constant"),
    (lambda: LinearForms(1, (0,), (Block(1, ROWS, np.ones((1, 1), np.int64)),)), "outside the rows"),
    (lambda: LinearForms(1, (0,), (), Scatter(ROWS + 1, ROWS, (1,))), "outside the rows"),
    (lambda: LinearForms(1, (0,), (), Scatter(ROWS - 1, ROWS, (1,))), "outside the rows"),
]


@pytest.mark.parametrize(("build", "message"), PARTS)
def test_impossible_parts_are_refused(build: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        build()


@given(st.integers(1, 4), st.integers(0, 3), st.integers(0, 3), st.integers(1, 3), st.integers(0, 99))
def test_lanes_and_wires_are_two_views(entries: int, rows: int, products: int, accounts: int, seed: int) -> None:
    system = sample_system(entries, rows, products)
    wires = sample_wires(system, accounts, seed)
    lanes = system.split(wires)
    assert np.array_equal(system.join(lanes), wires)
    assert system.satisfied(lanes)
    if rows:
        wires[-1, entries] += 1
        assert not system.satisfied(system.split(wires))


def test_a_product_that_does_not_hold_is_noticed() -> None:
    system = sample_system(1, 0, 1)
    wires = sample_wires(system, 1)
    wires[0, -1] += 1
    assert not system.satisfied(system.split(wires))


@pytest.mark.parametrize("value", [-(1 << 47) - 1, 1 << 47])
def test_18_values_beyond_the_lanes_are_refused(value: int) -> None:
    system = sample_system(1, 0, 0)
    for fits in (-(1 << 47), (1 << 47) - 1):
        assert system.join(system.split(np.array([[fits]], dtype=object)))[0, 0] == fits
    with pytest.raises(InvalidInput, match="wire 0"):
        system.split(np.array([[value]], dtype=object))


def test_forms_are_listed_row_by_row() -> None:
    system = sample_system(2, 2, 0)
    block = system.linear.blocks[0].coefficients
    assert system.linear.terms(1) == [(0, int(block[1, 0])), (1, int(block[1, 1])), (3, -1)]
    assert system.linear.nonzeros == 6
    assert (system.lower(0), system.upper(0)) == (-(1 << 47), (1 << 47) - 1)
