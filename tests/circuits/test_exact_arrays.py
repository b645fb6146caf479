"""Integer arrays and affine forms against plain Python, with sizes on both sides of 64 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits import exact
from zkmargin.circuits.compiler import cut
from zkmargin.circuits.forms import Forms

numbers = st.one_of(st.integers(-9, 9), st.integers(-(2**63), 2**63), st.integers(-(2**140), 2**140))
SYMBOLS = 6


def matrices(rows: int, columns: int) -> st.SearchStrategy[Any]:
    cells = st.one_of(st.just(0), numbers)
    return st.lists(cells, min_size=rows * columns, max_size=rows * columns).map(
        lambda flat: exact.narrow(np.array(flat, dtype=object).reshape(rows, columns))
    )


def vectors(length: int) -> st.SearchStrategy[Any]:
    return matrices(1, length).map(lambda matrix: matrix[0])


@given(matrices(3, 4), matrices(4, 2), matrices(3, 4))
def test_arrays_are_exact(a: Any, b: Any, c: Any) -> None:
    wide_a, wide_b, wide_c = (exact.wide(part) for part in (a, b, c))
    assert np.array_equal(exact.matmul(a, b), wide_a @ wide_b)
    assert np.array_equal(exact.add(a, c), wide_a + wide_c)
    assert np.array_equal(exact.multiply(a, c), wide_a * wide_c)
    starts = np.array([0, 2, 3])
    assert np.array_equal(exact.sum_groups(a, starts), np.add.reduceat(wide_a, starts, axis=-1))


def test_the_edges_of_int64() -> None:
    least, most = -(2**63), 2**63 - 1
    edge = np.array([[least, most]])
    assert exact.size(edge) == 2**63
    assert exact.add(edge, edge).tolist() == [[2 * least, 2 * most]]
    assert exact.multiply(edge, np.array(-1)).tolist() == [[2**63, -most]]
    assert exact.matmul(edge, edge.T).tolist() == [[2**126 + most**2]]
    half = np.array([2**62])
    assert exact.add(half, half).tolist() == [2**63]
    assert exact.multiply(half, np.array([2])).tolist() == [2**63]
    assert exact.matmul(np.array([[2**61] * 4]), np.ones((4, 1), np.int64)).tolist() == [[2**63]]
    assert exact.sum_groups(np.array([2**62, 2**62]), np.array([0])).tolist() == [2**63]
    assert exact.sum_groups(edge[:, [1, 1]], np.array([0])).tolist() == [[2 * most]]


def dense(matrix: Any, constants: Any) -> Forms:
    return Forms.symbols(0, matrix.shape[1]).times(matrix).plus(Forms.constant(constants))


def read(forms: Forms) -> tuple[Any, Any]:
    """Coefficients and constants, by evaluating at the unit vectors."""
    table = np.concatenate([np.zeros((1, SYMBOLS), np.int64), np.eye(SYMBOLS, dtype=np.int64)])
    values = exact.wide(forms.evaluate(lambda columns: table[:, columns], SYMBOLS + 1))
    return (values[1:] - values[:1]).T, values[0]


@given(matrices(3, SYMBOLS), vectors(3), matrices(3, SYMBOLS), vectors(3), matrices(4, 3), vectors(3), vectors(SYMBOLS))
def test_forms_are_affine_algebra(a: Any, b: Any, c: Any, d: Any, matrix: Any, factors: Any, point: Any) -> None:
    left, right = dense(a, b), dense(c, d)
    a, b, c, d, matrix, factors, point = (exact.wide(part) for part in (a, b, c, d, matrix, factors, point))

    def same(forms: Forms, coefficients: Any, constants: Any) -> None:
        got = read(forms)
        assert np.array_equal(got[0], coefficients)
        assert np.array_equal(got[1], constants)
        values = forms.evaluate(lambda columns: point[None, columns], 1)
        assert values[0].tolist() == (coefficients @ point + constants).tolist()

    same(left.plus(right), a + c, b + d)
    same(left.plus(left.scaled(np.full(3, -1))), a * 0, b * 0)
    same(left.scaled(exact.narrow(factors)), a * factors[:, None], b * factors)
    same(left.plus(right).times(exact.narrow(matrix)), matrix @ (a + c), matrix @ (b + d))
    index = np.array([2, 0, 0, 1])
    same(left.take(index), a[index], b[index])
    same(left.gathered(np.array([1, 0, 1]), 2), np.array([a[1], a[0] + a[2]]), np.array([b[1], b[0] + b[2]]))
    same(Forms.stack([left, right]), np.concatenate([a, c]), np.concatenate([b, d]))
    moved = left.moved(np.array([0, 2, 3]), 4)
    same(moved.take(np.array([0, 2, 3])), a, b)
    assert read(moved)[1].tolist() == [b[0], 0, b[1], b[2]]


@given(matrices(2, SYMBOLS), vectors(2), matrices(SYMBOLS, SYMBOLS), vectors(SYMBOLS))
def test_substitution_is_composition(a: Any, b: Any, c: Any, d: Any) -> None:
    composed = dense(a, b).substitute(np.arange(SYMBOLS), dense(c, d))
    a, b, c, d = (exact.wide(part) for part in (a, b, c, d))
    assert np.array_equal(read(composed)[0], a @ c)
    assert np.array_equal(read(composed)[1], a @ d + b)


@given(matrices(2, SYMBOLS), vectors(2), vectors(SYMBOLS), vectors(SYMBOLS))
def test_intervals_are_attained(a: Any, b: Any, first: Any, second: Any) -> None:
    first, second = exact.wide(first), exact.wide(second)
    low, high = np.minimum(first, second), np.maximum(first, second)
    least, most = dense(a, b).interval(low, high)
    a, b = exact.wide(a), exact.wide(b)
    corners = [np.where(row > 0, low, high) for row in a]
    assert least.tolist() == [row @ corner + c for row, corner, c in zip(a, corners, b, strict=True)]
    opposite = [low + high - corner for corner in corners]
    assert most.tolist() == [row @ corner + c for row, corner, c in zip(a, opposite, b, strict=True)]


@given(st.integers(1, 15), st.data())
def test_lanes_of_integers(width: int, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, 2 ** (16 * width) - 1))
    values = data.draw(st.lists(st.integers(-offset, 2 ** (16 * width) - 1 - offset), min_size=1, max_size=4))
    lanes = cut(exact.narrow(np.array([values], dtype=object)), np.array([offset] * len(values), dtype=object), width)
    assert lanes.shape == (1, len(values), width)
    for value, row in zip(values, lanes[0].tolist(), strict=True):
        assert sum(lane << (16 * i) for i, lane in enumerate(row)) - offset == value
