"""JSON schemas of the files around a proof, beside those of the documents a rule is made of.

    python -m zkmargin.cli.schemas docs/schemas/files

writes them; a test compares the files with what this module produces.
"""

from __future__ import annotations

import sys
from pathlib import Path

from zkmargin.circuits.documents.schemas import documents, schema_text
from zkmargin.cli.kinds import KINDS


def schema_files() -> dict[str, str]:
    """File names and contents."""
    known = set(documents().values())
    kinds = [kind for kind in KINDS if kind not in known]
    return {f"{_name(kind.FORMAT)}.schema.json": schema_text(kind) for kind in kinds}


def _name(document_format: str) -> str:
    return document_format.removeprefix("zkmargin ").replace(" ", "-")


def main(arguments: list[str]) -> None:
    """Write all of them into the folder that is named."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
