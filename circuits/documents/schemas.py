"""JSON schemas of the documents, made from the models that validate them.

    python -m zkmargin.circuits.documents.schemas docs/schemas

writes them; a test compares the files with what this module produces.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from zkmargin.circuits.documents.base import Document
from zkmargin.circuits.documents.book import Book
from zkmargin.circuits.documents.portfolio import Portfolio
from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.circuits.documents.snapshot import Snapshot


def documents() -> dict[str, type[Document]]:
    """Every document with a schema, under the name of its file."""
    from zkmargin.circuits.models import FAMILIES

    found: dict[str, type[Document]] = {"book": Book, "quotes": Quotes, "snapshot": Snapshot, "portfolio": Portfolio}
    found.update((f"model-{family}", parameters) for family, parameters in FAMILIES.items())
    return found


def schema_files() -> dict[str, str]:
    """File names and contents."""
    return {f"{name}.schema.json": schema_text(document) for name, document in documents().items()}


def schema_text(document: type[Document]) -> str:
    schema = document.model_json_schema(mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": document.FORMAT}
    schema["properties"]["format"] = {"const": document.FORMAT}
    body = _without_null({key: value for key, value in schema.items() if key != "title"})
    return json.dumps(head | body, indent=1) + "\n"


def _without_null(schema: Any) -> Any:
    """Fields that may be left out may not be `null`: the reader of documents refuses it."""
    if isinstance(schema, list):
        return [_without_null(one) for one in schema if one != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    told = {key: _without_null(value) for key, value in schema.items() if (key, value) != ("default", None)}
    only = told.pop("anyOf") if len(told.get("anyOf", ())) == 1 else []
    return told | (only[0] if only else {})


def main(arguments: list[str]) -> None:
    """Write all schemas into the folder that is named."""
    folder = Path(arguments[0])
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
