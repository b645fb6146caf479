"""The long computations of the field against their definitions."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from field_samples import both_fields, some_forms, some_lanes, some_scalars
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.errors import InternalError
from zkmargin.circuits.system import MAX_LANES, MODULUS, Block, Int64Array, LinearForms
from zkmargin.verifier.arithmetic import Field

pytestmark = both_fields
SEEDS = st.integers(0, 2**32)


@given(seed=SEEDS, variables=st.integers(0, 6))
def test_equality_kernel(field: Field, seed: int, variables: int) -> None:
    point = some_scalars(random.Random(seed), variables)
    expected = []
    for corner in itertools.product((0, 1), repeat=variables):
        value = 1
        for bit, coordinate in zip(corner, point, strict=True):
            value = value * (coordinate if bit else 1 - coordinate) % MODULUS
        expected.append(value)
    assert field.eq(point).ints() == expected


@given(seed=SEEDS, left=st.integers(0, 5), right=st.integers(0, 5))
def test_outer_product(field: Field, seed: int, left: int, right: int) -> None:
    rng = random.Random(seed)
    a, b = some_scalars(rng, left), some_scalars(rng, right)
    assert field.outer(field.vector(a), field.vector(b)).ints() == [x * y % MODULUS for x in a for y in b]


@given(seed=SEEDS, rows=st.integers(0, 6), wires=st.integers(1, 9))
def test_weights_of_wires(field: Field, seed: int, rows: int, wires: int) -> None:
    rng = random.Random(seed)
    forms, weights = some_forms(rng, rows, wires), some_scalars(rng, rows)
    expected = [0] * wires
    for row, weight in enumerate(weights):
        for wire, coefficient in forms.terms(row):
            expected[wire] += weight * coefficient
    found = field.weigh(field.vector(weights), forms, wires)
    assert found.ints() == [value % MODULUS for value in expected]


@given(seed=SEEDS, rows=st.integers(0, 6), wires=st.integers(1, 9), accounts=st.integers(1, 5))
def test_forms_on_wires(field: Field, seed: int, rows: int, wires: int, accounts: int) -> None:
    rng = random.Random(seed)
    forms, values = some_forms(rng, rows, wires), some_scalars(rng, accounts * wires)
    expected = forms.evaluate(np.array(values, dtype=object).reshape(accounts, wires)).ravel().tolist()
    assert field.apply(forms, field.vector(values), accounts).ints() == [value % MODULUS for value in expected]


def test_extreme_coefficients_in_long_rows(field: Field) -> None:
    wires = 500
    extremes = np.array([[-(2**63)] * wires, [2**63 - 1] * wires, [-1] * wires], dtype=np.int64)
    forms = LinearForms(3, (0, 0, 0), (Block(0, np.arange(wires), extremes),))
    ones = field.vector([-1] * wires)
    assert field.apply(forms, ones, 1).ints() == [wires << 63, -wires * (2**63 - 1) % MODULUS, wires]
    columns = field.weigh(field.vector([-1, -1, -1]), forms, wires)
    assert columns.ints() == [2] * wires


def test_the_same_forms_are_used_again(field: Field) -> None:
    rng = random.Random(7)
    forms, others = some_forms(rng, 4, 5), some_forms(rng, 4, 5)
    values = some_scalars(rng, 5)
    wires = np.array([values], dtype=object)
    for used in (forms, others, forms, others):
        expected = [value % MODULUS for value in used.evaluate(wires)[0]]
        assert field.apply(used, field.vector(values), 1).ints() == expected


@given(seed=SEEDS, parts=st.integers(1, 40), width=st.integers(0, 5))
def test_parts_combined(field: Field, seed: int, parts: int, width: int) -> None:
    rng = random.Random(seed)
    weights, values = some_scalars(rng, parts), some_scalars(rng, parts * width)
    expected = [sum(weights[p] * values[p * width + c] for p in range(parts)) % MODULUS for c in range(width)]
    assert field.combine(field.vector(weights), field.vector(values)).ints() == expected


@pytest.mark.parametrize("wrong", [1.5, "1", None])
def test_nothing_but_whole_numbers_becomes_an_element(field: Field, wrong: object) -> None:
    """In the first place and behind many others: nothing is cut off in silence."""
    for values in ([wrong], [*range(50), wrong]):
        with pytest.raises((TypeError, AttributeError)):
            field.vector(values).to_bytes()  # type: ignore[arg-type]


@given(seed=SEEDS, bases=st.integers(0, 5))
def test_powers(field: Field, seed: int, bases: int) -> None:
    rng = random.Random(seed)
    chosen, degrees = some_scalars(rng, bases), [rng.randrange(6) for _ in range(bases)]
    pairs = zip(chosen, degrees, strict=True)
    expected = [1, *(pow(base, power, MODULUS) for base, degree in pairs for power in range(1, degree + 1))]
    assert field.powers(chosen, degrees).ints() == expected


@pytest.mark.parametrize("edge", [0, 1, -1, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, MODULUS])
@pytest.mark.parametrize("count", [1, 40])
def test_integers_of_a_word_and_beyond(field: Field, edge: int, count: int) -> None:
    values = [edge, *range(-count, count)]
    assert field.vector(values).ints() == [value % MODULUS for value in values]


def widths(*lanes: int) -> Int64Array:
    return np.array(lanes, dtype=np.int64)


@given(seed=SEEDS, wires=st.integers(0, 6))
def test_weights_of_lanes(field: Field, seed: int, wires: int) -> None:
    rng = random.Random(seed)
    weights, lanes = some_scalars(rng, wires), [rng.randint(1, MAX_LANES) for _ in range(wires)]
    expected = [
        (weight << 16 * lane) % MODULUS for weight, count in zip(weights, lanes, strict=True) for lane in range(count)
    ]
    assert field.spread(field.vector(weights), widths(*lanes)).ints() == expected


@given(seed=SEEDS, wires=st.integers(1, 6), accounts=st.integers(1, 4))
def test_wires_of_lanes(field: Field, seed: int, wires: int, accounts: int) -> None:
    rng = random.Random(seed)
    counts = [rng.randint(1, MAX_LANES) for _ in range(wires)]
    offsets = [rng.randrange(1 << 16 * count) for count in counts]
    lanes = some_lanes(rng, accounts, sum(counts))
    expected = []
    for account in lanes.tolist():
        words = iter(account)
        for count, offset in zip(counts, offsets, strict=True):
            expected.append(sum(next(words) << 16 * lane for lane in range(count)) - offset)
    assert field.wires(lanes, widths(*counts), field.vector(offsets)).ints() == [value % MODULUS for value in expected]


@given(seed=SEEDS, rows=st.integers(0, 20), words=st.integers(1, 4))
def test_rows_of_bits_combined(field: Field, seed: int, rows: int, words: int) -> None:
    rng = random.Random(seed)
    weights, lanes = some_scalars(rng, rows), some_lanes(rng, rows, words)
    expected = [0] * (16 * words)
    for weight, row in zip(weights, lanes.tolist(), strict=True):
        for column in range(16 * words):
            expected[column] += weight * (row[column // 16] >> column % 16 & 1)
    assert field.combine_bits(field.vector(weights), lanes).ints() == [value % MODULUS for value in expected]


def test_rows_of_bits_may_be_a_view(field: Field) -> None:
    lanes = some_lanes(random.Random(3), 6, 4)
    weights = field.vector([1, 2, 3])
    view = lanes[::2, 1:3]
    assert field.combine_bits(weights, view).ints() == field.combine_bits(weights, view.copy()).ints()
    none = field.zeros(1)
    assert field.wires(view, widths(2), none).ints() == field.wires(view.copy(), widths(2), none).ints()


def test_shapes_that_do_not_fit_are_refused(field: Field) -> None:
    forms = some_forms(random.Random(1), 3, 4)
    two = field.zeros(2)
    lanes = np.zeros((2, 3), dtype=np.uint16)
    wrong = [
        lambda: field.weigh(two, forms, 4),
        lambda: field.combine(two, field.zeros(3)),
        lambda: field.powers([1, 2], [3]),
        lambda: field.combine(field.zeros(0), two),
        lambda: field.apply(forms, field.zeros(7), 2),
        lambda: field.apply(forms, two, 0),
        lambda: field.spread(two, widths(1)),
        lambda: field.wires(lanes, widths(2, 2), two),
        lambda: field.wires(lanes, widths(1, 2), field.zeros(1)),
        lambda: field.combine_bits(field.zeros(3), lanes),
    ]
    for call in wrong:
        with pytest.raises(InternalError, match="field"):
            call()
