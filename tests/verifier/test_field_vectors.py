"""Vectors over the field, entry by entry against Python integers."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from field_samples import EDGES, both_fields, scalar_lists, scalars
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.errors import InternalError, MalformedProof
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import Field

pytestmark = both_fields
OPERATORS = pytest.mark.parametrize("operate", [operator.add, operator.sub, operator.mul])


@given(values=scalar_lists)
def test_any_integer_is_reduced(field: Field, values: list[int]) -> None:
    assert field.vector(values).ints() == [value % MODULUS for value in values]


@given(values=scalar_lists)
def test_bytes_are_little_endian_and_come_back(field: Field, values: list[int]) -> None:
    data = b"".join((value % MODULUS).to_bytes(32, "little") for value in values)
    assert field.vector(values).to_bytes() == data
    assert field.from_bytes(data).ints() == field.vector(values).ints()


WIDE_EDGES = [0, 1, MODULUS, 1 << 256, (1 << 256) - 1, (1 << 256) * MODULUS, (1 << 512) - 1, (1 << 512) - MODULUS]


@given(values=st.lists(st.sampled_from(WIDE_EDGES) | st.integers(0, (1 << 512) - 1), max_size=5))
def test_wide_numbers_are_reduced(field: Field, values: list[int]) -> None:
    data = b"".join(value.to_bytes(64, "little") for value in values)
    assert field.from_wide(data).ints() == [value % MODULUS for value in values]


@pytest.mark.parametrize("length", [1, 32, 63, 65, 96])
def test_wide_numbers_of_a_broken_length_are_refused(field: Field, length: int) -> None:
    with pytest.raises(InternalError, match="64 bytes"):
        field.from_wide(bytes(length))


@OPERATORS
def test_operators_on_all_pairs_of_edges(field: Field, operate: Callable[[int, int], int]) -> None:
    pairs = [(a, b) for a in EDGES for b in EDGES]
    left, right = (field.vector(side) for side in zip(*pairs, strict=True))
    assert operate(left, right).ints() == [operate(a, b) % MODULUS for a, b in pairs]


@OPERATORS
@given(pairs=st.lists(st.tuples(scalars, scalars), max_size=12))
def test_operators(field: Field, operate: Callable[[int, int], int], pairs: list[tuple[int, int]]) -> None:
    left, right = field.vector([a for a, _ in pairs]), field.vector([b for _, b in pairs])
    assert operate(left, right).ints() == [operate(a, b) % MODULUS for a, b in pairs]


@given(values=scalar_lists, factor=scalars)
def test_scaling(field: Field, values: list[int], factor: int) -> None:
    assert (field.vector(values) * factor).ints() == [value * factor % MODULUS for value in values]


@given(pairs=st.lists(st.tuples(scalars, scalars), max_size=40))
def test_inner_product(field: Field, pairs: list[tuple[int, int]]) -> None:
    left, right = field.vector([a for a, _ in pairs]), field.vector([b for _, b in pairs])
    assert left @ right == sum(a * b for a, b in pairs) % MODULUS


def test_inner_product_of_the_largest_entries(field: Field) -> None:
    largest = field.vector([-1] * 3000)
    assert largest @ largest == 3000


@OPERATORS
def test_operators_refuse_another_length(field: Field, operate: Callable[[object, object], object]) -> None:
    for left, right in ((1, 2), (2, 1), (0, 1)):
        with pytest.raises(InternalError, match="length"):
            operate(field.zeros(left), field.zeros(right))


def test_inner_product_refuses_another_length(field: Field) -> None:
    for left, right in ((1, 2), (2, 1), (0, 1)):
        with pytest.raises(InternalError, match="length"):
            field.zeros(left) @ field.zeros(right)


def test_slices(field: Field) -> None:
    values = list(range(10))
    vector = field.vector(values)
    for part in (slice(None), slice(2, 5), slice(-3, None), slice(1, None, 3), slice(None, None, -1), slice(5, 5)):
        assert vector[part].ints() == values[part]
        assert (vector[part] + vector[part]).ints() == [2 * value for value in values[part]]


def test_operators_leave_their_operands_alone(field: Field) -> None:
    vector = field.vector([1, 2, 3, 4])
    part = vector[1:3]
    _ = part + part, part - part, part * part, part * 7, part @ part, field.join([part, vector])
    assert (vector.ints(), part.ints()) == ([1, 2, 3, 4], [2, 3])


def test_join_and_zeros(field: Field) -> None:
    assert field.join([]).ints() == []
    assert field.join([field.vector([5]), field.zeros(0), field.zeros(2), field.vector([-1])]).ints() == [
        *(5, 0, 0),
        MODULUS - 1,
    ]
    assert len(field.zeros(3)) == 3


def test_repr_shows_nothing_but_the_length(field: Field) -> None:
    text = repr(field.vector([123456789, 987654321]))
    assert "2" in text
    assert "123456789" not in text
    assert "987654321" not in text


@pytest.mark.parametrize("entry", [MODULUS, MODULUS + 1, MODULUS + 2**64, MODULUS + 2**192, 2**255, 2**256 - 1])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_bytes_that_are_not_below_the_modulus_are_refused(field: Field, entry: int, place: int) -> None:
    entries = [MODULUS - 1, 0, 1]
    entries[place] = entry
    with pytest.raises(MalformedProof, match=f"scalar {place} "):
        field.from_bytes(b"".join(value.to_bytes(32, "little") for value in entries))


@pytest.mark.parametrize("entry", [0, 1, MODULUS - 1, MODULUS - 2**64, MODULUS - 2**192, 2**254 + 2**64 - 1])
def test_bytes_below_the_modulus_are_accepted(field: Field, entry: int) -> None:
    assert field.from_bytes(entry.to_bytes(32, "little")).ints() == [entry]


@pytest.mark.parametrize("length", [1, 31, 33, 63])
def test_bytes_of_a_broken_length_are_refused(field: Field, length: int) -> None:
    with pytest.raises(MalformedProof, match="whole number"):
        field.from_bytes(bytes(length))
