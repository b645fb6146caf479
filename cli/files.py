"""Files: read once and with a limit, written whole or not at all, private ones for their owner only."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from zkmargin.circuits.canonical import MAX_BYTES, load
from zkmargin.circuits.documents.base import Document
from zkmargin.circuits.errors import InvalidInput, TooLarge, UnsupportedVersion, ZkMarginError
from zkmargin.cli.manners import Usage, printable, say

STDIO = "-"
PRIVATE = 0o600

D = TypeVar("D", bound=Document)


def read(path: str) -> bytes:
    """The bytes of a file, or of stdin for `-`."""
    try:
        if path == STDIO:
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Usage(f"cannot read {shown(path)}: {error.strerror}") from None
    except ValueError:
        raise Usage("cannot read a path with a zero byte in it") from None
    if len(data) > MAX_BYTES:
        raise TooLarge(f"{shown(path)}: more than {MAX_BYTES >> 20} MiB")
    return data


def read_document(path: str, kind: type[D]) -> D:
    """A document of one kind; refusals begin with the file's name."""
    with about(path):
        return kind.parse(read(path))


def read_private(path: str, kind: type[D]) -> D:
    """A private document; says so when others may read its file."""
    document = read_document(path, kind)
    if path != STDIO and os.name == "posix" and os.stat(path).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        say(f"warning: {shown(path)} is private and others on this machine may open it; chmod 600 it")
    return document


def format_of(data: bytes) -> str:
    """What a document says it is."""
    value = load(data)
    found = value.get("format") if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise InvalidInput("document: a JSON object with a field `format` is needed")
    return found


@contextlib.contextmanager
def about(path: str) -> Iterator[None]:
    """Put the name of a file before what its contents are refused for."""
    try:
        yield
    except (InvalidInput, UnsupportedVersion, TooLarge) as error:
        raise _renamed(error, f"{shown(path)}: {error}") from None


def _renamed(error: ZkMarginError, text: str) -> ZkMarginError:
    return error if str(error).startswith(text.partition(": ")[0]) else type(error)(text)


def shown(path: str) -> str:
    """A path that is safe to print."""
    return "stdin" if path == STDIO else printable(path)


def write(path: str, data: bytes, private: bool = False, force: bool = False) -> None:
    """Write a new file, whole or not at all. An existing file stays, unless `force`; links are not followed.

    The data first go into a fresh file next to the target, which is then linked or renamed to it.
    """
    target = Path(path)
    check_target(path, force)
    draft = target.parent / f".{target.name}.{secrets.token_hex(6)}"
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE if private else 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if force:
                os.replace(draft, target)
            else:
                _rename_new(draft, target)
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError:
        raise Usage(f"{shown(path)} exists already", "choose another name, or --force") from None
    except OSError as error:
        raise Usage(f"cannot write {shown(path)}: {error.strerror}") from None


def check_target(path: str, force: bool) -> None:
    """Refuse, before any work is done, a target that would be refused after it."""
    target = Path(path)
    if "\0" in path:
        raise Usage("cannot write a path with a zero byte in it")
    if target.is_dir():
        raise Usage(f"{shown(path)} is a folder")
    if not target.parent.is_dir():
        raise Usage(f"cannot write {shown(path)}: there is no such folder")
    if os.path.lexists(target) and not force:
        raise Usage(f"{shown(path)} exists already", "choose another name, or --force")


def _rename_new(draft: Path, target: Path) -> None:
    """Rename, but never over a file: a hard link is refused where something stands. Some file systems have no links."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        os.rename(draft, target)


def pretty(document: Document) -> bytes:
    """A document as people read it; its digest is that of the canonical form, whatever the layout."""
    import json

    return (json.dumps(load(document.canonical()), indent=1, ensure_ascii=False) + "\n").encode()


def put(path: str, document: Document, private: bool = False, force: bool = False) -> None:
    """Write a document to a file, or a public one to stdout for `-`."""
    if path != STDIO:
        write(path, pretty(document), private, force)
    elif private:
        raise Usage("a private document is written to a file only", "give its name with --out")
    else:
        sys.stdout.buffer.write(pretty(document))


def signature_beside(path: str) -> str:
    """Where the signature of a document is looked for and written: `snapshot.json` -> `snapshot.sig.json`."""
    return str(Path(path).with_suffix(".sig.json"))
