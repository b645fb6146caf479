"""Updates: both sides derive the same commitment, and what does not follow from the one before is refused."""

from __future__ import annotations

from typing import Any

import pytest
import venue_samples as samples
from venue_legs import LATER, LONG, SHORT, attested, owned, proof_of
from venue_samples import units

from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused, ZkMarginError
from zkmargin.prover.joining import changed_account
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.checking import check_proof
from zkmargin.verifier.update import Update, check_update, update


def test_both_sides_derive_the_same_commitment(fast: Arithmetic) -> None:
    """The venue adds commitments, the owner adds accounts."""
    book = samples.book()
    file = owned(book, LONG)
    before = attested("north", file, book, fast)
    fill = owned(book, units(-4_000, eth=1))
    made = update(before, bytes.fromhex(fill.commitment(book, fast).commitment), LATER, fast)
    after = changed_account(file, fill, book)
    assert after.commitment(book, fast).commitment == made.commitment
    assert after.units(book) == tuple(a + b for a, b in zip(LONG, units(-4_000, eth=1), strict=True))
    assert made.attestation == attested("north", after, book, fast, sequence=8, time=LATER)


def test_a_proof_over_an_updated_account_is_accepted_and_the_old_one_is_not(fast: Arithmetic) -> None:
    book = samples.book()
    file = owned(book, samples.RICH)
    before = attested("venue", file, book, fast)
    deposit = owned(book, units(100))
    made = update(before, bytes.fromhex(deposit.commitment(book, fast).commitment), LATER, fast)
    after = made.attestation
    papers = samples.papers(before, after, attestations=[before, after])
    fresh = proof_of(changed_account(file, deposit, book), "alice", fast)
    assert check_proof(fresh, papers, samples.policy_file(), samples.NOW, fast).attester == samples.KEY.public.key
    with pytest.raises(PolicyRefused, match="later attestation"):
        check_proof(proof_of(file, "alice", fast), papers, samples.policy_file(), samples.NOW, fast)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"before": "00" * 32}, PolicyRefused, "follows another"),
        ({"sequence": 9}, FalseStatement, "number 9 does not follow 7"),
        ({"sequence": 7}, FalseStatement, "number 7 does not follow 7"),
        ({"time": "2026-11-21T07:59:59Z"}, FalseStatement, "dated before"),
        ({"venue": "south"}, FalseStatement, "another venue, account or book"),
        ({"account": "bob"}, FalseStatement, "another venue, account or book"),
        ({"book": "00" * 32}, FalseStatement, "another venue, account or book"),
        ({"commitment": "before"}, FalseStatement, "not the sum"),
        ({"delta": "before"}, FalseStatement, "not the sum"),
    ],
)
def test_an_update_that_was_changed_is_refused(
    change: dict[str, Any], error: type[ZkMarginError], words: str, fast: Arithmetic
) -> None:
    book = samples.book()
    before = attested("north", owned(book, LONG), book, fast)
    made = update(before, bytes.fromhex(owned(book, units(5)).commitment(book, fast).commitment), LATER, fast)
    check_update(made, before, fast)
    told = {name: before.commitment if value == "before" else value for name, value in change.items()}
    changed = Update.build(**(made.model_dump(exclude={"format", "version"}) | told))
    with pytest.raises(error, match=words):
        check_update(changed, before, fast)


def test_an_update_is_made_with_the_checks_it_is_read_with(fast: Arithmetic) -> None:
    book = samples.book()
    file = owned(book, LONG)
    delta = bytes.fromhex(file.commitment(book, fast).commitment)
    with pytest.raises(FalseStatement, match="dated before"):
        update(attested("north", file, book, fast), delta, "2026-11-21T07:00:00Z", fast)
    with pytest.raises(InvalidInput, match="no number follows"):
        update(attested("north", file, book, fast, sequence=(1 << 53) - 1), delta, LATER, fast)
    with pytest.raises(InvalidInput, match="same book"):
        update(attested("north", file, book, fast), delta * 2, LATER, fast)


def test_a_change_of_another_account_is_refused() -> None:
    book = samples.book()
    with pytest.raises(InvalidInput, match="another account"):
        changed_account(owned(book, LONG), owned(book, SHORT, "bob"), book)
