"""Sums of affine points by their chords: with one inversion for many sums, each costs little more than half of what
the complete formulas do.

Of two points the run is `x2 - x1` and the slope of their chord `(y2 - y1) / run`. Where one of them is the identity,
the run counts as 1 and the sum is the other. Equal and opposite points have no chord: their run is zero, and so is the
product of all runs, whose inverse is then zero too. Whoever sums by chords must look at that inverse.

The difference of kept numbers is no kept number. Both coordinates are therefore brought close to their least values by
what the highest limb says of the quotient; the bound that is left is computed, like all ranges (see `lanes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zkmargin.verifier.ifma.coordinates import write_mask
from zkmargin.verifier.ifma.curve import BLOCK, marks_identity, read_affine, write_point
from zkmargin.verifier.ifma.description import BASE, LIMB_MASK, RADIX_BITS
from zkmargin.verifier.ifma.lanes import Emitter, Number, Range
from zkmargin.verifier.ifma.library import Library
from zkmargin.verifier.ifma.registers import I64, repeat, splat

AFFINE = 2 * BLOCK
"""Bytes of eight affine points."""

TOP = 1 << RADIX_BITS * (BASE.limbs - 1)
"""What one in the highest limb stands for."""

PRECISION = 40
RECIPROCAL = (TOP << PRECISION) // BASE.modulus
"""Of the modulus in that unit."""


def lowered(number: Number) -> Number:
    """The same residue, less than `modulus + modulus / 1000` for a small sum of products and kept numbers.

    The quotient is the floor of `(top + margin) RECIPROCAL / 2^PRECISION`, for the highest limb as it stands. The
    margin, negative, is what the other limbs can lack of zero and one more, so that the quotient is not too great.
    """
    code, builder, modulus = number.code, number.code.builder, BASE.modulus
    rest = Range(number.limb.low * (TOP // LIMB_MASK), number.limb.high * (TOP // LIMB_MASK))
    top = Range((number.value.low - rest.high) // TOP, (number.value.high - rest.low) // TOP)
    margin = rest.low // TOP - 1
    shown = builder.mul(builder.add(number.limbs[-1], splat(margin)), splat(RECIPROCAL))
    quotient = builder.ashr(shown, splat(PRECISION))
    parts = [builder.mul(quotient, splat(limb)) for limb in BASE.split(modulus)]
    limbs = [builder.sub(mine, part) for mine, part in zip(number.limbs, parts, strict=True)]
    most = max(abs(at + margin) for at in (top.low, top.high)) * RECIPROCAL >> PRECISION
    # What the quotient leaves of the highest limb, in units of 2^-PRECISION, but for the floor: up to a modulus more.
    left = [(at * TOP << PRECISION) - (at + margin) * RECIPROCAL * modulus for at in (top.low, top.high)]
    value = rest + Range(min(left) >> PRECISION, (max(left) >> PRECISION) + 1 + modulus)
    return Number(code, limbs, number.limb + Range(-LIMB_MASK, LIMB_MASK) * (most + 1), value).normal()


def run_of(code: Emitter, left: tuple[Number, Number], right: tuple[Number, Number]) -> Number:
    one = code.constant(BASE.montgomery(1))
    absent = code.builder.or_(*(marks_identity(code, y) for _, y in (left, right)))
    return one.select(absent, (right[0] - left[0]).normal())


def emit_runs(code: Emitter) -> None:
    """The products of runs go on behind the `last`, for so many pairs. Left points follow each other."""
    last, left, right, step, pairs = code.arguments
    add = code.builder.add

    def body(values: Sequence[Any]) -> list[Any]:
        last, left, right = values
        after = add(last, I64(BLOCK))
        code.keep(after, 0, code.element(last) * run_of(code, read_affine(code, left), read_affine(code, right)))
        return [after, add(left, I64(AFFINE)), add(right, step)]

    repeat(code.builder, pairs, [last, left, right], body)


def emit_sums(code: Emitter) -> None:
    """The sums of the same pairs, given the places behind the last of them, and the `last` product.

    `inverse` is that of the last product, and then that of the product before all these pairs.
    """
    last, result, left, right, step, pairs, inverse = code.arguments

    def body(values: Sequence[Any]) -> list[Any]:
        steps = I64(BLOCK), I64(AFFINE), I64(AFFINE), step
        last, result, left, right = (code.builder.sub(*pair) for pair in zip(values, steps, strict=True))
        (x1, y1), (x2, y2) = read_affine(code, left), read_affine(code, right)
        shared = code.element(inverse)
        slope = shared * code.element(last) * (y2 - y1)
        code.keep(inverse, 0, shared * run_of(code, (x1, y1), (x2, y2)))
        x = lowered(slope * slope - x1 - x2)
        y = lowered((x1 - x) * slope - y1)
        first, second = marks_identity(code, y1), marks_identity(code, y2)
        write_point(code, result, x2.select(first, x1.select(second, x)), y2.select(first, y1.select(second, y)))
        return [last, result, left, right]

    repeat(code.builder, pairs, [last, result, left, right], body)


def emit_vanishes(code: Emitter) -> None:
    verdict, source = code.arguments
    write_mask(code, verdict, code.element(source).is_zero())


LIBRARY = Library("chords")

runs = LIBRARY.routine(BASE, "chord_runs", 5, emit_runs, inlined=True)
sums = LIBRARY.routine(BASE, "chord_sums", 7, emit_sums, inlined=True)
vanishes = LIBRARY.routine(BASE, "chord_vanishes", 2, emit_vanishes)
