"""The inverses of eight lanes' numbers for one inversion of a scalar: division steps, as many for every number.

D. J. Bernstein and B.-Y. Yang, "Fast constant-time gcd computation and modular inversion", TCHES 2019. A step takes
`(delta, f, g)`, f odd, to `(1 - delta, g, (g - f) / 2)` if delta > 0 and g is odd, and else to
`(1 + delta, f, (g + (g mod 2) f) / 2)`. From `(1, p, x)` it comes to `g = 0`, `f = +-1`. What a batch of steps does
depends on the lowest bits of f and g alone, and is a matrix. It is applied to f and g, and modulo p to d and e, which
keep `d x = f` and `e x = g`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from zkmargin.verifier.ifma.description import BASE, LANES, RADIX_BITS
from zkmargin.verifier.ifma.elements import exchange
from zkmargin.verifier.ifma.lanes import NORMAL_LIMB, Emitter, Number, Range
from zkmargin.verifier.ifma.library import Library
from zkmargin.verifier.ifma.registers import I64, broadcast, repeat

BATCH = 62
"""Steps that make a matrix, and bits of a limb: a limb and a coefficient are words, three products fit two."""

BATCHES = -(-((49 * BASE.modulus.bit_length() + 57) // 17) // BATCH)
"""Enough for every number of so many bits: theorem 11.2 of the paper."""

WIDTH = 7
"""Limbs of f, g, d and e; the highest has the sign."""

LIFT = BATCHES + 1
"""A batch adds less than a modulus to the greater of |d| and |e|, at first 1: both stay below so many moduli."""

DOUBLE = ir.IntType(128)
ROW = ir.VectorType(I64, 2)
"""A row of the matrix: vector instructions run beside those on words."""

WHOLE = ir.IntType(64 * WIDTH)
BATCH_MASK = (1 << BATCH) - 1
MODULUS_LIMBS = [I64(BASE.modulus >> BATCH * at & BATCH_MASK) for at in range(WIDTH)]
NEGATED_INVERSE = I64(-pow(BASE.modulus, -1, 1 << BATCH) % (1 << BATCH))

Value = Any
"""An LLVM value; llvmlite has no types of its own."""


def step(builder: Any, values: Sequence[Value]) -> list[Value]:
    """Of `delta`, f and g with their rows: one step, by masks. Rows are scaled by two, so g's need not be halved."""
    delta, f, top, g, low = values
    odd = builder.neg(builder.and_(g, I64(1)))
    above = builder.ashr(builder.neg(delta), I64(63))
    swap = builder.and_(odd, above)

    def both(near: Value, far: Value, spread: Callable[[Value], Value]) -> tuple[Value, Value]:
        added = builder.and_(signed(builder, near, spread(above)), spread(odd))
        chosen = builder.xor(near, builder.and_(builder.xor(near, far), spread(swap)))
        return chosen, builder.add(far, added)

    f, g = both(f, g, lambda mask: mask)
    top, low = both(top, low, lambda mask: pair(builder, mask, mask))
    top = builder.shl(top, ROW([I64(1)] * 2))
    return [builder.add(signed(builder, delta, swap), I64(1)), f, top, builder.ashr(g, I64(1)), low]


def signed(builder: Any, value: Value, mask: Value) -> Value:
    return builder.sub(builder.xor(value, mask), mask)


def pair(builder: Any, left: Value, right: Value) -> Value:
    single = builder.insert_element(ROW(ir.Undefined), left, ir.IntType(32)(0))
    return builder.insert_element(single, right, ir.IntType(32)(1))


def parts(builder: Any, row: Value) -> list[Value]:
    return [builder.extract_element(row, ir.IntType(32)(at)) for at in range(2)]


def combine(builder: Any, terms: Sequence[tuple[Value, Sequence[Value]]]) -> list[Value]:
    """The sum of coefficients times numbers, a multiple of 2^BATCH, divided by that."""
    limbs, total = [], DOUBLE(0)
    for at in range(WIDTH):
        for factor, number in terms:
            product = builder.mul(builder.sext(factor, DOUBLE), builder.sext(number[at], DOUBLE))
            total = builder.add(total, product)
        limbs.append(builder.and_(builder.trunc(total, I64), I64(BATCH_MASK)))
        total = builder.ashr(total, DOUBLE(BATCH))
    return [*limbs[1:], builder.trunc(total, I64)]


