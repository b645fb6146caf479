"""The arithmetic of one field element inside a kernel: straight-line code for LLVM, built from wide integers.

An element is four 64-bit limbs, little-endian, in Montgomery form: `x` stands for `x / R` with `R = 2^256`. Elements
are always reduced, so equal elements have equal limbs. Nothing branches on a value.

Sums of products are kept unreduced. A `Wide` (nine limbs) holds up to 2^66 products of two elements, each below
r^2 < 2^510. A `Narrow` (six limbs) holds up to 2^65 products of an element and a 64-bit integer, each below 2^319.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.field.compiler import helper

RADIX = 1 << 256
LIMBS = 4
WORD_MASK = (1 << 64) - 1

WORD = ir.IntType(64)
DOUBLE = ir.IntType(128)

Element = types.UniTuple(types.uint64, LIMBS)  # type: ignore[no-untyped-call]
Wide = types.UniTuple(types.uint64, 9)  # type: ignore[no-untyped-call]
Narrow = types.UniTuple(types.uint64, 6)  # type: ignore[no-untyped-call]

ZERO = (np.uint64(0),) * LIMBS
ONE = tuple(np.uint64(RADIX % MODULUS >> 64 * k & WORD_MASK) for k in range(LIMBS))
PLAIN_ONE = (np.uint64(1), np.uint64(0), np.uint64(0), np.uint64(0))
NO_WIDE = (np.uint64(0),) * 9
NO_NARROW = (np.uint64(0),) * 6

Value = Any
"""An LLVM value; llvmlite has no types of its own."""


class Code:
    """Writes the instructions of one operation; integers of any width stand for as many limbs."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder

    def unpack(self, limbs: Value, count: int) -> list[Value]:
        return [self.builder.extract_value(limbs, k) for k in range(count)]

    def join(self, limbs: list[Value], width: int) -> Value:
        """The integer of `width` bits with these limbs."""
        return self.place([(limb, k) for k, limb in enumerate(limbs)], width)

    def place(self, parts: list[tuple[Value, int]], width: int) -> Value:
        """The integer with each part at its limb; parts do not overlap."""
        kind = ir.IntType(width)
        total = kind(0)
        for part, limb in parts:
            wide = self.builder.zext(part, kind) if part.type.width < width else part
            total = self.builder.or_(total, self.builder.shl(wide, kind(64 * limb)))
        return total

    def cut(self, value: Value, count: int) -> list[Value]:
        return [self.builder.trunc(self.shift(value, k), WORD) for k in range(count)]

    def shift(self, value: Value, limbs: int) -> Value:
        return self.builder.lshr(value, value.type(64 * limbs))

    def resize(self, value: Value, width: int) -> Value:
        change = self.builder.trunc if width < value.type.width else self.builder.zext
        return value if width == value.type.width else change(value, ir.IntType(width))

    def product(self, a: Value, b: Value) -> Value:
        """64 x 64 -> 128 bits."""
        return self.builder.mul(self.builder.zext(a, DOUBLE), self.builder.zext(b, DOUBLE))

    def add_row(self, total: Value, factor: Value, limbs: list[Value]) -> Value:
        """`total + factor * limbs`: even and odd limbs are two numbers, so two carry chains do it."""
        products = [(self.product(factor, limb), k) for k, limb in enumerate(limbs)]
        width = total.type.width
        total = self.builder.add(total, self.place(products[0::2], width))
        return self.builder.add(total, self.place(products[1::2], width))

    def divide_step(self, total: Value, width: int) -> Value:
        """`(total + m r) / 2^64` for the `m` that makes it whole; the caller knows that `width` bits hold it.

        The lowest limb of r is `2^64 - 2^32 + 1`, so `m` and the upper word of `m` times that limb need no product:
        with `u` the lowest word of the total, `m = -(u + 2^32 u)` and `u + m (2^64 - 2^32 + 1) = 2^64 carry` where
        `carry = m - floor(m (2^32 - 1) / 2^64)`.
        """
        builder = self.builder
        u = builder.trunc(total, WORD)
        m = builder.neg(builder.add(u, builder.shl(u, WORD(32))))
        borrowed = builder.icmp_unsigned("<", builder.shl(m, WORD(32)), m)
        carry = builder.add(builder.sub(m, builder.lshr(m, WORD(32))), builder.zext(borrowed, WORD))
        upper = [WORD(MODULUS >> 64 * k & WORD_MASK) for k in range(1, LIMBS)]
        total = self.resize(self.shift(total, 1), width)
        low, middle, high = (self.product(m, limb) for limb in upper)
        total = builder.add(total, self.place([(low, 0), (high, 2)], width))
        return builder.add(total, self.place([(carry, 0), (middle, 1)], width))

    def subtract_modulus(self, value: Value) -> Value:
        """`value - r` unless that is negative."""
        modulus = value.type(MODULUS)
        smaller = self.builder.icmp_unsigned("<", value, modulus)
        return self.builder.select(smaller, value, self.builder.sub(value, modulus))

    def add(self, a: list[Value], b: list[Value]) -> list[Value]:
        # Both are below r < 2^255: the sum fits 256 bits.
        total = self.builder.add(self.join(a, 256), self.join(b, 256))
        return self.cut(self.subtract_modulus(total), LIMBS)

    def subtract(self, a: list[Value], b: list[Value]) -> list[Value]:
        left, right = self.join(a, 256), self.join(b, 256)
        negative = self.builder.icmp_unsigned("<", left, right)
        back = self.builder.select(negative, left.type(MODULUS), left.type(0))
        return self.cut(self.builder.add(self.builder.sub(left, right), back), LIMBS)

    def multiply(self, a: list[Value], b: list[Value]) -> list[Value]:
        """`a b / R`, reduced; `a` may be any number below 2^256.

        The total is below `2 r < 2^256` after each step: `(2 r + (2^64 - 1) r + (2^64 - 1) r) / 2^64 = 2 r` bounds
        it. So one subtraction at the end reduces it, and before a step `2 r + (2^64 - 1) r` fits 320 bits.
        """
        total = ir.IntType(256)(0)
        for limb in a:
            total = self.divide_step(self.add_row(self.resize(total, 320), limb, b), 256)
        return self.cut(self.subtract_modulus(total), LIMBS)

    def add_product(self, total: list[Value], a: list[Value], b: list[Value]) -> list[Value]:
        """`total + a b`, unreduced."""
        row, limbs = ir.IntType(320)(0), []
        for limb in a:
            row = self.add_row(row, limb, b)
            limbs.append(self.builder.trunc(row, WORD))
            row = self.shift(row, 1)
        limbs += self.cut(row, LIMBS)
        width = 64 * len(total)
        return self.cut(self.builder.add(self.join(total, width), self.join(limbs, width)), len(total))

    def add_small_product(self, total: list[Value], a: list[Value], small: list[Value]) -> list[Value]:
        """`total + a small`, unreduced."""
        width = 64 * len(total)
        return self.cut(self.add_row(self.join(total, width), small[0], a), len(total))

    def reduce_wide(self, total: list[Value]) -> list[Value]:
        """`total / R`, reduced. Of a total below 2^576 the quotient is below `2^320 + r`: six limbs."""
        value = self.join(total, 64 * len(total))
        for _ in range(LIMBS):
            value = self.divide_step(value, value.type.width)
        return self.reduce_narrow(self.cut(value, LIMBS + 2))

    def reduce_narrow(self, total: list[Value]) -> list[Value]:
        """`total` modulo r, for at most eight limbs: the upper limbs times `2^256`, plus the lower four."""
        upper = total[LIMBS:] + [WORD(0)] * (2 * LIMBS - len(total))
        square = [WORD(RADIX * RADIX % MODULUS >> 64 * k & WORD_MASK) for k in range(LIMBS)]
        lower = self.join(total[:LIMBS], 256)
        for _ in range(2):
            # 2^256 < 3 r.
            lower = self.subtract_modulus(lower)
        return self.add(self.multiply(upper, square), self.cut(lower, LIMBS))


