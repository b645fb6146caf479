"""What kernels need of coordinates: products, encoded and decoded numbers, and rows of tables in lanes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from zkmargin.verifier.arithmetic import POINT_BYTES
from zkmargin.verifier.encoding import COMPRESSED, INFINITY, SIGN
from zkmargin.verifier.ifma.curve import BLOCK, CURVE_B, marks_identity
from zkmargin.verifier.ifma.description import BASE, LANES, RADIX_BITS, VECTOR_BYTES
from zkmargin.verifier.ifma.lanes import NORMAL_LIMB, Emitter, Number, Range
from zkmargin.verifier.ifma.library import Library
from zkmargin.verifier.ifma.products import squared
from zkmargin.verifier.ifma.registers import I64, INDEX, VECTOR, VOID, broadcast, declared, repeat, splat, transpose


def emit_nonzero(code: Emitter) -> None:
    """The number, or 1 in its place where it is zero."""
    result, source = code.arguments
    value = code.element(source)
    one = code.constant(BASE.montgomery(1))
    code.keep(result, 0, one.select(value.is_zero(), value))


def emit_one(code: Emitter) -> None:
    code.keep(code.arguments[0], 0, code.constant(BASE.montgomery(1)))


def emit_multiply(code: Emitter) -> None:
    result, left, right = code.arguments
    code.keep(result, 0, code.element(left) * code.element(right))


def emit_squares(code: Emitter) -> None:
    """`count` squares one after the other, at least one: the numbers stay in registers.

    The square of a normal number is at most a modulus above the least, and normal again once it is carried: see
    docs/kernels.md.
    """
    result, source, count = code.arguments
    start = code.element(source).limbs
    code.write(result, repeat(code.builder, count, start, lambda value: code.carry(squared(code, value))))


def emit_right_side(code: Emitter) -> None:
    """x^3 + 4."""
    result, source = code.arguments
    x = code.element(source)
    code.keep(result, 0, ((x * x) * x + code.constant(BASE.montgomery(CURVE_B))) * code.constant(BASE.montgomery(1)))


def write_mask(code: Emitter, base: Any, mask: Any) -> None:
    code.write_vector(base, 0, code.builder.zext(mask, VECTOR))


def is_large(code: Emitter, y: Number) -> Any:
    """A mask of the lanes whose y is the greater of y and -y: what the encoding's sign bit says."""
    return code.builder.not_(y.canonical().below((BASE.modulus + 1) // 2))


def emit_choose_root(code: Emitter) -> None:
    """Of a supposed root of `square`: whether it is one, and the root of the wanted sign."""
    result, verdict, root, square, sign = code.arguments
    y = code.element(root, least=1)
    write_mask(code, verdict, (y * y - code.element(square)).is_zero())
    wanted = code.builder.icmp_unsigned("!=", code.read_vector(sign), splat(0))
    differs = code.builder.xor(is_large(code, y), wanted)
    code.keep(result, 0, (-y).normal().select(differs, y))


def emit_identity_mask(code: Emitter) -> None:
    verdict, source = code.arguments
    write_mask(code, verdict, code.element(source, 2).is_zero())


AFFINE_BYTES = 2 * VECTOR_BYTES
"""A row of a table of affine points."""


def row_addresses(code: Emitter, table: Any, indices: Any, row_bytes: int) -> list[Any]:
    """The addresses of eight rows from their eight indices."""
    chosen = code.read_vector(indices)
    offsets = [code.builder.extract_element(chosen, ir.Constant(ir.IntType(32), lane)) for lane in range(LANES)]
    return [code.builder.add(table, code.builder.mul(at, ir.Constant(I64, row_bytes))) for at in offsets]


def eight_from(code: Emitter, start: Any, length: Any) -> Any:
    """The numbers of eight items from `start` on; the last of `length` again where there are no more."""
    items = code.builder.add(broadcast(code.builder, start), ir.Constant(VECTOR, list(range(LANES))))
    last = broadcast(code.builder, code.builder.sub(length, ir.Constant(I64, 1)))
    return code.builder.select(code.builder.icmp_signed("<", items, last), items, last)


def emit_lanes_at(code: Emitter) -> None:
    """The rows of the block that begins at `start`."""
    indices, start, length = code.arguments
    code.write_vector(indices, 0, eight_from(code, start, length))


def emit_rows_of(code: Emitter) -> None:
    """The same where each item has `width` rows: of each the one at `place`."""
    indices, start, length, width, place = code.arguments
    items, builder = eight_from(code, start, length), code.builder
    rows = builder.add(builder.mul(items, broadcast(builder, width)), broadcast(builder, place))
    code.write_vector(indices, 0, rows)


def emit_spaced(code: Emitter) -> None:
    """Rows at equal distances."""
    indices, first, distance = code.arguments
    builder = code.builder
    steps = builder.mul(broadcast(builder, distance), ir.Constant(VECTOR, list(range(LANES))))
    code.write_vector(indices, 0, builder.add(broadcast(builder, first), steps))


def emit_named(code: Emitter) -> None:
    """The rows of the multiples that eight digits name; those of the point begin at `first`."""
    indices, digits, first = code.arguments
    builder, chosen = code.builder, code.read_vector(digits)
    size = builder.select(builder.icmp_signed("<", chosen, splat(0)), builder.neg(chosen), chosen)
    code.write_vector(indices, 0, builder.add(broadcast(builder, first), size))


def emit_chosen(code: Emitter) -> None:
    """The rows that eight bytes choose, `distance` apart, from the `first` row of their table on."""
    indices, place, distance, first = code.arguments
    builder, rows = code.builder, broadcast(code.builder, first)
    for lane in range(LANES):
        byte = builder.inttoptr(builder.add(place, builder.mul(distance, I64(lane))), ir.IntType(8).as_pointer())
        chosen = builder.insert_element(splat(0), builder.zext(builder.load(byte), I64), ir.IntType(32)(lane))
        rows = builder.add(rows, chosen)
    code.write_vector(indices, 0, rows)


def emit_gather(coordinates: int) -> Callable[[Emitter], None]:
    """Rows of a table, one a lane, into a block."""

    def body(code: Emitter) -> None:
        result, table, indices = code.arguments
        rows = row_addresses(code, table, indices, coordinates * VECTOR_BYTES)
        for at in range(coordinates):
            limbs = transpose(code.builder, [code.read_vector(row, at) for row in rows])
            code.write(code.builder.add(result, ir.Constant(I64, at * BLOCK)), limbs)

    return body


def emit_fetch(code: Emitter) -> None:
    """Ask for affine rows that are gathered soon: tables are larger than the near caches, but the reads are known."""
    table, indices = code.arguments
    kind = ir.FunctionType(VOID, [ir.IntType(8).as_pointer()] + [ir.IntType(32)] * 3)
    prefetch = declared(code.module, "llvm.prefetch.p0", kind)
    for row in row_addresses(code, table, indices, AFFINE_BYTES):
        for line in range(0, AFFINE_BYTES, VECTOR_BYTES):
            place = code.builder.inttoptr(code.builder.add(row, ir.Constant(I64, line)), ir.IntType(8).as_pointer())
            # To be read, kept close, in the cache for data.
            code.builder.call(prefetch, [place, *(ir.Constant(ir.IntType(32), flag) for flag in (0, 3, 1))])


def emit_scatter(coordinates: int) -> Callable[[Emitter], None]:
    """A block into rows of a table. Lanes with the same row must hold the same point."""

    def body(code: Emitter) -> None:
        table, indices, source = code.arguments
        rows = row_addresses(code, table, indices, coordinates * VECTOR_BYTES)
        for at in range(coordinates):
            base = code.builder.add(source, ir.Constant(I64, at * BLOCK))
            limbs = [code.read_vector(base, limb) for limb in range(BASE.limbs)]
            for row, value in zip(rows, transpose(code.builder, limbs), strict=True):
                code.write_vector(row, at, value)

    return body


WORD_BITS = 64
ENCODED_WORDS = POINT_BYTES * 8 // WORD_BITS
ENCODED = ir.VectorType(I64, ENCODED_WORDS)
FIRST_WORDS = ir.Constant(ir.VectorType(ir.IntType(32), ENCODED_WORDS), list(range(ENCODED_WORDS)))
EIGHT_WORDS = ir.Constant(INDEX, list(range(LANES)))
FLAG_BITS = 3


def regroup(code: Emitter, pieces: Sequence[Any], width: int, other: int, count: int) -> list[Any]:
    """Numbers in pieces of so many bits, cut into pieces of another width."""
    found = []
    for at in range(count):
        total = splat(0)
        for place, piece in enumerate(pieces):
            shift = width * place - other * at
            if -width < shift < other:
                moved = code.builder.shl(piece, splat(shift)) if shift > 0 else code.builder.lshr(piece, splat(-shift))
                total = code.builder.or_(total, moved)
        found.append(code.builder.and_(total, splat((1 << other) - 1)))
    return found


def bytes_reversed(code: Emitter, words: Sequence[Any]) -> list[Any]:
    """From little-endian words, the lowest first, to big-endian ones, the highest first; or back."""
    swap = declared(code.module, "llvm.bswap.v8i64", ir.FunctionType(VECTOR, [VECTOR]))
    return [code.builder.call(swap, [word]) for word in reversed(words)]


def emit_decode(code: Emitter) -> None:
    """The x of rows of bytes, whatever they are, into Montgomery form, and their sign flags."""
    result, sign, table, indices = code.arguments
    builder, rows = code.builder, []
    for row in row_addresses(code, table, indices, POINT_BYTES):
        value = builder.load(builder.inttoptr(row, ENCODED.as_pointer()))
        value.align = 1
        rows.append(builder.shuffle_vector(value, value, EIGHT_WORDS))
    words = bytes_reversed(code, transpose(builder, rows)[:ENCODED_WORDS])
    code.write_vector(sign, 0, builder.and_(words[-1], splat(SIGN << WORD_BITS - 8)))
    words[-1] = builder.and_(words[-1], splat((1 << WORD_BITS - FLAG_BITS) - 1))
    limbs = regroup(code, words, WORD_BITS, RADIX_BITS, BASE.limbs)
    x = Number(code, limbs, NORMAL_LIMB, Range(0, (1 << 8 * POINT_BYTES - FLAG_BITS) - 1))
    code.keep(result, 0, x * code.constant(BASE.montgomery(BASE.capacity)))


def emit_encode(code: Emitter) -> None:
    """Affine points into rows of bytes: big-endian x under the flags."""
    table, indices, source = code.arguments
    builder, y = code.builder, code.element(source, 1)
    words = regroup(code, code.element(source, 0).canonical().limbs, RADIX_BITS, WORD_BITS, ENCODED_WORDS)
    absent, greater, lesser = (splat((COMPRESSED | flag) << WORD_BITS - 8) for flag in (INFINITY, SIGN, 0))
    flags = builder.select(marks_identity(code, y), absent, builder.select(is_large(code, y), greater, lesser))
    words[-1] = builder.or_(words[-1], flags)
    columns = [*bytes_reversed(code, words), *[splat(0)] * (LANES - ENCODED_WORDS)]
    rows = row_addresses(code, table, indices, POINT_BYTES)
    for row, value in zip(rows, transpose(builder, columns), strict=True):
        kept = builder.shuffle_vector(value, value, FIRST_WORDS)
        builder.store(kept, builder.inttoptr(row, ENCODED.as_pointer())).align = 1


LIBRARY = Library("coordinates")

identity_mask = LIBRARY.routine(BASE, "point_identity_mask", 2, emit_identity_mask)
encode = LIBRARY.routine(BASE, "affine_encode", 3, emit_encode)
one = LIBRARY.routine(BASE, "one", 1, emit_one)
nonzero = LIBRARY.routine(BASE, "nonzero", 2, emit_nonzero)
multiply = LIBRARY.routine(BASE, "multiply", 3, emit_multiply)
squares = LIBRARY.routine(BASE, "squares", 3, emit_squares)
decode = LIBRARY.routine(BASE, "x_decode", 4, emit_decode)
right_side = LIBRARY.routine(BASE, "right_side", 2, emit_right_side)
choose_root = LIBRARY.routine(BASE, "choose_root", 5, emit_choose_root)
lanes_at = LIBRARY.routine(BASE, "lanes_at", 3, emit_lanes_at)
rows_of = LIBRARY.routine(BASE, "lanes_rows_of", 5, emit_rows_of)
spaced = LIBRARY.routine(BASE, "lanes_spaced", 3, emit_spaced)
named = LIBRARY.routine(BASE, "lanes_named", 3, emit_named)
chosen = LIBRARY.routine(BASE, "lanes_chosen", 4, emit_chosen)
gather_point = LIBRARY.routine(BASE, "gather_point", 3, emit_gather(3))
fetch_affine = LIBRARY.routine(BASE, "fetch_affine", 2, emit_fetch)
gather_affine = LIBRARY.routine(BASE, "gather_affine", 3, emit_gather(2))
scatter_point = LIBRARY.routine(BASE, "scatter_point", 3, emit_scatter(3))
scatter_affine = LIBRARY.routine(BASE, "scatter_affine", 3, emit_scatter(2))
