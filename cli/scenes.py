"""The demonstration's props: input files, a tampered proof, accounts at the edge, a forger.

Everything is relative to the demonstration's folder.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from zkmargin.circuits.documents import Book, Document, Portfolio, Snapshot, decimal_text, from_units
from zkmargin.circuits.models.grid_pricing import with_scenarios
from zkmargin.circuits.models.scenario_grid import ScenarioGrid
from zkmargin.cli import sample
from zkmargin.cli.explain import explain
from zkmargin.cli.files import pretty, read_document, write
from zkmargin.cli.papers import Papers, choose_arithmetic
from zkmargin.cli.proving import make_claim
from zkmargin.prover.account_file import AccountFile, new_account
from zkmargin.prover.keys import SecretKey
from zkmargin.prover.prove import Argument
from zkmargin.prover.randomness import SYSTEM, Secrets
from zkmargin.prover.witness import Witness
from zkmargin.verifier.documents import Attestation, PolicyFile, ProofFile, PublicKey, Shows
from zkmargin.verifier.documents.claim import compile_claim, encode_proof

HEALTHY = Shows.build(claim="healthy")


def write_inputs() -> None:
    """What the venue and the trader bring along: book, market, model, positions; and yesterday's snapshot."""
    book, model = sample.demo_book(), sample.demo_model()
    put("public/book.json", book)
    put("public/model.json", model)
    put("public/quotes.json", sample.demo_quotes())
    put("tried/yesterday.json", with_scenarios(model, book, sample.demo_quotes(sample.YESTERDAY).snapshot(book)))
    rows = [f"{row.symbol},{decimal_text(row.amount)}" for row in sample.demo_positions(book).positions]
    text = "\n".join(["symbol,amount", *rows]) + "\n"
    write("private/positions.csv", text.encode(), private=True)
    write("private/trades.csv", sample.TRADES.encode(), private=True)


def tamper() -> None:
    """The good proof with one bit of its last scalar changed."""
    good = read_document("public/proof.json", ProofFile)
    data = bytearray(good.proof_bytes)
    data[-32] ^= 1
    changed = good.model_copy(update={"proof": base64.b64encode(bytes(data)).decode()})
    put("tried/tampered.json", ProofFile.parse(changed.canonical()))


def write_edges() -> str:
    """Two accounts: one at the requirement, the other one unit of cash below. Returns what the first has withdrawn."""
    papers, file = _papers(), _account("alice")
    units = list(file.units(papers.book))
    cash = papers.book.index(papers.book.currency)
    decimals = papers.book.entries[cash].decimals
    spare = explain(papers.model, papers.book, papers.snapshot, units).level("initial").headroom
    # Rounding down leaves equity above the requirement by less than one unit of cash.
    withdrawn = int(spare.scaleb(decimals) // 1)
    for name, amount in (("alice-at-the-limit", withdrawn), ("alice-one-unit-short", withdrawn + 1)):
        units[cash] = file.units(papers.book)[cash] - amount
        made = new_account("alice", papers.book, Portfolio.from_units(papers.book, units))
        write(f"private/{name}.json", pretty(made), private=True)
        _attest(name.rpartition("-")[2], made, papers.book)
    return f"{decimal_text(from_units(withdrawn, decimals))} {papers.book.currency}"


def _attest(name: str, file: AccountFile, book: Book) -> None:
    """The venue's word for an account at the edge."""
    key = read_document("private/exchange.key.json", SecretKey)
    given = file.commitment(book, choose_arithmetic(None))
    fields = {field: getattr(given, field) for field in ("account", "book", "commitment")}
    made = Attestation.build(venue="exchange", time="2026-11-20T08:00:05Z", sequence=2, **fields)
    put(f"tried/{name}.attestation.json", made)
    put(f"tried/{name}.attestation.sig.json", key.sign(made))


def forge() -> None:
    """A cheat: the account that is one unit short, and the witness of the one that is not.

    Every row of the rule holds for that witness; but its entries are not those inside the commitment.
    """
    papers, arithmetic = _papers(), choose_arithmetic(None)
    compiled = compile_claim(papers.book, papers.snapshot, papers.model, HEALTHY)
    lanes = compiled.witness(np.array([_account("alice-at-the-limit").units(papers.book)], dtype=object))
    short = _account("alice-one-unit-short").open(papers.book, arithmetic)
    context = {
        "venue": "exchange",
        "nonce": "7d21",
        "issued": "2026-11-20T08:00:10Z",
        "expires": "2026-11-20T08:10:10Z",
    }
    claim = make_claim(compiled, papers, short, HEALTHY, "alice", **context)
    statement, witness = claim.statement(compiled.system), Witness((short,), lanes)
    forged = None
    while forged is None:
        forged = Argument(statement, witness, arithmetic, Secrets(SYSTEM)).run()
    put("tried/forged.json", ProofFile.build(statement=claim, proof=encode_proof(forged.to_bytes())))


def write_policy(path: str, venues: Sequence[str], **asked: object) -> None:
    """What is asked of a proof; each of these venues is believed about its own accounts."""
    keys = {venue: read_document(f"public/{venue}.pub.json", PublicKey).key for venue in ("exchange", *venues)}
    policy = PolicyFile.build(
        shows=HEALTHY,
        model=read_document("public/model.json", ScenarioGrid).digest,
        max_age=300,
        snapshot_signers=[keys["exchange"]],
        snapshot_max_age=300,
        attesters=[{"venue": venue, "key": keys[venue]} for venue in venues],
        attestation_max_age=86_400,
        **asked,
    )
    put(path, policy)


def _papers() -> Papers:
    book = read_document("public/book.json", Book)
    return Papers(
        book, read_document("public/snapshot.json", Snapshot), read_document("public/model.json", ScenarioGrid)
    )


def _account(name: str) -> AccountFile:
    return read_document(f"private/{name}.json", AccountFile)


def put(path: str, document: Document) -> None:
    write(path, pretty(document))
