"""Proof bytes: one encoding for each proof, everything else refused by name. Numbers are those of the threat list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from argument_samples import Sample, with_statement
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from zkmargin.circuits.errors import FalseStatement, MalformedProof, UnsupportedVersion, ZkMarginError
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import POINT_BYTES, SCALAR_BYTES, Arithmetic
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.encoding import BASE_MODULUS, IDENTITY
from zkmargin.verifier.proof import parse_proof
from zkmargin.verifier.shape import HEADER, Shape
from zkmargin.verifier.verify import verify


def slots(shape: Shape) -> tuple[list[int], list[int]]:
    """Where points and scalars begin in a proof of this shape."""
    at = len(HEADER)
    points = [at + POINT_BYTES * index for index in range(shape.bits.rows + 1)]
    at = points[-1] + POINT_BYTES
    middle = shape.bit_mask.size + 1 + (shape.product_mask.size + 3 if shape.has_products else 0)
    scalars = [at + SCALAR_BYTES * index for index in range(middle)]
    at = scalars[-1] + SCALAR_BYTES
    points.append(at)
    at += POINT_BYTES
    scalars += [at + SCALAR_BYTES * index for index in range(shape.answer_size + 2)]
    assert scalars[-1] + SCALAR_BYTES == shape.proof_bytes
    return points, scalars


def put(proof: bytes, at: int, part: bytes) -> bytes:
    return proof[:at] + part + proof[at + len(part) :]


def expect_refusal(sample: Sample, proof: bytes, arithmetic: Arithmetic, error: type[ZkMarginError]) -> None:
    with pytest.raises(error):
        verify(sample.statement, proof, sample.policy, arithmetic)


def test_01_wrong_lengths(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    lengths = [*range(len(HEADER) + 40), *range(len(HEADER) + 40, len(proof), 97), len(proof) - 1]
    for length in lengths:
        expect_refusal(honest, proof[:length], arithmetic, MalformedProof)
    for tail in (b"\0", b"\n", b"\xff", bytes(32), proof, b"\r\n", b" "):
        expect_refusal(honest, proof + tail, arithmetic, MalformedProof)
    for extension in range(256):
        expect_refusal(honest, proof + bytes([extension]), arithmetic, MalformedProof)


def test_01_something_that_is_not_bytes(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    for other in (None, proof.hex(), bytearray(proof), memoryview(proof), 7, [*proof]):
        expect_refusal(honest, other, arithmetic, MalformedProof)  # type: ignore[arg-type]


def test_02_a_count_that_the_proof_would_choose_does_not_exist(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    """Lengths follow from the statement: the same bytes under a larger or smaller statement have the wrong length."""
    for commitments in (honest.statement.commitments * 2, honest.statement.commitments * 5):
        other = with_statement(honest, commitments=commitments)
        expect_refusal(other, proof, fast, MalformedProof)


@pytest.mark.parametrize("excess", [0, 1, MODULUS - 1, (1 << 256) - 1 - MODULUS])
def test_03_scalars_out_of_range(honest: Sample, proof: bytes, arithmetic: Arithmetic, excess: int) -> None:
    part = (MODULUS + excess).to_bytes(SCALAR_BYTES, "little")
    for at in slots(honest.statement.shape)[1]:
        expect_refusal(honest, put(proof, at, part), arithmetic, MalformedProof)


def test_03_each_scalar_plus_the_modulus(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    for at in slots(honest.statement.shape)[1]:
        value = int.from_bytes(proof[at : at + SCALAR_BYTES], "little") + MODULUS
        if value < 1 << 256:
            expect_refusal(honest, put(proof, at, value.to_bytes(SCALAR_BYTES, "little")), arithmetic, MalformedProof)


def bad_points() -> dict[str, bytes]:
    """Encodings that name no point of the group, or name one in a second way."""
    generator = bytes.fromhex(
        "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
    )

    def coordinate(x: int, flags: int = 0x80) -> bytes:
        data = bytearray(x.to_bytes(POINT_BYTES, "big"))
        data[0] |= flags
        return bytes(data)

    def flagged(flags: int) -> bytes:
        return bytes([generator[0] & 0x1F | flags]) + generator[1:]

    return {
        "coordinate p": coordinate(BASE_MODULUS),
        "coordinate p + 4": coordinate(BASE_MODULUS + 4),
        "coordinate of all ones": coordinate((1 << 381) - 1),
        "no flag": flagged(0x00),
        "sign only": flagged(0x20),
        "infinity only": flagged(0x40),
        "infinity and sign": flagged(0x60),
        "infinity with a body": flagged(0xC0),
        "infinity with a sign": bytes([0xE0]) + bytes(POINT_BYTES - 1),
        "infinity with one bit": IDENTITY[:-1] + b"\x01",
        "uncompressed infinity": bytes([0x40]) + bytes(POINT_BYTES - 1),
        "zero bytes": bytes(POINT_BYTES),
        "off the curve": coordinate(1),
        "order 3": coordinate(0),
        "order 3, other sign": coordinate(0, 0xA0),
        "large order outside the group": coordinate(4),
        "x of the twist's generator": coordinate(
            0x024AA2B2F08F0A91260805272DC51051C6E47AD4FA403B02B4510B647AE3D1770BAC0326A805BBEFD48056C8C121BDB8
        ),
    }


@pytest.mark.parametrize("name", bad_points())
def test_04_05_points_that_are_none(name: str, honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    for at in slots(honest.statement.shape)[0]:
        expect_refusal(honest, put(proof, at, bad_points()[name]), arithmetic, MalformedProof)
    bad_commitment = (bad_points()[name],)
    other = with_statement(honest, commitments=bad_commitment)
    with pytest.raises(MalformedProof, match=r"statement\.commitments"):
        verify(other.statement, proof, other.policy, arithmetic)


def test_06_legal_points_in_the_wrong_place(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    points = slots(honest.statement.shape)[0]
    if arithmetic.name == "reference":  # a second for each few proofs
        points = [points[0], *points[-2:]]
    generator = bad_points()["infinity with a body"]
    generator = bytes([generator[0] & 0x1F | 0x80]) + generator[1:]
    for at in points:
        point = proof[at : at + POINT_BYTES]
        negated = bytes([point[0] ^ 0x20]) + point[1:]
        for part in (IDENTITY, generator, negated, proof[points[0] : points[0] + POINT_BYTES]):
            if part != point:
                expect_refusal(honest, put(proof, at, part), arithmetic, FalseStatement)
    everywhere = proof
    for at in slots(honest.statement.shape)[0]:
        everywhere = put(everywhere, at, IDENTITY)
    expect_refusal(honest, everywhere, arithmetic, FalseStatement)


def test_06_the_identity_as_commitment(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    other = with_statement(honest, commitments=(IDENTITY,))
    expect_refusal(other, proof, arithmetic, FalseStatement)


def test_09_every_accepted_encoding_is_the_only_one(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    parsed = parse_proof(proof, honest.statement.shape, arithmetic)
    assert parsed.to_bytes() == proof
    points = arithmetic.group.from_bytes(parsed.points)
    assert points.to_bytes() == parsed.rows + parsed.masks + parsed.answer.commitment


def test_14_every_byte_of_a_proof_matters(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    """Each byte once with its lowest, once with its highest bit flipped."""
    for at in range(len(HEADER), len(proof)):
        for bit in (0x01, 0x80):
            changed = put(proof, at, bytes([proof[at] ^ bit]))
            with pytest.raises((FalseStatement, MalformedProof)):
                verify(honest.statement, changed, honest.policy, fast)


def test_14_every_slot_matters_to_the_reference_too(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    for at in slots(honest.statement.shape)[1][::5]:
        value = (int.from_bytes(proof[at : at + SCALAR_BYTES], "little") + 1) % MODULUS
        expect_refusal(honest, put(proof, at, value.to_bytes(SCALAR_BYTES, "little")), arithmetic, FalseStatement)


def test_16_other_versions_are_refused_by_name(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    for version in (0, 2, 3, 127, 255):
        expect_refusal(honest, b"zkm" + bytes([version]) + proof[4:], arithmetic, UnsupportedVersion)
    for magic in (b"ZKM", b"zk\0", b"\0\0\0"):
        expect_refusal(honest, magic + proof[3:], arithmetic, MalformedProof)


def test_31_any_bytes_end_in_a_typed_error(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    @settings(max_examples=150)
    @for_all(st.data())
    def run(data: st.DataObject) -> None:
        size = len(proof)
        start = data.draw(st.integers(0, size - 1))
        part = data.draw(st.binary(min_size=1, max_size=min(200, size - start)))
        changed = put(proof, start, part)
        if changed != proof:
            expect_refusal(honest, changed, fast, ZkMarginError)

    run()


def test_the_same_proof_is_accepted_by_each_arithmetic(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    shown = verify(honest.statement, proof, honest.policy, arithmetic)
    assert shown.arithmetic == arithmetic.name
    other = verify(honest.statement, proof, honest.policy, select("portable"))
    assert replace(shown, arithmetic="") == replace(other, arithmetic="")
