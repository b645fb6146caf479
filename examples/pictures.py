"""Draws the pictures of the README from the demonstration's data.

python examples/pictures.py docs/pictures
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from zkmargin.circuits.models.grid_pricing import with_scenarios
from zkmargin.cli.explain import explain
from zkmargin.cli.main import run
from zkmargin.cli.pictures import draw, pictures
from zkmargin.cli.sample import demo_book, demo_model, demo_positions, demo_quotes

CHAPTERS = ("3.", "4.")
WIDTH = 112
TEMPLATE = """<svg viewBox="-12 -12 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<style>.{unique_id}-matrix {{ font: {char_height}px ui-monospace, Menlo, Consolas, monospace; }}
{styles}</style>
<defs>{lines}</defs>
<rect x="-12" y="-12" width="100%" height="100%" rx="8" fill="#1b1f24"/>
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></svg>
"""


def draw_account(folder: Path) -> None:
    """The demonstration's account, as `zkmargin margin --plot` draws it."""
    book, model = demo_book(), demo_model()
    snapshot = with_scenarios(model, book, demo_quotes().snapshot(book))
    units = demo_positions(book).units(book)
    report = explain(model, book, snapshot, units)
    for name, picture in pictures(report, book, snapshot, units).items():
        (folder / f"{name}.svg").write_bytes(draw(picture(), "svg"))


def draw_terminal(folder: Path) -> None:
    """Two chapters of the demonstration, without its timings, which are those of one machine."""
    sink = io.StringIO()
    with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(sink):
        if run(["demo", "--quick", "--out", str(Path(place) / "demo")]):
            raise SystemExit("the demonstration did not end well")
    chapters = re.split(r"\n\n(?=[1-9]\. )", sink.getvalue())
    text = "\n\n".join(chapter for chapter in chapters if chapter.startswith(CHAPTERS))
    text = re.sub(r" --at \S+| {3}\(([0-9.]+ s)\)|, [0-9.]+ s(?=\))", "", text)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for line in text.split("\n"):
        console.print(Text(line if len(line) <= WIDTH else line[: WIDTH - 2] + " …", style=style(line)))
    console.print("\n")
    (folder / "terminal.svg").write_text(console.export_svg(theme=MONOKAI, code_format=TEMPLATE), encoding="utf-8")


def style(line: str) -> str:
    if re.match(r"[1-9]\. ", line):
        return "bold cyan"
    if line.startswith("  $"):
        return "bold white"
    if line.startswith("    accepted"):
        return "bold green"
    return "bold red" if "error:" in line else "white"


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.pop("NO_COLOR", None)
    draw_account(folder)
    draw_terminal(folder)


if __name__ == "__main__":
    main()
