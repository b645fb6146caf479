"""What a file of each kind claims, what it is bound to, and what it does not say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zkmargin.circuits.alignment import Mapping
from zkmargin.circuits.documents import Book, Document, Portfolio, Snapshot
from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.circuits.models.base import MarginModel
from zkmargin.cli.manners import plural, short
from zkmargin.prover.account_file import AccountFile
from zkmargin.prover.keys import SecretKey
from zkmargin.verifier.balance import Balance
from zkmargin.verifier.combination import Combination
from zkmargin.verifier.documents import (
    Attestation,
    Claim,
    Commitment,
    PolicyFile,
    ProofFile,
    PublicKey,
    Signature,
)
from zkmargin.verifier.feeds import FeedPolicy
from zkmargin.verifier.index import Index, Receipt
from zkmargin.verifier.update import Update


@dataclass(frozen=True)
class Description:
    """What can be said about a file by looking at it alone."""

    claims: dict[str, str]
    bound_to: dict[str, str]
    silent: tuple[str, ...]


def describe(document: Document) -> Description:
    """A description; of a private file without its contents."""
    return next(make(document) for kind, make in _DESCRIPTIONS if isinstance(document, kind))


def _book(book: Any) -> Description:
    kinds: dict[str, int] = {}
    for entry in book.entries:
        kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    claims = {"name": book.name, "currency": book.currency, "entries": f"{len(book.entries)} ({counts})"}
    return Description(claims, {}, ("who published it; compare the digest with the publisher's",))


def _snapshot(snapshot: Any) -> Description:
    scenarios = snapshot.scenarios
    claims = {
        "time": snapshot.time,
        "source": snapshot.source,
        "instruments": str(len(snapshot.instruments)),
        "scenarios": f"{len(scenarios.rows)} rows of {scenarios.grid}" if scenarios else "none",
    }
    silent = ("who signed it: the signature stands beside it", "whether the prices are right")
    return Description(claims, {"book": snapshot.book}, silent)


def _quotes(quotes: Any) -> Description:
    count = f"{plural(len(quotes.spots), 'spot')}, {plural(len(quotes.terms), 'term')}"
    claims = {"time": quotes.time, "source": quotes.source, "currency": quotes.currency, "prices": count}
    return Description(claims, {}, ("anything about an account; no proof is bound to it, only to its snapshot",))


def _model(model: Any) -> Description:
    claims = {"name": model.name, "family": model.family, "engine": model.engine, "notice": model.notice}
    return Description(claims, {}, ("that the engine agrees with these parameters, or still uses them",))


def _account(file: Any) -> Description:
    return Description(
        {"account": file.account, "contents": "private: positions and blinding, not shown here"},
        {"book": file.book},
        ("anything to anybody but its owner; zkmargin account show",),
    )


def _portfolio(portfolio: Any) -> Description:
    return Description({"contents": "private: positions, not shown here"}, {"book": portfolio.book}, ())


def _secret(key: Any) -> Description:
    return Description({"name": key.name, "contents": "private: a signing key, not shown here"}, {}, ())


def _public(key: Any) -> Description:
    return Description({"name": key.name, "key": key.key}, {}, ("that the name is the key's owner: ask the owner",))


def _signature(signature: Any) -> Description:
    return Description(
        {"kind": f"signature of a {signature.kind}", "key": signature.key},
        {"document": signature.document},
        ("whose key it is", "whether the signature is good: that takes the document, see snapshot check and audit"),
    )


def _commitment(commitment: Any) -> Description:
    return Description(
        {"account": commitment.account, "points": str(len(commitment.commitment) // 96)},
        {"book": commitment.book},
        ("what is in the account", "that it is the account's true content: somebody has to attest it"),
    )


def _attestation(attestation: Any) -> Description:
    claims = {name: str(getattr(attestation, name)) for name in ("venue", "account", "time", "sequence")}
    silent = ("what is in the account", "who signed it: the signature stands beside it")
    return Description(claims, {"book": attestation.book, "commitment": attestation.commitment}, silent)


def _claim(claim: Any) -> Description:
    return Description(
        {
            "shows": f"{claim.shows.sentence} ({claim.shows.text})",
            "accounts": str(len(claim.commitments)),
            "account": claim.account,
            "to venue": claim.venue,
            "nonce": claim.nonce,
            "issued": claim.issued,
            "expires": claim.expires,
        },
        {name: getattr(claim, name) for name in ("book", "snapshot", "model", "system")},
        (
            "positions, collateral, equity or requirement: none of them is in it",
            "that the commitment is to the account's true content: that takes an attestation",
            "that the prices are right: that takes the snapshot's signer",
            "that it was not shown before: that takes a fresh nonce",
        ),
    )


def _proof(file: Any) -> Description:
    inner = _claim(file.statement)
    claims = inner.claims | {"proof": f"{len(file.proof_bytes):,} bytes, not verified by looking at it"}
    return Description(claims, inner.bound_to, inner.silent)


def _policy(policy: Any) -> Description:
    asked = {
        name: value
        for name, value in policy.model_dump(mode="json", exclude_none=True).items()
        if name not in ("format", "version", "any", "shows", "attesters", "revoked")
    }
    shown = {
        name: ", ".join(map(short, value)) if isinstance(value, list) else str(value) for name, value in asked.items()
    }
    if policy.attesters is not None:
        shown["attesters"] = ", ".join(f"{one.venue}: {short(one.key)}" for one in policy.attesters)
    if policy.shows is not None:
        shown["shows"] = policy.shows.text
    if policy.revoked:
        shown["revoked"] = plural(len(policy.revoked), "digest")
    return Description(shown, {}, tuple(f"{name.replace('_', ' ')}: not asked" for name in policy.any))


def _update(update: Any) -> Description:
    claims = {name: str(getattr(update, name)) for name in ("venue", "account", "time", "sequence")}
    silent = ("what changed in the account", "that the venue signed what it leads to")
    return Description(claims, {name: getattr(update, name) for name in ("book", "before", "commitment")}, silent)


def _combination(combination: Any) -> Description:
    legs = {f"leg {n}": f"{leg.venue}: {leg.account}, {leg.sequence}" for n, leg in enumerate(combination.legs)}
    silent = ("what the accounts hold", "that they are one owner's; who proves of the sum knows what is in each")
    return Description({"account": combination.account} | legs, {"book": combination.book}, silent)


def _mapping(mapping: Any) -> Description:
    silent = ("that the two books agree in what they name: audit, with both of them",)
    bound = {"source": mapping.source, "target": mapping.target}
    return Description({"entries": plural(len(mapping.entries), "pair")}, bound, silent)


def _index(index: Any) -> Description:
    claims = {"venue": index.venue, "time": index.time, "accounts": str(len(index)), "root": index.root}
    silent = ("whose accounts they are, and what they hold", "that they are solvent: zkmargin venue verify")
    return Description(claims, {"book": index.book}, silent)


def _receipt(receipt: Any) -> Description:
    claims = {"venue": receipt.venue, "account": receipt.account, "leaf": f"{receipt.position} of {receipt.count}"}
    silent = ("that the index it leads to is the one that was proven: zkmargin receipt check",)
    return Description(claims, {"book": receipt.book, "root": receipt.root}, silent)


def _balance(balance: Any) -> Description:
    silent = ("what any account holds", "that the totals are true: zkmargin audit books")
    totals = {f"total of {total.symbol}": format(total.amount, "f") for total in balance.totals}
    return Description(totals, {"book": balance.book, "index": balance.index}, silent)


def _feed_policy(policy: Any) -> Description:
    claims = {
        "sources": ", ".join(source.name for source in policy.sources),
        "needed": f"{policy.least} of {len(policy.sources)}",
        "max age": f"{policy.max_age} s",
        "max deviation": format(policy.max_deviation, "f"),
        "max move": format(policy.max_move, "f"),
    }
    return Description(claims, {}, ("that the keys are those of the sources: ask them",))


_DESCRIPTIONS: tuple[tuple[type[Document], Callable[[Any], Description]], ...] = (
    (Book, _book),
    (Snapshot, _snapshot),
    (Quotes, _quotes),
    (MarginModel, _model),
    (AccountFile, _account),
    (Portfolio, _portfolio),
    (SecretKey, _secret),
    (PublicKey, _public),
    (Signature, _signature),
    (Commitment, _commitment),
    (Attestation, _attestation),
    (Claim, _claim),
    (ProofFile, _proof),
    (PolicyFile, _policy),
    (Update, _update),
    (Combination, _combination),
    (Mapping, _mapping),
    (Index, _index),
    (Receipt, _receipt),
    (Balance, _balance),
    (FeedPolicy, _feed_policy),
)
