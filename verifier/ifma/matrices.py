"""Vectors of elements times matrices of 64-bit words: lanes are eight columns, and a row's element is in all of them.

A word enters a product as two digits of 52 bits, of which the upper has twelve; an element as its limbs, read from
memory one by one. The sums of so many rows are reduced once.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from zkmargin.verifier.ifma.description import LANES, LIMB_MASK, RADIX_BITS, SCALAR, VECTOR_BYTES
from zkmargin.verifier.ifma.elements import REDUCED, WORD_BITS, read, write
from zkmargin.verifier.ifma.lanes import NORMAL_LIMB, Emitter, Number, Range
from zkmargin.verifier.ifma.library import Library
from zkmargin.verifier.ifma.products import accumulate
from zkmargin.verifier.ifma.registers import I64, VECTOR, broadcast, splat

ROWS = 128
"""Rows that are summed before a reduction; a multiple of the lanes, since elements are unpacked eight at a time."""

DIGITS = 2
COLUMNS = SCALAR.limbs + 1
"""A column for each limb of an element times a digit."""

ROW_BYTES = 8 * SCALAR.limbs
LIMBS_BYTES = ROWS * ROW_BYTES
ENDING_BYTES = 2 * VECTOR_BYTES

HALVES = 4 * ROWS
"""A column of the sum collects at most two halves of products from each row and digit."""

HIGHEST = ROWS * ((1 << WORD_BITS) - 1) * REDUCED.high


def emit_limbs(code: Emitter) -> None:
    """Eight elements in limbs: what the sums read one by one."""
    result, source = code.arguments
    code.write(result, read(code, source).limbs)


def emit_ending(code: Emitter) -> None:
    """The last eight words of a matrix and eight zeros, to be read in place of what stands behind its end.

    `count` of the words, at most eight, are the matrix's; those before them are zero too.
    """
    result, end, count = code.arguments
    for at in range(LANES):
        inside = code.builder.icmp_signed("<=", ir.Constant(I64, LANES - at), count)
        place = code.builder.select(inside, code.builder.sub(end, ir.Constant(I64, 8 * (LANES - at))), result)
        value = code.builder.load(code.builder.inttoptr(place, I64.as_pointer()))
        value.align = 8
        value = code.builder.select(inside, value, ir.Constant(I64, 0))
        target = code.builder.add(result, ir.Constant(I64, 8 * at))
        code.builder.store(value, code.builder.inttoptr(target, I64.as_pointer())).align = 8
    code.write_vector(result, 1, splat(0))


def emit_sums(code: Emitter) -> None:
    """Eight columns of a matrix: what stands before them plus all rows times their elements.

    Of `count` rows, at least one, `stride` bytes apart. Where the last row ends within the eight columns, lanes behind
    it hold other words of the matrix, or zeros of its `ending`; their sums are of no use, and do no harm.
    """
    result, before, *matrix = code.arguments
    write(code, result, read(code, before) + reduced_columns(code, emit_rows(code, *matrix)))


def emit_rows(code: Emitter, words: Any, limbs: Any, count: Any, stride: Any, whole: Any, ending: Any) -> list[Any]:
    """The loop over the rows; words behind `whole` are read in the ending.

    Each digit has columns of its own, so that fewer products wait for each other.
    """
    builder, start = code.builder, code.builder.block
    loop, done = (builder.function.append_basic_block(name) for name in ("loop", "done"))
    builder.branch(loop)
    builder.position_at_end(loop)
    row, place, *totals = phis = [builder.phi(kind) for kind in (I64, I64, *[VECTOR] * DIGITS * COLUMNS)]
    word, element = read_before_end(code, place, whole, ending), read_limbs(code, limbs, row)
    digits = [totals[:COLUMNS], totals[COLUMNS:]]
    for at, columns in enumerate(digits):
        # Products take the low 52 bits of a lane only.
        accumulate(code, columns, 0, builder.lshr(word, splat(at * RADIX_BITS)), element)
    following = [builder.add(row, ir.Constant(I64, 1)), builder.add(place, stride), *digits[0], *digits[1]]
    builder.cbranch(builder.icmp_signed("<", following[0], count), loop, done)
    for phi, first, later in zip(phis, [ir.Constant(I64, 0), words, *[splat(0)] * len(totals)], following, strict=True):
        phi.add_incoming(first, start)
        phi.add_incoming(later, loop)
    builder.position_at_end(done)
    return [builder.add(low, high) for low, high in zip([*digits[0], splat(0)], [splat(0), *digits[1]], strict=True)]


def read_before_end(code: Emitter, place: Any, whole: Any, ending: Any) -> Any:
    """Eight words, none of them behind the end of the matrix."""
    beyond = code.builder.sub(place, whole)
    late = code.builder.icmp_signed(">", beyond, ir.Constant(I64, 0))
    return code.read_vector(code.builder.select(late, code.builder.add(ending, beyond), place))


def read_limbs(code: Emitter, limbs: Any, row: Any) -> list[Any]:
    """An element's limbs, each in all lanes, from where `emit_limbs` put them eight elements at a time."""
    builder, mask = code.builder, ir.Constant(I64, LANES - 1)
    block = builder.mul(builder.lshr(row, ir.Constant(I64, LANES.bit_length() - 1)), ir.Constant(I64, SCALAR.bytes))
    first = builder.add(builder.add(limbs, block), builder.shl(builder.and_(row, mask), ir.Constant(I64, 3)))
    found = []
    for limb in range(SCALAR.limbs):
        place = builder.add(first, ir.Constant(I64, limb * VECTOR_BYTES))
        value = builder.load(builder.inttoptr(place, I64.as_pointer()))
        value.align = 8
        found.append(broadcast(builder, value))
    return found


def reduced_columns(code: Emitter, columns: list[Any]) -> Number:
    """The number that the columns hold, modulo r: its low limbs times one, and the others times the radix."""
    held = Number(code, columns, Range(0, HALVES * LIMB_MASK), Range(0, HIGHEST))
    limbs, missing = code.carry(held.limbs), [splat(0)] * (2 * SCALAR.limbs - len(columns))
    low = Number(code, limbs[: SCALAR.limbs], NORMAL_LIMB, Range(0, SCALAR.capacity - 1))
    high = Number(code, limbs[SCALAR.limbs :] + missing, NORMAL_LIMB, Range(0, HIGHEST // SCALAR.capacity))
    one = SCALAR.montgomery(1)
    return code.product([(low, code.constant(one)), (high, code.constant(SCALAR.montgomery(one)))])


LIBRARY = Library("matrices")

limbs = LIBRARY.routine(SCALAR, "rows_limbs", 2, emit_limbs)
ending = LIBRARY.routine(SCALAR, "words_ending", 3, emit_ending)
sums = LIBRARY.routine(SCALAR, "columns_sums", 8, emit_sums)
