"""True statements are proved and accepted; false ones are refused, by the prover and by the verifier."""

from __future__ import annotations

import re

import numpy as np
import pytest
from argument_samples import (
    NOW,
    Sample,
    SeededRandomness,
    policy_for,
    sample,
    sample_system,
    sample_wires,
    with_statement,
)

from zkmargin.circuits.errors import FalseStatement, InternalError, InvalidInput
from zkmargin.circuits.system import ObjectArray
from zkmargin.prover import prove as proving
from zkmargin.prover.account import Account, add_accounts, commit_account, open_account
from zkmargin.prover.prove import Argument, prove
from zkmargin.prover.randomness import SYSTEM, Secrets
from zkmargin.prover.sumcheck import Rounds
from zkmargin.prover.witness import Witness
from zkmargin.verifier import verify as verification
from zkmargin.verifier.accounts import add_commitments
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.statement import Statement
from zkmargin.verifier.transcript import Transcript
from zkmargin.verifier.verify import verify

SHAPES = [(1, 1, 0, 1), (1, 1, 1, 1), (3, 2, 0, 2), (3, 2, 3, 3), (5, 1, 2, 1)]
LARGE_SHAPES = [(64, 27, 0, 1), (130, 3, 5, 2), (64, 27, 9, 1), (3, 1, 1, 70)]


def unchecked_proof(given: Sample, arithmetic: Arithmetic, lanes: ObjectArray | None = None) -> bytes:
    """What a prover sends who does not look whether the rows hold."""
    witness = Witness(given.accounts, given.lanes if lanes is None else lanes)
    proof = Argument(given.statement, witness, arithmetic, Secrets(SYSTEM)).run()
    assert proof is not None
    return proof.to_bytes()


@pytest.mark.parametrize("shape", SHAPES)
def test_honest_proofs_are_accepted(shape: tuple[int, int, int, int], arithmetic: Arithmetic) -> None:
    given = sample(arithmetic, *shape)
    shown = verify(given.statement, given.prove(arithmetic), given.policy, arithmetic)
    assert shown.accounts == shape[3]
    assert shown.system == given.system.digest
    assert shown.statement == given.statement.digest
    assert shown.context == given.statement.context


@pytest.mark.parametrize("shape", LARGE_SHAPES)
def test_larger_honest_proofs_are_accepted(shape: tuple[int, int, int, int], fast: Arithmetic) -> None:
    given = sample(fast, *shape)
    proof = given.prove(fast)
    assert len(proof) == given.statement.shape.proof_bytes
    assert verify(given.statement, proof, given.policy, fast).accounts == shape[3]


def test_the_system_source_of_randomness_serves(fast: Arithmetic) -> None:
    given = sample(fast)
    proof = prove(given.statement, given.accounts, given.lanes, fast)
    assert verify(given.statement, proof, given.policy, fast)


def broken_wires(given: Sample, wire: int, delta: int) -> ObjectArray:
    wires = given.system.join(given.lanes)
    wires[0, wire] += delta
    return given.system.split(wires)


@pytest.mark.parametrize("accounts", [1, 3])
@pytest.mark.parametrize("delta", [1, -1, 1 << 16])
@pytest.mark.parametrize("wire", range(6))
def test_a_wrong_wire_is_refused_by_prover_and_verifier(wire: int, delta: int, accounts: int, fast: Arithmetic) -> None:
    """Entries, slacks and squares: each wire of the sample is tied down by a row or by the commitment."""
    given = sample(fast, entries=2, rows=2, products=2, accounts=accounts)
    lanes = broken_wires(given, wire, delta)
    with pytest.raises((FalseStatement, InvalidInput)) as refused:
        prove(given.statement, given.accounts, lanes, fast)
    assert str(given.accounts[0].values[0]) not in str(refused.value)
    with pytest.raises(FalseStatement):
        verify(given.statement, unchecked_proof(given, fast, lanes), given.policy, fast)


