"""What can be said of the documents around proofs, each against those it names; proofs have been verified before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from zkmargin.circuits.alignment import Mapping
from zkmargin.circuits.documents import Book, Document, Snapshot, decimal_text
from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused, ZkMarginError
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.grid_parameters import GridParameters
from zkmargin.cli.bench import Bench
from zkmargin.cli.findings import Line, failed, kind_of, left_alone, passed
from zkmargin.cli.grids import check_model_scenarios
from zkmargin.cli.kinds import PRIVATE
from zkmargin.cli.manners import plural, short
from zkmargin.verifier.balance import Balance, check_balance
from zkmargin.verifier.checking import attested_by, in_force, signed_by
from zkmargin.verifier.combination import Combination, check_legs
from zkmargin.verifier.documents import Attestation, Claim, Commitment, ProofFile, Signature
from zkmargin.verifier.feeds import FeedPolicy, check_moves, check_snapshot
from zkmargin.verifier.index import Index, Receipt
from zkmargin.verifier.update import Update, check_update
from zkmargin.verifier.venue import Part, check_index, first_missing, part_of


def remark(name: str, document: Document, bench: Bench) -> Line:
    """A line about a document that is not a proof."""
    if isinstance(document, PRIVATE):
        return left_alone(name, document)
    try:
        return passed(name, document, _REMARKS.get(type(document), _plain)(document, bench))
    except ZkMarginError as error:
        return failed(name, document, error)


def _plain(document: Document, bench: Bench) -> str:
    return "well-formed"


def _signature(signature: Signature, bench: Bench) -> str:
    for document in bench.documents:
        if document.digest == signature.document:
            signature.check(document)
            return f"good, of {kind_of(document)} {short(document.digest)}"
    raise PolicyRefused("signature: what it signs is not in the folder")


def _snapshot(snapshot: Snapshot, bench: Bench) -> str:
    notes = _scenarios(snapshot, bench)
    notes += [_feeds(snapshot, rules, bench) for rules in bench.all(FeedPolicy)]
    trusted = bench.policy.snapshot_signers
    if trusted is None:
        return "; ".join([*notes, "signer not asked for"])
    key = signed_by(bench.all(Signature), snapshot, in_force(trusted, bench.policy), "snapshot signer")
    return "; ".join([*notes, f"signed by {short(key)}"])


def _scenarios(snapshot: Snapshot, bench: Bench) -> list[str]:
    """Scenario values against every model that they may be of."""
    rows = snapshot.scenarios.rows if snapshot.scenarios else None
    notes = []
    for book in [book for book in bench.all(Book) if book.digest == snapshot.book]:
        snapshot.check_book(book)
        models = bench.all(MarginModel)  # type: ignore[type-abstract]
        grids = [model for model in models if isinstance(model, GridParameters) and model.rows == rows]
        notes += [check_model_scenarios(model, book, snapshot) for model in grids]
    return notes


def _feeds(snapshot: Snapshot, rules: FeedPolicy, bench: Bench) -> str:
    """The market against the quotes of that time, and against the snapshot of this book before it."""
    medians = bench.medians(rules, snapshot)
    check_snapshot(snapshot, medians, bench.one(Book, snapshot.book, "snapshot"))
    before = [one for one in bench.all(Snapshot) if one.book == snapshot.book and one.time < snapshot.time]
    if before:
        check_moves(snapshot, max(before, key=lambda one: one.time), rules)
    bad = "".join(f", without {one.source} ({one.reason})" for one in medians.bad)
    return f"medians of {plural(len(medians.good), 'feed')} under feed policy {short(rules.digest)}{bad}"


def _quotes(quotes: Quotes, bench: Bench) -> str:
    """Under a feed policy quotes are a source's, or the medians of a snapshot."""
    policies = bench.all(FeedPolicy)
    if not policies:
        return "well-formed"
    if quotes.digest in _median_digests(bench):
        return "the medians of a snapshot"
    if not any(one.document == quotes.digest for one in bench.all(Signature)):
        raise PolicyRefused("policy: nobody has signed these quotes, and they are not the medians of a snapshot")
    sources = {source.key: source.name for rules in policies for source in rules.sources}
    key = signed_by(bench.all(Signature), quotes, in_force(list(sources), bench.policy), "source")
    return f"signed by {sources[key]}, a source of the feed policy"


def _median_digests(bench: Bench) -> Iterator[str]:
    for rules in bench.all(FeedPolicy):
        for snapshot in bench.all(Snapshot):
            try:
                yield bench.medians(rules, snapshot).quotes.digest
            except ZkMarginError:
                # The snapshot's own line says so.
                continue


