"""Sums by chords: their arithmetic at its bounds, and the sums in which chords fail, which must be right as well."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import py_arkworks_bls12381 as ark
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ifma_lanes import numbers, point_block, runner
from numba import njit
from py_ecc.bls12_381 import FQ, G1, add, multiply, neg

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.encoding import IDENTITY
from zkmargin.verifier.ifma import (
    available,
    chords,
    coordinates,
    curve,
    inversion,
    msm,
    multiples,
    prepared,
    tables,
    trees,
)
from zkmargin.verifier.ifma.description import BASE, LANES, Words, aligned
from zkmargin.verifier.ifma.group import IfmaGroup, IfmaPoints, scalar_words
from zkmargin.verifier.ifma.lanes import Emitter, Range
from zkmargin.verifier.ifma.products import raw_limb_bound
from zkmargin.verifier.ifma.registers import address
from zkmargin.verifier.ifma.scalars import EIGENVALUE

pytestmark = pytest.mark.skipif(not available(), reason="needs AVX-512 IFMA")

P = BASE.modulus
GROUP = IfmaGroup()
LIMB = Range(-(1 << 53), raw_limb_bound(BASE, 1))
"""What a product's limbs are, less two kept numbers."""

VALUE = Range(-4 * P, P + (P >> 20))

Point = Any


class Scalars(list[int]):
    """The part of a field vector that the group uses."""

    def to_bytes(self) -> bytes:
        return b"".join(value.to_bytes(32, "little") for value in self)


def raw_block(values: Sequence[Sequence[int]]) -> Words:
    """Eight numbers (the last repeated) by their limbs, which may be negative."""
    full = [*values, *[values[-1]] * (LANES - len(values))]
    result = aligned(BASE.limbs, LANES)
    result[:] = np.array(full, dtype=np.int64).T.view(np.uint64)
    return result


def spread(value: int, lower: Sequence[int]) -> list[int]:
    """The limbs of a number whose lower limbs are those given, but for the 52 bits that the number demands of each."""
    limbs = []
    for limb in lower:
        found = limb + (value - limb) % (1 << 52)
        found -= 1 << 52 if found > LIMB.high else 0
        limbs.append(found)
        value = (value - found) >> 52
    return [*limbs, value]


def lower_any(code: Emitter) -> None:
    result, source = code.arguments
    code.keep(result, 0, chords.lowered(code.read(source, VALUE, LIMB)))


def lowered(values: Sequence[Sequence[int]]) -> list[int]:
    result = LOWER(raw_block(values))
    assert int(result.max()) < 1 << 52
    return numbers(BASE, result)


