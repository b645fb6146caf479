"""The field's vector kernels: elements in lanes at their edges, and each kernel against the portable one."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ifma_lanes import runner
from llvmlite import ir  # type: ignore[import-untyped]

from zkmargin.circuits.errors import InternalError
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.field.engine import PORTABLE, Engine
from zkmargin.verifier.field.vector import Limbs, empty, plain_integers, zeros
from zkmargin.verifier.ifma import available, elements, matrices, totals
from zkmargin.verifier.ifma.description import LANES, SCALAR, Words, aligned
from zkmargin.verifier.ifma.elements import ANY_WORDS, SHIFT, WORDS
from zkmargin.verifier.ifma.field import ENGINE
from zkmargin.verifier.ifma.lanes import Emitter, Number, Range
from zkmargin.verifier.ifma.registers import I64
from zkmargin.verifier.ifma.totals import STEP_LIMIT, STEPS, SUM_BYTES

pytestmark = pytest.mark.skipif(not available(), reason="needs AVX-512 IFMA")

RADIX = 1 << 256
EDGES = [0, 1, 2, MODULUS - 1, MODULUS - 2, RADIX % MODULUS, (1 << 255) % MODULUS, (1 << 208) - 1, 1 << 52, 1 << 254]
LENGTHS = [1, 2, 7, 8, 9, 16, 23, 8 * STEPS, 8 * STEPS + 1, 16 * STEPS + 5]
by_length = pytest.mark.parametrize("length", LENGTHS)


def rows(values: Sequence[int]) -> Words:
    """Words of numbers below 2^256."""
    data = b"".join(value.to_bytes(32, "little") for value in values)
    return np.frombuffer(data, dtype="<u8").astype(np.uint64).reshape(-1, WORDS)


def sample(length: int, seed: int) -> Limbs:
    """Reduced elements, many of them at an edge."""
    chance = np.random.default_rng(seed)
    drawn = [int.from_bytes(chance.bytes(32), "little") % MODULUS for _ in range(length)]
    at_edge = chance.random(length) < 0.4
    edges = chance.integers(0, len(EDGES), length)
    return rows([EDGES[edge] if put else value for value, put, edge in zip(drawn, at_edge, edges, strict=True)])


def agree(name: str, arguments: Callable[[], tuple[Any, ...]], changed: int = 0) -> None:
    """Both engines on copies of the same arguments."""
    results = []
    for engine in (PORTABLE, ENGINE):
        given_ones = tuple(np.copy(entry) if isinstance(entry, np.ndarray) else entry for entry in arguments())
        getattr(engine, name)(*given_ones)
        results.append(given_ones[changed])
    assert np.array_equal(*results)


def copy_shifted(code: Emitter) -> None:
    """In and out of lanes; the shift is undone by a product with its inverse."""
    result, source = code.arguments
    inverse = SCALAR.montgomery(pow(1 << SHIFT, -1, MODULUS))
    elements.write(code, result, elements.read(code, source, SHIFT) * code.constant(inverse))


def copy_any(code: Emitter) -> None:
    """Any four words, reduced by taking multiples of the modulus off."""
    result, source = code.arguments
    elements.write(code, result, elements.read(code, source, value=ANY_WORDS))


cached_runner = cache(runner)


@pytest.mark.parametrize("body", [copy_shifted, copy_any])
def test_words_become_limbs_and_return(body: Callable[[Emitter], None]) -> None:
    values = [*EDGES, *(1 << bit for bit in range(255)), *((1 << bit) - 1 for bit in range(255))]
    values = [value for value in values if value < MODULUS]
    values += [values[0]] * (-len(values) % LANES)
    for at in range(0, len(values), LANES):
        found = cached_runner(SCALAR, body, 1)(rows(values[at : at + LANES])).ravel()[: LANES * WORDS]
        assert plain_integers(found) == values[at : at + LANES]


def test_numbers_are_reduced_from_any_words() -> None:
    values = [0, MODULUS - 1, MODULUS, MODULUS + 1, 2 * MODULUS - 1, 2 * MODULUS, 2 * MODULUS + 1, RADIX - 1]
    found = cached_runner(SCALAR, copy_any, 1)(rows(values)).ravel()[: LANES * WORDS]
    assert plain_integers(found) == [value % MODULUS for value in values]


def sum_at_its_limit(code: Emitter) -> None:
    """As many products as a sum may take, each as large as it may be; then one more round of them."""
    result, source = code.arguments
    limit = Range(0, 8 * MODULUS)
    value = Number(code, code.element(source).limbs, Range(0, (1 << 52) - 1), limit)
    room = code.builder.ptrtoint(code.builder.alloca(ir.ArrayType(ir.IntType(8), SUM_BYTES)), I64)
    begin, settle, finish = (sub_routine(code, body) for body in BODIES)
    begin(room)
    for _ in range(2):
        for _ in range(STEPS):
            totals.add_product(code, room, value, value)
        settle(room)
    finish(result, room)


def emit_lanes(code: Emitter) -> None:
    result, base = code.arguments
    elements.write(code, result, code.element(totals.settled_part(code, base)))


BODIES = (totals.emit_begin, totals.emit_settle, emit_lanes)


def sub_routine(code: Emitter, body: Callable[[Emitter], None]) -> Callable[..., None]:
    """Emit a body in place, with other arguments."""

    def emit(*arguments: Any) -> None:
        kept, code.arguments = code.arguments, list(arguments)
        body(code)
        code.arguments = kept

    return emit


def test_a_sum_holds_its_steps() -> None:
    """At the largest product allowed, eight times the modulus squared: columns, carries and totals all fit."""
    largest = 8 * MODULUS
    for value in (largest, largest - 1, largest - MODULUS + 1, 1, 0):
        block = aligned(SCALAR.limbs, LANES)
        block[:] = np.array(SCALAR.split(value), dtype=np.uint64)[:, None]
        found = cached_runner(SCALAR, sum_at_its_limit, 1)(block).ravel()[: LANES * WORDS]
        expected = 2 * STEPS * value * value * pow(SCALAR.capacity, -1, MODULUS) % MODULUS
        assert plain_integers(found) == [expected] * LANES


def test_products_too_large_for_a_sum_do_not_compile() -> None:
    kind = ir.FunctionType(ir.VoidType(), [I64] * 2)
    code = Emitter(SCALAR, ir.Function(ir.Module(), kind, "body"))
    base, source = code.arguments
    limbs = code.element(source).limbs
    fits = Number(code, limbs, Range(0, (1 << 52) - 1), Range(0, 8 * MODULUS))
    beyond = Number(code, limbs, Range(0, (1 << 52) - 1), Range(0, 8 * MODULUS + 1))
    totals.add_product(code, base, fits, fits)
    assert fits.value.high**2 == STEP_LIMIT
    with pytest.raises(InternalError, match="too large"):
        totals.add_product(code, base, fits, beyond)


@by_length
def test_vector_kernels(length: int) -> None:
    left, right = sample(length, 1), sample(length, 2)
    agree("multiply_vectors", lambda: (empty(length), left, right))
    agree("inner_product", lambda: (empty(1), left, right))
    for factor in EDGES:
        agree("scale", lambda factor=factor: (empty(length), left, rows([factor])))
    agree("outer_product", lambda: (empty(5 * length), right[:5] if length > 5 else sample(5, 3), left))


def test_scaling_takes_any_words() -> None:
    """Numbers that are not reduced come in by a product with the square of the radix."""
    values = [RADIX - 1, MODULUS, MODULUS + 1, 2 * MODULUS, 0, 1, RADIX - MODULUS, 3, 4]
    agree("scale", lambda: (empty(9), rows(values), rows([RADIX * RADIX % MODULUS])))
    agree("scale", lambda: (empty(9), rows(values), rows([MODULUS - 1])))


@pytest.mark.parametrize("variables", range(8))
def test_equality_tables(variables: int) -> None:
    agree("equality_table", lambda: (empty(1 << variables), sample(variables, variables)))


@by_length
@pytest.mark.parametrize("missing", [0, 1, 8, 100])
def test_folding_with_a_missing_tail(length: int, missing: int) -> None:
    table = sample(max(length, 2 * length - missing), 4)
    for factor in (0, 1, MODULUS - 1, EDGES[5]):
        agree("fold", lambda factor=factor: (table, length, rows([factor]), 0, length))
    # Parts of the table, as threads take them.
    agree("fold", lambda: (table, length, sample(1, 5), length // 3, length - length // 4))


@by_length
@pytest.mark.parametrize("missing", [0, 1, 8, 100])
def test_inner_rounds(length: int, missing: int) -> None:
    size = max(length, 2 * length - missing)
    agree("inner_round", lambda: (zeros(4), sample(size, 6), sample(size, 7), length))
    agree("inner_round", lambda: (zeros(4), sample(length, 6), sample(length, 7), length + missing))


# Long rows settle by themselves; many short ones make the sum over the rows settle.
MANY_ROWS = [(length, 2 * STEPS + 1) for length in LENGTHS if length <= 16]


@pytest.mark.parametrize(("length", "count"), [(length, count) for length in LENGTHS for count in (1, 3)] + MANY_ROWS)
@pytest.mark.parametrize("missing", [0, 1, 8, 100])
def test_zero_check_rounds(length: int, count: int, missing: int) -> None:
    total = length * count
    table, height, columns = sample(max(total, 2 * total - missing), 8), sample(count, 9), sample(length + 3, 10)
    for near, far in ((0, total), (total, 0)):
        shared = near, far, height, columns, length
        agree("zero_check", lambda shared=shared: (empty(2), table, *shared, 0, total))
        agree("zero_check", lambda shared=shared: (empty(2), table, *shared, total // 5, total - total // 7))


@by_length
def test_product_rounds(length: int) -> None:
    tables = [sample(2 * length, seed) for seed in (11, 12, 13)]
    for near, far in ((0, length), (length, 0)):
        agree("product_round", lambda near=near, far=far: (empty(2), *tables, sample(length, 14), near, far))


LARGEST_WORD = (1 << 64) - 1
HEIGHTS = [1, 2, 7, 8, 9, matrices.ROWS - 1, matrices.ROWS, matrices.ROWS + 1, 2 * matrices.ROWS + 5]
WIDTHS = [1, 2, 7, 8, 9, 23, 32]


def some_words(height: int, width: int) -> Words:
    """Words of a matrix, many of them at an edge of their digits."""
    chance = np.random.default_rng([height, width])
    found = chance.integers(0, LARGEST_WORD, (height, width), dtype=np.uint64, endpoint=True)
    edges = np.array([0, 1, LARGEST_WORD, LARGEST_WORD - 1, 1 << 52, (1 << 52) - 1, 1 << 63], dtype=np.uint64)
    return np.where(chance.random(found.shape) < 0.4, chance.choice(edges, found.shape), found)


@pytest.mark.parametrize("height", HEIGHTS)
@pytest.mark.parametrize("width", WIDTHS)
def test_matrices_of_words(height: int, width: int) -> None:
    for count in (1, 3):
        vectors, words, total = sample(count * height, 15), some_words(height, width), count * width
        agree("small_matrix", lambda shared=(vectors, words), total=total: (zeros(total), *shared, 0, total))
        # Parts of the results, as threads take them: the others stay as they are.
        part = total // 3, total - total // 4
        agree("small_matrix", lambda shared=(vectors, words, *part), total=total: (zeros(total), *shared))


@pytest.mark.parametrize("height", HEIGHTS)
@pytest.mark.parametrize("word", [0, 1, (1 << 52) - 1, 1 << 52, LARGEST_WORD])
@pytest.mark.parametrize("element", [0, 1, MODULUS - 1, (1 << 208) - 1])
def test_matrices_of_equal_words(height: int, word: int, element: int) -> None:
    """The largest of each: as many as are summed before a reduction, and more."""
    vector, words, found = rows([element] * height), np.full((height, 9), word, dtype=np.uint64), empty(9)
    ENGINE.small_matrix(found, vector, words, 0, 9)
    assert plain_integers(found) == [height * word * element % MODULUS] * 9


def test_nothing_behind_a_matrix_is_read() -> None:
    """A page that may not be touched begins where the matrix ends."""
    page = mmap.PAGESIZE
    room = np.frombuffer(mmap.mmap(-1, 2 * page), dtype=np.uint64)
    protect = ctypes.CDLL(None).mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    assert protect(room.ctypes.data + page, page, 0) == 0
    for height, width in ((1, 1), (2, 3), (1, 7), (1, 8), (3, 9), (5, 12)):
        words, results = room[page // 8 - height * width : page // 8].reshape(height, width), []
        words[:] = some_words(height, width)
        for engine in (PORTABLE, ENGINE):
            results.append(zeros(width))
            engine.small_matrix(results[-1], sample(height, 16), words, 0, width)
        assert np.array_equal(*results)


@given(st.lists(st.tuples(st.integers(0, MODULUS - 1), st.integers(0, MODULUS - 1)), min_size=1, max_size=20))
def test_any_elements(pairs: list[tuple[int, int]]) -> None:
    left, right = (rows(list(column)) for column in zip(*pairs, strict=True))
    inverse = pow(RADIX, -1, MODULUS)
    product, total = empty(len(pairs)), empty(1)
    ENGINE.multiply_vectors(product, left, right)
    ENGINE.inner_product(total, left, right)
    assert plain_integers(product) == [a * b * inverse % MODULUS for a, b in pairs]
    assert plain_integers(total) == [sum(a * b for a, b in pairs) * inverse % MODULUS]


def test_every_kernel_of_the_engine_is_replaced() -> None:
    names = Engine.__dataclass_fields__
    assert all(getattr(PORTABLE, name) is not getattr(ENGINE, name) for name in names)
    assert all(getattr(ENGINE, name).py_func.__name__ == name for name in names)
