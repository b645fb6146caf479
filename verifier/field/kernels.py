"""Kernels over whole vectors: arrays of shape `(n, 4)`, one element a row.

A kernel writes into arrays made by its caller and never allocates. Kernels take `start` and `stop` where the caller
may cut the work into parts.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.field.compiler import helper, kernel
from zkmargin.verifier.field.limbs import (
    NO_NARROW,
    NO_WIDE,
    ONE,
    ZERO,
    add,
    add_product,
    add_small_product,
    load,
    multiply,
    multiply_apart,
    reduce_narrow,
    reduce_wide,
    store,
    subtract,
)

INVERSE_BITS = np.array([bit == "1" for bit in f"{MODULUS - 2:b}"])


@kernel
def add_vectors(result, left, right):
    for i in range(len(result)):
        store(result, i, add(load(left, i), load(right, i)))


@kernel
def subtract_vectors(result, left, right):
    for i in range(len(result)):
        store(result, i, subtract(load(left, i), load(right, i)))


@kernel
def multiply_vectors(result, left, right):
    for i in range(len(result)):
        store(result, i, multiply(load(left, i), load(right, i)))


@kernel
def scale(result, vector, factor):
    """Also the way into and out of Montgomery form: times R^2, and times the plain integer 1."""
    scalar = load(factor, 0)
    for i in range(len(result)):
        store(result, i, multiply(load(vector, i), scalar))


@kernel
def inner_product(result, left, right):
    total = NO_WIDE
    for i in range(len(left)):
        total = add_product(total, load(left, i), load(right, i))
    store(result, 0, reduce_wide(total))


@kernel
def outer_product(result, left, right):
    width = len(right)
    for i in range(len(left)):
        factor = load(left, i)
        for j in range(width):
            store(result, i * width + j, multiply(factor, load(right, j)))


@kernel
def equality_table(result, point):
    """Doubles the table once for each variable, from the least significant: `(1 - t) old` below `t old`."""
    store(result, 0, ONE)
    size = 1
    for variable in range(len(point) - 1, -1, -1):
        t = load(point, variable)
        for i in range(size):
            old = load(result, i)
            upper = multiply(old, t)
            store(result, size + i, upper)
            store(result, i, subtract(old, upper))
        size *= 2


@kernel
def small_matrix(result, vectors, matrix, start, stop):
    """`vector @ matrix` for a matrix of unsigned words and several vectors, one after the other.

    A `Narrow` holds 2^65 such products, more than an array has rows.
    """
    rows, columns = matrix.shape
    for index in range(start, stop):
        first, column = index // columns * rows, index % columns
        total = NO_NARROW
        for row in range(rows):
            total = add_small_product(total, load(vectors, first + row), matrix[row, column])
        store(result, index, reduce_narrow(total))


@kernel
def combine_parts(result, weights, vector):
    """`result[c] = sum_p weights[p] vector[p, c]` over the equal parts of a vector, one for each weight."""
    width = len(result)
    for column in range(width):
        total = NO_WIDE
        for part in range(len(weights)):
            total = add_product(total, load(weights, part), load(vector, part * width + column))
        store(result, column, reduce_wide(total))


@kernel
def add_scattered(result, targets, vectors, sources, coefficients, repeats):
    """`result[targets[k]] += coefficients[k] * vectors[sources[k]]` in each of `repeats` equal parts of both."""
    into, out_of = len(result) // repeats, len(vectors) // repeats
    for part in range(repeats):
        for k in range(len(targets)):
            term = multiply(load(coefficients, k), load(vectors, part * out_of + sources[k]))
            target = part * into + targets[k]
            store(result, target, add(load(result, target), term))


@kernel
def geometric_runs(result, firsts, lengths, ratio):
    """For each `i` a run `firsts[i] * ratio^l`, `l < lengths[i]`."""
    step = load(ratio, 0)
    position = 0
    for i in range(len(firsts)):
        term = load(firsts, i)
        for _ in range(lengths[i]):
            store(result, position, term)
            term = multiply(term, step)
            position += 1


@kernel
def power_runs(result, bases, lengths):
    """One, and then for each base a run of its powers from the first on."""
    store(result, 0, ONE)
    position = 1
    for i in range(len(bases)):
        base = load(bases, i)
        term = base
        for _ in range(lengths[i]):
            store(result, position, term)
            term = multiply(term, base)
            position += 1


@helper
def inverse(x):
    """By Fermat: the bits of the exponent `r - 2`, from the highest on. Zero for zero."""
    power = ONE
    for bit in range(len(INVERSE_BITS)):
        power = multiply_apart(power, power)
        if INVERSE_BITS[bit]:
            power = multiply_apart(power, x)
    return power


@kernel
def invert_vector(result, values):
    """One where a value is zero. A single inversion: the result holds products of all values before, and then drops
    them from the last on."""
    running = ONE
    for i in range(len(values)):
        store(result, i, running)
        running = multiply_apart(running, one_for_zero(load(values, i)))
    running = inverse(running)
    for i in range(len(values) - 1, -1, -1):
        store(result, i, multiply_apart(running, load(result, i)))
        running = multiply_apart(running, one_for_zero(load(values, i)))


@helper
def one_for_zero(x):
    return ONE if (x[0] | x[1] | x[2] | x[3]) == 0 else x


@helper
def patterns(words, first, stride, count):
    """The bits of up to eight words, across: byte `b` of the two results together holds bit `b` of every word."""
    low, high = np.uint64(0), np.uint64(0)
    for i in range(count):
        word, place = np.uint64(words[first + i * stride]), np.uint64(8 * i)
        low |= (word & np.uint64(0xFF)) << place
        high |= (word >> np.uint64(8)) << place
    return transposed(low), transposed(high)


@helper
def transposed(matrix):
    """Of eight rows of eight bits: swaps single bits, then blocks of 2 x 2, then of 4 x 4, across the diagonal."""
    swap = (matrix ^ (matrix >> np.uint64(7))) & np.uint64(0x00AA00AA00AA00AA)
    matrix ^= swap ^ (swap << np.uint64(7))
    swap = (matrix ^ (matrix >> np.uint64(14))) & np.uint64(0x0000CCCC0000CCCC)
    matrix ^= swap ^ (swap << np.uint64(14))
    swap = (matrix ^ (matrix >> np.uint64(28))) & np.uint64(0x00000000F0F0F0F0)
    return matrix ^ swap ^ (swap << np.uint64(28))


@helper
def pattern(pair, bit):
    half = pair[0] if bit < 8 else pair[1]
    return np.int64((half >> np.uint64(8 * (bit % 8))) & np.uint64(0xFF))


@kernel
def subset_sums(sums, weights, first, count):
    """`sums[p]` is the sum of the weights at the set bits of `p`."""
    store(sums, 0, ZERO)
    size = 1
    for i in range(count):
        weight = load(weights, first + i)
        for j in range(size):
            store(sums, size + j, add(load(sums, j), weight))
        size *= 2


@kernel
def combine_rows(result, sums, words, width, weights, start, stop):
    """`result[c] += sum_j weights[j] * bit[j, c]`: eight rows at a time through their 256 subset sums."""
    rows = len(weights)
    for first in range(0, rows, 8):
        count = min(8, rows - first)
        subset_sums(sums, weights, first, count)
        for word in range(start, stop):
            found = patterns(words, first * width + word, width, count)
            for bit in range(16):
                column = word * 16 + bit
                store(result, column, add(load(result, column), load(sums, pattern(found, bit))))
