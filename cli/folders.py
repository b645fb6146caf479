"""What the commands about a whole venue read from folders: account files, and the parts of an interrupted run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zkmargin.cli.manners import clock, timestamp
from zkmargin.cli.papers import read_account, read_papers

if TYPE_CHECKING:
    from zkmargin.circuits.documents import Book
    from zkmargin.prover.account import Account
    from zkmargin.prover.venue import VenueClaim
    from zkmargin.verifier.arithmetic import Arithmetic


def account_files(folder: Path) -> list[Path]:
    """The account files of a folder; what begins with a dot is not one."""
    return sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))


def opened_accounts(files: Sequence[Path], book: Book, arithmetic: Arithmetic) -> Iterator[tuple[str, Account]]:
    """References and opened accounts, one after another."""
    from zkmargin.cli.files import about

    for path in files:
        file = read_account(str(path))
        with about(str(path)):
            opened = file.open(book, arithmetic)
        yield file.account, opened


def claim_of_run(shows: str, out: Path, options: dict[str, Any]) -> tuple[VenueClaim, Book]:
    """What all parts state. A folder with parts of an earlier call decides when the statement was made."""
    from zkmargin.prover.venue import VenueClaim
    from zkmargin.verifier.documents import parse_shows
    from zkmargin.verifier.documents.claim import compile_claim

    papers = read_papers(options["book_path"], options["snapshot_path"], options["model_name"])
    wanted = parse_shows(shows)
    compiled = compile_claim(papers.book, papers.snapshot, papers.model, wanted)
    now = clock(options["at"])
    issued, expires = _times(out, timestamp(now), timestamp(now + options["valid"]))
    digests = (papers.book.digest, papers.snapshot.digest, papers.model.digest)
    return VenueClaim(compiled, *digests, wanted, options["nonce"], issued, expires), papers.book


def _times(out: Path, issued: str, expires: str) -> tuple[str, str]:
    """The dates of a run: those of its first part, if there is one already."""
    first = out / "part-0001.json"
    if not first.exists():
        return issued, expires
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.documents import ProofFile

    claim = read_document(str(first), ProofFile).statement
    return claim.issued, claim.expires


def bar(length: int) -> Any:
    """A progress bar, on a terminal only and never on stdout."""
    import io
    import sys

    file = sys.stderr if sys.stderr.isatty() else io.StringIO()
    return click.progressbar(length=length, label="proving", file=file, show_pos=True)
