"""The demonstration's props: input files, a tampered proof, accounts at the edge, a forger, the folder's README.

Everything is relative to the demonstration's folder.
"""

from __future__ import annotations

import base64

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
    _put("public/book.json", book)
    _put("public/model.json", model)
    _put("public/quotes.json", sample.demo_quotes())
    _put("tried/yesterday.json", with_scenarios(model, book, sample.demo_quotes(sample.YESTERDAY).snapshot(book)))
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
    _put("tried/tampered.json", ProofFile.parse(changed.canonical()))


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
    _put(f"tried/{name}.attestation.json", made)
    _put(f"tried/{name}.attestation.sig.json", key.sign(made))


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
    _put("tried/forged.json", ProofFile.build(statement=claim, proof=encode_proof(forged.to_bytes())))


def write_policy() -> None:
    """What the venue and the auditor ask of every proof."""
    key = read_document("public/exchange.pub.json", PublicKey).key
    policy = PolicyFile.build(
        venue="exchange",
        account="alice",
        nonce="7d21",
        shows=HEALTHY,
        model=read_document("public/model.json", ScenarioGrid).digest,
        max_age=300,
        snapshot_signers=[key],
        snapshot_max_age=300,
        attesters=[{"venue": "exchange", "key": key}],
        attestation_max_age=86_400,
    )
    _put("public/policy.json", policy)


def write_readme(mark: str) -> None:
    write("README.md", (mark + README).encode(), force=True)


def _papers() -> Papers:
    book = read_document("public/book.json", Book)
    return Papers(
        book, read_document("public/snapshot.json", Snapshot), read_document("public/model.json", ScenarioGrid)
    )


def _account(name: str) -> AccountFile:
    return read_document(f"private/{name}.json", AccountFile)


def _put(path: str, document: Document) -> None:
    write(path, pretty(document))


README = """

Made by `zkmargin demo` from a fixed seed; the market is nobody's. Keys, blinding and proofs are fresh in every run.

## public: what everybody may see

| file | what it is |
|---|---|
| `book.json` | the instruments: which entry of an account is what |
| `quotes.json` | what the venue observed of the market |
| `model.json` | the margin rule's parameters: a grid of 27 scenarios, charges, haircuts |
| `snapshot.json`, `.sig.json` | prices, and what every instrument is worth in every scenario; the venue's signature |
| `exchange.pub.json` | the key that signs |
| `alice.commitment.json` | the commitment to alice's account: 48 bytes that hide it perfectly |
| `alice.attestation.json`, `.sig.json` | the venue's word that this is what alice's account holds |
| `policy.json` | what the venue and the auditor ask of a proof |
| `proof.json` | alice's statement and its proof |
| `report.html` | what the auditor found |

## private: what only its owner may see

`alice.json` (positions and blinding; two more at the limit and one unit short), `positions.csv`, `trades.csv` (for
`what-if`), `exchange.key.json`. The pictures `surface.svg`, `waterfall.svg` and `headroom.svg` show the account, so
they are private too.

## tried: the edge, and what did not pass

| file | what came of it |
|---|---|
| `tampered.json` | refused: one bit of the proof is flipped |
| `stale.json` | refused: a true proof over `yesterday.json`, which is too old |
| `limit.json` | accepted: alice has withdrawn all that the rule lets her |
| `forged.json` | refused: one unit more, with the witness of the account that has it |

## Try it

In this folder. The data are dated, so `--at` says as of when.

```
export ZKMARGIN_BOOK=public/book.json ZKMARGIN_SNAPSHOT=public/snapshot.json ZKMARGIN_MODEL=public/model.json
zkmargin inspect public/proof.json
zkmargin account show private/alice.json
zkmargin margin private/alice.json
zkmargin verify public/proof.json --attestation public/alice.attestation.json --policy public/policy.json \\
  --at 2026-11-20T08:01:00Z
zkmargin verify tried/forged.json --attestation tried/short.attestation.json --policy public/policy.json \\
  --at 2026-11-20T08:01:00Z
zkmargin audit public --policy public/policy.json --at 2026-11-20T08:01:00Z --arithmetic reference
```
"""