@pytest.mark.parametrize("wire", range(6))
def test_a_sum_that_is_not_what_is_claimed_gives_no_proof(
    wire: int, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is said of the rows: the argument itself knows of a false one."""
    given = sample(fast, entries=2, rows=2, products=2)
    monkeypatch.setattr(proving, "check_witness", lambda *_: None)
    with pytest.raises(InternalError, match="not what is claimed"):
        prove(given.statement, given.accounts, broken_wires(given, wire, 1), fast)


def test_what_hides_the_masks_is_not_printed(fast: Arithmetic) -> None:
    given = sample(fast)
    argument = Argument(given.statement, Witness(given.accounts, given.lanes), fast, Secrets(SYSTEM))
    committed = argument._commit()
    hidden = {str(value) for value in (*committed.hidden.vector.ints(), committed.hidden.blinding)}
    assert not hidden & set(re.findall(r"\d+", repr(committed)))


def test_a_wrong_wire_is_refused_in_every_account(arithmetic: Arithmetic) -> None:
    given = sample(arithmetic, entries=1, rows=1, products=1, accounts=2)
    for account in range(2):
        wires = given.system.join(given.lanes)
        wires[account, 1] += 1
        with pytest.raises(FalseStatement):
            verify(
                given.statement, unchecked_proof(given, arithmetic, given.system.split(wires)), given.policy, arithmetic
            )


def test_an_account_that_is_not_the_committed_one_is_refused(arithmetic: Arithmetic) -> None:
    """All rows hold for another account; only the link to the commitment is false."""
    given, other = sample(arithmetic, seed=2), sample(arithmetic, seed=3)
    mixed = Sample(given.statement, given.accounts, other.lanes, given.policy)
    with pytest.raises(InvalidInput, match="not those of its entries"):
        mixed.prove(arithmetic)
    with pytest.raises(FalseStatement):
        verify(given.statement, unchecked_proof(mixed, arithmetic), given.policy, arithmetic)


def test_18_an_unused_slot_must_be_empty(fast: Arithmetic) -> None:
    """A commitment to three entries does not pass for one to two, though both have four columns at most."""
    system = sample_system(3, 1, 0)
    wires = sample_wires(system, 1)
    values = [int(value) for value in wires[0, :3]]
    hidden = Account(tuple(values), *[(7,)], commit_account([*values, 1], [7], fast).commitment)
    statement = Statement(system, (hidden.commitment,), sample(fast).statement.context)
    given = Sample(statement, (hidden,), system.split(wires), policy_for(statement))
    with pytest.raises(FalseStatement):
        verify(statement, unchecked_proof(given, fast), given.policy, fast)


def test_a_lane_that_is_not_sixteen_bits_cannot_be_written(fast: Arithmetic) -> None:
    given = sample(fast)
    for lanes in (given.lanes.astype(np.uint32), given.lanes.astype(np.int64), given.lanes[:, :-1], given.lanes[0]):
        with pytest.raises(InvalidInput, match="lanes"):
            prove(given.statement, given.accounts, lanes, fast)


def test_a_commitment_of_somebody_else_is_refused(fast: Arithmetic) -> None:
    given, other = sample(fast), sample(fast, seed=5)
    with pytest.raises(InvalidInput, match="commitments"):
        prove(other.statement, given.accounts, given.lanes, fast)


def test_11_two_accounts_swapped_are_refused(fast: Arithmetic) -> None:
    given = sample(fast, accounts=2)
    proof = given.prove(fast)
    swapped = with_statement(given, commitments=given.statement.commitments[::-1])
    with pytest.raises(FalseStatement):
        verify(swapped.statement, proof, swapped.policy, fast)


def test_commitments_add_up(arithmetic: Arithmetic) -> None:
    """What makes netting across venues possible: a proof about the sum of two commitments."""
    system = sample_system(2, 1, 0)
    first, second = (open_account(values, arithmetic) for values in ([5, -7], [4, 9]))
    total = add_accounts([first, second], arithmetic)
    assert total.values == (9, 2)
    assert add_commitments([first.commitment, second.commitment], arithmetic) == total.commitment
    wires = np.zeros((1, 3), dtype=object)
    wires[0, :2] = total.values
    wires[:, 2:] = system.linear.evaluate(wires)
    statement = Statement(system, (total.commitment,), sample(arithmetic).statement.context)
    proof = prove(statement, [total], system.split(wires), arithmetic)
    assert verify(statement, proof, policy_for(statement), arithmetic)


def test_15_a_stuck_source_of_randomness_is_refused(fast: Arithmetic) -> None:
    class Stuck:
        def bytes(self, count: int) -> bytes:
            return b"\x2a" * count

    class Repeating:
        """Fresh within a call, the same in each call."""

        def bytes(self, count: int) -> bytes:
            return SeededRandomness("again").bytes(count)

    class Empty:
        def bytes(self, count: int) -> bytes:
            return bytes(count)

    given = sample(fast)
    for source in (Stuck(), Repeating(), Empty()):
        with pytest.raises(InternalError, match="stuck"):
            prove(given.statement, given.accounts, given.lanes, fast, source)


def test_33_nothing_private_is_shown_by_repr(fast: Arithmetic) -> None:
    given = sample(fast)
    witness = Witness(given.accounts, given.lanes)
    rounds = repr(Rounds([[1]], [2], 3, [123456789], 4))
    texts = [rounds, repr(given.accounts[0]), repr(witness), repr(fast.field.vector([123456789])), str(given.accounts)]
    for value in (*given.accounts[0].values, *given.accounts[0].blinding, 123456789):
        assert all(str(value) not in text for text in texts)


@pytest.mark.parametrize(
    "values", [[], [True], [1.5], ["1"], [None], [1 << 240], [np.bool_(True)], [np.float64(1)]], ids=repr
)
def test_23_entries_that_are_not_whole_numbers_are_named(values: list[object], fast: Arithmetic) -> None:
    with pytest.raises(InvalidInput, match=r"account\.values"):
        open_account(values, fast)  # type: ignore[arg-type]


def test_numpy_integers_are_whole_numbers(fast: Arithmetic) -> None:
    assert open_account([np.int64(-4)], fast).values == (-4,)


def test_time_of_the_sample_lies_inside_its_context(fast: Arithmetic) -> None:
    context = sample(fast).statement.context
    assert context.issued_at <= NOW <= context.expires_at


def stubborn(values: list[int]) -> type[Transcript]:
    """A transcript whose points of the sumchecks come from a list, then from the conversation."""

    class Stubborn(Transcript):
        def challenges(self, label: bytes, count: int) -> list[int]:
            heard = super().challenges(label, count)
            return [values.pop(0)] if values and label.endswith(b" point") else heard

    return Stubborn


@pytest.mark.parametrize("corner", [0, 1])
@pytest.mark.parametrize("step", ["product", "bits"])
def test_15_a_run_that_would_not_hide_is_repeated(
    step: str, corner: int, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A challenge on the cube makes `Z` vanish: the prover throws the run away and nobody sees it."""
    given = sample(fast)
    rounds = given.statement.shape.product_variables
    forced = [corner] if step == "product" else [5] * rounds + [corner]
    with monkeypatch.context() as patch:
        patch.setattr(verification, "Transcript", stubborn(forced))
        proof = prove(given.statement, given.accounts, given.lanes, fast)
    assert not forced
    assert verify(given.statement, proof, given.policy, fast)


@pytest.mark.parametrize("corner", [0, 1])
def test_15_a_broken_transcript_ends_in_an_error(
    corner: int, fast: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = sample(fast)
    monkeypatch.setattr(verification, "Transcript", stubborn([corner] * 1000))
    with pytest.raises(InternalError, match="transcript is broken"):
        prove(given.statement, given.accounts, given.lanes, fast)


@pytest.mark.parametrize("value", [0, 1, 7])
def test_15_constant_challenges_do_not_confuse_the_verifier(
    value: int, arithmetic: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Constant(Transcript):
        def challenges(self, label: bytes, count: int) -> list[int]:
            return [value] * count

    given = sample(arithmetic)
    proof = given.prove(arithmetic)
    monkeypatch.setattr(verification, "Transcript", Constant)
    with pytest.raises(FalseStatement):
        verify(given.statement, proof, given.policy, arithmetic)


def test_an_account_of_another_book_is_named(fast: Arithmetic) -> None:
    """Two entries under a system of three: the commitment has the right size, the account does not."""
    account = open_account([1, 2], fast)
    system = sample_system(3, 1, 0)
    statement = Statement(system, (account.commitment,), sample(fast).statement.context)
    lanes = np.zeros((1, system.lane_count), np.uint16)
    with pytest.raises(InvalidInput, match=r"accounts\[0\]: the system is about 3 entries"):
        prove(statement, [account], lanes, fast)
