"""`PolicyFile`: what a verifier asks of a proof, in writing. Every question is answered, or waived by its name."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits.documents.base import Digest, Document, FieldError, Part
from zkmargin.verifier.documents.commitment import Label
from zkmargin.verifier.documents.shows import Shows
from zkmargin.verifier.documents.signature import Key

Question = Literal["venue", "account", "nonce", "shows", "model", "snapshot_signers", "snapshot_max_age", "attesters"]
QUESTIONS: tuple[Question, ...] = Question.__args__  # type: ignore[attr-defined]
MAX_SECONDS = 200 * 366 * 86_400

Seconds = Annotated[int, Field(ge=0, le=MAX_SECONDS)]
Keys = Annotated[tuple[Key, ...], Field(min_length=1, max_length=1000)]


class Attester(Part):
    """A key, and the one venue whose accounts it may speak for."""

    venue: Label
    key: Key


Attesters = Annotated[tuple[Attester, ...], Field(min_length=1, max_length=1000)]


class PolicyFile(Document):
    """`any` lists the questions this policy does not ask. A question neither answered nor waived is an error.

    `max_age` is that of the statement, `snapshot_max_age` that of its prices, `attestation_max_age` that of the
    commitment's attestation, in seconds. A key stands among `attesters` once, and speaks for one venue. `revoked` are
    digests of documents and systems, and keys, refused always.
    """

    FORMAT: ClassVar[str] = "zkmargin policy"

    format: Literal["zkmargin policy"]
    any: tuple[Question, ...] = ()
    venue: Label | None = None
    account: Label | None = None
    nonce: Label | None = None
    shows: Shows | None = None
    model: Digest | None = None
    max_age: Seconds
    clock_skew: Seconds = 0
    snapshot_signers: Keys | None = None
    snapshot_max_age: Seconds | None = None
    attesters: Attesters | None = None
    attestation_max_age: Seconds | None = None
    revoked: Annotated[tuple[Digest, ...], Field(max_length=100_000)] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for question in QUESTIONS:
            waived, answered = question in self.any, getattr(self, question) is not None
            if waived and answered:
                raise FieldError((question,), "is answered, and waived in `any`")
            if not waived and not answered:
                raise FieldError((question,), "is missing; answer it, or waive it by naming it in `any`")
        if (self.attesters is None) != (self.attestation_max_age is None):
            raise FieldError(("attestation_max_age",), "goes together with attesters")
        first: dict[str, int] = {}
        for index, attester in enumerate(self.attesters or ()):
            if first.setdefault(attester.key, index) != index:
                raise FieldError(("attesters", index, "key"), f"is already attester {first[attester.key]}")
        return self

    def waiving(self, *questions: Question) -> PolicyFile:
        """The same policy without these questions: for callers that have answered them in another way."""
        left = {"any": sorted({*self.any, *questions})}
        gone = {"format", "version", *questions} | ({"attestation_max_age"} if "attesters" in questions else set())
        return PolicyFile.build(**self.model_dump(mode="json", exclude_none=True, exclude=gone) | left)
