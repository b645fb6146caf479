"""The generated arithmetic against Python integers, at the edges of every bound it relies on and between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ifma_lanes import block, kernel_of, numbers, runner
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core.errors import TypingError

from zkmargin.circuits.errors import InternalError
from zkmargin.verifier.ifma import available, coordinates
from zkmargin.verifier.ifma.description import BASE, LANES, LIMB_MASK, RADIX_BITS, SCALAR, PrimeField
from zkmargin.verifier.ifma.lanes import Emitter, Range
from zkmargin.verifier.ifma.products import raw_limb_bound
from zkmargin.verifier.ifma.registers import I64, VECTOR

pytestmark = pytest.mark.skipif(not available(), reason="needs AVX-512 IFMA")

FIELDS = [BASE, SCALAR]
by_field = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)


def edges(field: PrimeField, limit: int) -> list[int]:
    """Numbers at which something could go wrong, below `limit`."""
    p, ones = field.modulus, field.capacity - 1
    alternating = field.join([LIMB_MASK * (at % 2) for at in range(field.limbs)])
    found = [0, 1, 2, p - 1, p, p + 1, 2 * p - 1, 2 * p, LIMB_MASK, LIMB_MASK + 1, alternating, ones - alternating]
    found += [ones, ones - 1, field.capacity - p, p // 2, p // 2 + 1, (1 << RADIX_BITS * (field.limbs - 1)) - 1]
    return [value for value in found if 0 <= value < limit]


def raw_product(code: Emitter) -> None:
    """Any normal limbs at all, and the product's limbs as they come."""
    result, a, b = code.arguments
    whole = Range(0, code.field.capacity - 1)
    code.write(result, (code.read(a, whole) * code.read(b, whole)).limbs)


def raw_two_products(code: Emitter) -> None:
    result, *factors = code.arguments
    a, b, c, d = (code.read(factor, Range(0, code.field.capacity - 1)) for factor in factors)
    code.write(result, code.product([(a, b), (c, d)]).limbs)


def raw_square(code: Emitter) -> None:
    result, a = code.arguments
    value = code.read(a, Range(0, code.field.capacity - 1))
    code.write(result, (value * value).limbs)


def difference(code: Emitter) -> None:
    """Negative before it is lifted, by as much as kept numbers allow."""
    result, a, b = code.arguments
    left, right = code.element(a), code.element(b)
    code.write(result, (left - (right << 4) - right).normal().limbs)


def canonical(code: Emitter) -> None:
    result, a = code.arguments
    code.write(result, code.read(a, Range(0, code.field.capacity - 1)).canonical().limbs)


def zero_flags(code: Emitter) -> None:
    """For a difference of kept numbers: 0, p, 2p and 3p all stand for zero."""
    result, a, b = code.arguments
    lanes_zero = (code.element(a) - code.element(b)).is_zero()
    code.write_vector(result, 0, code.builder.zext(lanes_zero, VECTOR))


cached_runner = cache(runner)


@by_field
def test_products_of_any_limbs(field: PrimeField) -> None:
    values = edges(field, field.capacity)
    pairs = [(a, b) for a in values for b in values]
    run, bound = cached_runner(field, raw_product, 2), raw_limb_bound(field, 1)
    for at in range(0, len(pairs), LANES):
        chosen = pairs[at : at + LANES]
        result = run(block(field, [a for a, _ in chosen]), block(field, [b for _, b in chosen]))
        assert int(result.max()) <= bound < 1 << 63
        for (a, b), found in zip(chosen, numbers(field, result), strict=False):
            assert found * field.capacity % field.modulus == a * b % field.modulus
            assert found <= (a * b + (field.capacity - 1) * field.modulus) // field.capacity


@by_field
def test_two_products_reduced_together(field: PrimeField) -> None:
    values = edges(field, field.capacity)
    run, bound = cached_runner(field, raw_two_products, 4), raw_limb_bound(field, 2)
    for shift in range(len(values)):
        a, b, c, d = ((values * 2)[shift * k % len(values) :][:LANES] for k in (0, 1, 3, 7))
        result = run(*(block(field, list(column)) for column in (a, b, c, d)))
        assert int(result.max()) <= bound < 1 << 63
        for *factors, found in zip(a, b, c, d, numbers(field, result), strict=True):
            total = factors[0] * factors[1] + factors[2] * factors[3]
            assert found * field.capacity % field.modulus == total % field.modulus


@by_field
def test_squares_of_any_limbs(field: PrimeField) -> None:
    values = edges(field, field.capacity)
    run = cached_runner(field, raw_square, 1)
    for at in range(0, len(values), LANES):
        result = run(block(field, values[at : at + LANES]))
        assert int(result.max()) <= raw_limb_bound(field, 1)
        for a, found in zip(values[at:], numbers(field, result), strict=False):
            assert found * field.capacity % field.modulus == a * a % field.modulus


@by_field
@pytest.mark.parametrize(("body", "inputs"), [(raw_product, 2), (raw_two_products, 4), (raw_square, 1)])
def test_inlined_products_are_the_called_ones(field: PrimeField, body: Callable[[Emitter], None], inputs: int) -> None:
    values = edges(field, field.capacity)
    blocks = [block(field, ((values * 2)[5 * at :])[:LANES]) for at in range(inputs)]
    called, inlined = (cached_runner(field, body, inputs, inlined)(*blocks) for inlined in (False, True))
    assert np.array_equal(called, inlined)


