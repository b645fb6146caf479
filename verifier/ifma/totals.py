"""Sums of products in lanes, reduced once for many: what the rounds of the sumchecks add up."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from zkmargin.circuits.errors import InternalError
from zkmargin.verifier.ifma.description import LANES, SCALAR, VECTOR_BYTES
from zkmargin.verifier.ifma.elements import SHIFT, WORD_BITS, WORDS, exchange, read, read_repeated, write_row
from zkmargin.verifier.ifma.lanes import Emitter, Number, Range
from zkmargin.verifier.ifma.library import Library
from zkmargin.verifier.ifma.products import accumulate, raw_limb_bound, reduce
from zkmargin.verifier.ifma.registers import I64, splat

STEPS = 16
"""Products that a sum takes before it must be settled."""

STEP_LIMIT = 64 * SCALAR.modulus**2
"""What one product may be; 16 such, divided by the radix, are below 30 times the modulus, and five limbs hold 35."""

COLUMNS = 2 * SCALAR.limbs
SUM_BYTES = (COLUMNS + SCALAR.limbs) * VECTOR_BYTES
"""A sum is a column for each limb of an unreduced product, and behind them what is settled of it, a kept number."""


def settled_part(code: Emitter, base: Any) -> Any:
    return code.builder.add(base, ir.Constant(I64, COLUMNS * VECTOR_BYTES))


def add_product(code: Emitter, base: Any, left: Number, right: Number) -> None:
    """Add a product to the columns of the sum at `base`."""
    left, right = left.normal(), right.normal()
    if left.value.high * right.value.high > STEP_LIMIT:
        raise InternalError("generated arithmetic: a product is too large for the sum it is added to")
    columns = [code.read_vector(base, at) for at in range(COLUMNS)]
    for step, digit in enumerate(left.limbs):
        accumulate(code, columns, step, digit, right.limbs)
    for at, column in enumerate(columns):
        code.write_vector(base, at, column)


def emit_begin(code: Emitter) -> None:
    """An empty sum."""
    for at in range(SUM_BYTES // VECTOR_BYTES):
        code.write_vector(code.arguments[0], at, splat(0))


def emit_settle(code: Emitter) -> None:
    """Reduce the columns, of at most `STEPS` products, into the settled part."""
    (base,) = code.arguments
    columns = [code.read_vector(base, at) for at in range(COLUMNS)]
    value = (STEPS * STEP_LIMIT + (SCALAR.capacity - 1) * SCALAR.modulus) // SCALAR.capacity
    added = Number(code, reduce(code, columns), Range(0, raw_limb_bound(SCALAR, STEPS)), Range(0, value))
    total = settled_part(code, base)
    code.keep(total, 0, (code.element(total) + added) * code.constant(SCALAR.montgomery(1)))
    for at in range(COLUMNS):
        code.write_vector(base, at, splat(0))


def emit_add_settled(code: Emitter) -> None:
    """Add what is settled of one sum, times a factor, to another."""
    base, other, factor = code.arguments
    add_product(code, base, read_repeated(code, factor, SHIFT), code.element(settled_part(code, other)))


def over_lanes(code: Emitter, number: Number) -> Number:
    """The sum of the eight lanes, in each of them: three exchanges between lanes 4, 2 and 1 apart."""
    for distance in (4, 2, 1):
        moved = [lane ^ distance for lane in range(LANES)]
        limbs = [exchange(code, limb, limb, moved) for limb in number.limbs]
        number = number + Number(code, limbs, number.limb, number.value)
    return number


def emit_store(code: Emitter) -> None:
    """What is settled of a sum, over all lanes, as a row."""
    result, base = code.arguments
    write_row(code, result, over_lanes(code, code.element(settled_part(code, base))))


def emit_store_plain(code: Emitter) -> None:
    """The same out of Montgomery form: a product with the factor between the radices leaves the radix out."""
    result, base = code.arguments
    total = over_lanes(code, code.element(settled_part(code, base)))
    write_row(code, result, total * code.constant(1 << SHIFT))


def emit_inner(code: Emitter) -> None:
    base, left, right = code.arguments
    add_product(code, base, read(code, left, SHIFT), read(code, right))


def second_sum(code: Emitter, base: Any) -> Any:
    return code.builder.add(base, ir.Constant(I64, SUM_BYTES))


def emit_inner_round(code: Emitter) -> None:
    """Sums of `a b`, and of the product of the changes."""
    base, left, right, far_left, far_right = code.arguments
    a, b = read(code, left), read(code, right)
    add_product(code, base, read(code, left, SHIFT), b)
    changes = (read(code, far_left) - a).normal() << SHIFT, read(code, far_right) - b
    add_product(code, second_sum(code, base), *changes)


def emit_zero_check(code: Emitter) -> None:
    """Sums of `eq (a^2 - a)` and `eq (b - a)^2`."""
    base, near, far, equality = code.arguments
    a, b, weight = read(code, near), read(code, far), read(code, equality, SHIFT)
    one = code.constant((1 << WORD_BITS * WORDS) % SCALAR.modulus)
    add_product(code, base, weight, read(code, near, SHIFT) * (a - one))
    change = (b - a).normal()
    add_product(code, second_sum(code, base), weight, (change << SHIFT) * change)


def emit_product_round(code: Emitter) -> None:
    """Sums of `eq (a b - c)`, and of `eq` times the product of the changes of `a` and `b`."""
    base, left, right, output, far_left, far_right, equality = code.arguments
    a, b, weight = read(code, left), read(code, right), read(code, equality, SHIFT)
    add_product(code, base, weight, read(code, left, SHIFT) * b - read(code, output))
    changes = (read(code, far_left) - a).normal() << SHIFT, (read(code, far_right) - b).normal()
    add_product(code, second_sum(code, base), weight, changes[0] * changes[1])


LIBRARY = Library("totals")

begin = LIBRARY.routine(SCALAR, "sum_begin", 1, emit_begin)
settle = LIBRARY.routine(SCALAR, "sum_settle", 1, emit_settle)
add_settled = LIBRARY.routine(SCALAR, "sum_add_settled", 3, emit_add_settled)
store = LIBRARY.routine(SCALAR, "sum_store", 2, emit_store)
store_plain = LIBRARY.routine(SCALAR, "sum_store_plain", 2, emit_store_plain)
inner = LIBRARY.routine(SCALAR, "rows_inner", 3, emit_inner)
inner_round = LIBRARY.routine(SCALAR, "rows_inner_round", 5, emit_inner_round)
zero_check = LIBRARY.routine(SCALAR, "rows_zero_check", 4, emit_zero_check)
product_round = LIBRARY.routine(SCALAR, "rows_product_round", 7, emit_product_round)
