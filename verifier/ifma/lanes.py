"""The code generator: arithmetic on eight numbers at once, emitted as LLVM functions that numba kernels call.

A `Number` is the generator's view of eight numbers: one 512-bit register a limb, and what is known of them: the range
of the limbs and of the number. Sums and differences only add limbs; nothing is carried or reduced until a product or
a store needs it. The ranges are exact integers, carried through every operation while the code is generated, and a
formula in which anything could overflow does not compile. docs/kernels.md derives the bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from zkmargin.circuits.errors import InternalError
from zkmargin.verifier.ifma.description import LANES, LIMB_MASK, RADIX_BITS, VECTOR_BYTES, PrimeField
from zkmargin.verifier.ifma.products import emit_product, emit_square, multiplied, raw_limb_bound, squared
from zkmargin.verifier.ifma.registers import I1, I64, MASK, VECTOR, VOID, declared, splat

KEPT = 2
"""Numbers in memory are below this many times the modulus, unless a formula says otherwise."""

LANE_LIMIT = (1 << 63) - (1 << 12)
"""Lanes are read as signed, because differences may be negative before they are carried; a carry must fit on top."""


@dataclass(frozen=True)
class Range:
    """Inclusive bounds."""

    low: int
    high: int

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return Range(self.low - other.high, self.high - other.low)

    def __mul__(self, factor: int) -> Range:
        return Range(self.low * factor, self.high * factor)

    def union(self, other: Range) -> Range:
        return Range(min(self.low, other.low), max(self.high, other.high))


NORMAL_LIMB = Range(0, LIMB_MASK)


class Number:
    """Eight numbers, limb by limb, with the ranges their limbs and values are known to lie in."""

    def __init__(self, code: Emitter, limbs: Sequence[Any], limb: Range, value: Range, slot: Any = None) -> None:
        if not -LANE_LIMIT <= limb.low <= limb.high < LANE_LIMIT:
            raise InternalError("generated arithmetic: a limb could overflow its lane")
        self.code = code
        self.limbs = list(limbs)
        self.limb = limb
        self.value = value
        self.slot = slot

    def __add__(self, other: Number) -> Number:
        add = self.code.builder.add
        limbs = [add(x, y) for x, y in zip(self.limbs, other.limbs, strict=True)]
        return Number(self.code, limbs, self.limb + other.limb, self.value + other.value)

    def __sub__(self, other: Number) -> Number:
        sub = self.code.builder.sub
        limbs = [sub(x, y) for x, y in zip(self.limbs, other.limbs, strict=True)]
        return Number(self.code, limbs, self.limb - other.limb, self.value - other.value)

    def __neg__(self) -> Number:
        return self.code.constant(0) - self

    def __lshift__(self, bits: int) -> Number:
        limbs = [self.code.builder.shl(x, splat(bits)) for x in self.limbs]
        return Number(self.code, limbs, self.limb * (1 << bits), self.value * (1 << bits))

    def __mul__(self, other: Number) -> Number:
        return self.code.product([(self, other)])

    @property
    def is_normal(self) -> bool:
        return self.limb.low >= 0 and self.limb.high <= LIMB_MASK and self.value.low >= 0

    def normal(self) -> Number:
        """The same residue with every limb in [0, 2^52): what a product takes. A negative range is lifted first."""
        if self.is_normal:
            return self
        lifted = self + self.code.multiple(-(self.value.low // self.code.field.modulus))
        if lifted.value.high >= self.code.field.capacity:
            raise InternalError("generated arithmetic: a number could exceed its limbs")
        return Number(self.code, self.code.carry(lifted.limbs), NORMAL_LIMB, lifted.value)

    def settle(self) -> None:
        """Keep only the normal form, so that a second product need not make it again."""
        if not self.is_normal:
            value = self.normal()
            self.limbs, self.limb, self.value, self.slot = value.limbs, value.limb, value.value, None

    def stored(self) -> Any:
        """The address of the normal form."""
        self.settle()
        if self.slot is None:
            self.slot = self.code.new_slot()
            self.code.write(self.slot, self.limbs)
        return self.slot

    def is_zero(self) -> Any:
        """A mask of the lanes whose residue is zero: the number is compared with each multiple in its range."""
        builder, value = self.code.builder, self.normal()
        found = ir.Constant(MASK, [ir.Constant(I1, 0)] * LANES)
        for times in range(value.value.high // self.code.field.modulus + 1):
            limbs = self.code.field.split(times * self.code.field.modulus)
            differing = splat(0)
            for mine, theirs in zip(value.limbs, limbs, strict=True):
                differing = builder.or_(differing, builder.xor(mine, splat(theirs)))
            found = builder.or_(found, builder.icmp_unsigned("==", differing, splat(0)))
        return found

    def select(self, mask: Any, other: Number) -> Number:
        """This number where the mask is set, the other elsewhere."""
        limbs = [self.code.builder.select(mask, x, y) for x, y in zip(self.limbs, other.limbs, strict=True)]
        return Number(self.code, limbs, self.limb.union(other.limb), self.value.union(other.value))

    def below(self, bound: int) -> Any:
        """A mask of the lanes in which this normal number is less than `bound`."""
        difference = self - self.code.constant(bound)
        top = self.code.carry(difference.limbs)[-1]
        return self.code.builder.icmp_signed("<", top, splat(0))

    def canonical(self) -> Number:
        """Out of Montgomery form, in [0, modulus).

        A normal number is below the radix, so its product with 1 is at most the modulus, and that only for zero.
        """
        code, modulus = self.code, self.code.field.modulus
        value = (self * code.constant(1)).normal()
        result = value.select(value.below(modulus), code.constant(0))
        return Number(code, result.limbs, NORMAL_LIMB, Range(0, modulus - 1))


class Emitter:
    """Emits the body of one function; its arguments are addresses.

    Products are calls of one function, or *inlined*: that is faster by a tenth, and takes twice as long to compile.
    """

    def __init__(self, field: PrimeField, function: ir.Function, inlined: bool = False) -> None:
        self.field = field
        self.inlined = inlined
        self.module = function.module
        self.entry = function.append_basic_block("entry")
        self.builder = ir.IRBuilder(self.entry)
        self.arguments = list(function.args)

    def multiply_add(self, half: int, total: Any, left: Any, right: Any) -> Any:
        """`total` plus the low (0) or high (1) 52 bits of a product of the low 52 bits of two lanes."""
        kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
        name = f"llvm.x86.avx512.vpmadd52{'lh'[half]}.uq.512"
        return self.builder.call(declared(self.module, name, kind), [total, left, right])

    def address(self, base: Any, vectors: int = 0) -> Any:
        """A pointer to a vector, from an integer."""
        at = self.builder.add(base, ir.Constant(I64, vectors * VECTOR_BYTES))
        return self.builder.inttoptr(at, VECTOR.as_pointer())

    def read_vector(self, base: Any, vectors: int = 0) -> Any:
        # Rows of tables may stand anywhere; on aligned ones an unaligned load costs the same.
        value = self.builder.load(self.address(base, vectors))
        value.align = 8
        return value

    def write_vector(self, base: Any, vectors: int, value: Any) -> None:
        self.builder.store(value, self.address(base, vectors)).align = 8

    def read(self, base: Any, value: Range, limb: Range = NORMAL_LIMB) -> Number:
        limbs = [self.read_vector(base, at) for at in range(self.field.limbs)]
        return Number(self, limbs, limb, value, base if limb == NORMAL_LIMB else None)

    def element(self, base: Any, index: int = 0, least: int = 0, times: int = KEPT) -> Number:
        """The block at `index` after `base`, in the form in which numbers are kept: normal and below `times` moduli.

        `least` is 1 where the caller knows that the number cannot be zero.
        """
        at = self.builder.add(base, ir.Constant(I64, index * self.field.bytes))
        return self.read(at, Range(least, times * self.field.modulus - 1))

    def kept(self, number: Number, times: int = KEPT) -> Number:
        """A number in the form in which numbers are kept."""
        value = number.normal()
        if value.value.high >= times * self.field.modulus:
            raise InternalError("generated arithmetic: a kept number could exceed its limit")
        return value

    def keep(self, base: Any, index: int, number: Number, times: int = KEPT) -> None:
        """Store a number in that form."""
        value = self.kept(number, times)
        self.write(self.builder.add(base, ir.Constant(I64, index * self.field.bytes)), value.limbs)

    def write(self, base: Any, limbs: Sequence[Any]) -> None:
        for at, limb in enumerate(limbs):
            self.write_vector(base, at, limb)

    def new_slot(self) -> Any:
        """Room on the stack for one block."""
        with self.builder.goto_block(self.entry):
            self.builder.position_at_start(self.entry)
            room = self.builder.alloca(ir.ArrayType(VECTOR, self.field.limbs))
            room.align = VECTOR_BYTES
            return self.builder.ptrtoint(room, I64)

    def constant(self, value: int) -> Number:
        limbs = self.field.split(value)
        return Number(self, [splat(limb) for limb in limbs], NORMAL_LIMB, Range(value, value))

    def multiple(self, times: int) -> Number:
        """A multiple of the modulus."""
        return self.constant(times * self.field.modulus)

    def carry(self, limbs: Sequence[Any]) -> list[Any]:
        """Move what exceeds 52 bits to the next limb; the last limb keeps its excess and its sign."""
        done, carried = [], splat(0)
        for limb in limbs:
            total = self.builder.add(limb, carried)
            done.append(self.builder.and_(total, splat(LIMB_MASK)))
            carried = self.builder.ashr(total, splat(RADIX_BITS))
        done[-1] = total
        return done

    def product(self, pairs: Sequence[tuple[Number, Number]]) -> Number:
        """The sum of the products of all pairs, reduced once. Equal factors take the shorter way of a square."""
        for factor in (number for pair in pairs for number in pair):
            factor.settle()
        high = sum(left.value.high * right.value.high for left, right in pairs)
        value = Range(0, (high + (self.field.capacity - 1) * self.field.modulus) // self.field.capacity)
        limb = Range(0, raw_limb_bound(self.field, len(pairs)))
        square = len(pairs) == 1 and pairs[0][0] is pairs[0][1]
        if not self.inlined:
            return self.read(self._called(pairs, square), value, limb)
        columns = [(left.limbs, right.limbs) for left, right in pairs]
        return Number(self, squared(self, columns[0][0]) if square else multiplied(self, columns), limb, value)

    def _called(self, pairs: Sequence[tuple[Number, Number]], square: bool) -> Any:
        """Where a function of the module leaves the product."""
        name = f"{self.field.name}_{'square' if square else 'product'}_{len(pairs)}"
        slots = [factor.stored() for pair in pairs for factor in (pair[:1] if square else pair)]
        callee = function(self.module, self.field, name, len(slots) + 1, emit_square if square else emit_product)
        result = self.new_slot()
        self.builder.call(callee, [result, *slots])
        return result


def function(
    module: ir.Module,
    field: PrimeField,
    name: str,
    arity: int,
    body: Callable[[Emitter], None],
    linkage: str = "internal",
    inlined: bool = False,
) -> ir.Function:
    """The function of that name in the module, emitted on first use: once a module, however often it is called."""
    found = module.globals.get(name)
    if found is not None:
        return found
    made = ir.Function(module, ir.FunctionType(VOID, [I64] * arity), name)
    made.linkage = linkage
    made.attributes.add("noinline")
    code = Emitter(field, made, inlined)
    body(code)
    code.builder.ret_void()
    return made
