"""Many proofs at once: the verdicts are those of one at a time, for every size and every position of a bad one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from argument_samples import Sample, sample, with_statement
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from zkmargin.circuits.errors import FalseStatement, MalformedProof, PolicyRefused, ZkMarginError
from zkmargin.circuits.system import MODULUS
from zkmargin.verifier import batch as batches
from zkmargin.verifier.arithmetic import POINT_BYTES, Arithmetic
from zkmargin.verifier.batch import Task, batch_weights, verify_batch
from zkmargin.verifier.encoding import IDENTITY
from zkmargin.verifier.generators import generators
from zkmargin.verifier.shape import HEADER
from zkmargin.verifier.statement import Shown
from zkmargin.verifier.verify import verify


def task(given: Sample, proof: bytes) -> Task:
    return Task(given.statement, proof, given.policy)


def shifted_answer(given: Sample, proof: bytes, arithmetic: Arithmetic, factor: int) -> bytes:
    """A proof whose blinding answer is off by `factor`: its relation holds, its group equation misses by `factor H`."""
    blinding = int.from_bytes(proof[-32:], "little")
    return proof[:-32] + ((blinding + factor) % MODULUS).to_bytes(32, "little")


def spoiled(given: Sample, proof: bytes, arithmetic: Arithmetic) -> dict[str, tuple[Task, type]]:
    """One task for each way to fail, with what it must end in."""
    return {
        "group equation": (task(given, shifted_answer(given, proof, arithmetic, 1)), FalseStatement),
        "relation": (task(given, proof[:-64] + bytes(31) + proof[-33:]), FalseStatement),
        "length": (task(given, proof[:-1]), MalformedProof),
        "point": (task(given, proof[: len(HEADER)] + bytes(48) + proof[len(HEADER) + 48 :]), MalformedProof),
        "commitment": (task(with_statement(given, commitments=(bytes(48),)), proof), MalformedProof),
        "policy": (Task(given.statement, proof, replace(given.policy, nonce="other")), PolicyRefused),
    }


def kinds(verdicts: list[Shown | ZkMarginError]) -> list[type]:
    return [type(verdict) for verdict in verdicts]


@pytest.fixture(scope="module")
def mixture(fast: Arithmetic) -> list[Task]:
    """Good proofs of systems of different shapes."""
    samples = [sample(fast), sample(fast, 3, 2, 0), sample(fast, 1, 1, 2, accounts=2), sample(fast, seed=9)]
    return [task(given, given.prove(fast)) for given in samples]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 9, 13])
def test_25_sizes(size: int, mixture: list[Task], fast: Arithmetic) -> None:
    tasks = [mixture[index % len(mixture)] for index in range(size)]
    verdicts = verify_batch(tasks, fast)
    assert kinds(verdicts) == [Shown] * size
    assert [v.statement for v in verdicts if isinstance(v, Shown)] == [t.statement.digest for t in tasks]


@pytest.mark.parametrize("kind", ["group equation", "relation", "length", "point", "commitment", "policy"])
def test_25_one_bad_proof_in_each_position(
    kind: str, mixture: list[Task], honest: Sample, proof: bytes, arithmetic: Arithmetic
) -> None:
    bad, error = spoiled(honest, proof, arithmetic)[kind]
    size = 5 if arithmetic.name != "reference" else 2
    for position in range(size):
        tasks = [task(honest, proof)] * size
        tasks[position] = bad
        expected = [Shown] * size
        expected[position] = error
        assert kinds(verify_batch(tasks, arithmetic)) == expected


def test_25_all_bad(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    bad = [item for item, _ in spoiled(honest, proof, fast).values()]
    assert kinds(verify_batch(bad, fast)) == [error for _, error in spoiled(honest, proof, fast).values()]


def test_25_two_bad_proofs_built_to_cancel(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    """Their equations miss by H and by -H: a sum without weights would accept both."""
    plus, minus = (task(honest, shifted_answer(honest, proof, arithmetic, factor)) for factor in (1, -1))
    assert kinds(verify_batch([plus, minus], arithmetic)) == [FalseStatement, FalseStatement]
    assert kinds(verify_batch([minus, task(honest, proof), plus], arithmetic)) == [
        FalseStatement,
        Shown,
        FalseStatement,
    ]


def test_25_without_weights_they_do_cancel(
    honest: Sample, proof: bytes, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above has teeth: with all weights equal the pair passes."""
    monkeypatch.setattr(batches, "batch_weights", lambda tasks, seed: [1] * len(tasks))
    plus, minus = (task(honest, shifted_answer(honest, proof, fast, factor)) for factor in (1, -1))
    assert kinds(verify_batch([plus, minus], fast)) == [Shown, Shown]


