"""The curve's formulas on every kind of point, in every form in which coordinates are kept.

Py_ecc's plain affine formulas are the reference; they work on the whole curve, beyond G1.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ifma_lanes import Runner, block, kernel_of, numbers, point_block, runner
from numba import njit
from py_ecc.bls12_381 import FQ, G1, add, curve_order, double, multiply, neg
from py_ecc.optimized_bls12_381 import multiply as fast_multiply
from py_ecc.optimized_bls12_381 import normalize

from zkmargin.verifier.arithmetic import POINT_BYTES
from zkmargin.verifier.encoding import IDENTITY
from zkmargin.verifier.ifma import available, coordinates, curve, decoding, membership, points
from zkmargin.verifier.ifma.curve import AFFINE_WORDS, BETA, EIGENVALUE, SEED
from zkmargin.verifier.ifma.description import BASE, LANES, LIMB_MASK, Words, aligned
from zkmargin.verifier.ifma.lanes import Emitter
from zkmargin.verifier.ifma.registers import address, lane_numbers

pytestmark = pytest.mark.skipif(not available(), reason="needs AVX-512 IFMA")

P = BASE.modulus
COFACTOR = (SEED + 1) ** 2 // 3
SMALL_PRIMES = (3, 11, 10177, 859267, 52437899)
"""The primes that divide the cofactor; all but 3 do so twice."""

Point = Any


def times(point: Point, factor: int) -> Point:
    """Multiplication through projective coordinates: the plain one inverts at each step."""
    if point is None or factor == 0:
        return None
    x, y, z = fast_multiply((*(_fast(c) for c in point), _fast(FQ(1))), factor)
    return None if z == 0 else tuple(FQ(int(c)) for c in normalize((x, y, z)))


def _fast(number: FQ) -> Any:
    from py_ecc.optimized_bls12_381 import FQ as FastFQ

    return FastFQ(int(number))


def curve_point(seed: int) -> Point:
    """A point of the whole curve, almost certainly outside the group."""
    chance = random.Random(seed)
    while True:
        x = chance.randrange(P)
        y = pow(x**3 + 4, (P + 1) // 4, P)
        if y * y % P == (x**3 + 4) % P:
            return FQ(x), FQ(y if chance.random() < 0.5 else P - y)


@cache
def torsion(prime: int) -> Point:
    """A point of that order."""
    for seed in range(100):
        found = times(curve_point(seed), COFACTOR * curve_order // prime ** (1 if prime == 3 else 2))
        if found is not None:
            return found if times(found, prime) is None else times(found, prime)
    raise AssertionError(f"no point of order {prime}")


@cache
def zoo() -> list[Point]:
    """The identity, members of the group, and points of every other kind."""
    member, outside = multiply(G1, 7), curve_point(1)
    small = [torsion(prime) for prime in SMALL_PRIMES]
    found = [None, G1, member, neg(member), double(member), add(G1, member), outside, neg(outside), *small]
    return [*found, neg(small[0]), neg(small[1]), *(add(member, point) for point in small)]


def projective(point: Point, form: int) -> list[int]:
    """Kept coordinates of a point: scaled by a Z of its own, and for odd forms a modulus above their least values."""
    scale = 1 if form < 2 else pow(3, form, P)
    plain = (0, scale, 0) if point is None else (int(point[0]) * scale, int(point[1]) * scale, scale)
    return [BASE.montgomery(value) + (P if form % 2 else 0) for value in plain]


def affine(x: int, y: int, z: int) -> Point:
    x, y, z = (BASE.plain(value) for value in (x, y, z))
    if z == 0:
        assert x == 0
        assert y != 0
        return None
    inverse = pow(z, -1, P)
    return FQ(x * inverse), FQ(y * inverse)


def read_points(data: Words) -> list[Point]:
    assert int(data.max()) < 1 << 52
    columns = [numbers(BASE, data[at * BASE.limbs :]) for at in range(3)]
    assert max(max(column) for column in columns) < 2 * P
    return [affine(*point) for point in zip(*columns, strict=True)]


@pytest.mark.parametrize("forms", [(0, 0), (1, 1), (2, 3), (3, 1)])
def test_addition_is_complete(forms: tuple[int, int]) -> None:
    run = kernel_of(BASE, curve.add, outputs=3)
    pairs = [(left, right) for left in zoo() for right in zoo()]
    for at in range(0, len(pairs), LANES):
        chosen = pairs[at : at + LANES]
        blocks = (point_block(BASE, [projective(pair[k], forms[k]) for pair in chosen]) for k in (0, 1))
        found = read_points(run(*blocks))
        assert found[: len(chosen)] == [add(left, right) for left, right in chosen]


@pytest.mark.parametrize("forms", [(0, 0), (1, 1), (2, 3), (3, 1)])
def test_addition_of_two_points_is_complete(forms: tuple[int, int]) -> None:
    """Lanes of even number hold one sum, the others another."""
    run = kernel_of(BASE, curve.add_two, outputs=3)
    pairs = [(left, right) for left in zoo() for right in zoo()]
    for two in zip(pairs, [*pairs[7:], *pairs[:7]], strict=True):
        blocks = (point_block(BASE, [projective(pair[k], forms[k]) for pair in two] * (LANES // 2)) for k in (0, 1))
        assert read_points(run(*blocks)) == [add(*pair) for pair in two] * (LANES // 2)


@pytest.mark.parametrize("form", [0, 1, 2, 3])
def test_affine_addition_is_complete(form: int) -> None:
    run = kernel_of(BASE, curve.add_affine, outputs=3)
    pairs = [(left, right) for left in zoo() for right in zoo()]
    for at in range(0, len(pairs), LANES):
        chosen = pairs[at : at + LANES]
        left = point_block(BASE, [projective(pair[0], form) for pair in chosen])
        right = point_block(BASE, [projective(pair[1], form % 2)[:2] if pair[1] else [0, 0] for pair in chosen])
        found = read_points(run(left, right))
        assert found[: len(chosen)] == [add(left, right) for left, right in chosen]


@pytest.mark.parametrize("form", [0, 1, 2, 3])
def test_negation_is_complete(form: int) -> None:
    mirrored = kernel_of(BASE, curve.negate, outputs=3)
    for at in range(0, len(zoo()), LANES):
        chosen = zoo()[at : at + LANES]
        data = point_block(BASE, [projective(point, form) for point in chosen])
        assert read_points(mirrored(data))[: len(chosen)] == [neg(point) for point in chosen]


@njit
def double_often(result: Any, source: Any, count: int) -> None:
    curve.doublings(address(result), address(source), count)


@pytest.mark.parametrize("forms", [(0, 0), (1, 1), (2, 3), (3, 1)])
@pytest.mark.parametrize("count", [1, 2, 8])
def test_doublings_of_two_points_are_complete(count: int, forms: tuple[int, int]) -> None:
    result = aligned(3 * BASE.limbs, LANES)
    for pair in zip(zoo(), [*zoo()[1:], zoo()[0]], strict=True):
        source = [projective(point, form) for point, form in zip(pair, forms, strict=True)]
        double_often(result, point_block(BASE, source * (LANES // 2)), count)
        assert read_points(result) == [times(point, 1 << count) for point in pair] * (LANES // 2)


def test_the_endomorphism_multiplies_by_its_eigenvalue() -> None:
    chosen = [multiply(G1, k) for k in range(1, LANES + 1)]
    run = kernel_of(BASE, curve.endomorphism, outputs=3)
    found = read_points(run(point_block(BASE, [projective(point, 1) for point in chosen])))
    assert found == [times(point, EIGENVALUE) for point in chosen]
    assert pow(BETA, 3, P) == 1 != BETA
    assert (EIGENVALUE**2 + EIGENVALUE + 1) % curve_order == 0


def rows(found: list[Point], form: int = 0) -> Words:
    result = aligned(len(found), 3 * BASE.limbs)
    for row, point in zip(result, found, strict=True):
        row[:] = np.array([BASE.split(value) for value in projective(point, form)], dtype=np.uint64).ravel()
    return result


def affine_rows(found: list[Point], form: int = 0) -> Words:
    result = aligned(len(found), AFFINE_WORDS)
    result[:] = rows(found, form)[:, :AFFINE_WORDS]
    result[[at for at, point in enumerate(found) if point is None]] = 0
    return result


@pytest.mark.parametrize("count", [1, 7, 8, 9, 18])
@pytest.mark.parametrize("form", [0, 1, 2, 3])
def test_affine_forms_share_an_inversion(count: int, form: int) -> None:
    """Identities among the points, in either form of zero, must not spoil the product that is inverted."""
    found = zoo()[:count]
    result = aligned(count, AFFINE_WORDS)
    points.normalise(result, rows(found, form), points.scratch(-(-count // LANES) + 1))
    for point, row in zip(found, result.tolist(), strict=True):
        x, y = (BASE.join(row[at : at + BASE.limbs]) for at in (0, BASE.limbs))
        assert max(x, y) < 2 * P
        expected = (0, 0) if point is None else tuple(map(int, point))
        assert (BASE.plain(x), BASE.plain(y)) == expected
        assert point is not None or x == y == 0


def compressed(point: Point) -> bytes:
    if point is None:
        return IDENTITY
    x, y = map(int, point)
    return (x | (4 | (y > P - y)) << 381).to_bytes(POINT_BYTES, "big")


@pytest.mark.parametrize("count", [1, 7, 8, 9, 18])
@pytest.mark.parametrize("form", [0, 1, 2, 3])
def test_encodings_of_any_form_stay_in_their_rows(count: int, form: int) -> None:
    found = zoo()[:count]
    result = np.full((count + 2, POINT_BYTES), 7, dtype=np.uint8)
    points.encode(result[1:-1], rows(found, form), points.scratch(-(-count // LANES) + 1))
    assert result[1:-1].tobytes() == b"".join(map(compressed, found))
    assert set(result[[0, -1]].ravel().tolist()) == {7}


@given(st.lists(st.integers(0, LIMB_MASK), min_size=BASE.limbs, max_size=BASE.limbs))
def test_bits_are_cut_at_another_width(limbs: list[int]) -> None:
    """Of any limbs, and back."""
    value = BASE.join(limbs) % (1 << 8 * POINT_BYTES)
    words = regrouped(52, 64)(block(BASE, [value]))
    assert [int(word) for word in words[:, 0]] == [value >> 64 * at & (1 << 64) - 1 for at in range(6)] + [0, 0]
    assert numbers(BASE, regrouped(64, 52)(words)) == [value] * LANES


@cache
def regrouped(width: int, other: int) -> Runner:
    def body(code: Emitter) -> None:
        result, source = code.arguments
        pieces = [code.read_vector(source, at) for at in range(BASE.limbs)]
        code.write(result, coordinates.regroup(code, pieces, width, other, BASE.limbs))

    return runner(BASE, body, 1)


@njit
def judge_membership(verdict: Any, affine: Any, room: Any) -> None:
    indices = lane_numbers()
    for start in range(0, len(affine), LANES):
        coordinates.lanes_at(indices, start, len(affine))
        coordinates.gather_affine(room, affine, indices)
        decoding.subgroup(address(verdict) + 8 * start, address(room))


@pytest.mark.parametrize("form", [0, 1])
def test_05_membership_is_exact(form: int) -> None:
    """Points of every order: the prime order of the group, each prime of the cofactor, their sums, large composites."""
    found = [point for point in zoo() if point is not None]
    for seed in range(2, 6):
        outside = curve_point(seed)
        # Of the order of the cofactor alone, and of an order that only lacks one small prime.
        found += [outside, times(outside, curve_order), times(outside, 3), times(outside, COFACTOR)]
    found += [multiply(G1, k) for k in (2, 3, SEED, curve_order - 1)]
    verdict = np.zeros(-(-len(found) // LANES) * LANES, dtype=np.uint64)
    judge_membership(verdict, affine_rows(found, form), points.scratch())
    members = [times(point, curve_order) is None for point in found]
    assert verdict[: len(found)].tolist() == members
    assert 0 < sum(members) < len(members)


def test_the_cofactor_is_made_of_the_small_primes() -> None:
    product = 3
    for prime in SMALL_PRIMES[1:]:
        product *= prime**2
    assert product == COFACTOR
    assert COFACTOR * curve_order == P + 1 - (1 - SEED)
    assert curve_order == SEED**4 - SEED**2 + 1


@njit
def raise_to(result: Any, table: Any, steps: Any) -> None:
    decoding.power(address(result), address(table), steps)


@njit
def square_often(result: Any, base: Any, count: int) -> None:
    coordinates.squares(address(result), address(base), count)


KEPT_VALUES = [0, 1, 2, P - 1, P, P + 1, 2 * P - 1, random.Random(3).randrange(P)]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(decoding.ROOT_STEPS, (P + 1) // 4), (decoding.power_steps(0b1000000_11111_001), None)],
    ids=["root", "short"],
)
def test_fixed_powers(steps: Any, expected: int | None) -> None:
    exponent = 0
    for factor, squares in steps.tolist():
        exponent = (exponent + 2 * factor + 1) << squares
    assert exponent == (0b1000000_11111_001 if expected is None else expected)
    table, result = aligned(decoding.WINDOW_TABLE * BASE.limbs, LANES), aligned(BASE.limbs, LANES)
    table[: BASE.limbs] = block(BASE, KEPT_VALUES)
    raise_to(result, table, steps)
    for value, found in zip(KEPT_VALUES, numbers(BASE, result), strict=True):
        assert BASE.plain(found) == pow(BASE.plain(value), exponent, P)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_squares_stay_normal_and_kept(count: int) -> None:
    result = aligned(BASE.limbs, LANES)
    square_often(result, block(BASE, KEPT_VALUES), count)
    assert int(result.max()) < 1 << 52
    for value, found in zip(KEPT_VALUES, numbers(BASE, result), strict=True):
        assert found <= P + 1
        assert BASE.plain(found) == pow(BASE.plain(value), 1 << count, P)


def jacobian(point: Point, form: int) -> list[int]:
    """Coordinates with a Z of their own; for odd forms as far above their least values as they may be."""
    scale = 1 if form < 2 else pow(3, form, P)
    plain = (int(point[0]) * scale**2, int(point[1]) * scale**3, scale)
    above = (membership.LOOSE - 1, 1, 1)
    return [BASE.montgomery(value) + (P * more if form % 2 else 0) for value, more in zip(plain, above, strict=True)]


def read_jacobian(data: Words) -> list[Point | str]:
    assert int(data.max()) < 1 << 52
    columns = [numbers(BASE, data[at * BASE.limbs :]) for at in range(3)]
    limits = (membership.LOOSE * P, 2 * P, 2 * P)
    assert all(max(column) < limit for column, limit in zip(columns, limits, strict=True))
    found: list[Point | str] = []
    for coordinates_of_one in zip(*columns, strict=True):
        x, y, z = (BASE.plain(value) for value in coordinates_of_one)
        inverse = pow(z, -1, P) if z else 0
        found.append((FQ(x * inverse**2), FQ(y * inverse**3)) if z else "lost")
    return found


@pytest.mark.parametrize("forms", [(0, 0), (1, 1), (2, 3), (3, 1)])
def test_jacobian_sums_are_right_or_lost_for_good(forms: tuple[int, int]) -> None:
    """Equal and opposite points end with Z = 0, and so does whatever is made of that; all other sums are right."""
    finite = [point for point in zoo() if point is not None]
    twice, plus = kernel_of(BASE, membership.double, outputs=3), kernel_of(BASE, membership.add, outputs=3)
    pairs = [(left, right) for left in finite for right in finite]
    for at in range(0, len(pairs), LANES):
        chosen = pairs[at : at + LANES]
        left, right = (point_block(BASE, [jacobian(pair[k], forms[k]) for pair in chosen]) for k in (0, 1))
        sums = plus(left, right)
        lost = [one[0] == other[0] for one, other in chosen]
        expected = ["lost" if gone else add(*pair) for gone, pair in zip(lost, chosen, strict=True)]
        assert read_jacobian(sums)[: len(chosen)] == expected
        for later in (twice(sums), plus(sums, right), plus(left, sums)):
            found = read_jacobian(later)[: len(chosen)]
            assert all(point == "lost" for point, gone in zip(found, lost, strict=True) if gone)
        assert read_jacobian(twice(left))[: len(chosen)] == [double(one) for one, _ in chosen]


def test_some_points_are_lost_on_the_way_to_their_verdict() -> None:
    """The multiples met by the test of membership: equal or opposite to what is added only for small orders."""
    met, multiple = set(), 1
    for bit in bin(SEED)[3:]:
        multiple *= 2
        if bit == "1":
            met |= {multiple - 1, multiple + 1}
            multiple += 1
    assert multiple == SEED
    assert max(met) <= SEED < curve_order
    assert [prime for prime in SMALL_PRIMES if any(found % prime == 0 for found in met)][:2] == [3, 11]
