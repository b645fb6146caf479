"""Manners: exit codes, what goes to which stream, JSON on every command, help, errors without tracebacks or secrets."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from cli_samples import ATTESTATION, DOCUMENTS, NOW, zkmargin

from zkmargin.circuits import errors
from zkmargin.cli import main as entry
from zkmargin.cli import manners
from zkmargin.cli.groups import Several

ROOT = Path(__file__).parents[2]


def commands(group: click.Command = entry.cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    if isinstance(group, Several):
        yield path, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from commands(command, (*path, name))
    else:
        yield path, group


ALL = dict(commands())
NAMES = [" ".join(path) for path in ALL]


def examples(command: click.Command) -> list[list[str]]:
    """The calls under "Example:", as the words a shell would pass."""
    text = re.sub(r"\\\n\s*", "", (command.help or "").partition("Example")[2])
    calls = [line[line.index("zkmargin ") :] for line in text.split("\n") if re.search(r"^\s+(.* \| )?zkmargin ", line)]
    return [shlex.split(call.partition(" > ")[0])[1:] for call in calls]


@pytest.mark.parametrize("name", NAMES)
def test_help_has_an_example_that_its_command_would_read(name: str) -> None:
    command = ALL[tuple(name.split())]
    own = len(name.split())
    further = command.commands if isinstance(command, Several) else {}
    found = [words for words in examples(command) if not further.keys() & set(words[own : own + 1])]
    assert found, "no example"
    assert further.keys() <= {words[own] for words in examples(command)[len(found) :]}, "a form without an example"
    for words in found:
        assert words[:own] == name.split()
        values, rest, _ = command.make_parser(click.Context(command)).parse_args(words[own:])
        assert not rest, "words that no argument takes"
        missing = [one.name for one in command.params if one.required and not values.get(one.name or "")]
        assert not missing


@pytest.mark.parametrize("name", [name for name in NAMES if name != "completion"])
def test_every_command_takes_json(name: str) -> None:
    command = ALL[tuple(name.split())]
    assert "--json" in [flag for parameter in command.params for flag in parameter.opts]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_in_the_manual(name: str) -> None:
    manual = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert f"`zkmargin {name}" in manual or f"zkmargin {name} " in manual
    for parameter in ALL[tuple(name.split())].params:
        for flag in (flag for flag in parameter.opts if flag.startswith("--")):
            assert flag in manual, f"{flag} of {name}"


def test_the_manual_names_no_option_that_is_not_there() -> None:
    known = {flag for command in ALL.values() for one in command.params for flag in one.opts} | {"--help", "--version"}
    for name in ("docs/cli.md", "README.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
        others = {"--peers", "--case", "--order"}
        assert used - known - others == set(), name


def test_the_table_of_commands_is_what_there_is() -> None:
    assert {path[0] for path in ALL} == set(entry.COMMANDS)
    text = unwrapped(zkmargin("--help").out)
    for name, (_, summary) in entry.COMMANDS.items():
        assert unwrapped(name + summary) in text


def unwrapped(text: str) -> str:
    """Where lines break depends on the terminal."""
    return "".join(text.split())


def test_help_imports_late() -> None:
    code = (
        "import sys; from zkmargin.cli.main import run; run(['--help']);"
        "heavy = {'numpy', 'numba', 'pydantic', 'rich', 'matplotlib', 'cryptography'} & set(sys.modules);"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr


# Exit codes.


def test_exit_0_and_what_goes_where(demo: Path) -> None:
    ended = zkmargin("commit", "private/alice.json", "-b", "public/book.json")
    assert ended.code == 0
    assert json.loads(ended.out)["format"] == "zkmargin commitment"
    assert ended.err.startswith("committed: account alice")


def test_exit_1_well_formed_but_false(demo: Path) -> None:
    ended = zkmargin(
        "prove", "private/alice-one-unit-short.json", *DOCUMENTS, "--venue", "v", "--nonce", "n", "-o", "new.json"
    )
    assert ended.code == 1
    assert "does not hold" in ended.err
    assert not Path("new.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["verify"],
        ["verify", "public/proof.json", "--max-age", "soon"],
        ["inspect", "not-there.json"],
        ["inspect", "public"],
        ["inspect", "a\0b"],
        ["account", "new", "x", "-b", "-", "-o", "-"],
        ["snapshot", "check", "-", "-b", "-"],
        ["commit", "private/alice.json", "-b", "public/book.json", "-o", "public/book.json"],
        ["commit", "private/alice.json", "-b", "public/book.json", "-o", "no/such/folder.json"],
        ["commit", "private/alice.json", "-b", "public/book.json", "-o", "public"],
        ["model", "show", "no-such-preset"],
        ["audit", "no-such-folder", "--policy", "public/policy.json"],
        ["prove", "private/alice.json", *DOCUMENTS, "--venue", "v", "--nonce", "n", "--at", "yesterday"],
    ],
    ids=" ".join,
)
def test_exit_2_usage(demo: Path, arguments: list[str]) -> None:
    ended = zkmargin(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert "Traceback" not in ended.err


def test_exit_3_malformed_or_unsupported(demo: Path, changed: Any) -> None:
    changed("public/book.json", version=2)
    ended = zkmargin("inspect", "public/book.json")
    assert ended.code == 3
    assert ended.err.startswith("error: public/book.json: version: this release reads version 1")


def test_exit_4_refused_by_policy(demo: Path) -> None:
    assert zkmargin("snapshot", "check", "public/snapshot.json", *DOCUMENTS[:2], "--signer", "0" * 64).code == 4


def test_exit_5_resource_limit(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zkmargin.cli.files.MAX_BYTES", 10_000)
    ended = zkmargin("inspect", "public/snapshot.json")
    assert ended.code == 5
    assert "error: public/snapshot.json: more than" in ended.err


def test_exit_70_says_nothing_of_what_it_held(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("the secret is 712500")

    monkeypatch.setattr("zkmargin.circuits.documents.portfolio.Portfolio.units", fails)
    ended = zkmargin("account", "show", "private/alice.json", "-b", "public/book.json", "--json")
    assert ended.code == 70
    assert ended.json["error"]["code"] == "internal"
    assert "712500" not in ended.out + ended.err


def test_exit_130_interrupted(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("zkmargin.cli.proving.prove", interrupted)
    before = sorted(path.name for path in demo.iterdir())
    ended = zkmargin("prove", "private/alice.json", *DOCUMENTS, "--venue", "v", "--nonce", "n", "-o", "new.json")
    assert ended.code == 130
    assert sorted(path.name for path in demo.iterdir()) == before


def test_exit_codes_are_those_of_the_error_tree() -> None:
    told = {int(code) for code in re.findall(r"\b(\d+) [a-z]", entry.EPILOG.partition("Examples")[0])}
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ZkMarginError)
    ]
    assert {kind.exit_code for kind in kinds} | {0, manners.EXIT_USAGE, manners.EXIT_INTERRUPTED} == told
    manual = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    for code in told:
        assert f"| {code} |" in manual
    for kind in kinds:
        assert f"`{kind.code}`" in manual


# JSON.


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        ("account", ["account", "show", "private/alice.json", "-b", "public/book.json"]),
        ("account", ["account", "new", "bob", "-b", "public/book.json", "-o", "bob.json"]),
        ("account", ["account", "import", "bob", "private/positions.csv", "-b", "public/book.json", "-o", "b.json"]),
        ("commit", ["commit", "private/alice.json", "-b", "public/book.json"]),
        ("margin", ["margin", "private/alice.json", *DOCUMENTS]),
        ("key", ["key", "new", "me", "-o", "me.key.json"]),
        ("key", ["key", "public", "private/exchange.key.json"]),
        ("snapshot", ["snapshot", "build", "public/quotes.json", "-b", "public/book.json", "-o", "s.json"]),
        ("signature", ["snapshot", "sign", "public/snapshot.json", "-k", "private/exchange.key.json", "-o", "s.json"]),
        ("snapshot-check", ["snapshot", "check", "public/snapshot.json", *DOCUMENTS[:2]]),
        ("models", ["model", "list"]),
        ("model", ["model", "show", "derive-pmrm2"]),
        ("verify", ["verify", "public/proof.json", *DOCUMENTS, *ATTESTATION, "--policy", "public/policy.json"]),
        ("inspect", ["inspect", "public/proof.json"]),
        ("error", ["inspect", "private/positions.csv"]),
    ],
)
def test_json_is_one_object_with_a_schema(demo: Path, schema: str, arguments: list[str]) -> None:
    ended = zkmargin(*arguments, "--json", *(["--at", NOW] if schema == "verify" else []))
    assert ended.json["schema"] == f"zkmargin.{schema}/1"
    assert ended.json["ok"] is (ended.code == 0)


def test_an_audit_in_json_is_a_line_a_file(demo: Path) -> None:
    ended = zkmargin("audit", "public", "--policy", "public/policy.json", "--at", NOW, "--json")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert [line["schema"] for line in lines] == ["zkmargin.audit-line/1"] * (len(lines) - 1) + ["zkmargin.audit/1"]
    assert len(lines) - 1 == len(list(Path("public").glob("*.json")))


# Colours, versions, completion.


def test_no_colours_where_there_is_no_terminal(demo: Path) -> None:
    assert "\x1b" not in zkmargin("margin", "private/alice.json", *DOCUMENTS).out


@pytest.mark.parametrize(("setting", "wanted"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], wanted: bool) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert manners.colours() is wanted


def test_version_names_the_arithmetics() -> None:
    ended = zkmargin("--version")
    assert ended.code == 0
    assert "reference" in ended.out
    assert "portable" in ended.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    ended = zkmargin("completion", shell)
    assert ended.code == 0
    assert "_ZKMARGIN_COMPLETE" in ended.out


def test_completion_knows_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COMP_WORDS": "zkmargin snapshot ch", "COMP_CWORD": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("_ZKMARGIN_COMPLETE", "bash_complete")
    assert zkmargin().out.split() == ["plain,check"]


def test_control_characters_of_a_hostile_file_do_not_reach_the_terminal(demo: Path, changed: Any) -> None:
    path = changed("public/book.json", **{"\x1b[31mred": 1})
    ended = zkmargin("inspect", path)
    assert ended.code == 3
    assert "\x1b" not in ended.err


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_bars_are_for_terminals(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    assert list(manners.progress(range(3), "counting")) == [0, 1, 2]
    assert ("counting" in screen.getvalue()) is terminal


@pytest.mark.parametrize("terminal", [True, False])
def test_steps_are_named_on_terminals(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    with manners.steps("proving", 2) as begin:
        begin("first")
        begin("second")
    if terminal:
        assert "first" in screen.getvalue()
        assert "100%" in screen.getvalue()
    else:
        assert screen.getvalue() == ""
