"""The benchmarks measure what they say: true statements, counts that match a run, keys that mean something."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import circom  # noqa: E402
import floor  # noqa: E402
import threads  # noqa: E402
from cases import ALL, Case, open_accounts, parse_case, state  # noqa: E402
from peers import PeerUnavailable, check_key  # noqa: E402

from zkmargin.circuits.errors import InvalidInput  # noqa: E402
from zkmargin.verifier import parallel  # noqa: E402
from zkmargin.verifier.arithmetics import select  # noqa: E402
from zkmargin.verifier.field.costs import bit_sumcheck_products  # noqa: E402
from zkmargin.verifier.shape import Shape  # noqa: E402


@pytest.mark.parametrize("case", [Case(1, 1, 1), Case(1, 64, 27), Case(3, 5, 4)], ids=lambda case: case.name)
def test_cases_are_true_statements(case: Case) -> None:
    assert case.system.satisfied(case.lanes)
    assert (case.system.wires, case.system.linear.rows) == (case.entries + case.rows, case.rows)


def test_case_names_round_trip() -> None:
    assert [parse_case(case.name) for case in ALL] == list(ALL)
    for wrong in ("", "64", "0x27", "64x", "1x2x3x4", "64 x 27", "64x27\n"):
        with pytest.raises(InvalidInput):
            parse_case(wrong)


def test_proofs_keep_their_published_lengths() -> None:
    """docs and README state these lengths."""
    assert Shape(Case(1, 64, 27).system, 1).proof_bytes <= 13_000
    assert Shape(Case(1, 2048, 27).system, 1).proof_bytes <= 36_000
    assert Shape(Case(1, 64, 27).system, 1024).proof_bytes <= 500 * 1024


def test_threads_are_compared_in_turn_and_the_environment_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(parallel.ENVIRONMENT, "1")
    seen: list[int] = []
    times = threads.in_turn(lambda: seen.append(parallel.processors()), 0)
    assert min(times) > 0
    assert seen[0::2] == [1] * 5
    assert len(set(seen[1::2])) == 1
    assert seen[1] == len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else seen[1] >= 1
    assert os.environ[parallel.ENVIRONMENT] == "1"
    assert parallel.processors() == 1
    monkeypatch.delenv(parallel.ENVIRONMENT)
    threads.in_turn(lambda: None, 0)
    assert parallel.ENVIRONMENT not in os.environ
    parallel.processors.cache_clear()


def signed_digits(scalar: int, width: int, count: int) -> list[int]:
    digits = []
    for _ in range(count):
        digit = scalar & ((1 << width) - 1)
        digits.append(digit - ((digit > 1 << (width - 1)) << width))
        scalar = (scalar - digits[-1]) >> width
    assert scalar == 0
    return digits


def pippenger_run(scalars: list[int], width: int) -> int:
    """Additions and doublings that the counted algorithm really does, on integers in place of points."""
    windows = -(-(floor.SCALAR_BITS + 1) // width)
    digits = [signed_digits(scalar, width, windows) for scalar in scalars]
    operations, total = 0, 0
    for window in reversed(range(windows)):
        total <<= width
        operations += width if window < windows - 1 else 0
        buckets = [0] * (1 << (width - 1))
        for point, row in enumerate(digits):
            if row[window]:
                buckets[abs(row[window]) - 1] += (1 + point) * (1 if row[window] > 0 else -1)
            operations += 1
        running = 0
        for bucket in reversed(buckets):
            running += bucket
            total += running
            operations += 2
    assert total == sum((1 + point) * scalar for point, scalar in enumerate(scalars))
    return operations


@pytest.mark.parametrize("points", [1, 47, 239])
def test_the_count_of_a_multiplication_is_that_of_a_run(points: int) -> None:
    rng = np.random.default_rng(points)
    scalars = [int.from_bytes(rng.bytes(32), "little") >> (256 - floor.SCALAR_BITS) for _ in range(points)]
    counted = {width: pippenger_run(scalars, width) for width in range(2, 12)}
    assert floor.msm_additions(points) == min(counted.values())


def test_the_floor_counts_bytes_blinds_and_multiplications() -> None:
    shape = Shape(Case(1, 64, 27).system, 1)
    lanes = 64 * 3 + 27 * 6
    closing = floor.msm_additions(shape.mask_size + 1) + floor.msm_additions(shape.answer_size + 1)
    counts = floor.count(shape)
    assert counts.group_additions == 2 * lanes + 32 * shape.bits.rows + closing
    kept = floor.count_with_kept_multiples(shape)
    assert kept.group_additions == 2 * lanes + 32 * (shape.bits.rows + shape.mask_size + shape.answer_size + 2)
    assert kept.field_products == counts.field_products
    coefficients = 64 * 27 + 27
    rest = coefficients // 4 + lanes + 64 // 4 + 2 * shape.answer_size
    assert counts.field_products == bit_sumcheck_products(1, lanes, 1) + rest
    assert floor.Counts(2_000_000, 3_000_000).milliseconds(1.0, 10.0) == 32.0


def key(points_h: np.ndarray, points_a: np.ndarray) -> bytes:
    """A file with the two sections that are looked at."""
    found = ((5, points_a), (9, points_h))
    body = b"".join(struct.pack("<IQ", number, points.nbytes) + points.tobytes() for number, points in found)
    return b"zkey" + struct.pack("<II", 1, 2) + body


def test_a_degenerate_key_is_refused() -> None:
    rng = np.random.default_rng(0)
    good_h, good_a = (rng.integers(1, 256, (20, 64), dtype=np.uint8) for _ in range(2))
    check_key(key(good_h, good_a))
    zero_h, same_h, zero_a = good_h.copy(), good_h.copy(), good_a.copy()
    zero_h[3] = 0
    same_h[3] = same_h[4]
    zero_a[5:] = 0
    for h, a in ((zero_h, good_a), (same_h, good_a), (good_h, zero_a)):
        with pytest.raises(PeerUnavailable, match="degenerate"):
            check_key(key(h, a))


def test_the_peer_proves_the_same_rows() -> None:
    """The circuit holds every coefficient, and the widths are ours."""
    case = Case(1, 3, 2)
    text = circom.circuit(case)
    for row in case.coefficients.tolist():
        assert f"[{', '.join(map(str, row))}]" in text
    assert "Bits(48)" in text
    assert text.count("Bits(96)") == case.rows
    assert circom.inputs(case)["entry"] == [str(value) for value in case.holdings[0].tolist()]


def test_statements_of_a_batch_name_every_account() -> None:
    case = Case(2, 4, 2)
    arithmetic = select("portable")
    assert len(state(case, open_accounts(case, arithmetic)).commitments) == 2


def test_a_run_prints_the_promised_json() -> None:
    command = [sys.executable, str(BENCHMARKS / "run.py"), "--json", "--case", "4x2", "--seconds", "0.01"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (row,) = json.loads(done.stdout)["rows"]
    assert row["case"] == "4x2"
    assert row["peers"] == {}
    assert row["proof_bytes"] == Shape(Case(1, 4, 2).system, 1).proof_bytes
    numbers = ("prove_ms", "verify_ms", "peak_mib", "floor_ms", "prove_over_floor", "cold_ms", "verify_each_of_64_ms")
    assert row["prove_over_floor_with_kept_multiples"] > 0
    assert all(row[number] > 0 for number in numbers)


def test_a_wrong_case_is_a_usage_error() -> None:
    command = [sys.executable, str(BENCHMARKS / "run.py"), "--case", "many"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "ENTRIESxROWS" in done.stderr
