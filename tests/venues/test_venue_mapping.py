"""Books that differ: entries are mapped inside the circuit, and a mapping that does not fit is an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import venue_samples as samples
from venue_samples import BTC, units

from zkmargin.circuits.alignment import Alignment, Mapping
from zkmargin.circuits.documents import Book, Portfolio
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.rule import RequirementFailed
from zkmargin.prover.account import commit_account
from zkmargin.prover.account_file import AccountFile, new_account
from zkmargin.prover.joining import aligned_account
from zkmargin.prover.keys import SecretKey
from zkmargin.prover.prove import Argument, prove
from zkmargin.prover.randomness import SYSTEM, Secrets
from zkmargin.prover.witness import Witness
from zkmargin.verifier.aligned import align, aligned_commitment, check_aligned, compile_aligned
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.checking import Papers
from zkmargin.verifier.combination import combine
from zkmargin.verifier.documents.claim import Claim, ProofFile, encode_proof
from zkmargin.verifier.documents.commitment import Attestation

NORTH = SecretKey.build(name="north", seed="33" * 32)
SOUTH = SecretKey.build(name="south", seed="44" * 32)
COIN = "BTC/USD:BTC"


def south_book(**changes: Any) -> Book:
    """The same things in another order, other units and other contract sizes."""
    entries: list[dict[str, Any]] = [
        {"kind": "perpetual", "symbol": COIN, "decimals": 1, "contract_size": "0.001"},
        {"kind": "collateral", "symbol": "BTC", "decimals": 3},
        {"kind": "cash", "symbol": "USDC", "decimals": 0},
    ]
    return Book.build(**({"name": "south", "currency": "USDC", "entries": entries} | changes))


PAIRS = [(COIN, BTC), ("BTC", "BTC"), ("USDC", "USDC")]


def mapping(pairs: Sequence[tuple[str, str]] = PAIRS, **changes: Any) -> Mapping:
    rows = [{"source": source, "target": target} for source, target in pairs]
    fields = {"source": south_book().digest, "target": samples.book().digest, "entries": rows}
    return Mapping.build(**(fields | changes))


def alignment() -> Alignment:
    both = [samples.book().digest, south_book().digest]
    return align(samples.book(), both, [south_book()], [mapping()])


LONG = units(-90_000, btc=1)
SHORT = (-10_000, 0, 110_000)
"""1,000.0 contracts of 0.001 short, and cash."""


class Two:
    """A long leg in the shared book, a short one in another."""

    def __init__(self, fast: Arithmetic, short: Sequence[int] = SHORT) -> None:
        self.fast = fast
        self.files = [self.own(samples.book(), LONG), self.own(south_book(), short)]
        self.attestations = [
            Attestation.build(
                venue=venue,
                account=file.account,
                book=file.book,
                commitment=file.commitment(book, fast).commitment,
                time=samples.TIME,
                sequence=1,
            )
            for venue, file, book in zip(("north", "south"), self.files, (samples.book(), south_book()), strict=True)
        ]
        self.combination = combine("alice", samples.book(), self.attestations)
        self.market = Market(samples.book(), samples.snapshot())
        self.compiled = compile_aligned(alignment(), self.market, samples.model(), samples.HEALTHY)

    def own(self, book: Book, vector: Sequence[int]) -> AccountFile:
        return new_account("alice", book, Portfolio.from_units(book, vector))

    def claim(self, commitment: bytes) -> Claim:
        return Claim.build(
            book=samples.book().digest,
            snapshot=samples.snapshot().digest,
            model=samples.model().digest,
            shows=samples.HEALTHY,
            system=self.compiled.digest.hex(),
            commitments=[commitment.hex()],
            venue="venue",
            account=self.combination.label,
            nonce="n-1",
            issued=samples.ISSUED,
            expires=samples.EXPIRES,
        )

    def prove(self) -> ProofFile:
        account = aligned_account(self.files, alignment(), self.fast)
        claim = self.claim(account.commitment)
        lanes = self.compiled.witness([list(account.values)])
        proof = prove(claim.statement(self.compiled.system), [account], lanes, self.fast)
        return ProofFile.build(statement=claim, proof=encode_proof(proof))

    def check(self, file: ProofFile, mappings: Sequence[Mapping] | None = None) -> int:
        signatures = [key.sign(one) for key, one in zip((NORTH, SOUTH), self.attestations, strict=True)]
        signed = [samples.KEY.sign(samples.snapshot()), *signatures]
        papers = Papers(samples.book(), samples.snapshot(), samples.model(), signed, self.attestations)
        attesters = [{"venue": key.name, "key": key.public.key} for key in (NORTH, SOUTH)]
        policy = samples.policy_file(attesters=attesters)
        accepted = [mapping()] if mappings is None else mappings
        return check_aligned(
            file, self.combination, papers, policy, samples.NOW, self.fast, [south_book()], accepted
        ).shown.accounts


@pytest.fixture(scope="module")
def two(fast: Arithmetic) -> Two:
    return Two(fast)


def test_legs_of_different_books_pass_together(two: Two) -> None:
    assert two.check(two.prove()) == 1


def test_the_rule_sees_the_mapped_sum(two: Two) -> None:
    """One contract long and a thousand of a thousandth short: nothing is left but 20,000 of cash."""
    account = aligned_account(two.files, alignment(), two.fast)
    values = two.compiled.evaluate([list(account.values)]).components
    scale = next(one.quantity.decimals for one in two.compiled.rule.components if one.name == "initial equity")
    assert int(values["initial equity"].ravel()[0]) == 20_000 * 10**scale
    assert int(values["initial requirement"].ravel()[0]) == 0


def test_one_tenth_of_a_contract_more_counts(fast: Arithmetic) -> None:
    """The requirement is of the exact difference: 0.2 contracts of 0.001 short."""
    account = aligned_account(Two(fast, (-10_002, 0, 110_000)).files, alignment(), fast)
    compiled = Two(fast).compiled
    values = compiled.evaluate([list(account.values)]).components
    scale = next(one.quantity.decimals for one in compiled.rule.components if one.name == "initial requirement")
    # 0.0002 coins at 100,000: a loss of 10 % and a charge of 1 %.
    assert int(values["initial requirement"].ravel()[0]) == round(0.0002 * 100_000 * 0.11 * 10**scale)


def test_a_sum_that_misses_its_margin(fast: Arithmetic) -> None:
    with pytest.raises(RequirementFailed, match="meets initial"):
        Two(fast, (-10_000, 0, 89_999)).prove()


def test_the_verifier_lays_the_commitments_side_by_side(two: Two) -> None:
    legs = [(one.book, bytes.fromhex(one.commitment)) for one in two.attestations]
    made = aligned_commitment(alignment(), legs, two.fast)
    assert made == aligned_account(two.files, alignment(), two.fast).commitment
    with pytest.raises(InvalidInput, match="not one to an account of book"):
        aligned_commitment(alignment(), [(legs[0][0], legs[0][1] * 2), legs[1]], two.fast)


def test_another_commitment_than_the_attested_ones(two: Two) -> None:
    other = Two(two.fast)
    with pytest.raises(PolicyRefused, match="another combination"):
        two.check(other.prove())
    richer = Two(two.fast, (-10_000, 0, 120_000))
    richer.combination = two.combination
    with pytest.raises(FalseStatement, match="not made of the attested ones"):
        two.check(richer.prove())


def test_a_mapping_the_verifier_does_not_accept(two: Two) -> None:
    proof = two.prove()
    with pytest.raises(InvalidInput, match="give the book and its mapping"):
        two.check(proof, [])


def test_a_spare_entry_is_no_place_to_hide(two: Two) -> None:
    """The attested row commits to something behind the end of its book: the proof of a cheat fails."""
    honest = aligned_account(two.files, alignment(), two.fast)
    values = list(honest.values)
    assert values[alignment().spare[0]] == 0
    values[alignment().spare[0]] = 5
    cheat = commit_account(values, honest.blinding, two.fast)
    with pytest.raises(RequirementFailed, match="spare entries"):
        two.compiled.witness([values])
    claim = two.claim(cheat.commitment)
    lanes = two.compiled.witness([list(honest.values)])
    statement = claim.statement(two.compiled.system)
    proof = Argument(statement, Witness((cheat,), lanes), two.fast, Secrets(SYSTEM)).run()
    from zkmargin.verifier.statement import ANY, Policy
    from zkmargin.verifier.verify import verify

    policy = Policy(ANY, ANY, ANY, ANY, ANY, samples.NOW, 3600)
    with pytest.raises(FalseStatement):
        verify(statement, proof.to_bytes(), policy, two.fast)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (PAIRS[:2], "each is mapped once"),
        ([PAIRS[1], PAIRS[0], PAIRS[2]], r"entries\[0\]\.source"),
        ([(COIN, "SOL/USDC:USDC"), *PAIRS[1:]], "target book has no"),
        ([(COIN, "ETH/USDC:USDC"), *PAIRS[1:]], "not the same thing"),
        ([(COIN, "BTC"), *PAIRS[1:]], "not the same thing"),
        ([PAIRS[0], ("BTC", BTC), PAIRS[2]], "not the same thing"),
    ],
)
def test_a_mapping_that_does_not_fit_is_an_error(pairs: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        mapping(pairs).places(south_book(), samples.book())


def test_a_mapping_of_finer_units_is_an_error() -> None:
    fine = [dict(entry) for entry in south_book().model_dump(mode="json", exclude_none=True)["entries"]]
    fine[2]["decimals"] = 6
    finer = south_book(entries=fine)
    with pytest.raises(InvalidInput, match="no whole number of units"):
        mapping(source=finer.digest).places(finer, samples.book())
    with pytest.raises(InvalidInput, match="other books"):
        mapping().places(finer, samples.book())


def test_a_book_without_its_mapping_and_a_market_of_another_book() -> None:
    with pytest.raises(InvalidInput, match="no mapping of it is given"):
        Alignment(samples.book(), ((south_book(), None),)).moves()
    with pytest.raises(InvalidInput, match="another book than the target"):
        Alignment(south_book(), ()).rule(Market(samples.book(), samples.snapshot()), lambda holdings: None)


def test_accounts_of_a_book_that_is_not_aligned(two: Two) -> None:
    stranger = two.own(samples.book(name="another"), LONG)
    with pytest.raises(InvalidInput, match="does not have"):
        aligned_account([*two.files, stranger], alignment(), two.fast)
