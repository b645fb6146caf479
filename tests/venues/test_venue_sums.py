"""Sums of attested accounts: two legs that fail alone pass together, and every way to cheat with legs is refused."""

from __future__ import annotations

import pytest
import venue_samples as samples
from venue_legs import ATTESTERS, LONG, NORTH, SHORT, SOUTH, Two, attested, claim_of, owned, proof_of
from venue_samples import units

from zkmargin.circuits.documents import Book
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused
from zkmargin.circuits.rule import RequirementFailed
from zkmargin.prover.account_file import AccountFile
from zkmargin.prover.joining import joined_account
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.combination import Combination, check_combined, combine
from zkmargin.verifier.documents.claim import ProofFile
from zkmargin.verifier.documents.commitment import Attestation


def test_each_leg_alone_fails(two: Two, fast: Arithmetic) -> None:
    for file in two.files:
        with pytest.raises(RequirementFailed, match="meets initial"):
            proof_of(file, "alice", fast)


def test_together_they_pass(two: Two) -> None:
    checked = two.check()
    assert checked.shown.accounts == 1
    assert checked.attester == ", ".join(sorted([NORTH.public.key, SOUTH.public.key]))


def test_the_sum_is_what_the_rule_says_of_it(two: Two) -> None:
    joined = joined_account("alice", two.files, samples.book())
    assert joined.units(samples.book()) == tuple(a + b for a, b in zip(LONG, SHORT, strict=True))


def test_an_attestation_left_out(two: Two) -> None:
    with pytest.raises(PolicyRefused, match="leg 1 is not among"):
        two.check(two.papers(two.attestations[:1]))


def test_an_attestation_nobody_signed(two: Two) -> None:
    with pytest.raises(PolicyRefused, match="attestation is not signed"):
        two.check(two.papers(keys=[NORTH]))


def test_an_attester_nobody_trusts(two: Two) -> None:
    with pytest.raises(PolicyRefused, match="not one that the policy trusts"):
        two.check(two.papers(keys=[NORTH, samples.STRANGER]))
    with pytest.raises(PolicyRefused, match="not one that the policy trusts"):
        two.check(revoked=[SOUTH.public.key])


def test_a_key_speaks_for_one_venue(two: Two) -> None:
    with pytest.raises(PolicyRefused, match="speaks for another venue than south"):
        two.check(two.papers(keys=[NORTH, NORTH]))
    with pytest.raises(PolicyRefused, match="speaks for another venue than north"):
        two.check(two.papers(keys=[SOUTH, NORTH]))


def test_a_stale_attestation(two: Two) -> None:
    with pytest.raises(PolicyRefused, match="attestation of leg 0 is 60 s old"):
        two.check(attestation_max_age=59)


def test_unattested_and_stale_only_for_a_policy_that_says_so(two: Two) -> None:
    waived = {"any": ["account", "attesters", "nonce"], "attesters": None, "attestation_max_age": None}
    assert two.check(two.papers(keys=[samples.STRANGER]), **waived).attester is None
    assert "attesters" in two.check(two.papers(), **waived).not_asked


def test_a_later_attestation_stands_in_the_way(two: Two) -> None:
    later = Attestation.build(**(two.attestations[1].model_dump(exclude={"format", "version"}) | {"sequence": 8}))
    with pytest.raises(PolicyRefused, match="later attestation of the account of leg 1"):
        two.check(two.papers([*two.attestations, later], keys=[NORTH, SOUTH, SOUTH]))
    # What a stranger signs is no word of the venue's.
    assert two.check(two.papers([*two.attestations, later], keys=[NORTH, SOUTH, samples.STRANGER]))
    assert two.check(two.papers([*two.attestations, later], keys=[NORTH, SOUTH, NORTH])), "nor another venue's"
    assert two.check(two.papers([*two.attestations, later], keys=[NORTH, SOUTH]))


def test_one_account_twice(two: Two) -> None:
    first = two.attestations[0]
    with pytest.raises(InvalidInput, match=r"legs\[1\]\.account: is already leg 0"):
        combine("alice", samples.book(), [first, first])


def test_a_leg_that_says_something_else_than_its_attestation(two: Two) -> None:
    legs = [leg.model_dump() for leg in two.combination.legs]
    for change in ({"sequence": 9}, {"venue": "west"}, {"account": "bob"}):
        wrong = Combination.build(account="alice", book=samples.book().digest, legs=[legs[0], legs[1] | change])
        with pytest.raises(FalseStatement, match="leg 1 is not what"):
            two.check(combination=wrong)


