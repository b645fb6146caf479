"""The group of the vector kernels against the arkworks library, and what it refuses. Numbers are those of the threat
list."""

from __future__ import annotations

import inspect
import random
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np
import py_arkworks_bls12381 as ark
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.errors import InternalError, MalformedProof
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.encoding import BASE_MODULUS, IDENTITY, split_points, x_coordinate
from zkmargin.verifier.ifma import available, decoding, encoding, msm, multiples, points, prepared, rounds, tables
from zkmargin.verifier.ifma.group import IfmaGroup, IfmaPoints, scalar_words
from zkmargin.verifier.ifma.scalars import EIGENVALUE, digits, window_count

pytestmark = pytest.mark.skipif(not available(), reason="needs AVX-512 IFMA")

GROUP = IfmaGroup()
SIZES = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 200]
GENERATOR = bytes(ark.G1Point().to_compressed_bytes())
ORDER_3 = bytes([0x80]) + bytes(47)
"""x = 0: the points (0, 2) and (0, -2) have order 3."""

OUTSIDE = bytes([0x80]) + bytes(46) + bytes([4])
"""x = 4 is on the curve; the order of the point is large, and not that of the group."""

OFF_CURVE = bytes([0x80]) + bytes(46) + bytes([1])
"""x = 1: 5 is not a square."""


class Scalars(list[int]):
    """The part of a field vector that the group uses."""

    def to_bytes(self) -> bytes:
        return b"".join(value.to_bytes(32, "little") for value in self)


@cache
def library_points(count: int) -> list[ark.G1Point]:
    chance = random.Random(count)
    return [ark.G1Point() * ark.Scalar(chance.randrange(1, MODULUS)) for _ in range(count)]


def encoded(found: list[ark.G1Point]) -> bytes:
    return b"".join(bytes(point.to_compressed_bytes()) for point in found)


