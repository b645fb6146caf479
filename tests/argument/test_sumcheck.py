"""The algebra of the sumcheck against sums over the whole cube."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.system import MODULUS
from zkmargin.prover.polynomials import Polynomial
from zkmargin.prover.sumcheck import Mask
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.relations import mask_total, mask_weights
from zkmargin.verifier.shape import MaskShape
from zkmargin.verifier.sumcheck import (
    bit_place,
    eq_at,
    eq_prefix_sum,
    interpolate,
    vanishing,
)

scalars = st.integers(0, MODULUS - 1)
REFERENCE = select("reference")


def cube(variables: int) -> list[list[int]]:
    return [list(corner) for corner in product((0, 1), repeat=variables)]


def mask_value(shape: MaskShape, coefficients: list[int], point: list[int]) -> int:
    """The masking polynomial straight from its definition."""
    rest = iter(coefficients[1:])
    total = coefficients[0]
    for x, degree in zip(point, shape.degrees, strict=True):
        total += sum(next(rest) * pow(x, power, MODULUS) for power in range(1, degree + 1))
    return total % MODULUS


@pytest.mark.parametrize("variables", [1, 2, 4])
@given(data=st.data())
def test_masks_sum_and_evaluate_as_their_weights_say(variables: int, data: st.DataObject) -> None:
    shape = MaskShape(variables)
    coefficients = data.draw(st.lists(scalars, min_size=shape.size, max_size=shape.size))
    point = data.draw(st.lists(scalars, min_size=variables, max_size=variables))
    total = sum(mask_value(shape, coefficients, corner) for corner in cube(variables)) % MODULUS
    vector = REFERENCE.field.vector(coefficients)
    assert total == mask_weights(shape, 1, 0, point, REFERENCE) @ vector
    assert total == mask_total(shape, vector, REFERENCE)
    value = mask_value(shape, coefficients, point)
    assert value == mask_weights(shape, 0, 1, point, REFERENCE) @ vector
    assert (3 * total + 5 * value) % MODULUS == mask_weights(shape, 3, 5, point, REFERENCE) @ vector


@pytest.mark.parametrize("variables", [1, 2, 4])
@given(data=st.data())
def test_mask_rounds_are_partial_sums(variables: int, data: st.DataObject) -> None:
    shape = MaskShape(variables)
    coefficients = data.draw(st.lists(scalars, min_size=shape.size, max_size=shape.size))
    mask = Mask(shape, REFERENCE.field.vector(coefficients))
    bound = data.draw(st.integers(0, variables - 1))
    prefix = data.draw(st.lists(scalars, min_size=bound, max_size=bound))
    for x in range(6):
        corners = cube(variables - bound - 1)
        expected = sum(mask_value(shape, coefficients, [*prefix, x, *corner]) for corner in corners) % MODULUS
        terms = sum(mask.term(variable, value) for variable, value in enumerate(prefix))
        assert Polynomial(*mask.round(bound, mask.constant + terms)).at(x) == expected
        if bound == variables - 1:
            assert Polynomial(mask.constant + terms, *mask.last).at(x) == expected


@pytest.mark.parametrize("variables", [1, 3])
def test_a_mask_has_as_many_coefficients_as_a_transcript_has_values(variables: int) -> None:
    """One claim, 3 values a round, 5 in the last: exactly enough freedom, none left over (docs/protocol.md, 5)."""
    assert MaskShape(variables).size == 1 + 3 * (variables - 1) + 5


@given(st.lists(scalars, min_size=0, max_size=4), st.data())
def test_prefix_sums_of_the_equality_kernel(point: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 1 << len(point)))
    expected = sum(eq_at(point, corner) for corner in cube(len(point))[:count]) % MODULUS
    assert eq_prefix_sum(point, count) == expected


@given(st.lists(scalars, min_size=4, max_size=4))
def test_bit_places(point: list[int]) -> None:
    places = [sum(bit << (3 - index) for index, bit in enumerate(corner)) for corner in cube(4)]
    expected = sum(eq_at(point, corner) << place for corner, place in zip(cube(4), places, strict=True)) % MODULUS
    assert bit_place(point) == expected


@given(st.lists(scalars, min_size=1, max_size=6), scalars)
def test_interpolation_finds_the_polynomial(coefficients: list[int], x: int) -> None:
    def value(at: int) -> int:
        return sum(c * pow(at, power, MODULUS) for power, c in enumerate(coefficients)) % MODULUS

    assert interpolate([value(i) for i in range(len(coefficients))], x) == value(x)


def test_the_vanishing_polynomial() -> None:
    assert all(vanishing(corner) == 0 for corner in cube(3))
    assert vanishing([2, 3]) == 2 * (1 - 2) * 3 * (1 - 3) % MODULUS
    assert vanishing([5, 1, 7]) == 0


polynomials = st.lists(scalars, min_size=1, max_size=4)


@given(left=polynomials, right=polynomials, x=scalars, factor=scalars)
def test_polynomials_compute_as_their_values_do(left: list[int], right: list[int], x: int, factor: int) -> None:
    a, b = Polynomial(*left), Polynomial(*right)
    assert a.at(x) == sum(c * pow(x, k, MODULUS) for k, c in enumerate(left)) % MODULUS
    for found, expected in (
        (a + b, a.at(x) + b.at(x)),
        (a - b, a.at(x) - b.at(x)),
        (a * b, a.at(x) * b.at(x)),
        (a * factor, a.at(x) * factor),
        (a.reduced(), a.at(x)),
    ):
        assert found.at(x) == expected % MODULUS
    assert all(0 <= c < MODULUS for c in (a * b).reduced().coefficients)
    line = Polynomial.line(left[0], right[0])
    assert (line.at(0), line.at(1)) == (left[0] % MODULUS, right[0] % MODULUS)


def test_a_polynomial_shows_its_degree_alone() -> None:
    assert repr(Polynomial(123456789, 2, 3)) == "Polynomial(degree=2)"
