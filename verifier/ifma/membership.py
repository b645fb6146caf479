"""Whether points of the curve are in G1: an endomorphism must map them to a known multiple.

M. Scott, "A note on group membership tests for G1, G2 and GT on BLS pairing-friendly curves", ePrint 2021/1130.
Here f(x, y) = (BETA^2 x, y), and f^2 + f + 1 = 0 on the whole curve. If f(P) = -[u^2]P, then (u^4 - u^2 + 1)P = 0;
that number is the prime order r, and r divides the curve's order once, so P is in G1. Conversely f is -u^2 on G1.

The multiple is computed in Jacobian coordinates, x = X/Z^2 and y = Y/Z^3, whose doubling is cheaper by a fifth than
the complete one. Their addition fails where both points have the same x, and where one is the identity: it then gives
Z = 0, and so does every step from there on. No member meets that: the multiples [m]P on the way have 1 < m < r - 1,
those of Q = [u]P as well. A point that ends with Z = 0 is therefore no member, and any other was multiplied rightly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zkmargin.verifier.ifma.coordinates import write_mask
from zkmargin.verifier.ifma.curve import BETA, SEED, read_affine
from zkmargin.verifier.ifma.description import BASE
from zkmargin.verifier.ifma.lanes import Emitter, Number
from zkmargin.verifier.ifma.library import Library

LOOSE = 16
"""X is a difference of products and is kept below this many times the modulus; Y and Z are products."""

SEED_BITS = np.array([int(bit) for bit in bin(SEED)[3:]], dtype=np.uint8)
"""Below the leading one."""


def read_jacobian(code: Emitter, base: Any) -> tuple[Number, Number, Number]:
    return code.element(base, 0, times=LOOSE), code.element(base, 1), code.element(base, 2)


def write_jacobian(code: Emitter, base: Any, x: Number, y: Number, z: Number) -> None:
    code.keep(base, 0, x, times=LOOSE)
    code.keep(base, 1, y)
    code.keep(base, 2, z)


def emit_lift(code: Emitter) -> None:
    """The Jacobian form of affine points, none of them the identity."""
    result, source = code.arguments
    write_jacobian(code, result, *read_affine(code, source), code.constant(BASE.montgomery(1)))


def emit_double(code: Emitter) -> None:
    result, source = code.arguments
    x, y, z = read_jacobian(code, source)
    xx, yy = x * x, y * y
    slope, middle = (xx << 1) + xx, x * yy
    new_x = slope * slope - (middle << 3)
    new_y = code.product([(slope, (middle << 2) - new_x), (-(yy << 3), yy)])
    write_jacobian(code, result, new_x, new_y, (y << 1) * z)


def emit_add(code: Emitter) -> None:
    result, left, right = code.arguments
    x1, y1, z1 = read_jacobian(code, left)
    x2, y2, z2 = read_jacobian(code, right)
    zz1, zz2 = z1 * z1, z2 * z2
    x1, y1 = x1 * zz2, y1 * (z2 * zz2)
    across, rise = x2 * zz1 - x1, y2 * (z1 * zz1) - y1
    square = across * across
    cube, middle = across * square, x1 * square
    new_x = rise * rise - cube - (middle << 1)
    new_y = code.product([(rise, middle - new_x), (-y1, cube)])
    write_jacobian(code, result, new_x, new_y, z1 * z2 * across)


def emit_in_subgroup(code: Emitter) -> None:
    """Whether f maps affine P to -Q, for Q = [u^2]P as it comes out of the formulas above."""
    verdict, point, multiple = code.arguments
    x, y = read_affine(code, point)
    x2, y2, z2 = read_jacobian(code, multiple)
    zz, one = z2 * z2, code.constant(BASE.montgomery(1))
    # X may be any of many multiples above its residue; a product brings the difference close to its least value.
    same_x = ((x * code.constant(BASE.montgomery(BETA**2)) * zz - x2) * one).is_zero()
    same_y = (y * (z2 * zz) + y2).is_zero()
    finite = code.builder.not_(z2.is_zero())
    write_mask(code, verdict, code.builder.and_(finite, code.builder.and_(same_x, same_y)))


LIBRARY = Library("membership")

lift = LIBRARY.routine(BASE, "jacobian_lift", 2, emit_lift)
double = LIBRARY.routine(BASE, "jacobian_double", 2, emit_double, inlined=True)
add = LIBRARY.routine(BASE, "jacobian_add", 3, emit_add)
in_subgroup = LIBRARY.routine(BASE, "point_in_subgroup", 3, emit_in_subgroup)