def scalar_sample(count: int, seed: int = 0) -> Scalars:
    chance = random.Random(seed)
    half = EIGENVALUE // 2
    edges = [0, MODULUS - 1, 1, MODULUS // 2, MODULUS // 2 + 1, EIGENVALUE, half, half + 1, EIGENVALUE * half + half]
    chance.shuffle(edges)
    return Scalars((edges + [chance.randrange(MODULUS) for _ in range(count)])[:count])


def library_msm(found: list[ark.G1Point], scalars: Scalars) -> bytes:
    factors = [ark.Scalar.from_le_bytes(value.to_bytes(32, "little")) for value in scalars]
    return bytes(ark.G1Point.multiexp_unchecked(found, factors).to_compressed_bytes()) if found else IDENTITY


@pytest.mark.parametrize("count", SIZES)
def test_09_encodings_round_trip(count: int) -> None:
    data = encoded(library_points(count))
    found = GROUP.from_bytes(data)
    assert len(found) == count
    assert found.to_bytes() == data
    assert (-found).to_bytes() == encoded([-point for point in library_points(count)])
    assert (found + found).to_bytes() == encoded([point + point for point in library_points(count)])


@pytest.mark.parametrize("place", [0, 6, 7, 8, 9, 16])
@pytest.mark.parametrize(
    ("fault", "bad"),
    [
        ("compressed", bytes(48)),
        ("compressed", bytes([0x17]) + bytes(47)),
        ("compressed", bytes([GENERATOR[0] & 0x7F]) + GENERATOR[1:]),
        ("compressed", bytes([0x40]) + bytes(47)),
        ("compressed", bytes([0x60]) + bytes(47)),
        ("compressed", bytes([0x20]) + bytes(47)),
        ("other bits", bytes([0xE0]) + bytes(47)),
        ("other bits", bytes([0xC1]) + bytes(47)),
        ("other bits", bytes([0xC0]) + bytes(46) + bytes([1])),
        ("other bits", bytes([GENERATOR[0] | 0x40]) + GENERATOR[1:]),
        ("below", bytes([0x9F]) + bytes([0xFF] * 47)),
        ("below", (BASE_MODULUS | 1 << 383).to_bytes(48, "big")),
        ("below", (BASE_MODULUS + 4 | 1 << 383).to_bytes(48, "big")),
        ("not a point", (BASE_MODULUS - 1 | 1 << 383).to_bytes(48, "big")),
        ("not a point", OFF_CURVE),
        ("not a point", bytes([0xA0]) + OFF_CURVE[1:]),
        ("not a point", ORDER_3),
        ("not a point", bytes([0xA0]) + ORDER_3[1:]),
        ("not a point", OUTSIDE),
        ("not a point", bytes([0xA0]) + OUTSIDE[1:]),
    ],
)
def test_04_05_malformed_points_are_refused_wherever_they_stand(place: int, fault: str, bad: bytes) -> None:
    good = [bytes(point.to_compressed_bytes()) for point in library_points(17)]
    with pytest.raises(MalformedProof, match=f"point {place}: .*{fault}"):
        GROUP.from_bytes(b"".join([*good[:place], bad, *good[place + 1 :]]))


@pytest.mark.parametrize("length", [1, 47, 49, 96 - 1, 192])
def test_01_lengths(length: int) -> None:
    data = (GENERATOR * 5)[:length]
    if length % 48:
        with pytest.raises(MalformedProof, match="whole number"):
            GROUP.from_bytes(data)
    else:
        assert GROUP.from_bytes(data).to_bytes() == data


@given(st.binary(min_size=48, max_size=48), st.integers(0, 7))
def test_04_any_bytes_are_judged_as_the_library_judges_them(data: bytes, flags: int) -> None:
    """Where the library accepts what we refuse, it must be for the encoding: its own is then another."""
    data = bytes([flags << 5 | data[0] & 0x1F]) + data[1:]
    try:
        ours: bytes | None = GROUP.from_bytes(data).to_bytes()
    except MalformedProof:
        ours = None
    try:
        theirs = bytes(ark.G1Point.from_compressed_bytes(data).to_compressed_bytes())
    except ValueError:
        theirs = b""
    assert ours == (data if theirs == data else None)


def x_of_a_twin() -> int:
    """An x off the curve whose pair is a member of G1 of another curve: `(t^2 X, t^3 Y)` for a member `(X, Y)`.

    Where `x^3 + 4` is not a square, what is taken for its root is that of `-(x^3 + 4)`; for such a pair to be the
    twin of a member, `t^6 (X^3 + Y^2) = -4`. The roots are looked for where a power finds them.
    """
    p, found = BASE_MODULUS, library_points(200)
    coprime = p - 1
    while coprime % 3 == 0:
        coprime //= 3
    for x in (x_coordinate(bytes(point.to_compressed_bytes())) for point in found):
        sixth = -4 * pow(2 * x**3 + 4, -1, p) % p
        square = pow(sixth, pow(3, -1, coprime), p)
        if pow(square, 3, p) == sixth and pow(square, (p - 1) // 2, p) == 1:
            return square * x % p
    raise AssertionError("none among so many points")


def test_05_a_twin_of_a_member_is_no_point() -> None:
    """The formulas that test membership do not know the curve's constant: that there is a point is asked beside."""
    x = x_of_a_twin()
    assert pow(x**3 + 4, (BASE_MODULUS - 1) // 2, BASE_MODULUS) != 1
    for sign in (0, 1):
        with pytest.raises(MalformedProof, match="point 1: not a point"):
            GROUP.from_bytes(GENERATOR + (x | (4 | sign) << 381).to_bytes(48, "big"))


def encodings_on_the_edge() -> list[bytes]:
    """Around the modulus at each byte, with each flag; and the identity with each byte set."""
    modulus, found = BASE_MODULUS.to_bytes(48, "big"), []
    for place in range(48):
        for change in (-1, 0, 1):
            byte = modulus[place] + change
            if 0 <= byte <= 0xFF >> (3 if place == 0 else 0):
                start = modulus[:place] + bytes([byte])
                found += [start + bytes([rest]) * (47 - place) for rest in (0, 0xFF)] + [start + modulus[place + 1 :]]
    found = [bytes([flags << 5 | one[0]]) + one[1:] for one in found for flags in range(8)]
    return found + [IDENTITY[:place] + bytes([IDENTITY[place] | 1]) + IDENTITY[place + 1 :] for place in range(48)]


def fault(part: bytes) -> str:
    """What the reference says, before it looks at the curve, of a part that it refuses."""
    try:
        split_points(part)
    except MalformedProof as error:
        return str(error)
    return ""


def test_04_encodings_are_classified_as_by_the_reference() -> None:
    found = [*encodings_on_the_edge(), IDENTITY]
    kinds = np.full(len(found) + 1, 7, dtype=np.int64)
    decoding.classify(kinds[:-1], np.frombuffer(b"".join(found), dtype=np.uint8).reshape(-1, 48))
    words = {kind: f"point 0: {reason}" for kind, reason in encoding.REASONS.items()}
    assert [words.get(kind, "") for kind in kinds[:-1].tolist()] == [fault(one) for one in found]
    assert [kind == decoding.ABSENT for kind in kinds[:-1].tolist()] == [one == IDENTITY for one in found]
    assert kinds[-1] == 7
    assert set(kinds.tolist()) == {*range(decoding.OUTSIDE), 7}


@given(
    st.lists(st.sampled_from([GENERATOR, IDENTITY, OUTSIDE, bytes(48), b"", GENERATOR + b"\0"]), max_size=20), st.data()
)
def test_parts_have_the_refusals_of_each(drawn: list[bytes], data: st.DataObject) -> None:
    """Parts of any length, cut anywhere: each is refused, or read, as if it stood alone."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(drawn)), max_size=4)))
    parts = [b"".join(drawn[at:end]) for at, end in pairwise([0, *cuts, len(drawn)])]
    found = [str(one) if isinstance(one, MalformedProof) else one.to_bytes() for one in GROUP.read(parts)()]
    for part, one in zip(parts, found, strict=True):
        outside = [row for row in range(len(part) // 48) if part[48 * row : 48 * row + 48] == OUTSIDE]
        refused = f"point {outside[0]}: not a point of the group" if outside else ""
        assert one == (fault(part) or refused or part)


def test_06_identities_and_repeated_points() -> None:
    data = IDENTITY + GENERATOR + IDENTITY * 2 + GENERATOR * 6 + IDENTITY
    found = GROUP.from_bytes(data)
    assert found.to_bytes() == data
    assert (found + GROUP.identity(11)).to_bytes() == data
    assert (found + -found).to_bytes() == IDENTITY * 11
    for at in range(11):
        assert GROUP.is_identity(found[at : at + 1]) == (data[48 * at : 48 * at + 48] == IDENTITY)


@pytest.mark.parametrize("count", SIZES)
def test_msm(count: int) -> None:
    """Both ways, whichever the plan would choose, and points with a Z of their own."""
    found, scalars = library_points(count), scalar_sample(count, seed=count)
    expected = library_msm(found, scalars)
    given_points = GROUP.from_bytes(encoded(found))
    assert GROUP.msm(given_points, scalars).to_bytes() == expected
    if count:
        shifted = (given_points + given_points) + -given_points
        words = scalar_words(scalars)
        assert IfmaPoints(msm.by_tables(shifted.packed(), words)).to_bytes() == expected
        plan = msm.bucket_plan(count)
        assert IfmaPoints(msm.by_buckets(shifted.affine(), words, plan)).to_bytes() == expected


@pytest.mark.parametrize("window_bits", msm.BUCKET_SIZES)
@pytest.mark.parametrize("chunks", msm.CHUNKS)
def test_every_plan_for_buckets(window_bits: int, chunks: int) -> None:
    found, scalars = library_points(17), scalar_sample(17, seed=window_bits)
    result = msm.by_buckets(
        GROUP.from_bytes(encoded(found)).affine(), scalar_words(scalars), msm.Plan(window_bits, chunks, 0)
    )
    assert IfmaPoints(result).to_bytes() == library_msm(found, scalars)


def test_the_plan_changes_with_the_size() -> None:
    assert msm.few_cost(8) < msm.bucket_plan(8).cost
    assert msm.few_cost(2000) > msm.bucket_plan(2000).cost
    sizes = [msm.bucket_plan(count).window_bits for count in (100, 2_000, 100_000)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_msm_of_equal_opposite_and_absent_points() -> None:
    """Sums of buckets and multiples then meet every special case of addition."""
    one, zero = GROUP.from_bytes(GENERATOR), GROUP.identity(1)
    for count in (12, 300):
        scalars = scalar_sample(count, seed=1)
        expected = library_msm([ark.G1Point()], Scalars([sum(scalars) % MODULUS]))
        assert GROUP.msm(GROUP.join([one] * count), scalars).to_bytes() == expected
        assert GROUP.is_identity(GROUP.msm(GROUP.join([one, -one] * (count // 2)), Scalars([MODULUS - 3] * count)))
        assert GROUP.is_identity(GROUP.msm(GROUP.join([zero] * count), scalars))
        assert GROUP.is_identity(GROUP.msm(GROUP.join([one] * count), Scalars([0] * count)))
        mixed = GROUP.join([one, zero] * (count // 2))
        expected = library_msm([ark.G1Point()], Scalars([sum(scalars[::2]) % MODULUS]))
        assert GROUP.msm(mixed, scalars).to_bytes() == expected


@pytest.mark.parametrize("window_bits", msm.BUCKET_SIZES)
@given(st.lists(st.integers(0, MODULUS - 1), min_size=1, max_size=9))
def test_halves_and_digits_give_the_scalar_back(window_bits: int, drawn: list[int]) -> None:
    scalars = Scalars([*drawn, *scalar_sample(9)])
    found = np.full((len(scalars), 2 * window_count(window_bits)), 1 << 40, dtype=np.int64)
    digits(found, scalar_words(scalars), window_bits)
    assert np.abs(found).max() <= 1 << (window_bits - 1)
    for scalar, row in zip(scalars, found.tolist(), strict=True):
        first, second = (sum(digit << (window_bits * at) for at, digit in enumerate(row[half::2])) for half in (0, 1))
        assert max(abs(first), abs(second)) < 1 << 127
        assert (first + second * EIGENVALUE - scalar) % MODULUS == 0


@pytest.mark.parametrize("rows", [0, 1, 2, 4, 5, 7, 8, 9, 33])
@pytest.mark.parametrize("columns", [0, 16, 48, 128])
def test_rows_of_bits(rows: int, columns: int) -> None:
    found = library_points(columns)
    words = np.random.default_rng(rows).integers(0, 1 << 16, size=(rows, columns // 16)).astype(np.uint16)
    words[: rows // 3] = 0xFFFF
    words[-1:] = 0
    result = GROUP.commit_bits(GROUP.byte_tables(GROUP.from_bytes(encoded(found))), words)()
    assert len(result) == rows
    expected = []
    for row in words:
        bits = np.unpackbits(row.astype("<u2").view(np.uint8), bitorder="little")
        expected.append(sum((p for p, bit in zip(found, bits, strict=True) if bit), ark.G1Point.identity()))
    assert result.to_bytes() == encoded(expected)


def test_tables_of_points_that_cancel() -> None:
    """Subset sums that are the identity away from the first entry."""
    one = GROUP.from_bytes(GENERATOR)
    table = GROUP.byte_tables(GROUP.join([one, -one] * 3 + [GROUP.identity(1), one] + [-one] * 8))
    words = np.array([[0x00FF], [0x0003], [0xFF00], [0xFFFF], [0x0150]], dtype=np.uint16)
    expected = library_msm([ark.G1Point()] * 5, Scalars([1, 0, 0, 0, 0]))
    sums = [1, 0, MODULUS - 8, MODULUS - 7, 1 + MODULUS - 1]
    expected = b"".join(library_msm([ark.G1Point()], Scalars([value % MODULUS])) for value in sums)
    assert GROUP.commit_bits(table, words)().to_bytes() == expected


def test_slices_and_joins() -> None:
    found = GROUP.from_bytes(encoded(library_points(17)))
    parts = [found[:3], found[3:3], found[3:16], found[16:]]
    assert GROUP.join(parts).to_bytes() == found.to_bytes()
    assert len(GROUP.join([])) == 0
    assert (found[::2] + found[::2]).to_bytes() == encoded([p + p for p in library_points(17)[::2]])


def test_hash_is_the_librarys() -> None:
    messages, dst = [b"", b"abc", b"G\0\0\0\0"], b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"
    expected = encoded([ark.G1Point.hash_to_curve(message, dst) for message in messages])
    assert GROUP.hash(messages, dst).to_bytes() == expected


def test_shapes_that_do_not_fit_are_refused() -> None:
    found = GROUP.from_bytes(encoded(library_points(9)))
    table = GROUP.byte_tables(found[:8])
    for mistake in (
        lambda: GROUP.msm(found, Scalars([1])),
        lambda: found + found[:3],
        lambda: GROUP.byte_tables(found),
        lambda: GROUP.commit_bits(table, np.zeros((1, 1), dtype=np.uint16)),
        lambda: GROUP.is_identity(found),
    ):
        with pytest.raises(InternalError):
            mistake()


def test_kernels_own_no_arrays() -> None:
    """numba would free one after the last statement that names it: before the routine that has its address runs."""
    modules = points, decoding, msm, multiples, prepared, tables, rounds
    found = [value for module in modules for value in vars(module).values()]
    sources = {inspect.getsource(kernel.py_func) for kernel in found if hasattr(kernel, "py_func")}
    assert len(sources) > 15
    assert not [source for source in sources if "np.empty" in source or "np.zeros" in source]


def test_32_threads_share_the_kernels() -> None:
    """Kernels keep no state: calls that overlap give what calls in turn give."""
    found, scalars = library_points(65), scalar_sample(65)
    data, expected = encoded(found), library_msm(found, scalars)

    def work(_: int) -> bytes:
        return GROUP.msm(GROUP.from_bytes(data), scalars).to_bytes()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(16))) == {expected}
