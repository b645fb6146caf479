"""Products and Montgomery reduction of numbers in lanes. docs/kernels.md derives the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zkmargin.verifier.ifma.description import LIMB_MASK, RADIX_BITS, PrimeField
from zkmargin.verifier.ifma.registers import splat

if TYPE_CHECKING:
    from zkmargin.verifier.ifma.lanes import Emitter


def raw_limb_bound(field: PrimeField, pairs: int) -> int:
    """What a limb of a product can reach before it is carried: a column collects two halves of products a limb for
    each pair and for the reduction, and a carry, which is less than another such half."""
    return (field.limbs * 2 * (pairs + 1) + 1) * LIMB_MASK


def emit_product(code: Emitter) -> None:
    """The sum of the products of pairs, and its Montgomery reduction; limbs are left uncarried."""
    result, *factors = code.arguments
    read = [[code.read_vector(factor, at) for at in range(code.field.limbs)] for factor in factors]
    code.write(result, multiplied(code, list(zip(read[0::2], read[1::2], strict=True))))


def multiplied(code: Emitter, pairs: Sequence[tuple[Sequence[Any], Sequence[Any]]]) -> list[Any]:
    total = [splat(0)] * (2 * code.field.limbs)
    for left, right in pairs:
        for step, digit in enumerate(left):
            accumulate(code, total, step, digit, right)
    return reduce(code, total)


def emit_square(code: Emitter) -> None:
    """The same for a square: the products of different limbs are formed once and doubled."""
    result, factor = code.arguments
    code.write(result, squared(code, [code.read_vector(factor, at) for at in range(code.field.limbs)]))


def squared(code: Emitter, value: Sequence[Any]) -> list[Any]:
    total = [splat(0)] * (2 * code.field.limbs)
    for step, digit in enumerate(value):
        accumulate(code, total, 2 * step + 1, digit, value[step + 1 :])
    total = [code.builder.add(entry, entry) for entry in total]
    for step, digit in enumerate(value):
        accumulate(code, total, 2 * step, digit, value[step : step + 1])
    return reduce(code, total)


def accumulate(code: Emitter, total: list[Any], place: int, digit: Any, value: Sequence[Any]) -> None:
    """`total += digit * value`, from column `place` on, in place."""
    for half in (0, 1):
        for at, limb in enumerate(value):
            total[place + at + half] = code.multiply_add(half, total[place + at + half], digit, limb)


def reduce(code: Emitter, total: Sequence[Any]) -> list[Any]:
    """Montgomery reduction: a multiple of the modulus makes each low column vanish in turn.

    The sum in such a column would be the next multiple of 2^52; its carry is therefore known before the multiple is,
    and the product that only completes the sum is never formed. That shortens the one long chain of dependencies.
    """
    total = list(total)
    limbs = code.field.limbs
    modulus = [splat(limb) for limb in code.field.split(code.field.modulus)]
    for step in range(limbs):
        low = total[step]
        digit = code.multiply_add(0, splat(0), low, splat(code.field.negated_inverse))
        carried = code.builder.lshr(code.builder.add(low, splat(LIMB_MASK)), splat(RADIX_BITS))
        top = code.multiply_add(1, carried, digit, modulus[0])
        accumulate(code, total, step + 1, digit, modulus[1:])
        total[step + 1] = code.builder.add(total[step + 1], top)
    return total[limbs:]