@by_field
@given(data=st.data())
def test_random_limbs(field: PrimeField, data: st.DataObject) -> None:
    limb = st.one_of(st.sampled_from([0, 1, LIMB_MASK, LIMB_MASK - 1, 1 << 51]), st.integers(0, LIMB_MASK))
    number = st.lists(limb, min_size=field.limbs, max_size=field.limbs).map(field.join)
    a, b, c, d = (data.draw(st.lists(number, min_size=LANES, max_size=LANES)) for _ in range(4))
    result = numbers(field, cached_runner(field, raw_two_products, 4)(*(block(field, x) for x in (a, b, c, d))))
    single = numbers(field, cached_runner(field, raw_product, 2)(block(field, a), block(field, b)))
    square = numbers(field, cached_runner(field, raw_square, 1)(block(field, a)))
    for at in range(LANES):
        total = a[at] * b[at] + c[at] * d[at]
        assert result[at] * field.capacity % field.modulus == total % field.modulus
        assert single[at] * field.capacity % field.modulus == a[at] * b[at] % field.modulus
        assert square[at] * field.capacity % field.modulus == a[at] ** 2 % field.modulus


def test_differences_are_lifted_above_zero() -> None:
    kept = edges(BASE, 2 * BASE.modulus)
    for a in kept:
        for at in range(0, len(kept), LANES):
            result = cached_runner(BASE, difference, 2)(block(BASE, [a]), block(BASE, kept[at : at + LANES]))
            assert int(result.max()) <= LIMB_MASK
            for b, found in zip(kept[at:], numbers(BASE, result), strict=False):
                assert (found - a + 17 * b) % BASE.modulus == 0


@by_field
def test_canonical_forms(field: PrimeField) -> None:
    values = edges(field, field.capacity)
    for at in range(0, len(values), LANES):
        result = numbers(field, cached_runner(field, canonical, 1)(block(field, values[at : at + LANES])))
        assert result[: len(values) - at] == [field.plain(value) for value in values[at : at + LANES]]


def test_zero_is_recognised_in_every_form() -> None:
    kept = [*edges(BASE, 2 * BASE.modulus), 5, BASE.modulus + 5]
    for a in kept:
        for at in range(0, len(kept), LANES):
            flags = cached_runner(BASE, zero_flags, 2)(block(BASE, [a]), block(BASE, kept[at : at + LANES]))[0]
            for b, flag in zip(kept[at:], flags.tolist(), strict=False):
                assert flag == ((a - b) % BASE.modulus == 0)


def emitter(field: PrimeField = BASE, arity: int = 2, inlined: bool = False) -> Emitter:
    kind = ir.FunctionType(ir.VoidType(), [I64] * arity)
    return Emitter(field, ir.Function(ir.Module(), kind, "body"), inlined)


def test_limbs_that_could_overflow_do_not_compile() -> None:
    code = emitter()
    number = code.element(code.arguments[0])
    allowed = number << 10
    assert allowed.limb.high == LIMB_MASK << 10
    with pytest.raises(InternalError, match="overflow"):
        number << 11


def test_numbers_beyond_the_limbs_do_not_compile() -> None:
    code = emitter()
    whole = code.read(code.arguments[0], Range(0, BASE.capacity - 1))
    with pytest.raises(InternalError, match="exceed its limbs"):
        (whole + code.constant(1)).normal()
    (code.read(code.arguments[0], Range(0, BASE.capacity - 2)) + code.constant(1)).normal()


def test_kept_numbers_stay_below_their_limit() -> None:
    code = emitter()
    for times in (2, 16):
        number = code.element(code.arguments[0], times=times)
        with pytest.raises(InternalError, match="exceed its limit"):
            code.keep(code.arguments[1], 0, number + code.constant(1), times)
        code.keep(code.arguments[1], 0, number, times)
    with pytest.raises(InternalError, match="exceed its limit"):
        code.keep(code.arguments[1], 0, number)


def test_the_ranges_of_sums_and_differences() -> None:
    code = emitter()
    a, b = code.element(code.arguments[0]), code.element(code.arguments[1], least=1)
    high = 2 * BASE.modulus - 1
    assert (a + b).value == Range(1, 2 * high)
    assert (a - b).value == Range(-high, high - 1)
    assert (-b).normal().value == Range(1, high)
    assert (a << 3).value == Range(0, 8 * high)
    # A product's bound: what Montgomery reduction adds is below the modulus, and the factors are far from the radix.
    assert BASE.modulus <= (a * b).value.high < BASE.modulus + (BASE.modulus >> 32)


def test_a_function_is_emitted_once_a_module_unless_it_is_inlined() -> None:
    for inlined in (False, True):
        code = emitter(inlined=inlined)
        a, b = code.element(code.arguments[0]), code.element(code.arguments[1])
        (a * b) + (b * a) + (a * a)
        names = [name for name in code.module.globals if not name.startswith("llvm.")]
        assert sorted(names) == (["body"] if inlined else ["base_product_1", "base_square_1", "body"])


def test_a_routine_takes_exactly_its_addresses() -> None:
    run = kernel_of(BASE, coordinates.multiply)
    with pytest.raises(TypingError):
        run(block(BASE, [1]))


def test_rows_become_lanes_and_return() -> None:
    coordinates.LIBRARY.load()
    table = np.arange(11 * 16, dtype=np.uint64).reshape(11, 16)
    indices = np.array([3, 0, 10, 7, 7, 1, 2, 9], dtype=np.int64)
    gathered = kernel_of(BASE, coordinates.gather_affine, outputs=2)(table, indices)
    assert np.array_equal(gathered.T, table[indices])
