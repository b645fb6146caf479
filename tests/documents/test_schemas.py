"""The schema files in docs/ are what the models say today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zkmargin.circuits.documents.schemas import main, schema_files

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", schema_files())
def test_schema_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == schema_files()[name], "run the command in docs/formats.md"


def test_there_is_no_other_schema() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == set(schema_files())


def test_schemas_are_closed(tmp_path: Path) -> None:
    main([str(tmp_path)])
    for path in tmp_path.iterdir():
        schema = json.loads(path.read_text(encoding="utf-8"))
        objects = [schema, *schema.get("$defs", {}).values()]
        assert all(part["additionalProperties"] is False for part in objects if part["type"] == "object")
