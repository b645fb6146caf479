"""Every kind of file has a schema that its own module makes, and a section in docs/formats.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zkmargin.cli.kinds import KINDS
from zkmargin.cli.schemas import main, schema_files

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "schemas" / "files"


@pytest.mark.parametrize("name", schema_files())
def test_schema_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == schema_files()[name], "run the command in docs/formats.md"


def test_there_is_no_other_schema(tmp_path: Path) -> None:
    main([str(tmp_path)])
    assert {path.name for path in FOLDER.iterdir()} == {path.name for path in tmp_path.iterdir()}


def test_schemas_are_closed() -> None:
    for text in schema_files().values():
        schema = json.loads(text)
        objects = [schema, *schema.get("$defs", {}).values()]
        assert all(part["additionalProperties"] is False for part in objects if part.get("type") == "object")


@pytest.mark.parametrize("kind", [kind.FORMAT for kind in KINDS])
def test_every_kind_is_described(kind: str) -> None:
    assert f"(`{kind}`, version 1)" in (DOCS / "formats.md").read_text(encoding="utf-8")
