"""Sequence numbers of attestations go forwards only, and move with accepted proofs alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import venue_samples as samples
from venue_legs import ATTESTERS, SHORT, Two, attested, owned

from zkmargin.circuits.errors import PolicyRefused, ZkMarginError
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.combination import check_combined
from zkmargin.verifier.documents.claim import ProofFile, encode_proof
from zkmargin.verifier.sequence import LatestAttestations


def test_sequence_numbers_do_not_go_back(two: Two, fast: Arithmetic, tmp_path: Path) -> None:
    latest = LatestAttestations(tmp_path / "seen.db")
    assert latest.sequence("north", "alice") is None
    two.check(latest=latest)
    two.check(latest=latest)
    assert (latest.sequence("north", "alice"), latest.sequence("south", "account 17")) == (7, 7)
    later = attested("south", two.files[1], samples.book(), fast, sequence=8)
    latest.admit([later])
    with pytest.raises(PolicyRefused, match="older than number 8"):
        two.check(latest=latest)
    assert latest.sequence("south", "account 17") == 8


def test_two_attestations_under_one_number_are_refused(two: Two, fast: Arithmetic, tmp_path: Path) -> None:
    latest = LatestAttestations(tmp_path / "seen.db")
    latest.admit(two.attestations)
    other = attested("south", owned(samples.book(), SHORT, "account 17"), samples.book(), fast)
    with pytest.raises(PolicyRefused, match="contradicts itself"):
        latest.admit([other])


def test_sequence_numbers_are_remembered_all_or_none(two: Two, fast: Arithmetic, tmp_path: Path) -> None:
    latest = LatestAttestations(tmp_path / "seen.db")
    latest.admit([two.attestations[1]])
    first = attested("north", two.files[0], samples.book(), fast, sequence=9)
    behind = attested("south", two.files[1], samples.book(), fast, sequence=6)
    with pytest.raises(PolicyRefused):
        latest.admit([first, behind])
    assert latest.sequence("north", "alice") is None


def test_a_false_proof_moves_no_number(two: Two, fast: Arithmetic, tmp_path: Path) -> None:
    latest = LatestAttestations(tmp_path / "seen.db")
    data = bytearray(two.proof.proof_bytes)
    data[-1] ^= 1
    wrong = ProofFile.build(statement=two.proof.statement, proof=encode_proof(bytes(data)))
    policy = samples.policy_file(attesters=ATTESTERS)
    with pytest.raises(ZkMarginError):
        check_combined(wrong, two.combination, two.papers(), policy, samples.NOW, fast, latest=latest)
    assert latest.sequence("north", "alice") is None
