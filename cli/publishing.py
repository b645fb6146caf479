"""Writing a document: to a file, to stdout, or into the JSON answer."""

from __future__ import annotations

from typing import Any

from zkmargin.cli.manners import Answer, say


def published(
    name: str,
    document: Any,
    out: str,
    force: bool,
    text: str,
    more: dict[str, Any] | None = None,
    private: bool = False,
) -> Answer:
    """Write a document: to a file (of one owner's alone, if it is `private`), to stdout, or into the JSON answer."""
    from zkmargin.circuits.canonical import load
    from zkmargin.cli.files import pretty, put

    data = {"digest": document.digest, "out": out} | (more or {})
    if out != "-":
        put(out, document, private=private, force=force)
        return Answer(name, data, f"{text}\nwritten: {out}")
    say(text)
    return Answer(name, data | {"document": load(document.canonical())}, pretty(document).decode().rstrip("\n"))