LOWER: Callable[[Words], Words] = runner(BASE, lower_any, 1) if available() else NotImplemented
LIMBS = st.sampled_from([LIMB.low, LIMB.high, -1, 0, 1]) | st.integers(LIMB.low, LIMB.high)
NEAR = [*(times * P for times in range(-4, 2)), *range(VALUE.low, VALUE.high, P // 100), VALUE.high]
VALUES = st.builds(
    lambda near, more: min(max(near + more, VALUE.low), VALUE.high), st.sampled_from(NEAR), st.integers(-3, 3)
)


@given(st.lists(st.tuples(VALUES, st.lists(LIMBS, min_size=7, max_size=7)), min_size=LANES, max_size=LANES))
def test_numbers_are_lowered_to_the_modulus_or_little_more(drawn: list[tuple[int, list[int]]]) -> None:
    limbs = [spread(value, lower) for value, lower in drawn]
    for (value, _), found in zip(drawn, lowered(limbs), strict=True):
        assert (found - value) % P == 0
        assert found <= P + P // 1000


@njit
def one_level(blocks: Any, pairs: int, room: Any) -> None:
    """The second half of the blocks is added to the first."""
    inverse, left = address(room), address(blocks)
    before, right = inverse + curve.BLOCK, left + pairs * chords.AFFINE
    last = before + pairs * curve.BLOCK
    coordinates.one(before)
    chords.runs(before, left, right, chords.AFFINE, pairs)
    inversion.invert_lanes(inverse, last)
    chords.sums(last, right, right, right + pairs * chords.AFFINE, chords.AFFINE, pairs, inverse)


@njit
def all_levels(blocks: Any, count: int, size: int, worth: int, room: Any, verdict: Any) -> Any:
    inverse = address(room)
    return trees.climb(address(blocks), count, size, worth, inverse, inverse + curve.BLOCK, verdict)


def affine_block(points: Sequence[Point], form: int = 0) -> Words:
    """Kept coordinates, for form 1 a modulus above the least."""

    def kept(point: Point) -> list[int]:
        return [0, 0] if point is None else [BASE.montgomery(int(value)) + P * form for value in point]

    return point_block(BASE, [kept(point) for point in points])


def read_block(data: Words) -> list[Point]:
    """Kept coordinates again, and zeros for the identity alone."""
    assert int(data.max()) < 1 << 52
    x, y = numbers(BASE, data), numbers(BASE, data[BASE.limbs :])
    assert max(x + y) < 2 * P
    assert all((b == 0) == (b % P == 0) for b in y)
    return [(FQ(BASE.plain(a)), FQ(BASE.plain(b))) if b else None for a, b in zip(x, y, strict=True)]


def blocks_of(groups: Sequence[Words]) -> Words:
    result = aligned(len(groups), 2 * BASE.limbs, LANES)
    result[:] = groups
    return result


def times(factor: int) -> Point:
    """A multiple of the generator."""
    data = (ark.G1Point() * ark.Scalar.from_le_bytes(factor.to_bytes(32, "little"))).to_xy_bytes_be()
    return tuple(FQ(int.from_bytes(data[at : at + 48], "big")) for at in (0, 48)) if factor else None


def room_for(pairs: int) -> Words:
    return aligned(pairs + 2, BASE.limbs, LANES)


MEMBERS = [multiply(G1, k) for k in (1, 2, 3, 5, MODULUS - 1, MODULUS - 2)]
KINDS = [None, *MEMBERS, (FQ(0), FQ(2)), (FQ(0), FQ(P - 2))]
"""Points with x = 0 are of order 3: chords know the identity by its y."""


@pytest.mark.parametrize("forms", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_level_adds_whatever_has_a_chord(forms: tuple[int, int]) -> None:
    pairs = [(a, b) for a in KINDS for b in KINDS if a is None or b is None or a[0] != b[0]]
    groups = [(pairs[at : at + LANES] + pairs)[:LANES] for at in range(0, len(pairs), LANES)]
    blocks = blocks_of([affine_block([pair[k] for pair in group], forms[k]) for k in (0, 1) for group in groups])
    right = blocks[len(groups) :].copy()
    one_level(blocks, len(groups), room_for(len(groups)))
    for group, found in zip(groups, blocks[: len(groups)], strict=True):
        assert read_block(found) == [add(*pair) for pair in group]
    assert np.array_equal(blocks[len(groups) :], right)


@pytest.mark.parametrize("form", [0, 1])
@pytest.mark.parametrize("point", [G1, neg(G1)])
@pytest.mark.parametrize("lane", [0, 3, 7])
def test_one_pair_without_a_chord_spoils_the_level_and_is_noticed(lane: int, point: Point, form: int) -> None:
    pairs = 9
    met = [MEMBERS[2]] * lane + [point] + [None] * (LANES - lane - 1)
    for place in (0, pairs - 1):
        others = [met if at == place else [MEMBERS[1]] * LANES for at in range(pairs)]
        given_blocks = blocks_of([*[affine_block([G1])] * pairs, *(affine_block(row, form) for row in others)])
        assert all_levels(given_blocks.copy(), 1, 2 * pairs, pairs, room_for(pairs), aligned(LANES)) < 0
        one_level(given_blocks, pairs, room_for(pairs))
        for row, block_ in zip(others, given_blocks[:pairs], strict=True):
            x, y = (map(BASE.plain, numbers(BASE, block_[start:])) for start in (0, BASE.limbs))
            for *found, other in zip(x, y, row, strict=True):
                assert (found == [int(value) for value in add(G1, other) or (0, 0)]) == (other is None)


@pytest.mark.parametrize(
    ("count", "size", "left"),
    [
        (1, 1, 1),
        (18, 1, 1),
        (17, 2, 2),
        (17, 3, 3),
        (18, 2, 1),
        (18, 3, 1),
        (6, 6, 3),
        (1, 36, 18),
        (1, 37, 19),
        (2, 33, 17),
    ],
)
def test_trees_leave_blocks_that_sum_up_to_the_same(count: int, size: int, left: int) -> None:
    chance = random.Random(count * size)
    factors = [[chance.randrange(1, 1 << 40) for _ in range(LANES)] for _ in range(count * size)]
    # Multiples of the generator, and in every eleventh block identities.
    factors[::11] = [[0, *row[1:4], 0, *row[5:]] for row in factors[::11]]
    blocks = blocks_of([affine_block([times(factor) for factor in row]) for row in factors])
    room = room_for(count * (size // 2))
    assert all_levels(blocks, count, size, 18, room, aligned(LANES)) == left
    for tree in range(count):
        kept = [read_block(block) for block in blocks[tree : left * count : count]]
        for lane in range(LANES):
            total = None
            for row in kept:
                total = add(total, row[lane])
            assert total == times(sum(row[lane] for row in factors[tree::count]))


def encoded(factor: int) -> bytes:
    """A multiple of the generator."""
    scalar = ark.Scalar.from_le_bytes((factor % MODULUS).to_bytes(32, "little"))
    return bytes((ark.G1Point() * scalar).to_compressed_bytes())


NUMBERS = [random.Random(at).randrange(MODULUS) for at in range(33)]


def library_sum(factors: Sequence[int], scalars: Sequence[int]) -> bytes:
    return encoded(sum(factor * scalar for factor, scalar in zip(factors, scalars, strict=True)))


def points_of(factors: Sequence[int]) -> IfmaPoints:
    return GROUP.from_bytes(b"".join(map(encoded, factors)))


def sums_of(factors: Sequence[int], scalars: Sequence[int]) -> list[bytes]:
    """By multiples that are kept, and by those that are made."""
    points, words = points_of(factors), scalar_words(Scalars(scalars))
    found = prepared.multiply_sum(prepared.prepare(points.packed()), words), msm.by_tables(points.packed(), words)
    return [IfmaPoints(rows).to_bytes() for rows in found]


@pytest.mark.parametrize("blocks", [1, 40, trees.ROOM_BLOCKS])
@pytest.mark.parametrize("window_bits", [2, 3, 5, 8])
def test_tables_hold_the_multiples(window_bits: int, blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an identity too; three blocks of points at once, or one after the other."""
    monkeypatch.setattr(multiples, "ROOM_BLOCKS", blocks)
    factors, count = [*NUMBERS[:9], 0, *NUMBERS[9:16]], multiples.table_width(window_bits)
    given_points = points_of(factors)
    shifted = (given_points + given_points) + -given_points
    table = multiples.table_of(shifted.packed(), count)
    assert len(table) == len(factors) * count
    for start in range(0, len(table), LANES):
        rows = table[start : start + LANES]
        found = read_block(np.ascontiguousarray(rows.T))
        expected = [factors[at // count] * (at % count) % MODULUS for at in range(start, start + len(rows))]
        assert found == [times(factor) for factor in expected]


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether sums are found, one after the other: what is not found in trees is found without."""
    found: list[bool] = []

    def heard(module: Any, name: str) -> None:
        kernel = getattr(module, name)

        def call(*given: Any) -> bool:
            found.append(kernel(*given))
            return found[-1]

        monkeypatch.setattr(module, name, call)

    heard(prepared, "windowed_sum")
    heard(tables, "sum_bytes")
    return found


@pytest.mark.parametrize("blocks", [1, 40, trees.ROOM_BLOCKS])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 15, 16, 17, 33, 70])
def test_sums_in_trees(count: int, blocks: int, verdicts: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one window at a time, of some, and of all."""
    monkeypatch.setattr(prepared, "ROOM_BLOCKS", blocks)
    chance = random.Random(count)
    factors, scalars = ([chance.randrange(1, MODULUS) for _ in range(count)] for _ in range(2))
    assert sums_of(factors, scalars) == [library_sum(factors, scalars)] * 2
    assert set(verdicts) == {True}


EQUAL = [NUMBERS[0]] * 33


@pytest.mark.parametrize(
    ("factors", "scalars"),
    [
        ([7] * 33, EQUAL),
        ([7] * 16 + [-7] * 17, EQUAL),
        ([7] * 33, EQUAL[:16] + [MODULUS - NUMBERS[0]] * 17),
        ([7] * 16 + [14] * 17, [6] * 16 + [3] * 17),
        ([*NUMBERS[:11], 7, *NUMBERS[12:28], 7, *NUMBERS[29:]], [0] * 11 + [1] + [0] * 16 + [1] + [0] * 4),
    ],
    ids=["equal", "opposite", "opposite scalars", "equal multiples", "equal in one lane"],
)
def test_sums_without_chords_are_right(factors: list[int], scalars: list[int], verdicts: list[bool]) -> None:
    expected = library_sum(factors, scalars)
    assert sums_of(factors, scalars) == [expected] * 2
    assert verdicts == [False, True] * 2


@pytest.mark.parametrize(
    ("factors", "scalars"),
    [
        (NUMBERS, [0] * 33),
        ([0] * 33, NUMBERS),
        ([*NUMBERS[:16], *[0] * 17], EQUAL),
        ([*NUMBERS[:32], -sum(NUMBERS[:32])], EQUAL),
        ([NUMBERS[0], NUMBERS[0] * EIGENVALUE, *NUMBERS[1:32]], [EIGENVALUE, *[1] * 32]),
    ],
    ids=["zeros", "identities", "identities among them", "opposite at last", "equal images"],
)
def test_sums_with_identities_need_no_second_way(factors: list[int], scalars: list[int], verdicts: list[bool]) -> None:
    expected = library_sum(factors, scalars)
    assert sums_of(factors, scalars) == [expected] * 2
    assert set(verdicts) == {True}
    assert (expected == IDENTITY) == (sum(f * s for f, s in zip(factors, scalars, strict=True)) % MODULUS == 0)


@pytest.mark.parametrize("blocks", [1, 40, trees.ROOM_BLOCKS])
@pytest.mark.parametrize("count", [1, 9, 40, 160])
def test_rows_of_bits_in_trees(count: int, blocks: int, verdicts: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """With rows of ones and of zeros among them, under points of which one is the identity."""
    monkeypatch.setattr(tables, "ROOM_BLOCKS", blocks)
    factors = (NUMBERS * 3)[:48]
    factors[16:] = [factor * (at + 2) for at, factor in enumerate(factors[16:])]
    factors[5] = 0
    words = np.random.default_rng(count).integers(0, 1 << 16, size=(count, 3)).astype(np.uint16)
    words[::3], words[1::5] = 0, 0xFFFF
    found = GROUP.commit_bits(GROUP.byte_tables(points_of(factors)), words)().to_bytes()
    bits = np.unpackbits(words.astype("<u2").view(np.uint8), axis=1, bitorder="little").tolist()
    assert found == b"".join(library_sum(factors, row) for row in bits)
    assert set(verdicts) == {True}


@pytest.mark.parametrize("sign", [1, -1])
def test_rows_of_bits_without_chords_are_right(sign: int, verdicts: list[bool]) -> None:
    """One of many rows has equal or opposite entries."""
    factors = [*range(1, 9), *(sign * factor for factor in range(1, 9))]
    words = np.full((160, 1), 0x0021, dtype=np.uint16)
    words[77] = 0x2121
    found = GROUP.commit_bits(GROUP.byte_tables(points_of(factors)), words)().to_bytes()
    assert found == b"".join(encoded(7 if at != 77 else 7 + 7 * sign) for at in range(160))
    assert verdicts == [False, True]
