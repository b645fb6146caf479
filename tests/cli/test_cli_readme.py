"""The README's tours, typed as they stand, and its pictures, as the code draws them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from cli_samples import zkmargin

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def lines() -> list[str]:
    """What a reader types, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).strip().split("\n")]


def type_line(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The few words of a shell that the tours use; everything else is a command of ours."""
    words = shlex.split(line, comments=True)
    match words:
        case [".", _]:
            pass
        case ["mkdir", folder]:
            Path(folder).mkdir()
        case ["cd", folder]:
            monkeypatch.chdir(folder)
        case ["cp", "-r", source, target]:
            shutil.copytree(source, target)
        case ["export", *settings]:
            for setting in settings:
                monkeypatch.setenv(*setting.split("=", 1))
        case ["zkmargin", *arguments]:
            told = re.search(r"# exit code (\d+)$", line)
            ended = zkmargin(*arguments)
            assert ended.code == (int(told[1]) if told else 0), f"{line}\n{ended.err}"
        case _:
            pytest.fail(f"not a line of the tours: {line}")


def test_39_the_tours_run_as_they_stand(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that looks like the project after `make demo`."""
    project = tmp_path / "project"
    project.mkdir()
    demo.rename(project / "zkmargin-demo")
    (project / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(project)
    # The slow arithmetic is taken once, by the test of the demonstration's last command.
    assert any("--arithmetic reference" in line for line in lines())
    for line in lines():
        type_line(line.replace("--arithmetic reference", ""), monkeypatch)
    for name in ("ZKMARGIN_BOOK", "ZKMARGIN_SNAPSHOT", "ZKMARGIN_MODEL"):
        assert name in os.environ


def test_it_fits() -> None:
    assert README.count("\n") < 250
    assert "make demo" in README
    assert "make test" in README


def test_the_pictures_are_those_the_code_draws(tmp_path: Path) -> None:
    """Drawn again from the demonstration's data; that of the terminal holds fresh digests and is not compared."""
    from zkmargin.circuits.models.grid_pricing import with_scenarios
    from zkmargin.cli.explain import explain
    from zkmargin.cli.pictures import draw, pictures
    from zkmargin.cli.sample import demo_book, demo_model, demo_positions, demo_quotes

    book, model = demo_book(), demo_model()
    snapshot = with_scenarios(model, book, demo_quotes().snapshot(book))
    units = demo_positions(book).units(book)
    report = explain(model, book, snapshot, units)
    made = pictures(report, book, snapshot, units)
    shown = set(re.findall(r"docs/pictures/(\w+)\.svg", README)) - {"terminal"}
    assert shown == {"surface", "waterfall"}
    for name in shown:
        drawn = draw(made[name](), "svg").decode()
        kept = (ROOT / f"docs/pictures/{name}.svg").read_text(encoding="utf-8")
        assert words(drawn) == words(kept) != [], name


def words(svg: str) -> list[str]:
    """What a picture says: labels and numbers; curves differ in last digits between versions of the drawing library."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)