def _attestation(attestation: Attestation, bench: Bench) -> str:
    if bench.policy.attesters is None:
        return "signer not asked for"
    key = attested_by(bench.all(Signature), attestation, attestation.venue, bench.policy)
    return f"signed by {short(key)} for {attestation.venue}"


def _update(update: Update, bench: Bench) -> str:
    before = bench.one(Attestation, update.before, "update")
    check_update(update, before, bench.arithmetic)
    after = bench.one(Attestation, update.attestation.digest, "update")
    return f"attestation {short(after.digest)} follows from {short(before.digest)}"


def _combination(combination: Combination, bench: Bench) -> str:
    bench.one(Book, combination.book, "combination")
    signatures, attestations = bench.all(Signature), bench.all(Attestation)
    _, keys = check_legs(combination, attestations, signatures, bench.policy, bench.now)
    legs = f"{plural(len(combination.legs), 'account')}, {'attested' if keys else 'attesters not asked for'}"
    return f"{legs}; {_shown(bench.sums.get(combination.digest, []), 'the sum')}"


def _mapping(mapping: Mapping, bench: Bench) -> str:
    source, target = (bench.one(Book, digest, "mapping") for digest in (mapping.source, mapping.target))
    mapping.places(source, target)
    return f"fits book {short(source.digest)} to book {short(target.digest)}"


def _index(index: Index, bench: Bench) -> str:
    """The whole of what its parts show: of every run that was begun, all parts have to be here and verified."""
    book = bench.one(Book, index.book, "index")
    key = check_index(index, book, bench.all(Signature), bench.policy, bench.now)
    labels = [part_of(file.statement.account) for file in bench.all(ProofFile)]
    parts = bench.parts.get(index.root, [])
    if not parts and any(part and part.root == index.root for part in labels):
        raise PolicyRefused("index: no part of its proof was verified")
    runs: dict[tuple[int, str], list[tuple[Part, Claim]]] = {}
    for part, claim in parts:
        told = claim.model_dump_json(exclude={"account", "commitments"})
        runs.setdefault((part.parts, told), []).append((part, claim))
    for run in runs.values():
        _check_whole(index, run)
    whole = _shown([run[0][1] for run in runs.values()], f"all {plural(len(index), 'account')}")
    return f"root {short(index.root)}, {f'signed by {short(key)}' if key else 'signer not asked for'}; {whole}"


def _check_whole(index: Index, run: Sequence[tuple[Part, Claim]]) -> None:
    told: dict[int, set[tuple[str, ...]]] = {}
    for part, claim in run:
        told.setdefault(part.number, set()).add(claim.commitments)
    parts = run[0][0].parts
    missing = first_missing(index, parts, told)
    if missing is not None:
        raise PolicyRefused(f"index: part {missing} of {parts} of its proof is missing or was not verified")


def _shown(claims: Sequence[Claim], what: str) -> str:
    sentences = ", ".join(dict.fromkeys(claim.shows.sentence for claim in claims))
    return f"proven of {what}: {sentences}" if claims else f"nothing is proven here of {what}"


def _receipt(receipt: Receipt, bench: Bench) -> str:
    head = (receipt.venue, receipt.book, receipt.time, receipt.count)
    indices = [one for one in bench.all(Index) if (one.venue, one.book, one.time, len(one)) == head]
    if not indices:
        raise InvalidInput("receipt: its index is not in the folder")
    index = next((one for one in indices if one.root == receipt.root), indices[0])
    receipt.check(index.root, receipt.account, receipt.commitment)
    same = [one for one in bench.all(Commitment) if (one.account, one.book) == (receipt.account, receipt.book)]
    if same and receipt.commitment not in [one.commitment for one in same]:
        raise FalseStatement("receipt: it holds another commitment than the account's")
    own = "with the account's commitment" if same else "no commitment of the account is here"
    return f"leaf {receipt.position} of {receipt.count} under root {short(index.root)}, {own}"


def _balance(balance: Balance, bench: Bench) -> str:
    index, book = bench.index(balance.index, "balance"), bench.one(Book, balance.book, "balance")
    found = check_balance(balance, index, book, bench.arithmetic)
    totals = ", ".join(f"{symbol} {decimal_text(amount)}" for symbol, amount in found.assets.items())
    equal = f"longs equal shorts in {plural(len(found.derivatives), 'derivative')}"
    return f"{equal} over {plural(found.accounts, 'account')}; to be compared with what was published: {totals}"


_REMARKS: dict[type[Document], Callable[[Any, Bench], str]] = {
    Signature: _signature,
    Snapshot: _snapshot,
    Quotes: _quotes,
    Attestation: _attestation,
    Update: _update,
    Combination: _combination,
    Mapping: _mapping,
    Index: _index,
    Receipt: _receipt,
    Balance: _balance,
}
