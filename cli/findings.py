"""What an audit has found: a line for each file, and what they amount to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zkmargin.circuits.documents import Document
from zkmargin.circuits.errors import InvalidInput, ZkMarginError
from zkmargin.cli.kinds import PRIVATE
from zkmargin.cli.manners import coloured, plural, printable, short, timestamp
from zkmargin.verifier.documents import Claim, PolicyFile, ProofFile

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


def passed(file: str, document: Document, message: str) -> Line:
    """A line about a document that is in order; for a proof, that it was verified."""
    claim = _claim(document)
    return Line(
        file, kind_of(document), _digest(document), True, "verified" if claim else "ok", printable(message), 0, claim
    )


def failed(file: str, document: Document, error: ZkMarginError) -> Line:
    """A line about a document that was refused."""
    kind, digest = kind_of(document), _digest(document)
    return Line(file, kind, digest, False, error.code, printable(str(error)), error.exit_code, _claim(document))


def left_alone(file: str, document: Document) -> Line:
    """A line about a private file."""
    return Line(file, kind_of(document), _digest(document), True, "private", "not looked into; do not share it")


def unread(file: str, code: str, message: str, exit_code: int) -> Line:
    """A line about a file that is no document."""
    return Line(file, "file", "", False, code, printable(message), exit_code)


def kind_of(document: Document | type[Document]) -> str:
    return document.FORMAT.removeprefix("zkmargin ")


def _claim(document: Document) -> Claim | None:
    return document.statement if isinstance(document, ProofFile) else None


def _digest(document: Document) -> str:
    """The digest of a private file would let anyone test guesses of what is in it."""
    return "" if isinstance(document, PRIVATE) else document.digest


@dataclass(frozen=True)
class Audit:
    """All lines, and under what they were drawn up."""

    lines: tuple[Line, ...]
    arithmetic: str
    now: int
    policy: PolicyFile

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
