"""The kernels of the portable field that have a faster form here: same arrays, same arguments, same results.

A kernel takes eight rows at a time where they stand. Where fewer are left, it copies them into eight rows of its own,
filled up with zeros; a table's missing tail is zero as well, so both cases are one.
"""

from __future__ import annotations

from typing import Any

from zkmargin.verifier.field.stretches import FIRST, answer, far_end, folded_gram, gram_sums, shorten
from zkmargin.verifier.ifma import elements, matrices, totals
from zkmargin.verifier.ifma.compiler import helper, kernel
from zkmargin.verifier.ifma.description import LANES, VECTOR_BYTES
from zkmargin.verifier.ifma.elements import BLOCK_BYTES, ROW_BYTES
from zkmargin.verifier.ifma.registers import address, stack
from zkmargin.verifier.ifma.totals import STEPS, SUM_BYTES

elements.LIBRARY.load()
matrices.LIBRARY.load()
totals.LIBRARY.load()

block_room, sum_room, pair_room = stack(BLOCK_BYTES), stack(SUM_BYTES), stack(2 * SUM_BYTES)
limbs_room, ending_room = stack(matrices.LIMBS_BYTES), stack(matrices.ENDING_BYTES)


@helper
def rows_at(table: int, at: int, limit: int, spare: int) -> int:
    """The address of eight rows from `at` on; those from `limit` on are zero."""
    if at + LANES <= limit:
        return table + at * ROW_BYTES
    elements.take(spare, table + at * ROW_BYTES, limit - at)
    return spare


@helper
def target_at(table: int, at: int, limit: int, spare: int) -> int:
    """Where to write eight rows, or the first few of them; `written` completes the latter."""
    return table + at * ROW_BYTES if at + LANES <= limit else spare


@helper
def written(table: int, at: int, limit: int, spare: int) -> None:
    if at + LANES > limit:
        elements.give(table + at * ROW_BYTES, spare, limit - at)


@kernel
def multiply_vectors(result: Any, left: Any, right: Any) -> None:
    a, b, out = block_room(), block_room(), block_room()
    count = len(result)
    for at in range(0, count, LANES):
        target = target_at(address(result), at, count, out)
        elements.multiply(target, rows_at(address(left), at, count, a), rows_at(address(right), at, count, b))
        written(address(result), at, count, out)


@kernel
def scale(result: Any, vector: Any, factor: Any) -> None:
    a, out = block_room(), block_room()
    count = len(result)
    for at in range(0, count, LANES):
        target = target_at(address(result), at, count, out)
        elements.scale(target, rows_at(address(vector), at, count, a), address(factor))
        written(address(result), at, count, out)


@kernel
def outer_product(result: Any, left: Any, right: Any) -> None:
    a, out = block_room(), block_room()
    width = len(right)
    for i in range(len(left)):
        row = address(result) + i * width * ROW_BYTES
        for at in range(0, width, LANES):
            source = rows_at(address(right), at, width, a)
            elements.scale(target_at(row, at, width, out), source, address(left) + i * ROW_BYTES)
            written(row, at, width, out)


@kernel
def equality_table(result: Any, point: Any) -> None:
    """Doubles the table once for each variable, from the least significant."""
    a, low, high = block_room(), block_room(), block_room()
    elements.one(address(result))
    size = 1
    for variable in range(len(point) - 1, -1, -1):
        lower, upper = address(result), address(result) + size * ROW_BYTES
        for at in range(0, size, LANES):
            near, far = target_at(lower, at, size, low), target_at(upper, at, size, high)
            elements.split(near, far, rows_at(lower, at, size, a), address(point) + variable * ROW_BYTES)
            written(lower, at, size, low)
            written(upper, at, size, high)
        size *= 2


@kernel
def fold(table: Any, half: int, challenge: Any, start: int, stop: int) -> None:
    """Binds the most significant variable in place: `low + challenge (high - low)`."""
    a, b, out = block_room(), block_room(), block_room()
    for at in range(start, stop, LANES):
        low = rows_at(address(table), at, stop, a)
        high = rows_at(address(table), half + at, len(table), b)
        elements.fold(target_at(address(table), at, stop, out), low, high, address(challenge))
        written(address(table), at, stop, out)


@kernel
def small_matrix(result: Any, vectors: Any, matrix: Any, start: int, stop: int) -> None:
    """Of each vector so many rows at a time go into limbs; a block of results takes them all before the next does."""
    before, a, out, limbs, ending = block_room(), block_room(), block_room(), limbs_room(), ending_room()
    rows, columns = matrix.shape
    end = address(matrix) + 8 * rows * columns
    matrices.ending(ending, end, min(LANES, rows * columns))
    elements.take(before, before, 0)
    at = start
    while at < stop:
        vector, column = at // columns, at % columns
        last = min(columns, column + stop - at)
        source, target = address(vectors) + vector * rows * ROW_BYTES, address(result) + vector * columns * ROW_BYTES
        for first in range(0, rows, matrices.ROWS):
            count = min(matrices.ROWS, rows - first)
            for row in range(0, count, LANES):
                matrices.limbs(limbs + row * matrices.ROW_BYTES, rows_at(source, first + row, rows, a))
            for c in range(column, last, LANES):
                words, there = address(matrix) + 8 * (first * columns + c), target_at(target, c, last, out)
                found = before if first == 0 else rows_at(target, c, last, a)
                matrices.sums(there, found, words, limbs, count, 8 * columns, end - VECTOR_BYTES, ending)
                written(target, c, last, out)
        at += last - column


