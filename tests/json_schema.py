"""The part of JSON Schema that the schema files use, so that tests can hold documents against the files themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"
SILENT = {"$schema", "$defs", "title", "description", "default", "discriminator"}
TYPES: dict[str, type] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


@cache
def schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """All of them, by the format of the document and, for models, by family."""
    found = {}
    for path in FOLDER.rglob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        found[schema["title"], schema["properties"].get("family", {}).get("const", "")] = schema
    return found


def problems(document: dict[str, Any]) -> list[str]:
    """What a document's own schema has against it."""
    schema = schemas()[document["format"], document.get("family", "")]
    return list(_problems(document, schema, schema, "document"))


def _problems(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str) -> Iterator[str]:
    for keyword, told in schema.items():
        if keyword == "$ref":
            yield from _problems(value, root["$defs"][told.removeprefix("#/$defs/")], root, path)
        elif keyword in ("anyOf", "oneOf"):
            fitting = sum(not list(_problems(value, one, root, path)) for one in told)
            if not fitting or (keyword == "oneOf" and fitting > 1):
                yield f"{path}: {fitting} of {keyword} fit"
        elif keyword == "properties":
            for name in told.keys() & value.keys() if isinstance(value, dict) else ():
                yield from _problems(value[name], told[name], root, f"{path}.{name}")
        elif keyword == "items":
            for index, one in enumerate(value if isinstance(value, list) else ()):
                yield from _problems(one, told, root, f"{path}[{index}]")
        elif keyword not in SILENT and not _fits(keyword, told, value, schema):
            yield f"{path}: {keyword}"


def _fits(keyword: str, told: Any, value: Any, schema: dict[str, Any]) -> bool:
    """One keyword that looks at one value; what it does not apply to, it lets pass. An unknown keyword is an error."""
    match keyword, value:
        case "type", _:
            return isinstance(value, TYPES[told]) and not (told == "integer" and isinstance(value, bool))
        case "const", _:
            return bool(value == told)
        case "enum", _:
            return value in told
        case "required", dict():
            return set(told) <= value.keys()
        case "additionalProperties", dict():
            return told is False and value.keys() <= schema["properties"].keys()
        case "pattern", str():
            return re.search(told, value) is not None
        case (("minLength" | "minItems"), (str() | list())):
            return len(value) >= told
        case (("maxLength" | "maxItems"), (str() | list())):
            return len(value) <= told
        case "minimum", int():
            return bool(value >= told)
        case "maximum", int():
            return bool(value <= told)
        case "exclusiveMaximum", int():
            return bool(value < told)
    applies = ("required", "additionalProperties", "pattern", "minLength", "minItems", "maxLength", "maxItems")
    return keyword in (*applies, "minimum", "maximum", "exclusiveMaximum") or _unknown(keyword)


def _unknown(keyword: str) -> bool:
    raise KeyError(f"{keyword}: the schemas use a word that this checker does not know")
