"""Formulas of the curve y^2 = x^3 + 4 over the base field, eight points at once.

Points are homogeneous projective, x = X/Z and y = Y/Z, the identity is (0 : 1 : 0). Addition and doubling are the
complete formulas of Renes, Costello and Batina (EUROCRYPT 2016, algorithms 7 to 9 for a = 0): no input is special, so
lanes never part ways. Where they add two products, both are reduced together.

An *affine* point is a pair of coordinates; two zeros stand for the identity. That is safe because the group has odd
order: no point has y = 0, and the representatives kept never are the modulus itself unless the value is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from zkmargin.verifier.ifma.description import BASE, LANES
from zkmargin.verifier.ifma.lanes import Emitter, Number, Range
from zkmargin.verifier.ifma.library import Library
from zkmargin.verifier.ifma.registers import I1, I64, INDEX, MASK, VECTOR, repeat, splat

CURVE_B = 4

BLOCK = BASE.bytes
"""Bytes of one coordinate of eight points."""

POINT_WORDS = 3 * BASE.limbs
AFFINE_WORDS = 2 * BASE.limbs

SEED = 0xD201000000010000
"""The absolute value of the parameter u of the curve; its sign does not matter to the square."""

BETA = 0x1A0111EA397FE699EC02408663D4DE85AA0D857D89759AD4897D29650FB85F9B409427EB4F49FFFD8BFD00000000AAAC
"""A cube root of one: (x, y) -> (BETA x, y) multiplies every point of G1 by `EIGENVALUE`."""

EIGENVALUE = SEED**2 - 1


def times_twelve(number: Number) -> Number:
    """3 b, in the notation of the formulas."""
    return (number << 3) + (number << 2)


def read_point(code: Emitter, base: Any) -> tuple[Number, Number, Number]:
    return code.element(base, 0), code.element(base, 1), code.element(base, 2)


def read_affine(code: Emitter, base: Any) -> tuple[Number, Number]:
    return code.element(base, 0), code.element(base, 1)


def write_point(code: Emitter, base: Any, *coordinates: Number) -> None:
    for at, coordinate in enumerate(coordinates):
        code.keep(base, at, coordinate)


def sums_of(products: dict[str, Number]) -> list[list[tuple[Number, Number]]]:
    """The second half of all additions, from the symmetric products of the coordinates: X, Y and Z as two products."""
    tripled = (products["xx"] << 1) + products["xx"]
    scaled = times_twelve(products["zz"])
    plus, minus = products["yy"] + scaled, products["yy"] - scaled
    cross, negated = times_twelve(products["xz"]), -times_twelve(products["xz"])
    return [
        [(products["xy"], minus), (products["yz"], negated)],
        [(minus, plus), (cross, tripled)],
        [(plus, products["yz"]), (tripled, products["xy"])],
    ]


def emit_add(code: Emitter) -> None:
    result, left, right = code.arguments
    x1, y1, z1 = read_point(code, left)
    x2, y2, z2 = read_point(code, right)
    xx, yy, zz = x1 * x2, y1 * y2, z1 * z2
    products = {"xx": xx, "yy": yy, "zz": zz}
    products["xy"] = (x1 + y1) * (x2 + y2) - xx - yy
    products["yz"] = (y1 + z1) * (y2 + z2) - yy - zz
    products["xz"] = (x1 + z1) * (x2 + z2) - xx - zz
    write_point(code, result, *map(code.product, sums_of(products)))


def emit_add_affine(code: Emitter) -> None:
    """The same with Z = 1 on the right; lanes in which the right point is the identity keep the left."""
    result, left, right = code.arguments
    x1, y1, z1 = read_point(code, left)
    x2, y2 = read_affine(code, right)
    xx, yy = x1 * x2, y1 * y2
    products = {"xx": xx, "yy": yy, "zz": z1}
    products["xy"] = (x1 + y1) * (x2 + y2) - xx - yy
    products["yz"] = y2 * z1 + y1
    products["xz"] = x2 * z1 + x1
    absent = marks_identity(code, y2)
    kept = [code.product(pairs).normal() for pairs in sums_of(products)]
    write_point(code, result, *(old.select(absent, new) for old, new in zip((x1, y1, z1), kept, strict=True)))


def marks_identity(code: Emitter, y: Number) -> Any:
    """A mask of the lanes whose affine y is stored as zero."""
    joined = splat(0)
    for limb in y.limbs:
        joined = code.builder.or_(joined, limb)
    return code.builder.icmp_unsigned("==", joined, splat(0))


def mirror(code: Emitter, base: Any) -> Number:
    """-y of a point. No point has y = 0, so that 2p - y stays below 2p."""
    return (-code.element(base, 1, least=1)).normal()


def emit_negate(code: Emitter) -> None:
    result, source = code.arguments
    x, _, z = read_point(code, source)
    write_point(code, result, x, mirror(code, source), z)


def emit_endomorphism(code: Emitter) -> None:
    result, source = code.arguments
    x, y, z = read_point(code, source)
    write_point(code, result, x * code.constant(BASE.montgomery(BETA)), y, z)


def emit_endomorphism_affine(code: Emitter) -> None:
    result, source = code.arguments
    x, y = read_affine(code, source)
    write_point(code, result, x * code.constant(BASE.montgomery(BETA)), y)


def emit_affine(code: Emitter) -> None:
    """X/Z and Y/Z from a point and the inverse of its Z; the identity becomes two zeros."""
    result, source, inverse = code.arguments
    x, y, z = read_point(code, source)
    factor, absent, zero = code.element(inverse), z.is_zero(), code.constant(0)
    write_point(code, result, *(zero.select(absent, (value * factor).normal()) for value in (x, y)))


def emit_identity(code: Emitter) -> None:
    zero, one = code.constant(0), code.constant(BASE.montgomery(1))
    write_point(code, code.arguments[0], zero, one, zero)


def emit_flip(code: Emitter) -> None:
    """Negate, in place, the points of the lanes whose sign is negative; affine identities stay as they are."""
    point, signs = code.arguments
    y = code.element(point, 1)
    negative = code.builder.icmp_signed("<", code.read_vector(signs), splat(0))
    flipped = code.builder.and_(negative, code.builder.not_(marks_identity(code, y)))
    code.keep(point, 1, mirror(code, point).select(flipped, y))


def placed(number: Number, *places: int) -> Number:
    """The number in which each pair of lanes holds what that pair of lanes holds here."""
    lanes = ir.Constant(INDEX, [2 * place + lane for place in places for lane in (0, 1)])
    limbs = [number.code.builder.shuffle_vector(limb, limb, lanes) for limb in number.limbs]
    return Number(number.code, limbs, number.limb, number.value)


def beside(*numbers: Number) -> Number:
    """The number whose first pair of lanes is that of the first number, and so on; the last one's pairs from there."""
    *others, result = numbers
    for place, number in enumerate(others):
        pair = ir.Constant(MASK, [ir.Constant(I1, lane // 2 == place) for lane in range(LANES)])
        result = number.select(pair, result)
    return result


def everywhere(number: Number) -> list[Number]:
    """For each pair of lanes the number that holds in all what that pair holds."""
    return [placed(number, place, place, place, place) for place in range(LANES // 2)]


def weighted(number: Number, *weights: int) -> Number:
    """A multiple of its own in each pair of lanes."""
    factors = ir.Constant(VECTOR, [ir.Constant(I64, weight) for weight in weights for _ in (0, 1)])
    limbs = [number.code.builder.mul(limb, factors) for limb in number.limbs]
    limb, value = (
        (known * max(weights)).union(Range(known.high, known.low) * min(weights))
        for known in (number.limb, number.value)
    )
    return Number(number.code, limbs, limb, value)


def emit_doublings(code: Emitter) -> None:
    """`count` doublings, at least one, of two points: one in all lanes of even number, another in all others.

    Products that do not wait for each other are formed in different pairs of lanes: with b = 4, first Y^2, Z^2, XY and
    YZ, and then those of which the coordinates consist. Y is the sum of two, in a pair of lanes each.
    """
    result, source, count = code.arguments
    x, y, z = read_point(code, source)
    start = beside(x, y, code.constant(0), z)

    def double(limbs: Sequence[Any]) -> list[Any]:
        point = Number(code, limbs, start.limb, start.value)
        more = placed(point, 2, 2, 2, 2)
        left = placed(point, 1, 3, 0, 1) + weighted(more, 1, 0, 0, 1)
        products = left * (placed(point, 1, 3, 1, 3) + weighted(more, 1, 0, 1, 0))
        yy, zz, *_ = everywhere(products)
        left = weighted(yy, 1, 1, 0, 8) + weighted(zz, -9 * CURVE_B, -9 * CURVE_B, 3 * CURVE_B, 0)
        right = weighted(placed(products, 2, 0, 0, 3), 2, 1, 8, 1) + weighted(zz, 0, 3 * CURVE_B, 0, 0)
        return code.kept(left * right).limbs

    doubled = Number(code, repeat(code.builder, count, start.limbs, double), start.limb, start.value)
    x, y, more, z = everywhere(doubled)
    # The sum of two products can exceed what is kept; a product with one cannot.
    write_point(code, result, x, (y + more) * code.constant(BASE.montgomery(1)), z)


def emit_add_two(code: Emitter) -> None:
    """The complete addition of two points to two others, in lanes like those of the doublings."""
    result, left, right = code.arguments
    x1, y1, z1 = read_point(code, left)
    x2, y2, z2 = read_point(code, right)
    xx, yy, zz, xy = everywhere(beside(x1, y1, z1, x1 + y1) * beside(x2, y2, z2, x2 + y2))
    yz, xz, *_ = everywhere(beside(y1 + z1, x1 + z1) * beside(y2 + z2, x2 + z2))
    products = {"xx": xx, "yy": yy, "zz": zz, "xy": xy - xx - yy, "yz": yz - yy - zz, "xz": xz - xx - zz}
    pairs = zip(*sums_of(products), strict=True)
    factors = [(beside(*(left for left, _ in pair)), beside(*(right for _, right in pair))) for pair in pairs]
    write_point(code, result, *everywhere(code.product(factors))[:3])


LIBRARY = Library("curve")

add = LIBRARY.routine(BASE, "point_add", 3, emit_add)
add_affine = LIBRARY.routine(BASE, "point_add_affine", 3, emit_add_affine, inlined=True)
add_two = LIBRARY.routine(BASE, "point_add_two", 3, emit_add_two, inlined=True)
doublings = LIBRARY.routine(BASE, "point_doublings", 3, emit_doublings, inlined=True)
negate = LIBRARY.routine(BASE, "point_negate", 2, emit_negate)
endomorphism = LIBRARY.routine(BASE, "point_endomorphism", 2, emit_endomorphism)
endomorphism_affine = LIBRARY.routine(BASE, "affine_endomorphism", 2, emit_endomorphism_affine)
flip = LIBRARY.routine(BASE, "point_flip", 2, emit_flip)
to_affine = LIBRARY.routine(BASE, "point_to_affine", 3, emit_affine)
identity = LIBRARY.routine(BASE, "point_identity", 1, emit_identity)
