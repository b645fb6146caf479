"""Cross-margin over two venues: each leg alone misses its margin, together they meet it, and nobody sees either.

    python examples/two_venues.py

Alice is long a bitcoin perpetual in the north and short one in the south. Each venue signs what it knows: a commitment.
A lender adds the two commitments and verifies one proof about the sum, under the same margin rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkmargin.circuits.documents import Book, Portfolio, Snapshot, epoch_seconds
from zkmargin.circuits.errors import PolicyRefused
from zkmargin.circuits.models.grid_pricing import with_scenarios
from zkmargin.circuits.models.scenario_grid import ScenarioGrid
from zkmargin.circuits.rule import RequirementFailed
from zkmargin.prover.account_file import AccountFile, new_account
from zkmargin.prover.joining import joined_account
from zkmargin.prover.keys import SecretKey, new_key
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.checking import Papers
from zkmargin.verifier.combination import Combination, check_combined, combine
from zkmargin.verifier.documents import Attestation, Claim, PolicyFile, ProofFile, parse_shows
from zkmargin.verifier.documents.claim import compile_claim, encode_proof

PERPETUAL = "BTC/USDC:USDC"
TIME, ISSUED, EXPIRES = "2026-11-21T08:00:00Z", "2026-11-21T08:00:30Z", "2026-11-21T08:10:00Z"
NOW = epoch_seconds(ISSUED) + 5

ARITHMETIC = select()
HEALTHY = parse_shows("healthy")

BOOK = Book.build(
    name="shared book",
    currency="USDC",
    entries=[
        {"kind": "cash", "symbol": "USDC", "decimals": 2},
        {"kind": "perpetual", "symbol": PERPETUAL, "decimals": 4},
    ],
)
MODEL = ScenarioGrid.build(
    family="scenario-grid",
    name="ten percent either way",
    engine="example",
    source="made up",
    as_of="2026-11-21",
    scenarios=[{"name": "down", "move": "-0.1"}, {"name": "up", "move": "0.1"}],
    levels=[{"name": "initial", "loss_factor": "1", "linear": "0.01"}],
)
SNAPSHOT = with_scenarios(
    MODEL,
    BOOK,
    Snapshot.build(
        book=BOOK.digest,
        time=TIME,
        source="example",
        instruments=[{"symbol": "USDC", "price": "1"}, {"symbol": PERPETUAL, "price": "100000"}],
        underlyings=[{"asset": "BTC", "index": "100000"}],
    ),
)
RULE = compile_claim(BOOK, SNAPSHOT, MODEL, HEALTHY)
KEYS = [new_key("north"), new_key("south")]


def account(reference: str, cash: str, contracts: str) -> AccountFile:
    """A private account. Buying a perpetual at 100,000 lowers cash by as much: price is carried as cash."""
    positions = [{"symbol": "USDC", "amount": cash}, {"symbol": PERPETUAL, "amount": contracts}]
    return new_account(reference, BOOK, Portfolio.build(book=BOOK.digest, positions=positions))


def attest(venue: str, file: AccountFile) -> Attestation:
    """What a venue knows to be true of its own customer's account, without a number in it."""
    commitment = file.commitment(BOOK, ARITHMETIC).commitment
    return Attestation.build(
        venue=venue, account=file.account, book=file.book, commitment=commitment, time=TIME, sequence=1
    )


def prove_healthy(file: AccountFile) -> ProofFile:
    """The owner's proof that an account, or a sum of accounts, meets the initial requirement."""
    opened = file.open(BOOK, ARITHMETIC)
    lanes = RULE.witness([list(opened.values)])
    claim = Claim.build(
        book=BOOK.digest,
        snapshot=SNAPSHOT.digest,
        model=MODEL.digest,
        shows=HEALTHY,
        system=RULE.digest.hex(),
        commitments=[opened.commitment.hex()],
        venue="lender",
        account=file.account,
        nonce="7d21",
        issued=ISSUED,
        expires=EXPIRES,
    )
    proof = prove(claim.statement(RULE.system), [opened], lanes, ARITHMETIC)
    return ProofFile.build(statement=claim, proof=encode_proof(proof))


def lender_accepts(
    proof: ProofFile, combination: Combination, attestations: Sequence[Attestation], signers: Sequence[SecretKey]
) -> bool:
    """The lender trusts two venues, each for its own accounts, and nobody else.

    It does not ask who signed the prices, and says so.
    """
    policy = PolicyFile.build(
        any=["model", "snapshot_signers"],
        venue="lender",
        account="alice",
        nonce="7d21",
        shows=HEALTHY,
        max_age=60,
        snapshot_max_age=600,
        attesters=[{"venue": key.name, "key": key.public.key} for key in KEYS],
        attestation_max_age=600,
    )
    signatures = [key.sign(one) for key, one in zip(signers, attestations, strict=True)]
    papers = Papers(BOOK, SNAPSHOT, MODEL, signatures, attestations)
    return check_combined(proof, combination, papers, policy, NOW, ARITHMETIC).shown.accounts == 1


def main() -> None:
    """The story, told on stdout."""
    legs = [account("alice", "-95000", "1"), account("customer 17", "107000", "-1")]
    for venue, leg in zip(("north", "south"), legs, strict=True):
        try:
            prove_healthy(leg)
        except RequirementFailed as error:
            print(f"{venue} alone: {error}")

    attestations = [attest(venue, leg) for venue, leg in zip(("north", "south"), legs, strict=True)]
    combination = combine("alice", BOOK, attestations)
    both = joined_account(combination.label, legs, BOOK)
    proof = prove_healthy(both)
    print(f"together: proven in {len(proof.proof_bytes):,} bytes, of commitments that add up")
    print(f"the lender accepts: {lender_accepts(proof, combination, attestations, KEYS)}")

    try:
        lender_accepts(proof, combination, attestations, [KEYS[0], KEYS[0]])
    except PolicyRefused as error:
        print(f"refused: {error}")


if __name__ == "__main__":
    main()
