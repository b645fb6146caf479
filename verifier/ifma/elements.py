"""Elements of the scalar field in lanes, and back: the portable field's four 64-bit words an element, eight at a time.

Vectors keep the form of `verifier.field`: reduced, with Montgomery radix 2^256. So the kernels here and the portable
ones work on the same arrays. In lanes the radix is 2^260, that of five limbs; the factor 16 between them is a shift by
four bits while one factor of each product is unpacked: `(16 a) b / 2^260 = a b / 2^256`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from zkmargin.verifier.ifma.description import LANES, RADIX_BITS, SCALAR
from zkmargin.verifier.ifma.lanes import NORMAL_LIMB, Emitter, Number, Range
from zkmargin.verifier.ifma.library import Library
from zkmargin.verifier.ifma.registers import I64, INDEX, VECTOR, declared, splat

WORD_BITS = 64
WORDS = 4
ROW = ir.VectorType(I64, WORDS)
ROW_BYTES = 8 * WORDS
BLOCK_BYTES = ROW_BYTES * LANES
SHIFT = RADIX_BITS * SCALAR.limbs - WORD_BITS * WORDS
"""The radices differ by 2^4."""

REDUCED = Range(0, SCALAR.modulus - 1)
ANY_WORDS = Range(0, (1 << WORD_BITS * WORDS) - 1)

# Rows 2k and 2k + 1 stand in vector k. These exchanges gather one word of four rows, and then of eight; the same
# exchanges in the other order bring words back to rows.
EVEN_WORDS, ODD_WORDS = [0, 4, 8, 12, 1, 5, 9, 13], [2, 6, 10, 14, 3, 7, 11, 15]
LOWER_HALVES, UPPER_HALVES = [0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]


def exchange(code: Emitter, left: Any, right: Any, chosen: Sequence[int]) -> Any:
    return code.builder.shuffle_vector(left, right, ir.Constant(INDEX, list(chosen)))


def read_words(code: Emitter, base: Any) -> list[Any]:
    """Eight rows that follow each other, word by word."""
    rows = [code.read_vector(base, at) for at in range(WORDS)]
    words = []
    for chosen in (EVEN_WORDS, ODD_WORDS):
        near, far = exchange(code, rows[0], rows[1], chosen), exchange(code, rows[2], rows[3], chosen)
        words += [exchange(code, near, far, halves) for halves in (LOWER_HALVES, UPPER_HALVES)]
    return words


def write_words(code: Emitter, base: Any, words: Sequence[Any]) -> None:
    for at, halves in enumerate((LOWER_HALVES, UPPER_HALVES)):
        low, high = exchange(code, words[0], words[1], halves), exchange(code, words[2], words[3], halves)
        for part, chosen in enumerate((EVEN_WORDS, ODD_WORDS)):
            code.write_vector(base, 2 * at + part, exchange(code, low, high, chosen))


def repeated_words(code: Emitter, base: Any) -> list[Any]:
    """One row in all lanes."""
    words = []
    for at in range(WORDS):
        place = code.builder.inttoptr(code.builder.add(base, ir.Constant(I64, 8 * at)), I64.as_pointer())
        word = code.builder.load(place)
        word.align = 8
        single = code.builder.insert_element(ir.Constant(VECTOR, ir.Undefined), word, ir.Constant(ir.IntType(32), 0))
        words.append(exchange(code, single, single, [0] * LANES))
    return words


def unpack(code: Emitter, words: Sequence[Any], value: Range = REDUCED, shift: int = 0) -> Number:
    """The number `2^shift` times these words, in limbs of 52 bits."""
    limbs = [window(code, words, RADIX_BITS * limb - shift) for limb in range(SCALAR.limbs)]
    return Number(code, limbs, NORMAL_LIMB, value * (1 << shift))


def window(code: Emitter, words: Sequence[Any], start: int) -> Any:
    """52 bits of a number of four words."""
    builder = code.builder
    if start < 0:
        found = builder.shl(words[0], splat(-start))
    else:
        at, offset = divmod(start, WORD_BITS)
        if offset + RADIX_BITS > WORD_BITS and at + 1 < WORDS:
            funnel = declared(code.module, "llvm.fshr.v8i64", ir.FunctionType(VECTOR, [VECTOR] * 3))
            found = builder.call(funnel, [words[at + 1], words[at], splat(offset)])
        else:
            found = builder.lshr(words[at], splat(offset))
    return builder.and_(found, splat((1 << RADIX_BITS) - 1))


def pack(code: Emitter, limbs: Sequence[Any]) -> list[Any]:
    """The words of a reduced number: each word has bits of two limbs."""
    builder, words = code.builder, []
    for at in range(WORDS):
        limb, offset = divmod(at * WORD_BITS, RADIX_BITS)
        upper = builder.shl(limbs[limb + 1], splat(RADIX_BITS - offset))
        words.append(builder.or_(builder.lshr(limbs[limb], splat(offset)), upper))
    return words


def read(code: Emitter, base: Any, shift: int = 0, value: Range = REDUCED) -> Number:
    return unpack(code, read_words(code, base), value, shift)


def read_repeated(code: Emitter, base: Any, shift: int = 0) -> Number:
    return unpack(code, repeated_words(code, base), shift=shift)


def write(code: Emitter, base: Any, number: Number) -> None:
    write_words(code, base, pack(code, reduced(code, number).limbs))


def reduced(code: Emitter, number: Number) -> Number:
    """Below the modulus: multiples of it, each half the one before, are taken off where they can be."""
    value, modulus = number.normal(), SCALAR.modulus
    while (times := value.value.high // modulus) > 0:
        largest = modulus << times.bit_length() - 1
        difference = value - code.constant(largest)
        limbs = code.carry(difference.limbs)
        negative = code.builder.icmp_signed("<", limbs[-1], splat(0))
        chosen = [code.builder.select(negative, old, new) for old, new in zip(value.limbs, limbs, strict=True)]
        value = Number(code, chosen, NORMAL_LIMB, Range(0, max(largest - 1, value.value.high - largest)))
    return value


def emit_one(code: Emitter) -> None:
    """A row that holds one."""
    write_row(code, code.arguments[0], code.constant((1 << WORD_BITS * WORDS) % SCALAR.modulus))


def write_row(code: Emitter, base: Any, number: Number) -> None:
    """The first lane."""
    for at, word in enumerate(pack(code, reduced(code, number).limbs)):
        place = code.builder.inttoptr(code.builder.add(base, ir.Constant(I64, 8 * at)), I64.as_pointer())
        code.builder.store(code.builder.extract_element(word, ir.Constant(ir.IntType(32), 0)), place).align = 8


def emit_take(code: Emitter) -> None:
    """Copy the first `count` of eight rows and fill up with zeros."""
    result, source, count = code.arguments
    for row, (inside, place) in enumerate(rows_inside(code, source, result, count)):
        value = code.builder.load(place)
        value.align = 8
        value = code.builder.select(inside, value, ir.Constant(ROW, [0] * WORDS))
        code.builder.store(value, row_pointer(code, result, row)).align = 8


def emit_give(code: Emitter) -> None:
    """Copy the first `count` of eight rows; the others stay where they are."""
    result, source, count = code.arguments
    for row, (_, place) in enumerate(rows_inside(code, result, source, count)):
        value = code.builder.load(row_pointer(code, source, row))
        value.align = 8
        code.builder.store(value, place).align = 8


def rows_inside(code: Emitter, rows: Any, spare: Any, count: Any) -> list[tuple[Any, Any]]:
    """For each of eight rows whether it is one of the first `count`, and its place: if not, in `spare`."""
    found = []
    for row in range(LANES):
        inside = code.builder.icmp_signed("<", ir.Constant(I64, row), count)
        found.append((inside, code.builder.select(inside, row_pointer(code, rows, row), row_pointer(code, spare, row))))
    return found


def row_pointer(code: Emitter, rows: Any, row: int) -> Any:
    place = code.builder.add(rows, ir.Constant(I64, row * ROW_BYTES))
    return code.builder.inttoptr(place, ROW.as_pointer())


def emit_multiply(code: Emitter) -> None:
    """Of any words and reduced ones."""
    result, left, right = code.arguments
    write(code, result, read(code, left, value=ANY_WORDS) * read(code, right, SHIFT))


def emit_scale(code: Emitter) -> None:
    result, source, factor = code.arguments
    write(code, result, read(code, source, value=ANY_WORDS) * read_repeated(code, factor, SHIFT))


def emit_fold(code: Emitter) -> None:
    result, low, high, challenge = code.arguments
    start = read(code, low)
    write(code, result, start + (read(code, high) - start) * read_repeated(code, challenge, SHIFT))


def emit_split(code: Emitter) -> None:
    """A step of an equality table: `t` times the entries, and what that leaves of them."""
    low, high, source, point = code.arguments
    value = read(code, source)
    upper = reduced(code, value * read_repeated(code, point, SHIFT))
    write(code, high, upper)
    write(code, low, value - upper)


LIBRARY = Library("elements")

take = LIBRARY.routine(SCALAR, "rows_take", 3, emit_take)
give = LIBRARY.routine(SCALAR, "rows_give", 3, emit_give)
one = LIBRARY.routine(SCALAR, "row_one", 1, emit_one)
multiply = LIBRARY.routine(SCALAR, "rows_multiply", 3, emit_multiply)
scale = LIBRARY.routine(SCALAR, "rows_scale", 3, emit_scale)
fold = LIBRARY.routine(SCALAR, "rows_fold", 4, emit_fold)
split = LIBRARY.routine(SCALAR, "rows_split", 4, emit_split)