def test_another_sum_than_the_attested_one(two: Two, fast: Arithmetic) -> None:
    """Proven of one more unit of cash than is attested."""
    richer = owned(samples.book(), units(1))
    joined = joined_account("alice", [*two.files, richer], samples.book())
    other = proof_of(joined, two.combination.label, fast)
    policy = samples.policy_file(attesters=ATTESTERS)
    with pytest.raises(FalseStatement, match="not the sum"):
        check_combined(other, two.combination, two.papers(), policy, samples.NOW, fast)


def test_the_proof_is_of_this_combination(two: Two) -> None:
    renamed = combine("mallory", samples.book(), two.attestations)
    with pytest.raises(PolicyRefused, match="another combination"):
        two.check(combination=renamed)
    reordered = combine("alice", samples.book(), two.attestations[::-1])
    with pytest.raises(PolicyRefused, match="another combination"):
        two.check(two.papers(two.attestations[::-1], keys=[SOUTH, NORTH]), combination=reordered)
    relabelled = claim_of(renamed.label, two.proof.statement.commitments[0])
    policy = samples.policy_file(attesters=ATTESTERS)
    moved = ProofFile.build(statement=relabelled, proof=two.proof.proof)
    with pytest.raises(FalseStatement, match="proof:"):
        check_combined(moved, renamed, two.papers(), policy, samples.NOW, two.fast)


def test_the_policy_may_ask_for_the_account(two: Two) -> None:
    assert two.check(any=["nonce"], account="alice")
    with pytest.raises(PolicyRefused, match="of another account"):
        two.check(any=["nonce"], account="bob")


def test_the_rest_of_the_policy_is_asked(two: Two) -> None:
    with pytest.raises(PolicyRefused, match="snapshot is 60 s old"):
        two.check(snapshot_max_age=59)
    with pytest.raises(PolicyRefused, match="another venue"):
        two.check(venue="elsewhere")


def grown() -> Book:
    extra = {"kind": "perpetual", "symbol": "SOL/USDC:USDC", "decimals": 2}
    return samples.book(entries=[*samples.entries(), extra])


def test_a_leg_of_an_earlier_book_counts(fast: Arithmetic) -> None:
    """The commitment is carried to the grown book; both sides get the same sum."""
    from zkmargin.verifier.combination import combined_commitment

    old, new = samples.book(), grown()
    files = [owned(old, LONG), owned(new, (*SHORT, 5))]
    attestations = [attested("north", files[0], old, fast), attested("south", files[1], new, fast)]
    total = combined_commitment(attestations, new, {old.digest: old}, fast)
    joined = joined_account("alice", files, new, {old.digest: old})
    assert joined.commitment(new, fast).commitment == total.hex()
    assert joined.units(new) == (*(a + b for a, b in zip(LONG, SHORT, strict=True)), 5)


def test_books_that_do_not_fit_are_an_error(fast: Arithmetic) -> None:
    from zkmargin.verifier.combination import combined_commitment

    old, new = samples.book(), grown()
    file = owned(old, LONG)
    attestation = attested("north", file, old, fast)
    with pytest.raises(InvalidInput, match=r"legs\[0\]\.book: not the combined book"):
        combined_commitment([attestation], new, {}, fast)
    with pytest.raises(InvalidInput, match=r"accounts\[0\]\.book"):
        joined_account("alice", [file], new)
    reordered = samples.book(entries=samples.entries()[::-1])
    with pytest.raises(InvalidInput, match=r"legs\[0\]\.book: did not grow"):
        combined_commitment([attestation], reordered, {old.digest: old}, fast)
    with pytest.raises(InvalidInput, match="differs"):
        joined_account("alice", [file], reordered, {old.digest: old})
    with pytest.raises(InvalidInput, match="one or more"):
        joined_account("alice", [], old)


def test_a_combination_of_another_book_is_refused(two: Two) -> None:
    other = combine("alice", grown(), two.attestations)
    with pytest.raises(PolicyRefused, match="of another book"):
        two.check(combination=other)


def test_a_sum_that_does_not_fit_the_book_is_refused() -> None:
    book = samples.book()
    widest = (1 << 63) - 1
    files = [owned(book, (widest, 0, 0, 0)), owned(book, (1, 0, 0, 0))]
    with pytest.raises(InvalidInput, match="does not fit"):
        joined_account("alice", files, book)


def test_a_file_with_the_wrong_number_of_blindings_is_refused() -> None:
    file = owned(samples.book(), LONG)
    fields = file.model_dump(mode="json", exclude={"format", "version"}, exclude_none=True)
    with pytest.raises(InvalidInput, match=r"accounts\[0\]\.blinding"):
        joined_account("alice", [AccountFile.build(**(fields | {"blinding": ["11" * 32] * 2}))], samples.book())
