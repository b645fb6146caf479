"""`zkmargin demo`: the whole story on made-up data. Each step is a command that anyone can type, and is run as one."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from zkmargin.cli.manners import Answer, Usage, answering, coloured

FOLDER = "zkmargin-demo"
MARK = "# A margin proof, from beginning to end"

FOLDERS = ("public", "private", "private/accounts", "tried", "two-venues", "whole-book", "whole-book/parts")

SURROUNDINGS = {
    "ZKMARGIN_BOOK": "public/book.json",
    "ZKMARGIN_SNAPSHOT": "public/snapshot.json",
    "ZKMARGIN_MODEL": "public/model.json",
}
"""What the options --book, --snapshot and --model are, unless they are typed."""


@dataclass
class Story:
    """What has been told so far."""

    quiet: bool
    steps: list[dict[str, Any]] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def chapter(self, title: str) -> None:
        self._tell("\n" + coloured(title, "cyan"))

    def remark(self, text: str) -> None:
        self._tell(f"  {text}")

    def run(self, command: str, expected: int = 0, show: bool = True) -> None:
        """One command, its output, and the exit code it has to have."""
        import shlex

        from zkmargin.circuits.errors import InternalError
        from zkmargin.cli.main import run

        sink = io.StringIO()
        began = time.perf_counter()
        with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
            code = run(shlex.split(command))
        seconds = time.perf_counter() - began
        self.steps.append({"command": f"zkmargin {command}", "exit_code": code, "seconds": round(seconds, 3)})
        ending = f"exit code {code}, {seconds:.2f} s" if code else f"{seconds:.2f} s"
        self._tell(f"  $ zkmargin {command}   ({ending})")
        if show:
            self._tell("\n".join("    " + line for line in sink.getvalue().rstrip().split("\n")))
        if code != expected:
            said = sink.getvalue().strip().replace("\n", "; ")[-300:]
            raise InternalError(f"demo: zkmargin {command.split(maxsplit=1)[0]} ended with exit code {code}: {said}")

    def _tell(self, text: str) -> None:
        if not self.quiet:
            click.echo(text, color=True)


@click.command()
@click.option("-o", "--out", "folder", type=click.Path(file_okay=False), default=FOLDER, show_default=True)
@click.option("--force", is_flag=True, help="Write into an existing folder that is not an earlier demonstration.")
@click.option("--quick", is_flag=True, help="Leave out the pictures and the slow, independent arithmetic.")
@answering
def demo(folder: str, force: bool, quick: bool) -> Answer:
    """Tell the whole story in one go, on data made from a fixed seed: venues, traders, refusals, auditor.

    \b
    Example:
      zkmargin demo
    """
    from zkmargin.cli import chapters, leaflet
    from zkmargin.cli.files import write
    from zkmargin.cli.papers import choose_arithmetic

    target = Path(folder)
    _check_folder(target, force)
    choose_arithmetic(None)
    # With --json, stdout carries one object; so the story is told without it.
    context = click.get_current_context(silent=True)
    story = Story(quiet=bool(context and context.params.get("as_json")))
    for name in FOLDERS:
        (target / name).mkdir(mode=0o700 if name.startswith("private") else 0o777, parents=True, exist_ok=True)
    with contextlib.chdir(target), _surroundings():
        _clear()
        story.remark("In the folder, and with " + " ".join(f"{name}={value}" for name, value in SURROUNDINGS.items()))
        chapters.tell(story, quick)
        write("README.md", f"{MARK}\n{leaflet.TEXT}".encode(), force=True)
    seconds = time.perf_counter() - story.started
    data = {"folder": folder, "steps": story.steps, "seconds": round(seconds, 2)}
    return Answer(
        "demo", data, f"\nAll of it took {seconds:.1f} s. The files are in {folder}; begin with its README.md."
    )


def _check_folder(target: Path, force: bool) -> None:
    """A folder that is not ours is not written into."""
    if force or not target.exists():
        return
    readme = target / "README.md"
    if target.is_dir() and (not any(target.iterdir()) or (readme.is_file() and readme.read_text().startswith(MARK))):
        return
    raise Usage(f"{target} exists and is not an earlier demonstration", "choose another folder with --out, or --force")


def _clear() -> None:
    """Remove what an earlier demonstration left, so that no file of two runs is mixed."""
    for path in [path for name in FOLDERS for path in Path(name).iterdir()]:
        if path.is_file() and path.suffix in (".json", ".csv", ".svg", ".html"):
            path.unlink()


@contextlib.contextmanager
def _surroundings() -> Iterator[None]:
    """The environment of the story's commands, and afterwards what it was."""
    before = {name: os.environ.get(name) for name in SURROUNDINGS}
    os.environ.update(SURROUNDINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
