"""Manners shared by all commands: data on stdout, talk on stderr, `--json`, exit codes, errors with hints."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

T = TypeVar("T")

EXIT_USAGE = 2
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130
SHORT = 12
"""Digests and keys are shown by their first twelve digits, everywhere."""

HINTS = (
    ("policy: the snapshot is not signed", "sign it: zkmargin snapshot sign; give the signature with --signature"),
    ("policy: the attestation is not signed", "give its signature with --signature"),
    ("policy: the attester speaks", "say for which venue a key speaks: --attester VENUE=KEY"),
    ("policy: no attestation", "ask the venue: zkmargin attest; give the file with --attestation"),
    ("policy: the snapshot is", "prove again over the current snapshot, or accept older ones by --snapshot-max-age"),
    ("policy: the statement is too old", "ask for a fresh proof, or verify as of an earlier moment with --at"),
    ("policy: the statement has expired", "ask for a fresh proof, or verify as of an earlier moment with --at"),
    ("policy: the statement is dated", "compare the clocks, or verify as of a later moment with --at"),
    ("policy: the statement is about another", "compare digests: zkmargin inspect FILE"),
    ("policy: the statement carries another", "compare what the statement says: zkmargin inspect FILE"),
    ("format: this is not", "see what the file is: zkmargin inspect FILE"),
    ("the requirement", "see by how much, and why: zkmargin margin"),
    ("statement: its system", "compare versions: zkmargin --version on both sides, and the documents' digests"),
    ("proof:", "the proof does not belong to this statement, or was changed on its way"),
    ("is not JSON", "was the file cut short, or is it of another format?"),
    (
        "no earlier book with this digest",
        "give it with --leg-book; if it did not grow into this one, with --mapping too",
    ),
    ("give the book and its mapping", "--leg-book FILE --mapping FILE; zkmargin book map makes a mapping"),
    ("book: this", "the book was extended: use the book that the file names, see zkmargin inspect FILE"),
)


@dataclass(frozen=True)
class Answer:
    """What a command has to say: an object for machines, and text for people."""

    name: str
    data: dict[str, Any]
    text: str | Callable[[], str]
    exit_code: int = 0
    rows: Sequence[tuple[str, bool, dict[str, Any]]] = ()
    """Objects that go before it, each on a line of its own."""


class Usage(click.ClickException):
    """A call that cannot be carried out as it was typed."""

    exit_code = EXIT_USAGE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def answering(function: Callable[..., Answer]) -> Callable[..., int]:
    """Give a command the option `--json`, and print its answer in the form that was asked for."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout instead of text.")
    @functools.wraps(function)
    def command(*args: Any, as_json: bool, **kwargs: Any) -> int:
        answer = function(*args, **kwargs)
        if as_json:
            for row in answer.rows:
                click.echo(json_text(*row))
            click.echo(json_text(answer.name, answer.exit_code == 0, answer.data))
        else:
            text = answer.text if isinstance(answer.text, str) else answer.text()
            if text:
                click.echo(text, color=True)
        return answer.exit_code

    return command


def json_text(name: str, ok: bool, data: dict[str, Any]) -> str:
    """One line of JSON; `schema` names the shape of the object and its version."""
    return json.dumps({"schema": f"zkmargin.{name}/1", "ok": ok} | data, ensure_ascii=False)


def say(text: str) -> None:
    """Talk, which is never data."""
    click.echo(text, err=True)


def progress(items: Iterable[T], label: str) -> Iterator[T]:
    """The items again, with a progress bar on stderr if that is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(list(items), label=label, file=sys.stderr) as bar:
        yield from bar


@contextlib.contextmanager
def steps(label: str, count: int) -> Iterator[Callable[[str], None]]:
    """A bar of named steps on stderr if that is a terminal; call what it gives as each step begins."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    begun = False

    def begin(name: str) -> None:
        nonlocal begun
        bar.current_item = name
        if begun:
            bar.update(1, name)
        else:
            bar.render_progress()
        begun = True

    with click.progressbar(length=count, label=label, file=sys.stderr, item_show_func=lambda name: name) as bar:
        yield begin
        bar.update(1, "")


