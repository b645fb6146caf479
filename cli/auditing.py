"""Verifying a folder: documents are found by digest, every one gets a line, a bad one never stops the rest."""

from __future__ import annotations

from pathlib import Path

from zkmargin.circuits.documents import Document
from zkmargin.circuits.errors import ZkMarginError
from zkmargin.cli.bench import Bench
from zkmargin.cli.files import read
from zkmargin.cli.findings import Audit, Line, unread
from zkmargin.cli.kinds import parse_any
from zkmargin.cli.manners import Usage, printable, progress
from zkmargin.cli.remarks import remark
from zkmargin.cli.verdicts import verdicts
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.documents import PolicyFile, ProofFile


def audit_folder(folder: str, policy: PolicyFile, now: int, arithmetic: Arithmetic) -> Audit:
    """Look at every `.json` file of a folder, and of the folders in it."""
    lines: list[Line] = []
    found: dict[str, Document] = {}
    for name, path in _files(folder).items():
        document = _parsed(name, path, lines)
        if document is not None:
            found[name] = document
    bench = Bench(found.values(), policy, now, arithmetic)
    proofs = {name: document for name, document in found.items() if isinstance(document, ProofFile)}
    # Proofs first: what an index or a combination amounts to is what was verified of it.
    lines += verdicts(proofs, bench)
    others = [(name, document) for name, document in found.items() if name not in proofs]
    lines += [remark(name, document, bench) for name, document in progress(others, "checking")]
    lines.sort(key=lambda line: (line.kind == "proof", line.file))
    return Audit(tuple(lines), arithmetic.name, now, policy)


def _files(folder: str) -> dict[str, Path]:
    """Paths by what they are called within the folder."""
    if not Path(folder).is_dir():
        raise Usage(f"{printable(folder)} is not a folder")
    # Pipes and devices are not opened: they may never end.
    paths = sorted(path for path in Path(folder).rglob("*.json") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in paths}


def _parsed(name: str, path: Path, lines: list[Line]) -> Document | None:
    try:
        return parse_any(read(str(path)))
    except ZkMarginError as error:
        lines.append(unread(name, error.code, str(error), error.exit_code))
    except Usage as error:
        lines.append(unread(name, "unreadable", error.message, error.exit_code))
    return None
