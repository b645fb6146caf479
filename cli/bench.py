"""The bench of an audit: every public document that was found, by digest, and what they are held to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TypeVar

from zkmargin.circuits.documents import Book, Document, Snapshot, epoch_seconds
from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.system import System
from zkmargin.cli.findings import kind_of
from zkmargin.cli.kinds import PRIVATE
from zkmargin.cli.manners import short
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.checking import Papers
from zkmargin.verifier.documents import Attestation, Claim, PolicyFile, Signature
from zkmargin.verifier.documents.claim import compile_claim
from zkmargin.verifier.feeds import FeedPolicy, Medians, median_quotes
from zkmargin.verifier.index import Index
from zkmargin.verifier.venue import Part

D = TypeVar("D", bound=Document)


class Bench:
    """Documents, the policy, the moment, and what has been verified so far of whole indices and sums."""

    def __init__(self, found: Iterable[Document], policy: PolicyFile, now: int, arithmetic: Arithmetic) -> None:
        self.documents = [document for document in found if not isinstance(document, PRIVATE)]
        self.policy, self.now, self.arithmetic = policy, now, arithmetic
        self.parts: dict[str, list[tuple[Part, Claim]]] = {}
        """What has been verified of indices, by their roots."""
        self.sums: dict[str, list[Claim]] = {}
        """What has been verified of combinations, by their digests."""
        self._systems: dict[bytes, System] = {}
        self._medians: dict[tuple[str, str], Medians] = {}

    def all(self, kind: type[D]) -> list[D]:
        return [document for document in self.documents if isinstance(document, kind)]

    def one(self, kind: type[D], digest: str, whose: str) -> D:
        """The document that another one names, or a refusal that says whose document is missing."""
        for document in self.all(kind):
            if document.digest == digest:
                return document
        raise InvalidInput(f"{whose}: its {kind_of(kind)} {short(digest)} is not in the folder")

    def index(self, root: str, whose: str) -> Index:
        """Indices go by their roots."""
        for index in self.all(Index):
            if index.root == root:
                return index
        raise InvalidInput(f"{whose}: its index with root {short(root)} is not in the folder")

    def papers(self, claim: Claim) -> Papers:
        book, snapshot = self.one(Book, claim.book, "statement"), self.one(Snapshot, claim.snapshot, "statement")
        model = self.one(MarginModel, claim.model, "statement")  # type: ignore[type-abstract]
        return Papers(book, snapshot, model, self.all(Signature), self.all(Attestation))

    def system(self, claim: Claim, papers: Papers) -> System:
        """The circuit of a claim, compiled once for all claims from the same documents."""
        key = claim.context.documents
        if key not in self._systems:
            self._systems[key] = compile_claim(papers.book, papers.snapshot, papers.model, claim.shows).system
        return self._systems[key]

    @cached_property
    def attested_elsewhere(self) -> PolicyFile:
        """The policy for a proof about accounts that an index or a combination names, and that is attested there."""
        return self.policy.waiving("account", "attesters")

    def medians(self, rules: FeedPolicy, snapshot: Snapshot) -> Medians:
        """The market at the time of a snapshot, as the good ones of all quotes see it."""
        key = (rules.digest, snapshot.digest)
        if key not in self._medians:
            currency = self.one(Book, snapshot.book, "snapshot").currency
            signatures = [one for one in self.all(Signature) if one.key not in self.policy.revoked]
            moment = epoch_seconds(snapshot.time)
            self._medians[key] = median_quotes(self.all(Quotes), signatures, rules, currency, moment)
        return self._medians[key]