def test_26_weights_are_bound_to_every_input(mixture: list[Task]) -> None:
    seed = bytes(32)
    base = batch_weights(mixture, seed)
    assert base == batch_weights(mixture, seed)
    changed_proof = [*mixture[:-1], replace(mixture[-1], proof=mixture[-1].proof[:-1] + b"\0")]
    context = replace(mixture[0].statement.context, nonce="other")
    changed_statement = [replace(mixture[0], statement=replace(mixture[0].statement, context=context)), *mixture[1:]]
    for other in (
        batch_weights(mixture, b"\1" + bytes(31)),
        batch_weights(changed_proof, seed),
        batch_weights(changed_statement, seed),
        batch_weights(mixture[::-1], seed),
        batch_weights([*mixture, mixture[0]], seed),
    ):
        assert not set(base) & set(other)


def test_26_weights_have_128_bits_and_none_is_zero(mixture: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    weights = batch_weights(mixture * 50, sha256(b"seed").digest())
    assert len(set(weights)) == len(weights)
    assert max(weights).bit_length() > 120
    assert all(0 < weight < 1 << 128 for weight in weights)

    class Zeros:
        def __init__(self, data: bytes) -> None: ...

        def digest(self, count: int) -> bytes:
            return bytes(count)

    monkeypatch.setattr(batches, "shake_256", Zeros)
    assert batch_weights(mixture, bytes(32)) == [1] * len(mixture)


def test_26_the_seed_is_fresh_each_time(mixture: list[Task], fast: Arithmetic, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []

    def recording(tasks: list[Task], seed: bytes) -> list[int]:
        seeds.append(seed)
        return batch_weights(tasks, seed)

    monkeypatch.setattr(batches, "batch_weights", recording)
    for _ in range(3):
        verify_batch(mixture, fast)
    verify_batch(mixture, fast, bytes(32))
    assert len(set(seeds)) == 4
    assert seeds[-1] == bytes(32)
    assert all(len(seed) == 32 for seed in seeds)


def test_27_verdicts_are_those_of_single_verification(
    mixture: list[Task], honest: Sample, proof: bytes, fast: Arithmetic
) -> None:
    bad = [item for item, _ in spoiled(honest, proof, fast).values()]
    pool = [*mixture, *bad]

    def single(item: Task) -> tuple[type, str]:
        try:
            return Shown, verify(item.statement, item.proof, item.policy, fast).statement.hex()
        except ZkMarginError as error:
            return type(error), str(error)

    singles = [single(item) for item in pool]

    @settings(max_examples=25)
    @for_all(st.lists(st.integers(0, len(pool) - 1), max_size=9))
    def run(picks: list[int]) -> None:
        verdicts = verify_batch([pool[pick] for pick in picks], fast)
        shown = [(type(v), v.statement.hex() if isinstance(v, Shown) else str(v)) for v in verdicts]
        assert shown == [singles[pick] for pick in picks]

    run()


def test_a_group_equation_that_is_only_the_blinding_is_checked(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    """Rows, commitments, masks and the last commitment all replaced by the identity: nothing cancels by accident."""
    shape = honest.statement.shape
    start = len(HEADER)
    rows = IDENTITY * (shape.bits.rows + 1)
    changed = proof[:start] + rows + proof[start + POINT_BYTES * (shape.bits.rows + 1) :]
    other = with_statement(honest, commitments=(IDENTITY,))
    assert kinds(verify_batch([task(other, changed), task(honest, proof)], fast)) == [FalseStatement, Shown]
    assert not fast.group.is_identity(generators(fast).blinding)


def test_points_that_several_proofs_share_are_read_once(
    mixture: list[Task], fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for a proof that occurs twice, and nothing is read for a proof that is refused before."""
    asked: list[int] = []
    kind = type(fast.group)
    read = kind.read

    def counting(group: Any, parts: Sequence[bytes]) -> Callable[[], list[Any]]:
        asked.append(len(parts))
        return read(group, parts)

    monkeypatch.setattr(kind, "read", counting)
    verdicts = verify_batch([mixture[0], mixture[1], replace(mixture[0], proof=b""), mixture[0]], fast)
    assert kinds(verdicts) == [Shown, Shown, MalformedProof, Shown]
    assert asked == [4]
