"""Every kind of file has a schema that its own module makes, and a section in docs/formats.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from json_schema import problems

from zkmargin.circuits.errors import ZkMarginError
from zkmargin.cli.kinds import KINDS
from zkmargin.cli.schemas import main, schema_files
from zkmargin.verifier.documents import PolicyFile

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


def test_every_schema_is_listed() -> None:
    told = (DOCS / "formats.md").read_text(encoding="utf-8")
    made = [path.relative_to(DOCS).as_posix() for path in (DOCS / "schemas").rglob("*.json")]
    assert [name for name in made if f"]({name})" not in told] == []


def test_every_file_of_the_story_fits_its_schema(told: Path) -> None:
    found = {path: json.loads(path.read_text(encoding="utf-8")) for path in told.glob("*/*.json")}
    assert {"zkmargin proof", "zkmargin policy", "zkmargin account"} < {file["format"] for file in found.values()}
    assert {path.name: problems(file) for path, file in found.items() if problems(file)} == {}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"more": 1}, "document: additionalProperties"),
        ({"max_age": "60"}, "document.max_age: type"),
        ({"max_age": True}, "document.max_age: type"),
        ({"max_age": -1}, "document.max_age: minimum"),
        ({"max_age": 10**12}, "document.max_age: maximum"),
        ({"venue": None}, "document.venue: type"),
        ({"venue": ""}, "document.venue: minLength"),
        ({"model": "A" * 64}, "document.model: pattern"),
        ({"any": ["everything"]}, "document.any[0]: enum"),
        ({"attesters": []}, "document.attesters: minItems"),
        ({"attesters": ["1" * 64]}, "document.attesters[0]: type"),
        ({"attesters": [{"venue": "exchange"}]}, "document.attesters[0]: required"),
        ({"version": 2}, "document.version: const"),
    ],
)
def test_what_a_reader_refuses_a_schema_refuses(told: Path, change: dict[str, Any], complaint: str) -> None:
    policy = json.loads((told / "public" / "policy.json").read_text(encoding="utf-8"))
    assert complaint in problems(policy | change)
    with pytest.raises(ZkMarginError):
        PolicyFile.parse(json.dumps(policy | change))


@pytest.mark.parametrize("kind", [kind.FORMAT for kind in KINDS])
def test_every_kind_is_described(kind: str) -> None:
    assert f"(`{kind}`, version 1)" in (DOCS / "formats.md").read_text(encoding="utf-8")