def short(digest: str | bytes) -> str:
    """The one short form of digests and keys."""
    return (digest.hex() if isinstance(digest, bytes) else digest)[:SHORT]


def colours() -> bool:
    """Whether stdout is a terminal that wants colours."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def coloured(text: str, colour: str) -> str:
    return click.style(text, fg=colour, bold=True) if colours() else text


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


if TYPE_CHECKING:
    Seconds = click.ParamType[int]
else:
    Seconds = click.ParamType

_DURATION = re.compile(r"([0-9]{1,9})(s|m|h|d)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Duration(Seconds):
    """`90s`, `10m`, `2h`, `1d`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = _DURATION.fullmatch(value)
        if not match:
            self.fail(f"{value!r} is not a duration such as 90s, 10m, 2h or 1d", param, context)
        return int(match[1]) * _SECONDS[match[2]]


class Moment(Seconds):
    """`2026-12-25T08:00:00Z`, as seconds since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        from datetime import datetime

        try:
            return int(datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=_utc()).timestamp())
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a time such as 2026-12-25T08:00:00Z", param, context)


def timestamp(seconds: int) -> str:
    """The time of a document."""
    from datetime import datetime

    return datetime.fromtimestamp(seconds, _utc()).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(moment: int | None) -> int:
    """The moment a command works at: what `--at` says, or now."""
    import time

    return int(time.time()) if moment is None else moment


def _utc() -> Any:
    from datetime import UTC

    return UTC


def version_text() -> str:
    """Version, and the arithmetics this machine can run."""
    from importlib import metadata

    from zkmargin.verifier.arithmetics import available

    try:
        version = metadata.version("zkmargin")
    except metadata.PackageNotFoundError:
        version = "(not installed)"
    return f"zkmargin {version}, arithmetic: {', '.join(available())}"


def complain(error: Exception, as_json: bool, fallback: int) -> int:
    """Say what went wrong, where, and what to do next; returns the exit code."""
    code, message, hint, exit_code = described(error, fallback)
    if as_json:
        shape = {"code": code, "message": message, "exit_code": exit_code} | ({"hint": hint} if hint else {})
        click.echo(json_text("error", False, {"error": shape}))
    say(f"error: {message}" + (f"\nhint: {hint}" if hint else ""))
    if exit_code == EXIT_INTERNAL and os.environ.get("ZKMARGIN_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    return exit_code


def described(error: Exception, fallback: int = EXIT_INTERNAL) -> tuple[str, str, str, int]:
    """Code, message, hint and exit code of an error."""
    from zkmargin.circuits.errors import ZkMarginError

    if isinstance(error, ZkMarginError):
        return error.code, printable(str(error)), _hint(str(error)), error.exit_code
    if isinstance(error, Usage):
        return "usage", printable(error.message), error.hint, EXIT_USAGE
    if isinstance(error, click.UsageError):
        where = error.ctx.command_path if error.ctx else "zkmargin"
        return "usage", printable(error.format_message()), f"{where} --help", EXIT_USAGE
    if isinstance(error, click.ClickException):
        return "usage", printable(error.format_message()), "", EXIT_USAGE
    if isinstance(error, MemoryError):
        return "too-large", "not enough memory", "", 5
    # The text of an unforeseen error could hold anything, private values too; only its type is shown.
    hint = "this is a fault of the program; ZKMARGIN_TRACEBACK=1 shows where"
    return "internal", f"internal fault: {type(error).__name__}; nothing was accepted", hint, fallback


def printable(text: str) -> str:
    """Text without control characters: names in a hostile file must not drive a terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in text)


def _hint(message: str) -> str:
    return next((hint for fragment, hint in HINTS if fragment in message), "")