def combine_modulo(builder: Any, terms: Sequence[tuple[Value, Sequence[Value]]]) -> list[Value]:
    """The same of any sum modulo p: a multiple of p below `2^BATCH p` makes the lowest limb vanish."""
    low = [builder.mul(factor, number[0]) for factor, number in terms]
    times = builder.and_(builder.mul(builder.add(*low), NEGATED_INVERSE), I64(BATCH_MASK))
    return combine(builder, [*terms, (times, MODULUS_LIMBS)])


class State:
    """The numbers f, g, d and e in memory."""

    def __init__(self, code: Emitter) -> None:
        self._builder, self._base = code.builder, code.new_slot()

    def _place(self, row: int, at: int) -> Value:
        return self._builder.inttoptr(self._builder.add(self._base, I64(8 * (WIDTH * row + at))), I64.as_pointer())

    def read(self, row: int) -> list[Value]:
        return [self._builder.load(self._place(row, at)) for at in range(WIDTH)]

    def write(self, row: int, limbs: Sequence[Value]) -> None:
        for at, limb in enumerate(limbs):
            self._builder.store(limb, self._place(row, at))


def emit_batch(builder: Any, state: State, delta: Value) -> Value:
    f, g, d, e = (state.read(row) for row in range(4))
    first = [delta, f[0], ROW([I64(1), I64(0)]), g[0], ROW([I64(0), I64(1)])]
    delta, _, top, _, low = repeat(builder, I64(BATCH), first, lambda values: step(builder, values))
    for row, found in enumerate((top, low)):
        left, right = parts(builder, found)
        state.write(row, combine(builder, [(left, f), (right, g)]))
        state.write(2 + row, combine_modulo(builder, [(left, d), (right, e)]))
    return delta


def cut(builder: Any, value: Value, bits: int, count: int) -> list[Value]:
    pieces = (builder.trunc(builder.lshr(value, WHOLE(bits * at)), I64) for at in range(count))
    return [builder.and_(piece, I64((1 << bits) - 1)) for piece in pieces]


def join(builder: Any, limbs: Sequence[Value], bits: int) -> Value:
    total = WHOLE(0)
    for at, limb in enumerate(limbs):
        total = builder.add(total, builder.shl(builder.sext(limb, WHOLE), WHOLE(bits * at)))
    return total


def inverse(code: Emitter, words: Sequence[Value]) -> list[Value]:
    """Of a number below p, in limbs of 52 bits: its inverse (zero for zero) plus a multiple of p, below 2 LIFT p."""
    builder, state, one = code.builder, State(code), [I64(int(at == 0)) for at in range(WIDTH)]
    numbers = [MODULUS_LIMBS, cut(builder, join(builder, words, RADIX_BITS), BATCH, WIDTH), [I64(0)] * WIDTH, one]
    for row, limbs in enumerate(numbers):
        state.write(row, limbs)
    repeat(builder, I64(BATCHES), [I64(1)], lambda values: [emit_batch(builder, state, *values)])
    negative = builder.icmp_signed("<", state.read(0)[-1], I64(0))
    found = join(builder, state.read(2), BATCH)
    found = builder.select(negative, builder.neg(found), found)
    return cut(builder, builder.add(found, WHOLE(LIFT * BASE.modulus)), RADIX_BITS, BASE.limbs)


def product_of_lanes(code: Emitter, number: Number) -> tuple[Number, Number]:
    """The product of all lanes in each of them, and that of all lanes but itself.

    Three exchanges, between lanes 4, 2 and 1 apart: what a lane's product meets there is, together, the others.
    """
    others = code.constant(BASE.montgomery(1))
    for distance in (4, 2, 1):
        limbs = [exchange(code, limb, limb, [lane ^ distance for lane in range(LANES)]) for limb in number.limbs]
        met = Number(code, limbs, number.limb, number.value)
        others, number = others * met, number * met
        number.settle()
    return number, others


def emit_invert_lanes(code: Emitter) -> None:
    """Each lane's inverse. Zero in any lane makes all results zero.

    The product is taken out of Montgomery form and is then the least of its residue, so that zero is the number zero,
    whose steps leave d = 0. The inverse enters by a product with R^2, R the Montgomery radix.
    """
    result, source = code.arguments
    product, others = product_of_lanes(code, code.element(source))
    words = [code.builder.extract_element(limb, ir.IntType(32)(0)) for limb in product.canonical().limbs]
    limbs = [broadcast(code.builder, word) for word in inverse(code, words)]
    shared = Number(code, limbs, NORMAL_LIMB, Range(0, 2 * LIFT * BASE.modulus))
    code.keep(result, 0, shared * code.constant(BASE.montgomery(BASE.capacity)) * others)


LIBRARY = Library("inversion")

invert_lanes = LIBRARY.routine(BASE, "invert_lanes", 2, emit_invert_lanes)
