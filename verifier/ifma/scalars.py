"""Scalars cut in two halves by the curve's endomorphism, and halves cut in signed digits.

With the eigenvalue e = u^2 - 1 of the endomorphism f on G1, a scalar k = k1 + k2 e gives [k]P = [k1]P + [k2]f(P), and
the halves have 127 bits: half the doublings. k is first replaced by r - k (and the signs swapped) where that is less;
then k2 = round(k / e) is at most e / 2 + 1, and so is |k1|.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from zkmargin.verifier.ifma.compiler import kernel
from zkmargin.verifier.ifma.curve import EIGENVALUE
from zkmargin.verifier.ifma.description import SCALAR
from zkmargin.verifier.ifma.registers import I64, address, lane_numbers

HALF_BITS = 127
WIDE = ir.IntType(256)
GUESS_SHIFT = 127
"""A quotient is guessed from the 128 bits of the scalar above bit 127, with a reciprocal of as many bits."""

RECIPROCAL = (1 << (2 * GUESS_SHIFT)) // EIGENVALUE


def wide(value: int) -> ir.Constant:
    return ir.Constant(WIDE, value % (1 << 256))


def _halve(_typing: Any, _scalar: Any, _halves: Any, _signs: Any) -> Any:
    """From four words of a scalar: two words of each half's absolute value, and a sign (1 or -1) for each."""
    signature = types.void(types.int64, types.int64, types.int64)

    def emit(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        source, halves = (builder.inttoptr(at, WIDE.as_pointer()) for at in arguments[:2])
        scalar = builder.load(source)
        scalar.align = 8
        mirrored = builder.icmp_unsigned(">", scalar, wide(SCALAR.modulus // 2))
        scalar = builder.select(mirrored, builder.sub(wide(SCALAR.modulus), scalar), scalar)
        top = builder.lshr(scalar, wide(GUESS_SHIFT))
        quotient = builder.lshr(builder.mul(top, wide(RECIPROCAL)), wide(GUESS_SHIFT))
        rest = builder.sub(scalar, builder.mul(quotient, wide(EIGENVALUE)))
        # The guess is below the quotient by less than 3: what was cut off the scalar and off the reciprocal costs less
        # than one each, the last shift one more. Three steps of comparison also round to the nearest.
        for _ in range(3):
            over = builder.icmp_signed(">", rest, wide(EIGENVALUE // 2))
            rest = builder.select(over, builder.sub(rest, wide(EIGENVALUE)), rest)
            quotient = builder.add(quotient, builder.zext(over, WIDE))
        negative = builder.icmp_signed("<", rest, wide(0))
        size = builder.select(negative, builder.sub(wide(0), rest), rest)
        packed = builder.or_(size, builder.shl(quotient, wide(128)))
        builder.store(packed, halves).align = 8
        for at, minus in enumerate((builder.xor(negative, mirrored), mirrored)):
            place = builder.inttoptr(builder.add(arguments[2], ir.Constant(I64, 8 * at)), I64.as_pointer())
            builder.store(builder.select(minus, ir.Constant(I64, -1), ir.Constant(I64, 1)), place).align = 8
        return context.get_dummy_value()

    return signature, emit


halve: Any = intrinsic(_halve)


def window_count(window_bits: int) -> int:
    """Windows of a half; its top digit leaves room for the carry below, as HALF_BITS is not used up."""
    return -(-(HALF_BITS + 1) // window_bits)


@kernel
def digits(result: Any, scalars: Any, window_bits: int) -> None:
    """`result[i, 2 w + h]`: the signed digits of half `h` of scalar `i`, at most `2^(window_bits - 1)` in size."""
    words, signs = lane_numbers(), lane_numbers()
    full = 1 << window_bits
    for at in range(len(scalars)):
        halve(address(scalars) + 32 * at, address(words), address(signs))
        for half in range(2):
            low, high, carry = np.uint64(words[2 * half]), np.uint64(words[2 * half + 1]), 0
            for window in range(result.shape[1] // 2):
                digit = np.int64(low & np.uint64(full - 1)) + carry
                low = (low >> np.uint64(window_bits)) | (high << np.uint64(64 - window_bits))
                high = high >> np.uint64(window_bits)
                carry = 0
                if digit > full // 2:
                    digit -= full
                    carry = 1
                result[at, 2 * window + half] = signs[half] * digit
