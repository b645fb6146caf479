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
NOON = "2026-11-20T08:00:{:02}Z"

SURROUNDINGS = {
    "ZKMARGIN_BOOK": "public/book.json",
    "ZKMARGIN_SNAPSHOT": "public/snapshot.json",
    "ZKMARGIN_MODEL": "public/model.json",
}
"""What the options --book, --snapshot and --model are, unless they are typed."""

PROVE = f"--venue exchange --nonce 7d21 --at {NOON.format(10)}"
VERIFY = f"--policy public/policy.json --at {NOON.format(20)}"


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
    """Tell the whole story in one go, on data made from a fixed seed: venue, trader, refusals, auditor.

    \b
    Example:
      zkmargin demo
    """
    from zkmargin.cli.papers import choose_arithmetic

    target = Path(folder)
    _check_folder(target, force)
    choose_arithmetic(None)
    # With --json, stdout carries one object; so the story is told without it.
    context = click.get_current_context(silent=True)
    story = Story(quiet=bool(context and context.params.get("as_json")))
    for name in ("public", "private", "tried"):
        (target / name).mkdir(mode=0o700 if name == "private" else 0o777, parents=True, exist_ok=True)
    with contextlib.chdir(target), _surroundings():
        _clear()
        _tell(story, quick)
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
    for path in [*Path("public").iterdir(), *Path("private").iterdir(), *Path("tried").iterdir()]:
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


def _tell(story: Story, quick: bool) -> None:
    from zkmargin.cli import scenes

    scenes.write_inputs()
    story.remark("In the folder, and with " + " ".join(f"{name}={value}" for name, value in SURROUNDINGS.items()))
    _venue(story)
    _trader(story, quick)
    _proof(story)
    _refusals(story)
    _audit(story, quick)
    scenes.write_readme(MARK)


def _venue(story: Story) -> None:
    from zkmargin.cli import scenes

    story.chapter("1. The venue publishes a book, a model, and a dated, signed snapshot")
    story.remark("two underlyings: spot, perpetuals, dated futures, a grid of 48 options; five collateral assets")
    story.run("key new exchange --out private/exchange.key.json", show=False)
    os.replace("private/exchange.pub.json", "public/exchange.pub.json")
    story.run("snapshot build public/quotes.json --out public/snapshot.json")
    story.run("snapshot sign public/snapshot.json --key private/exchange.key.json", show=False)
    scenes.write_policy()


def _trader(story: Story, quick: bool) -> None:
    story.chapter("2. A trader imports a hedged portfolio, looks at its margin, and commits to it")
    story.run("account import alice private/positions.csv --out private/alice.json", show=False)
    plot = "" if quick else " --plot private"
    story.run(f"margin private/alice.json --level initial --scenarios 4{plot}")
    story.run("commit private/alice.json --out public/alice.commitment.json", show=False)
    story.remark("the venue signs that this is what alice's account holds")
    story.run(
        "attest public/alice.commitment.json --key private/exchange.key.json --venue exchange --sequence 1"
        f" --at {NOON.format(1)} --out public/alice.attestation.json",
        show=False,
    )


def _proof(story: Story) -> None:
    story.chapter("3. The trader proves that equity covers the initial requirement; the venue verifies")
    story.run(f"prove private/alice.json --show healthy {PROVE} --out public/proof.json")
    story.run(f"verify public/proof.json --attestation public/alice.attestation.json {VERIFY}")


def _refusals(story: Story) -> None:
    from zkmargin.cli import scenes

    story.chapter("4. What is not true, not fresh, or not as asked, is refused")
    story.remark("one bit of the proof is flipped")
    scenes.tamper()
    attested = "--attestation public/alice.attestation.json"
    story.run(f"verify tried/tampered.json {attested} {VERIFY}", expected=1)
    story.remark("a true proof, over yesterday's prices")
    old = "--snapshot tried/yesterday.json"
    story.run(f"prove private/alice.json {old} {PROVE} --out tried/stale.json", show=False)
    story.run(f"verify tried/stale.json {old} {attested} {VERIFY}", expected=4)
    withdrawn = scenes.write_edges()
    story.remark(f"alice withdraws {withdrawn}, all that the rule lets her: equity just covers the requirement")
    story.run(f"prove private/alice-at-the-limit.json {PROVE} --out tried/limit.json", show=False)
    story.run(f"verify tried/limit.json --attestation tried/limit.attestation.json {VERIFY}", show=False)
    story.remark("and 0.000001 more, one unit: there is no proof, and a forged one does not verify")
    story.run(f"prove private/alice-one-unit-short.json {PROVE} --out tried/short.json", expected=1)
    scenes.forge()
    story.run(f"verify tried/forged.json --attestation tried/short.attestation.json {VERIFY}", expected=1)


def _audit(story: Story, quick: bool) -> None:
    story.chapter("5. An auditor checks everything again from the files, with independent, slow arithmetic")
    arithmetic = "" if quick else " --arithmetic reference"
    story.run(f"audit public --policy public/policy.json --at {NOON.format(30)}{arithmetic} --html public/report.html")
