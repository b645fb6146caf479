"""Sums of attested accounts: two legs that fail alone pass together, and every way to cheat with legs is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import venue_samples as samples
from venue_samples import units

from zkmargin.circuits.compiler import Compiled
from zkmargin.circuits.documents import Book, Portfolio
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused, ZkMarginError
from zkmargin.circuits.rule import RequirementFailed
from zkmargin.prover.account_file import AccountFile, new_account
from zkmargin.prover.joining import changed_account, joined_account
from zkmargin.prover.keys import SecretKey
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.checking import Checked, Papers, check_proof
from zkmargin.verifier.combination import Combination, check_combined, combine
from zkmargin.verifier.documents.claim import Claim, ProofFile, encode_proof
from zkmargin.verifier.documents.commitment import Attestation
from zkmargin.verifier.sequence import LatestAttestations
from zkmargin.verifier.update import Update, check_update, update

NORTH = SecretKey.build(name="north", seed="33" * 32)
SOUTH = SecretKey.build(name="south", seed="44" * 32)
ATTESTERS = [{"venue": "north", "key": NORTH.public.key}, {"venue": "south", "key": SOUTH.public.key}]
LONG, SHORT = units(-90_000, btc=1), units(110_000, btc=-1)
"""Neither meets its requirement alone: each loses 10,000 in one of the scenarios and has less."""

LATER = "2026-11-21T08:00:20Z"


def owned(book: Book, vector: Sequence[int], account: str = "alice") -> AccountFile:
    return new_account(account, book, Portfolio.from_units(book, vector))


def attested(venue: str, file: AccountFile, book: Book, fast: Arithmetic, **changes: Any) -> Attestation:
    commitment = file.commitment(book, fast)
    fields = {
        "venue": venue,
        "account": file.account,
        "book": file.book,
        "commitment": commitment.commitment,
        "time": samples.TIME,
        "sequence": 7,
    }
    return Attestation.build(**(fields | changes))


def claim_of(account: str, commitment: str, rule: Compiled | None = None, **changes: Any) -> Claim:
    fields = {
        "book": samples.book().digest,
        "snapshot": samples.snapshot().digest,
        "model": samples.model().digest,
        "shows": samples.HEALTHY,
        "system": (rule or samples.compiled()).digest.hex(),
        "commitments": [commitment],
        "venue": "venue",
        "account": account,
        "nonce": "n-1",
        "issued": samples.ISSUED,
        "expires": samples.EXPIRES,
    }
    return Claim.build(**(fields | changes))


def proof_of(file: AccountFile, account: str, fast: Arithmetic) -> ProofFile:
    """What an owner makes of an account file."""
    opened = file.open(samples.book(), fast)
    rule = samples.compiled()
    claim = claim_of(account, opened.commitment.hex())
    proof = prove(claim.statement(rule.system), [opened], rule.witness([list(opened.values)]), fast)
    return ProofFile.build(statement=claim, proof=encode_proof(proof))


class Two:
    """Two venues, a leg at each, the combination and its proof."""

    def __init__(self, fast: Arithmetic) -> None:
        self.fast = fast
        self.files = [owned(samples.book(), LONG), owned(samples.book(), SHORT, "account 17")]
        self.attestations = [
            attested(venue, file, samples.book(), fast)
            for venue, file in zip(("north", "south"), self.files, strict=True)
        ]
        self.combination = combine("alice", samples.book(), self.attestations)
        self.proof = proof_of(joined_account("alice", self.files, samples.book()), self.combination.label, fast)

    def papers(self, attestations: Sequence[Attestation] | None = None, keys: Sequence[SecretKey] = ()) -> Papers:
        chosen = self.attestations if attestations is None else attestations
        signers = keys or [NORTH, SOUTH]
        signed = [key.sign(one) for key, one in zip(signers, chosen, strict=False)]
        signatures = [samples.KEY.sign(samples.snapshot()), *signed]
        return Papers(samples.book(), samples.snapshot(), samples.model(), signatures, chosen)

    def check(self, papers: Papers | None = None, combination: Combination | None = None, **more: Any) -> Checked:
        extra = {name: more.pop(name) for name in ("earlier", "latest") if name in more}
        policy = samples.policy_file(**({"attesters": ATTESTERS} | more))
        chosen = combination or self.combination
        return check_combined(self.proof, chosen, papers or self.papers(), policy, samples.NOW, self.fast, **extra)


@pytest.fixture(scope="module")
def two(fast: Arithmetic) -> Two:
    return Two(fast)


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


# Updates


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


# Sequence numbers


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
