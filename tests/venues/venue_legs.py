"""Two venues, an attested leg at each, and what their owner makes of them: legs that fail alone pass together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import venue_samples as samples
from venue_samples import units

from zkmargin.circuits.compiler import Compiled
from zkmargin.circuits.documents import Book, Portfolio
from zkmargin.prover.account_file import AccountFile, new_account
from zkmargin.prover.joining import joined_account
from zkmargin.prover.keys import SecretKey
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.checking import Checked, Papers
from zkmargin.verifier.combination import Combination, check_combined, combine
from zkmargin.verifier.documents.claim import Claim, ProofFile, encode_proof
from zkmargin.verifier.documents.commitment import Attestation

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
