"""Files: whole or not at all, never over another, private ones for their owner only."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from cli_samples import zkmargin

from zkmargin.cli import files
from zkmargin.cli.manners import Usage

BOOK = ["-b", "public/book.json"]


def mode(path: Path | str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_private_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files.write(str(tmp_path / "secret"), b"x", private=True)
        files.write(str(tmp_path / "open"), b"x")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "secret"), mode(tmp_path / "open")) == (0o600, 0o666)


def test_an_existing_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(Usage, match="exists already"):
        files.write(str(path), b"new")
    assert path.read_text() == "old"
    files.write(str(path), b"new", force=True)
    assert path.read_text() == "new"


def test_a_file_that_appears_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the write, somebody else may have been there."""
    path = tmp_path / "file"
    monkeypatch.setattr(files, "check_target", lambda *_: path.write_text("theirs"))
    with pytest.raises(Usage, match="exists already"):
        files.write(str(path), b"mine")
    assert path.read_text() == "theirs"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file"]


def test_29_a_link_is_not_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("precious")
    link.symlink_to(target)
    with pytest.raises(Usage):
        files.write(str(link), b"new")
    files.write(str(link), b"new", force=True)
    assert target.read_text() == "precious"
    assert not link.is_symlink()


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Usage, match="No space left"):
        files.write(str(tmp_path / "file"), b"x" * 100)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write(str(tmp_path / "file"), b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["account", "new", "x", *BOOK], ["key", "new", "x"]])
def test_34_a_secret_is_not_written_to_stdout(demo: Path, command: list[str]) -> None:
    ended = zkmargin(*command, "--out", "-")
    assert ended.code == 2
    assert ended.out == ""


def test_no_option_takes_a_secret() -> None:
    from test_cli_manners import ALL

    flags = {flag for command in ALL.values() for one in command.params for flag in one.opts}
    assert not {flag for flag in flags if any(word in flag for word in ("secret", "blinding", "password", "seed"))}
    assert not {flag for flag in flags if flag in ("--amount", "--position", "--trade")}, "they come from files"


def test_an_open_private_file_is_warned_about(demo: Path) -> None:
    Path("private/alice.json").chmod(0o644)
    ended = zkmargin("account", "show", "private/alice.json", *BOOK)
    assert ended.code == 0
    assert "chmod 600" in ended.err


def test_stdin_and_stdout_make_pipes(demo: Path) -> None:
    data = Path("private/alice.json").read_bytes()
    ended = zkmargin("commit", "-", *BOOK, stdin=data)
    assert (
        json.loads(ended.out)["commitment"]
        == json.loads(Path("public/alice.commitment.json").read_text())["commitment"]
    )
    assert zkmargin("inspect", "-", stdin=ended.out.encode()).code == 0


def test_every_account_has_blinding_of_its_own(demo: Path) -> None:
    """Two commitments under one blinding would show the difference of what they hide."""
    seen = set()
    for name in ("a.json", "b.json"):
        assert zkmargin("account", "import", "x", "private/positions.csv", *BOOK, "-o", name).code == 0
        seen.update(json.loads(Path(name).read_text())["blinding"])
        seen.add(zkmargin("commit", name, *BOOK, "--json").json["document"]["commitment"])
    assert len(seen) == 4


def test_a_key_and_its_public_half(demo: Path) -> None:
    ended = zkmargin("key", "new", "me", "-o", "me.key.json", "--json")
    assert ended.json["public"] == "me.pub.json"
    Path("ordinary").touch()
    assert (mode("me.key.json"), mode("me.pub.json")) == (0o600, mode("ordinary"))
    seed = json.loads(Path("me.key.json").read_text())["seed"]
    assert seed not in ended.out + Path("me.pub.json").read_text()
    again = zkmargin("key", "public", "me.key.json")
    assert json.loads(again.out) == json.loads(Path("me.pub.json").read_text())


def test_what_is_written_reads_back_as_the_same_document(demo: Path) -> None:
    from zkmargin.cli.kinds import parse_any

    for path in demo.glob("*/*.json"):
        document = parse_any(path.read_bytes())
        assert files.pretty(document) == path.read_bytes(), path
        assert parse_any(document.canonical()) == document
