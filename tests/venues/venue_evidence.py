"""A folder with everything that venues, traders and sources of prices publish; and ways to spoil its files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import test_venue_feeds as feeds
import test_venue_mapping as mapped
import test_venue_parts as parts
import venue_legs as legs
import venue_samples as samples

from zkmargin.circuits.documents import Book, Document
from zkmargin.circuits.models.grid_pricing import with_scenarios
from zkmargin.cli.auditing import audit_folder
from zkmargin.cli.findings import Audit, Line
from zkmargin.prover.account_file import AccountFile
from zkmargin.prover.keys import SecretKey
from zkmargin.prover.venue import account_salt, balance_of
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.documents import Commitment, PolicyFile, ProofFile
from zkmargin.verifier.documents.claim import encode_proof
from zkmargin.verifier.feeds import median_quotes
from zkmargin.verifier.update import update

Files = dict[str, Document]
BALANCED = [samples.units(150_000 + number, btc=btc) for number, btc in enumerate((1, -0.5, -0.5, 1, -1))]
YESTERDAY = "2026-11-20T08:00:00Z"
WHOLE = "of its proof is missing or was not verified"


def signed(name: str, document: Document, key: SecretKey) -> Files:
    return {name: document, f"{name}.sig": key.sign(document)}


def whole_venue(run: parts.Run) -> Files:
    """Five accounts whose positions cancel, proven in three parts."""
    proofs = {f"part{number}": proof for number, proof in enumerate(run.prove(), 1)}
    points = run.accounts[2].commitment.hex()
    own = Commitment.build(account="account 2", book=samples.book().digest, commitment=points)
    papers = {
        "own": own,
        "receipt": run.index.receipt("account 2", account_salt(b"seed", "account 2")),
        "balance": balance_of(samples.book(), run.index, run.accounts),
    }
    return proofs | papers | signed("index", run.index, samples.KEY)


class Mapped(mapped.Two):
    """Of other accounts than the sum of a shared book has: a later word about them would stand in the way."""

    def own(self, book: Book, vector: Sequence[int]) -> AccountFile:
        return legs.owned(book, vector, "bob")


def two_sums(fast: Arithmetic) -> Files:
    """One of legs of a shared book, one of legs whose books are mapped; and how one attestation followed another."""
    same, other = legs.Two(fast), Mapped(fast)
    files: Files = {"sum": same.proof, "combination": same.combination}
    files |= {"mapped sum": other.prove(), "mapped combination": other.combination}
    files |= {"south book": mapped.south_book(), "mapping": mapped.mapping()}
    for name, two in (("", same), ("mapped ", other)):
        for key, one in zip((legs.NORTH, legs.SOUTH), two.attestations, strict=True):
            files |= signed(f"{name}{key.name}", one, key)
    return files


def followed(fast: Arithmetic) -> Files:
    book = samples.book()
    before = legs.attested("venue", legs.owned(book, legs.LONG, "carol"), book, fast)
    change = legs.owned(book, samples.units(5), "carol").commitment(book, fast).commitment
    made = update(before, bytes.fromhex(change), legs.LATER, fast)
    return {"update": made} | signed("before", before, samples.KEY) | signed("after", made.attestation, samples.KEY)


def market() -> Files:
    """Feeds of two days, and the snapshots that are their medians."""
    rules, files = feeds.policy(), Files()
    days = {"today": (samples.TIME, "100000"), "yesterday": (YESTERDAY, "99000")}
    for day, (time, price) in days.items():
        quotes = [feeds.feed(price, time=time, source=key.name) for key in feeds.KEYS[:3]]
        for key, one in zip(feeds.KEYS, quotes, strict=False):
            files |= signed(f"{day} {key.name}", one, key)
        taken = median_quotes(quotes, feeds.signed(quotes), rules, "USDC", samples.epoch_seconds(time)).quotes
        plain = taken.snapshot(samples.book())
        snapshot = samples.snapshot() if day == "today" else with_scenarios(samples.model(), samples.book(), plain)
        files |= {f"{day} medians": taken} | signed(f"{day} snapshot", snapshot, samples.KEY)
    return files | {"feed policy": rules}


def everything(run: parts.Run, fast: Arithmetic) -> Files:
    files = whole_venue(run) | two_sums(fast) | followed(fast) | market()
    return files | {"book": samples.book(), "model": samples.model()}


def asked(**changes: Any) -> PolicyFile:
    keys = (("venue", samples.KEY), ("north", legs.NORTH), ("south", legs.SOUTH))
    return samples.policy_file(**({"attesters": [{"venue": v, "key": k.public.key} for v, k in keys]} | changes))


class Folder:
    """Files of one audit; tests take some away, spoil some, and look at the lines."""

    def __init__(self, path: Path, files: Files, arithmetic: Arithmetic) -> None:
        self.path, self.arithmetic = path, arithmetic
        self.files: dict[str, dict[str, Any]] = {}
        self.put(files)

    def audit(self, **changes: Any) -> Audit:
        for name, fields in self.files.items():
            (self.path / f"{name}.json").write_text(json.dumps(fields))
        return audit_folder(str(self.path), asked(**changes), samples.NOW, self.arithmetic)

    def failed(self, **changes: Any) -> dict[str, str]:
        """Names and messages of the files that failed."""
        return {line.file.removesuffix(".json"): line.message for line in self.audit(**changes).lines if not line.ok}

    def put(self, documents: Files) -> None:
        self.files |= {name: json.loads(document.canonical()) for name, document in documents.items()}

    def line(self, name: str) -> Line:
        return next(line for line in self.audit().lines if line.file == f"{name}.json")

    def keep(self, *names: str) -> None:
        self.files = {name: self.files[name] for name in names}


def flipped(proof: dict[str, Any]) -> None:
    """The last bit of the proof."""
    file = ProofFile.build(**{name: proof[name] for name in ("statement", "proof")})
    data = bytearray(file.proof_bytes)
    data[-1] ^= 1
    proof["proof"] = encode_proof(bytes(data))


def of(field: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        fields[field] = value

    return change


def told(field: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        fields["statement"][field] = value

    return change


def reversed_commitments(fields: dict[str, Any]) -> None:
    fields["statement"]["commitments"].reverse()


def renumbered(fields: dict[str, Any]) -> None:
    fields["statement"]["account"] = fields["statement"]["account"].replace("part 1 of 3", "part 4 of 3")