@helper
def begin_pair(sums: int) -> None:
    totals.begin(sums)
    totals.begin(sums + SUM_BYTES)


@helper
def settle_pair(sums: int) -> None:
    totals.settle(sums)
    totals.settle(sums + SUM_BYTES)


@helper
def store_pair(result: int, sums: int) -> None:
    """Sums leave kernels as ordinary numbers, for the integers of the round."""
    settle_pair(sums)
    totals.store_plain(result, sums)
    totals.store_plain(result + ROW_BYTES, sums + SUM_BYTES)


@kernel
def inner_product(result: Any, left: Any, right: Any) -> None:
    a, b, total = block_room(), block_room(), sum_room()
    totals.begin(total)
    count = len(left)
    for at in range(0, count, LANES):
        if at and at % (STEPS * LANES) == 0:
            totals.settle(total)
        totals.inner(total, rows_at(address(left), at, count, a), rows_at(address(right), at, count, b))
    totals.settle(total)
    totals.store(address(result), total)


@kernel
def inner_round(result: Any, left: Any, right: Any, half: int) -> None:
    """The third and fourth: `sum a b` at the lower half, and the sum of the products of the changes."""
    a, b, c, d = block_room(), block_room(), block_room(), block_room()
    sums = pair_room()
    begin_pair(sums)
    count = min(half, len(left))
    # Entries from `count` on have no place in the lower half, nor their partners in the upper one.
    stop = max(half, min(half + count, len(left)))
    for at in range(0, count, LANES):
        if at and at % (STEPS * LANES) == 0:
            settle_pair(sums)
        near = rows_at(address(left), at, count, a), rows_at(address(right), at, count, b)
        far = rows_at(address(left), half + at, stop, c), rows_at(address(right), half + at, stop, d)
        totals.inner_round(sums, near[0], near[1], far[0], far[1])
    store_pair(address(result) + 2 * ROW_BYTES, sums)


@kernel
def zero_check(
    result: Any, table: Any, near: int, far: int, rows: Any, columns: Any, width: int, start: int, stop: int
) -> None:
    """`sum eq (a^2 - a)` and `sum eq (b - a)^2` over pairs `(a, b)`, `eq` being the product of its row and column."""
    a, b, e = block_room(), block_room(), block_room()
    sums, in_row = pair_room(), pair_room()
    begin_pair(sums)
    begin = start
    while begin < stop:
        row = begin // width
        end = min(stop, (row + 1) * width)
        begin_pair(in_row)
        for at in range(begin, end, LANES):
            if at > begin and (at - begin) % (STEPS * LANES) == 0:
                settle_pair(in_row)
            # What is behind the end of the row is weighed with zero.
            weight = rows_at(address(columns), at - row * width, end - row * width, e)
            low = rows_at(address(table), near + at, len(table), a)
            high = rows_at(address(table), far + at, len(table), b)
            totals.zero_check(in_row, low, high, weight)
        settle_pair(in_row)
        for part in (0, SUM_BYTES):
            totals.add_settled(sums + part, in_row + part, address(rows) + row * ROW_BYTES)
        if row % STEPS == 0:
            settle_pair(sums)
        begin = end
    store_pair(address(result), sums)


@kernel
def bit_rounds(
    speech: Any,
    running: Any,
    first: int,
    last: int,
    gram: Any,
    table: Any,
    row: Any,
    equality: Any,
    left: Any,
    right: Any,
    half: int,
    sums: Any,
    summed: bool,
) -> None:
    """As `field.rounds.bit_rounds`, over the kernels of this file: a kernel that is kept cannot be given others."""
    live, distance = len(table), len(equality)
    for number in range(first, last):
        near, pairs = distance if far_end(running, number) else 0, min(distance, live)
        if not summed:
            zero_check(sums, table[:live], near, distance - near, row, equality, pairs, FIRST, pairs)
            inner_round(sums, left, right, half)
            gram_sums(sums, gram, far_end(running, number))
        answer(speech, running, number, sums)
        if not summed:
            challenge = speech.heard[number : number + 1]
            fold(table[:live], distance, challenge, FIRST, pairs)
            fold(left, half, challenge, FIRST, min(half, len(left)))
            fold(right, half, challenge, FIRST, min(half, len(right)))
            shorten(equality)
            gram = folded_gram(gram, challenge)
        left, right = left[: min(half, len(left))], right[: min(half, len(right))]
        live, distance, half = pairs, distance // 2, half // 2
        equality = equality[:distance]


@kernel
def product_round(result: Any, left: Any, right: Any, output: Any, equality: Any, near: int, far: int) -> None:
    """`sum eq (a b - c)` at the near half, and `sum eq` times the product of the changes of `a` and `b`."""
    a, b, c = block_room(), block_room(), block_room()
    d, e, f = block_room(), block_room(), block_room()
    sums = pair_room()
    begin_pair(sums)
    count, last = len(equality), len(left)
    for at in range(0, count, LANES):
        if at and at % (STEPS * LANES) == 0:
            settle_pair(sums)
        weight = rows_at(address(equality), at, count, a)
        low = rows_at(address(left), near + at, last, b), rows_at(address(right), near + at, last, c)
        high = rows_at(address(left), far + at, last, d), rows_at(address(right), far + at, last, e)
        minus = rows_at(address(output), near + at, last, f)
        totals.product_round(sums, low[0], low[1], minus, high[0], high[1], weight)
    store_pair(address(result), sums)
