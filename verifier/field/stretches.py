"""Rounds of the bit sumcheck that a kernel takes by itself: what runs along between them, and the rounds on bits.

The algebra is that of `equality` (whose letters are used here) and of an inner product, whose claim is the sum of the
values at 0 and 1; in elements instead of Python's integers, since a round on short tables is over in a microsecond.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from zkmargin.verifier.field.compiler import helper
from zkmargin.verifier.field.kernels import add_vectors
from zkmargin.verifier.field.limbs import ONE, PLAIN_ONE, ZERO, load, store
from zkmargin.verifier.field.limbs import add_apart as add
from zkmargin.verifier.field.limbs import multiply_apart as multiply
from zkmargin.verifier.field.limbs import subtract_apart as subtract
from zkmargin.verifier.field.speech import COEFFICIENTS, RADIX_SQUARED, speak, value_at

SCALE, CLAIM, INNER_CLAIM, CHECK, INNER = (np.int64(row) for row in (0, 1, 2, 3, 6))
STATE_ROWS = 9
"""The bound part of the equality kernel; the claims of the check, divided by it, and of the inner product; and the
coefficients of both polynomials of the round."""

# Not plain integers: for each of those a kernel that takes it would be compiled once more.
FIRST, DEGREE = np.int64(0), np.int64(2)
"""The first row, or entry; and the degree of those polynomials."""


class Running(NamedTuple):
    """What runs along; `point` is that of the equality kernel, with inverses where it is not zero."""

    state: Any
    point: Any
    inverses: Any

    def __repr__(self) -> str:
        # Sums over private bits.
        return "Running()"


class Gram(NamedTuple):
    """The rounds on bits: products of the bits, the bits, and the equality kernel of the later of these variables.

    `products[i, j] = sum_x eq(x) D_i(x) D_j(x)` and `single[i] = sum_x eq(x) D_i(x)`, see `patterns`. A folded `D` is
    linear in the `D` before, so the matrix folds along both of its indices, and the sums once.
    """

    products: Any
    single: Any
    weights: Any

    def __repr__(self) -> str:
        return "Gram()"


@helper
def gram_sums(result, gram, near):
    """The first two sums of a round on bits."""
    size, half = len(gram.single), len(gram.weights)
    if size == 0:
        return
    at_near, leading = ZERO, ZERO
    for low in range(half):
        high = low + half
        at = high if near else low
        weight, cross = load(gram.weights, low), load(gram.products, low * size + high)
        ends = add(load(gram.products, high * size + high), load(gram.products, low * size + low))
        change = subtract(ends, add(cross, cross))
        square = load(gram.products, at * size + at)
        at_near = add(at_near, multiply(weight, subtract(square, load(gram.single, at))))
        leading = add(leading, multiply(weight, change))
    store(result, 0, multiply(at_near, PLAIN_ONE))
    store(result, 1, multiply(leading, PLAIN_ONE))


@helper
def between(table, low, high, scalar):
    at_low = load(table, low)
    return add(at_low, multiply(subtract(load(table, high), at_low), scalar))


@helper
def folded_gram(gram, challenge):
    """Both indices of the matrix, in place: its rows are then half as long."""
    products, single, weights = gram
    size = len(single)
    half, scalar = size // 2, load(challenge, 0)
    for row in range(size):
        for column in range(half):
            at = row * size + column
            store(products, at, between(products, at, at + half, scalar))
    for row in range(half):
        for column in range(half):
            at = row * size + column
            store(products, row * half + column, between(products, at, at + half * size, scalar))
        store(single, row, between(single, row, row + half, scalar))
    for at in range(half // 2):
        store(weights, at, add(load(weights, at), load(weights, at + half // 2)))
    return Gram(products[: half * half], single[:half], weights[: half // 2])


@helper
def shorten(equality):
    """The equality kernel without its most significant variable, in place, for `eq(t, 0) + eq(t, 1) = 1`."""
    middle = len(equality) // 2
    add_vectors(equality[:middle], equality[:middle], equality[middle : 2 * middle])


@helper
def far_end(running, number):
    """Whether the sums of the round are taken at 1, because the kernel vanishes there."""
    row = running.point[number]
    return (row[0] | row[1] | row[2] | row[3]) == 0


@helper
def keep_through(state, first, at_zero, at_one, leading):
    """Keep the polynomial of degree two with these values and this leading coefficient."""
    store(state, first, at_zero)
    store(state, first + 1, subtract(subtract(at_one, at_zero), leading))
    store(state, first + 2, leading)


@helper
def keep_polynomials(running, number, sums):
    """From the sums of a round, which are plain numbers."""
    for k in range(len(sums)):
        store(sums, k, multiply(load(sums, k), RADIX_SQUARED))
    state, at_zero, at_one = running.state, load(running.state, CLAIM), load(sums, 0)
    if not far_end(running, number):
        rest = subtract(at_zero, multiply(subtract(ONE, load(running.point, number)), at_one))
        at_zero, at_one = at_one, multiply(rest, load(running.inverses, number))
    keep_through(state, CHECK, at_zero, at_one, load(sums, 1))
    at_zero = load(sums, 2)
    keep_through(state, INNER, at_zero, subtract(load(state, INNER_CLAIM), at_zero), load(sums, 3))


@helper
def answer(speech, running, number, sums):
    """From the four sums of a round to its polynomial: it is told, and what runs along is bound to the challenge."""
    keep_polynomials(running, number, sums)
    state, polynomial, scale = running.state, speech.polynomial, load(running.state, SCALE)
    high = multiply(scale, load(running.point, number))
    low = subtract(scale, high)
    slope = subtract(high, low)
    for k in range(COEFFICIENTS):
        store(polynomial, k, load(state, INNER + k) if k < DEGREE + 1 else ZERO)
    for k in range(DEGREE + 1):
        coefficient = load(state, CHECK + k)
        store(polynomial, k, add(load(polynomial, k), multiply(low, coefficient)))
        store(polynomial, k + 1, add(load(polynomial, k + 1), multiply(slope, coefficient)))
    speak(speech, number)
    x = load(speech.heard, number)
    store(state, SCALE, add(low, multiply(slope, x)))
    for claim, first in ((CLAIM, CHECK), (INNER_CLAIM, INNER)):
        store(state, claim, value_at(state, first, DEGREE + 1, x))