def _called(builder: Any, write: Callable[..., list[Value]], limbs: list[list[Value]], count: int) -> list[Value]:
    """Call the operation as a function of the module, made when it is first needed."""
    name, words = f"zkmargin_{write.__name__}", [limb for part in limbs for limb in part]
    function = builder.module.globals.get(name)
    if function is None:
        kind = ir.FunctionType(ir.LiteralStructType([WORD] * count), [WORD] * len(words))
        function = ir.Function(builder.module, kind, name)
        function.linkage = "linkonce_odr"
        function.attributes.add("noinline")
        code, rest = Code(ir.IRBuilder(function.append_basic_block())), iter(function.args)
        inner = write(code, *([next(rest) for _ in part] for part in limbs))
        packed = ir.Constant(kind.return_type, ir.Undefined)
        for at, limb in enumerate(inner):
            packed = code.builder.insert_value(packed, limb, at)
        code.builder.ret(packed)
    found = builder.call(function, words)
    return [builder.extract_value(found, at) for at in range(count)]


def _operation(write: Callable[..., list[Value]], result: Any, *arguments: Any, apart: bool = False) -> Any:
    """Make `Code` callable from kernels; a single word travels as itself.

    `apart` makes it one function that is called, where it would otherwise stand in every place: a few nanoseconds
    slower, and compiled once. For what runs once a round.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Value:
        code = Code(builder)
        pairs = zip(values, arguments, strict=True)
        limbs = [[value] if kind == types.uint64 else code.unpack(value, kind.count) for value, kind in pairs]
        limbs_out = _called(builder, write, limbs, result.count) if apart else write(code, *limbs)
        return context.make_tuple(builder, result, limbs_out)

    typed = result(*arguments), generate
    # numba reads the number of arguments from the signature.
    declarations = {1: lambda context, a: typed, 2: lambda context, a, b: typed, 3: lambda context, a, b, c: typed}
    return intrinsic(declarations[len(arguments)])


add = _operation(Code.add, Element, Element, Element)
add_apart = _operation(Code.add, Element, Element, Element, apart=True)
subtract_apart = _operation(Code.subtract, Element, Element, Element, apart=True)
multiply_apart = _operation(Code.multiply, Element, Element, Element, apart=True)
subtract = _operation(Code.subtract, Element, Element, Element)
multiply = _operation(Code.multiply, Element, Element, Element)
add_product = _operation(Code.add_product, Wide, Wide, Element, Element)
add_small_product = _operation(Code.add_small_product, Narrow, Narrow, Element, types.uint64)
_reduce_wide = _operation(Code.reduce_wide, Element, Wide)
_reduce_narrow = _operation(Code.reduce_narrow, Element, Narrow)


@helper
def reduce_wide(total):  # type: ignore[no-untyped-def]
    """Once a loop, not once an entry: a call that costs little here, and keeps kernels small."""
    return _reduce_wide(total)


@helper
def reduce_narrow(total):  # type: ignore[no-untyped-def]
    return _reduce_narrow(total)


@helper
def load(vector, index):  # type: ignore[no-untyped-def]
    return vector[index, 0], vector[index, 1], vector[index, 2], vector[index, 3]


@helper
def store(vector, index, element):  # type: ignore[no-untyped-def]
    vector[index, 0], vector[index, 1], vector[index, 2], vector[index, 3] = element
