"""The group under every arithmetic: published vectors, and each long computation against its definition."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import py_arkworks_bls12381 as ark
import pytest

from zkmargin.circuits.errors import MalformedProof, ZkMarginError
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.encoding import BASE_MODULUS, IDENTITY, SUITE_DST, x_coordinate
from zkmargin.verifier.generators import KEPT_ANSWERS, Generators, generators

# RFC 9380, appendix J.9.1: suite BLS12381G1_XMD:SHA-256_SSWU_RO_, the points P.
RFC_DST = b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"
RFC_POINTS = [
    (
        b"",
        "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1",
        "08ba738453bfed09cb546dbb0783dbb3a5f1f566ed67bb6be0e8c67e2e81a4cc68ee29813bb7994998f3eae0c9c6a265",
    ),
    (
        b"abc",
        "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903",
        "0b9c15f3fe6e5cf4211f346271d7b01c8f3b28be689c8429c85b67af215533311f0b8dfaaa154fa6b88176c229f2885d",
    ),
    (
        b"abcdef0123456789",
        "11e0b079dea29a68f0383ee94fed1b940995272407e3bb916bbf268c263ddd57a6a27200a784cbc248e84f357ce82d98",
        "03a87ae2caf14e8ee52e51fa2ed8eefe80f02457004ba4d486d6aa1f517c0889501dc7413753f9599b099ebcbbd2d709",
    ),
    (
        b"q128_" + b"q" * 128,
        "15f68eaa693b95ccb85215dc65fa81038d69629f70aeee0d0f677cf22285e7bf58d7cb86eefe8f2e9bc3f8cb84fac488",
        "1807a1d50c29f430b8cafc4f8638dfeeadf51211e1602a5f184443076715f91bb90a48ba1e370edce6ae1062f5e6dd38",
    ),
    (
        b"a512_" + b"a" * 512,
        "082aabae8b7dedb0e78aeb619ad3bfd9277a2f77ba7fad20ef6aabdc6c31d19ba5a6d12283553294c1825c4b3ca2dcfe",
        "05b84ae5a942248eea39e1d91030458c40153f3b654ab7872d779ad1e942856a20c438e8d99bc8abfbf74729ce1f7ac8",
    ),
]


def compressed(x: str, y: str) -> bytes:
    data = bytearray.fromhex(x)
    value = int(y, 16)
    data[0] |= 0x80 | (0x20 if value > BASE_MODULUS - value else 0)
    return bytes(data)


def sample_points(arithmetic: Arithmetic, count: int) -> Any:
    return generators(arithmetic).family(b"K", count)


def sample_scalars(count: int) -> list[int]:
    edges = [0, 1, MODULUS - 1, 2, 1 << 128, (1 << 254) + 1]
    return (edges + [secrets.randbelow(MODULUS) for _ in range(count)])[:count]


def test_rfc_9380_vectors(arithmetic: Arithmetic) -> None:
    points = arithmetic.group.hash([message for message, _, _ in RFC_POINTS], RFC_DST)
    assert points.to_bytes() == b"".join(compressed(x, y) for _, x, y in RFC_POINTS)


def test_generators_are_the_hashes_the_protocol_names(arithmetic: Arithmetic) -> None:
    reference = select("reference").group
    for tag in (b"G", b"K", b"M", b"H"):
        expected = reference.hash([tag + (0).to_bytes(4, "little")], SUITE_DST).to_bytes()
        assert generators(arithmetic).family(tag, 1).to_bytes() == expected
    expected = reference.hash([b"G" + (5).to_bytes(4, "little")], SUITE_DST).to_bytes()
    assert generators(arithmetic).family(b"G", 6)[5:].to_bytes() == expected


def test_answers_are_prepared_when_asked_for_again(arithmetic: Arithmetic) -> None:
    """Of the latest sizes; the sums are the same either way."""
    made, scalars = Generators(arithmetic.group), arithmetic.field.vector(sample_scalars(6))
    prepared: list[Any] = []
    prepare = arithmetic.group.prepare

    class Counting:
        """The same group, and how often it prepares."""

        def __getattr__(self, name: str) -> Any:
            return getattr(arithmetic.group, name)

        def prepare(self, points: Any) -> Any:
            prepared.append(len(points))
            return prepare(points)

    made._group = Counting()  # type: ignore[assignment]
    sums = {made._group.msm(made.prepared_answer(2, 1, 2), scalars).to_bytes() for _ in range(3)}
    assert (len(sums), prepared) == (1, [6])
    for masks in range(3, 3 + KEPT_ANSWERS):
        made.prepared_answer(1, 1, masks)
    assert len(made._answers) == KEPT_ANSWERS
    made.prepared_answer(2, 1, 2)
    assert prepared == [6]
    made.prepared_answer(2, 1, 2)
    assert prepared == [6, 6]


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 33])
def test_msm_is_the_sum_of_multiples(count: int, arithmetic: Arithmetic) -> None:
    group, field = arithmetic.group, arithmetic.field
    points, scalars = sample_points(arithmetic, count), sample_scalars(count)
    total, encoded = ark.G1Point.identity(), points.to_bytes()
    for index, scalar in enumerate(scalars):
        point = ark.G1Point.from_compressed_bytes(encoded[48 * index : 48 * index + 48])
        total = total + point * ark.Scalar.from_le_bytes(scalar.to_bytes(32, "little"))
    found = group.msm(points, field.vector(scalars))
    assert found.to_bytes() == bytes(total.to_compressed_bytes())
    prepared = group.prepare(group.join([points, points]))
    assert group.msm(prepared[count:], field.vector(scalars)).to_bytes() == found.to_bytes()


@pytest.mark.parametrize("count", [70, 300])
def test_longer_msm_agree_with_the_first_arithmetic(count: int, fast: Arithmetic, arithmetic: Arithmetic) -> None:
    if arithmetic.name == "reference" and count > 70:
        pytest.skip("the reference takes a second for each hundred points")
    scalars = sample_scalars(count)
    results = {a.group.msm(sample_points(a, count), a.field.vector(scalars)).to_bytes() for a in (fast, arithmetic)}
    assert len(results) == 1


def test_msm_of_repeated_opposite_and_identity_points(arithmetic: Arithmetic) -> None:
    """Bucket sums meet equal and opposite points here: additions must be complete."""
    group, field = arithmetic.group, arithmetic.field
    point = sample_points(arithmetic, 1)
    same = group.join([point] * 12)
    scalars = sample_scalars(12)
    expected = group.msm(point, field.vector([sum(scalars)]))
    assert group.msm(same, field.vector(scalars)).to_bytes() == expected.to_bytes()
    pairs = group.join([point, -point] * 6)
    assert group.is_identity(group.msm(pairs, field.vector([5] * 12)))
    nothing = group.identity(9)
    assert group.is_identity(group.msm(nothing, field.vector(sample_scalars(9))))
    assert group.is_identity(group.msm(group.prepare(pairs), field.vector([5] * 12)))
    assert group.is_identity(group.msm(group.prepare(nothing), field.vector(sample_scalars(9))))
    assert group.msm(group.prepare(same), field.vector(scalars)).to_bytes() == expected.to_bytes()


@pytest.mark.parametrize(("rows", "columns"), [(1, 16), (3, 32), (9, 16)])
def test_rows_of_bits(rows: int, columns: int, arithmetic: Arithmetic) -> None:
    group, field = arithmetic.group, arithmetic.field
    words = np.random.default_rng(rows).integers(0, 1 << 16, size=(rows, columns // 16)).astype(np.uint16)
    words[0] = 0
    points = sample_points(arithmetic, columns)
    found = group.commit_bits(group.byte_tables(points), words)()
    for index, row in enumerate(words):
        bits = [int(word) >> bit & 1 for word in row for bit in range(16)]
        assert found[index : index + 1].to_bytes() == group.msm(points, field.vector(bits)).to_bytes()


def test_additions_with_edge_cases(arithmetic: Arithmetic) -> None:
    group, field = arithmetic.group, arithmetic.field
    point, zero = sample_points(arithmetic, 1), group.identity(1)
    double = group.msm(point, field.vector([2]))
    assert (point + point).to_bytes() == double.to_bytes()
    assert (point + zero).to_bytes() == (zero + point).to_bytes() == point.to_bytes()
    assert group.is_identity(point + -point)
    assert group.is_identity(zero + zero)
    assert not group.is_identity(point)
    assert (-zero).to_bytes() == zero.to_bytes() == IDENTITY


def test_encodings_round_trip(arithmetic: Arithmetic) -> None:
    group = arithmetic.group
    points = group.join([sample_points(arithmetic, 9), group.identity(1), -sample_points(arithmetic, 3)])
    assert group.from_bytes(points.to_bytes()).to_bytes() == points.to_bytes()
    assert len(group.from_bytes(b"")) == 0


@pytest.mark.parametrize("length", [1, 47, 49, 95])
def test_a_fraction_of_a_point_is_refused(length: int, arithmetic: Arithmetic) -> None:
    with pytest.raises(MalformedProof, match="whole number"):
        arithmetic.group.from_bytes(bytes(length))


def test_a_fault_names_its_position(arithmetic: Arithmetic) -> None:
    good = sample_points(arithmetic, 3).to_bytes()
    with pytest.raises(MalformedProof, match="point 2"):
        arithmetic.group.from_bytes(good[:96] + bytes([0x80]) + bytes(47))


def test_lengths_that_differ_are_refused(arithmetic: Arithmetic) -> None:
    with pytest.raises(ZkMarginError):
        arithmetic.group.msm(sample_points(arithmetic, 2), arithmetic.field.vector([1]))
    with pytest.raises(ZkMarginError):
        sample_points(arithmetic, 2) + sample_points(arithmetic, 3)


def test_33_points_do_not_print_themselves(arithmetic: Arithmetic) -> None:
    assert repr(sample_points(arithmetic, 2)).endswith("Points(2)")


def test_04_a_coordinate_plus_the_modulus_is_refused(arithmetic: Arithmetic) -> None:
    """A point of the group whose x leaves room: the same point would have a second encoding."""
    data = sample_points(arithmetic, 64).to_bytes()
    encodings = [data[at : at + 48] for at in range(0, len(data), 48)]
    small = [encoding for encoding in encodings if x_coordinate(encoding) + BASE_MODULUS < 1 << 381]
    assert small
    for encoding in small[:2]:
        shifted = bytearray((x_coordinate(encoding) + BASE_MODULUS).to_bytes(48, "big"))
        shifted[0] |= encoding[0] & 0xE0
        with pytest.raises(MalformedProof, match="not below the field's order"):
            arithmetic.group.from_bytes(bytes(shifted))


def bad_parts(good: bytes) -> list[bytes]:
    """Parts that are refused: for a length, an encoding, a point, and an encoding behind a point."""
    off_curve = bytes([0x80]) + bytes(46) + bytes([1])
    return [good + b"\0", good + bytes(48), good + off_curve, off_curve + good[:48] + bytes(48)]


def test_parts_are_read_as_if_each_stood_alone(arithmetic: Arithmetic) -> None:
    """One bad part between good ones, all bad ones together, and none at all: the same points and the same words."""
    group = arithmetic.group
    good = sample_points(arithmetic, 9).to_bytes()

    def alone(part: bytes) -> bytes | str:
        try:
            return group.from_bytes(part).to_bytes()
        except MalformedProof as error:
            return str(error)

    bad = bad_parts(good[:96])
    for parts in ([], [b""], [good], bad, *([good, IDENTITY + good, one, good[:48], b""] for one in bad)):
        found = group.read(parts)()
        words = [str(one) if isinstance(one, MalformedProof) else one.to_bytes() for one in found]
        assert words == [alone(part) for part in parts]
    assert [alone(part) for part in bad] == [
        "points: 97 bytes are not a whole number of 48-byte points",
        "point 2: the compressed form is the only one accepted",
        "point 2: not a point of the group",
        "point 2: the compressed form is the only one accepted",
    ]
