"""Every message of the prover is bound before the challenge it could profit from (threat list: 13, 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from argument_forger import Forger, dropping
from argument_samples import CONTEXT, Sample, policy_for
from test_statement import changed_systems

from zkmargin.circuits.errors import FalseStatement
from zkmargin.circuits.system import LaneArray
from zkmargin.prover.witness import Witness
from zkmargin.verifier import verify as verification
from zkmargin.verifier.arithmetic import Arithmetic, Sumcheck
from zkmargin.verifier.field.portable import PortableField
from zkmargin.verifier.proof import Proof
from zkmargin.verifier.reference_field import ReferenceField
from zkmargin.verifier.statement import Statement
from zkmargin.verifier.verify import open_transcript, verify

SCALARS: list[tuple[bytes, str, tuple[Any, ...]]] = [
    (b"product claim", "product", ("claim",)),
    (b"product round", "product", ("rounds", 0, 0)),
    (b"product round", "product", ("rounds", 0, 4)),
    (b"product values", "product", ("values", 0)),
    (b"product values", "product", ("values", 1)),
    (b"product values", "product", ("values", 2)),
    (b"bit claim", "bits", ("claim",)),
    (b"bit round", "bits", ("rounds", 0, 0)),
    (b"bit round", "bits", ("rounds", 1, 2)),
    (b"bit round", "bits", ("rounds", -1, 4)),
    (b"bit value", "bits", ("value",)),
]
POINTS = ["rows", "masks", "accounts"]
ANSWERS = ["answer commitment", "answer inner"]


def liar(honest: Sample, arithmetic: Arithmetic) -> Forger:
    """A run in which one slack is off by one."""
    wires = honest.system.join(honest.lanes)
    wires[0, honest.system.entries] += 1
    return Forger(honest.statement, Witness(honest.accounts, honest.system.split(wires)), arithmetic)


def forge_scalar(honest: Sample, arithmetic: Arithmetic, part: str, path: tuple[Any, ...]) -> Proof:
    for _ in range(40):
        try:
            return liar(honest, arithmetic).forge_scalar(part, path)
        except ArithmeticError:  # a quadratic without roots: another run has another one
            continue
    raise AssertionError("forty quadratics without a root")


def accepts(statement: Statement, proof: Proof, arithmetic: Arithmetic) -> bool:
    try:
        return bool(verify(statement, proof.to_bytes(), policy_for(statement), arithmetic))
    except FalseStatement:
        return False


def forget(monkeypatch: pytest.MonkeyPatch, label: bytes) -> None:
    """Both sides stop listening to one label. Kernels cannot be made to, so the reference holds the conversations."""
    monkeypatch.setattr(verification, "Transcript", dropping(label))
    monkeypatch.setattr(PortableField, "bit_sumcheck", bits_by_reference)


def bits_by_reference(_: Any, lanes: LaneArray, weights: Sequence[tuple[Any, Any]], point: Sequence[int]) -> Sumcheck:
    field = ReferenceField()
    pairs = [(field.vector(account.ints()), field.vector(lane.ints())) for account, lane in weights]
    return field.bit_sumcheck(lanes, pairs, point)


def test_the_liar_alone_fails(honest: Sample, arithmetic: Arithmetic) -> None:
    assert not accepts(honest.statement, liar(honest, arithmetic).finish(), arithmetic)


@pytest.mark.parametrize(("label", "part", "path"), SCALARS)
def test_14_scalars_chosen_after_their_challenges(
    label: bytes, part: str, path: tuple[Any, ...], honest: Sample, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not accepts(honest.statement, forge_scalar(honest, fast, part, path), fast)
    forget(monkeypatch, label)
    assert accepts(honest.statement, forge_scalar(honest, fast, part, path), fast)


@pytest.mark.parametrize("name", POINTS)
def test_14_commitments_chosen_after_their_challenges(
    name: str, honest: Sample, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement, proof = liar(honest, fast).forge_points(name)
    assert not accepts(statement, proof, fast)
    forget(monkeypatch, name.encode())
    statement, proof = liar(honest, fast).forge_points(name)
    assert accepts(statement, proof, fast)


@pytest.mark.parametrize("name", ANSWERS)
def test_14_first_moves_chosen_after_their_challenge(
    name: str, honest: Sample, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forged() -> Proof:
        forger = liar(honest, fast)
        forger.listen()
        return forger.forge_answer(name)

    assert not accepts(honest.statement, forged(), fast)
    forget(monkeypatch, name.encode())
    assert accepts(honest.statement, forged(), fast)


def test_13_every_absorption_has_a_forger_or_a_binding_test(
    honest: Sample, proof: bytes, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new label without a test fails here; `system` and `context` are bound in `test_statement.py`."""
    labels = []

    class Recording(verification.Transcript):
        def absorb(self, label: bytes, data: bytes) -> None:
            labels.append(label)
            super().absorb(label, data)

    monkeypatch.setattr(verification, "Transcript", Recording)
    assert verify(honest.statement, proof, honest.policy, fast)
    tested = {label for label, _, _ in SCALARS} | {name.encode() for name in POINTS + ANSWERS}
    assert set(labels) == tested | {b"system", b"context"}


@pytest.mark.parametrize("field", ["system", "context"])
def test_13_system_and_context_reach_the_first_challenge(field: str, honest: Sample) -> None:
    changes: dict[str, Any] = {
        "system": changed_systems(honest.system)["linear constant"],
        "context": replace(CONTEXT, nonce="nonce-0003"),
    }
    other = replace(honest.statement, **{field: changes[field]})
    first, second = (open_transcript(statement, b"", b"") for statement in (honest.statement, other))
    assert first.challenge(b"x") != second.challenge(b"x")
