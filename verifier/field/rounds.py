"""Kernels of the sumchecks. A round looks at pairs of entries: `near` and `far` say where the two halves begin.

Only the live part of a table is stored: entries behind its end are zero. `axes` says why that is so.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from zkmargin.verifier.field.compiler import helper, kernel
from zkmargin.verifier.field.kernels import pattern, patterns
from zkmargin.verifier.field.limbs import (
    NO_WIDE,
    ONE,
    PLAIN_ONE,
    ZERO,
    add,
    add_product,
    load,
    multiply,
    reduce_wide,
    store,
    subtract,
)
from zkmargin.verifier.field.stretches import FIRST, answer, far_end, folded_gram, gram_sums, shorten

SECOND, THIRD, FOURTH = (np.int64(row) for row in range(1, 4))


@helper
def store_plain(result, index, total):
    """A sum leaves the kernel as an ordinary number, for the integers of the round."""
    store(result, index, multiply(reduce_wide(total), PLAIN_ONE))


@helper
def load_or_zero(table, index):
    return load(table, index) if index < len(table) else ZERO


@kernel
def fold(table, half, challenge, start, stop):
    """Binds the most significant variable in place: `low + challenge (high - low)`."""
    scalar = load(challenge, 0)
    for i in range(start, stop):
        low = load(table, i)
        store(table, i, add(low, multiply(subtract(load_or_zero(table, half + i), low), scalar)))


@kernel
def zero_check(result, table, near, far, rows, columns, width, start, stop):
    """Two sums: `eq (a^2 - a)` and `eq (b - a)^2` over pairs `(a, b)`, `eq` being the product of its row and column."""
    at_near, leading = NO_WIDE, NO_WIDE
    i = start
    while i < stop:
        row = i // width
        in_row, squares = NO_WIDE, NO_WIDE
        for k in range(i, min(stop, (row + 1) * width)):
            a, b = load_or_zero(table, near + k), load_or_zero(table, far + k)
            equality = load(columns, k - row * width)
            in_row = add_product(in_row, equality, multiply(a, subtract(a, ONE)))
            change = subtract(b, a)
            squares = add_product(squares, equality, multiply(change, change))
        at_near = add_product(at_near, load(rows, row), reduce_wide(in_row))
        leading = add_product(leading, load(rows, row), reduce_wide(squares))
        i = (row + 1) * width
    store_plain(result, FIRST, at_near)
    store_plain(result, SECOND, leading)


@kernel
def inner_round(result, left, right, half):
    """The third and fourth: `sum a b` at the lower half, and the sum of the products of the changes."""
    at_zero, leading = NO_WIDE, NO_WIDE
    for i in range(min(half, len(left))):
        a, b = load(left, i), load(right, i)
        at_zero = add_product(at_zero, a, b)
        a, b = subtract(load_or_zero(left, half + i), a), subtract(load_or_zero(right, half + i), b)
        leading = add_product(leading, a, b)
    store_plain(result, THIRD, at_zero)
    store_plain(result, FOURTH, leading)


@kernel
def bit_rounds(speech, running, first, last, gram, table, row, equality, left, right, half, sums, summed):
    """Rounds `first` to `last`, in which no table changes its kind: on bits (`gram`), or on a table of one `row`.

    Or a single round whose `sums` are there; its tables are then folded by the caller.
    """
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
def product_round(result, left, right, output, equality, near, far):
    """`sum eq (a b - c)` at the near half, and `sum eq` times the product of the changes of `a` and `b`."""
    at_near, leading = NO_WIDE, NO_WIDE
    for i in range(len(equality)):
        weight = load(equality, i)
        a, b = load(left, near + i), load(right, near + i)
        at_near = add_product(at_near, weight, subtract(multiply(a, b), load(output, near + i)))
        change = multiply(subtract(load(left, far + i), a), subtract(load(right, far + i), b))
        leading = add_product(leading, weight, change)
    store_plain(result, FIRST, at_near)
    store_plain(result, SECOND, leading)


@kernel
def pattern_sums(result, sums, words, stride, count, row_stride, rows, columns, start, stop):
    """`result[p] += sum eq` over the positions at which `count` words, `stride` apart, show the bit pattern `p`."""
    for row in range(len(rows)):
        for p in range(len(sums)):
            store(sums, p, ZERO)
        for word in range(start, stop):
            found = patterns(words, row * row_stride + word, stride, count)
            for bit in range(16):
                p = pattern(found, bit)
                store(sums, p, add(load(sums, p), load(columns, word * 16 + bit)))
        for p in range(len(sums)):
            store(result, p, add(load(result, p), multiply(load(sums, p), load(rows, row))))


@kernel
def superset_sums(table):
    """`table[p]` becomes the sum over all patterns that contain `p`."""
    bit = 1
    while bit < len(table):
        for p in range(len(table)):
            if not p & bit:
                store(table, p, add(load(table, p), load(table, p | bit)))
        bit *= 2


@kernel
def look_up(result, values, words, stride, count, row_stride, width, start, stop):
    """`result` gets the value of the bit pattern at each position of each row of `width` live words."""
    for row in range(len(result) // (width * 16)):
        for word in range(start, stop):
            found = patterns(words, row * row_stride + word, stride, count)
            for bit in range(16):
                store(result, (row * width + word) * 16 + bit, load(values, pattern(found, bit)))
