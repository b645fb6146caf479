"""Verifying a folder: documents are found by digest, every one gets a line, a bad one never stops the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from zkmargin.circuits.documents import Book, Document, Snapshot
from zkmargin.circuits.errors import InvalidInput, PolicyRefused, ZkMarginError
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.grid_parameters import GridParameters
from zkmargin.circuits.system import System
from zkmargin.cli.files import read
from zkmargin.cli.grids import check_model_scenarios
from zkmargin.cli.kinds import PRIVATE, parse_any
from zkmargin.cli.manners import Usage, coloured, plural, printable, progress, short, timestamp
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.batch import Task, verify_batch
from zkmargin.verifier.checking import Papers, admit, attested_by, in_force, signed_by
from zkmargin.verifier.documents import Attestation, Claim, PolicyFile, ProofFile, Signature
from zkmargin.verifier.documents.claim import compile_claim
from zkmargin.verifier.statement import Shown

D = TypeVar("D", bound=Document)

WORST_FIRST = (70, 5, 1, 4, 3)


@dataclass(frozen=True)
class Line:
    """What came of one file."""

    file: str
    kind: str
    digest: str
    ok: bool
    code: str
    message: str
    exit_code: int = 0
    claim: Claim | None = None

    def data(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in ("file", "kind", "digest", "code", "message")}
        return fields | ({"shows": self.claim.shows.text, "account": self.claim.account} if self.claim else {})

    @property
    def text(self) -> str:
        mark = coloured("ok    ", "green") if self.ok else coloured("FAILED", "red")
        code = "" if self.ok else f"[{self.code}] "
        return f"{mark} {printable(self.file)}  {self.kind} {short(self.digest)}  {code}{self.message}"


@dataclass(frozen=True)
class Audit:
    """All lines, and under what they were drawn up."""

    lines: tuple[Line, ...]
    arithmetic: str
    now: int
    policy: PolicyFile
    papers: dict[str, Document] = field(default_factory=dict)

    @property
    def proofs(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind == "proof")

    @property
    def exit_code(self) -> int:
        """The worst of all lines; a folder without a proof has shown nothing."""
        found = {line.exit_code for line in self.lines if not line.ok}
        if not found:
            return 0 if self.proofs else InvalidInput.exit_code
        return next((code for code in WORST_FIRST if code in found), max(found))

    @property
    def summary(self) -> str:
        bad = sum(not line.ok for line in self.lines)
        good = sum(line.ok for line in self.proofs)
        if not self.proofs:
            return f"{plural(len(self.lines), 'file')}, and no proof among them: nothing was shown"
        count = f"{good} of {plural(len(self.proofs), 'proof')} verified, {plural(len(self.lines), 'file')} looked at"
        return f"{count}, {bad} failed ({self.arithmetic} arithmetic, as of {timestamp(self.now)})"

    def text(self) -> str:
        return "\n".join([*(line.text for line in self.lines), self.summary])

    def data(self) -> dict[str, Any]:
        return {
            "files": len(self.lines),
            "failed": sum(not line.ok for line in self.lines),
            "proofs": len(self.proofs),
            "proofs_verified": sum(line.ok for line in self.proofs),
            "policy": self.policy.digest,
            "arithmetic": self.arithmetic,
            "at": timestamp(self.now),
        }


def audit_folder(folder: str, policy: PolicyFile, now: int, arithmetic: Arithmetic) -> Audit:
    """Look at every `.json` file of a folder."""
    lines: list[Line] = []
    found: dict[str, Document] = {}
    for path in _files(folder):
        document = _parsed(path, lines)
        if document is not None:
            found[path.name] = document
    bench = _Bench(found, policy, now)
    tasks: dict[str, Task] = {}
    for name, document in progress(found.items(), "checking"):
        if isinstance(document, ProofFile):
            task = bench.prepare(name, document, lines)
            if task is not None:
                tasks[name] = task
        else:
            lines.append(bench.look(name, document))
    for name, verdict in zip(tasks, verify_batch(list(tasks.values()), arithmetic), strict=True):
        proof = found[name]
        if isinstance(proof, ProofFile):
            lines.append(_verdict(name, proof, verdict))
    lines.sort(key=lambda line: (line.kind == "proof", line.file))
    public = {d.digest: d for d in found.values() if not isinstance(d, PRIVATE)}
    return Audit(tuple(lines), arithmetic.name, now, policy, public)


def _files(folder: str) -> list[Path]:
    if not Path(folder).is_dir():
        raise Usage(f"{printable(folder)} is not a folder")
    # Pipes and devices are not opened: they may never end.
    return sorted(path for path in Path(folder).iterdir() if path.suffix == ".json" and path.is_file())


def _parsed(path: Path, lines: list[Line]) -> Document | None:
    try:
        return parse_any(read(str(path)))
    except ZkMarginError as error:
        lines.append(Line(path.name, "file", "", False, error.code, printable(str(error)), error.exit_code))
    except Usage as error:
        lines.append(Line(path.name, "file", "", False, "unreadable", printable(error.message), error.exit_code))
    return None


class _Bench:
    """Everything that was found, by digest."""

    def __init__(self, found: dict[str, Document], policy: PolicyFile, now: int) -> None:
        self._documents = [document for document in found.values() if not isinstance(document, PRIVATE)]
        self._policy, self._now = policy, now
        self._systems: dict[bytes, System] = {}

    def look(self, name: str, document: Document) -> Line:
        """A line about a document that is not a proof."""
        kind = document.FORMAT.removeprefix("zkmargin ")
        if isinstance(document, PRIVATE):
            return Line(name, kind, "", True, "private", "not looked into; do not share it")
        try:
            message = self._remark(document)
        except ZkMarginError as error:
            return Line(name, kind, document.digest, False, error.code, str(error), error.exit_code)
        return Line(name, kind, document.digest, True, "ok", message)

    def prepare(self, name: str, proof: ProofFile, lines: list[Line]) -> Task | None:
        """The verifier's task for a proof; or a line that says why there is none."""
        claim = proof.statement
        try:
            papers = self._papers(claim)
            key = claim.context.documents
            if key not in self._systems:
                self._systems[key] = compile_claim(papers.book, papers.snapshot, papers.model, claim.shows).system
            statement, inner, _, _ = admit(claim, papers, self._policy, self._now, self._systems[key])
            return Task(statement, proof.proof_bytes, inner)
        except ZkMarginError as error:
            lines.append(_failed(name, proof, error))
            return None

    def _papers(self, claim: Claim) -> Papers:
        book = self._one(Book, claim.book)
        snapshot, model = self._one(Snapshot, claim.snapshot), self._one(MarginModel, claim.model)  # type: ignore[type-abstract]
        return Papers(book, snapshot, model, self._all(Signature), self._all(Attestation))

    def _one(self, kind: type[D], digest: str) -> D:
        for document in self._all(kind):
            if document.digest == digest:
                return document
        raise InvalidInput(
            f"statement: its {kind.FORMAT.removeprefix('zkmargin ')} {short(digest)} is not in the folder"
        )

    def _all(self, kind: type[D]) -> list[D]:
        return [document for document in self._documents if isinstance(document, kind)]

    def _remark(self, document: Document) -> str:
        """What can be checked of a document without a proof."""
        if isinstance(document, Snapshot):
            return self._snapshot(document)
        if isinstance(document, Attestation):
            return self._attested(document)
        if isinstance(document, Signature):
            return self._signature(document)
        return "well-formed"

    def _snapshot(self, snapshot: Snapshot) -> str:
        notes = []
        for book in self._all(Book):
            if book.digest == snapshot.book:
                snapshot.check_book(book)
                notes += [
                    check_model_scenarios(model, book, snapshot)
                    for model in self._all(MarginModel)  # type: ignore[type-abstract]
                    if isinstance(model, GridParameters)
                    and snapshot.scenarios is not None
                    and snapshot.scenarios.rows == model.rows
                ]
        notes.append(self._signed(snapshot))
        return "; ".join(notes)

    def _signed(self, snapshot: Snapshot) -> str:
        trusted = self._policy.snapshot_signers
        if trusted is None:
            return "signer not asked for"
        key = signed_by(self._all(Signature), snapshot, in_force(trusted, self._policy), "snapshot signer")
        return f"signed by {short(key)}"

    def _attested(self, attestation: Attestation) -> str:
        if self._policy.attesters is None:
            return "signer not asked for"
        key = attested_by(self._all(Signature), attestation, attestation.venue, self._policy)
        return f"signed by {short(key)} for {attestation.venue}"

    def _signature(self, signature: Signature) -> str:
        for document in self._documents:
            if document.digest == signature.document:
                signature.check(document)
                return f"good, of {document.FORMAT.removeprefix('zkmargin ')} {short(document.digest)}"
        raise PolicyRefused("signature: what it signs is not in the folder")


def _verdict(name: str, proof: ProofFile, verdict: Shown | ZkMarginError) -> Line:
    if isinstance(verdict, ZkMarginError):
        return _failed(name, proof, verdict)
    claim = proof.statement
    message = f"{claim.shows.sentence} (account {claim.account}, dated {claim.issued})"
    return Line(name, "proof", proof.digest, True, "verified", printable(message), 0, claim)


def _failed(name: str, proof: ProofFile, error: ZkMarginError) -> Line:
    return Line(name, "proof", proof.digest, False, error.code, printable(str(error)), error.exit_code, proof.statement)
