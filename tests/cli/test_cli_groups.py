"""Commands with further commands under their name: both forms are called, explained and completed."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_samples import zkmargin

BOOK = ["-b", "public/book.json"]


def completed(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """What a shell is offered for the last word, as bash is told: kind and value."""
    for name, value in {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("_ZKMARGIN_COMPLETE", "bash_complete")
    return zkmargin().out.split()


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("commit", ["zkmargin commit [OPTIONS] ACCOUNT", "zkmargin commit add [OPTIONS] NAME FILE..."]),
        ("audit", ["zkmargin audit [OPTIONS] FOLDER", "zkmargin audit books [OPTIONS] BALANCE"]),
    ],
)
def test_help_shows_every_form(name: str, forms: list[str]) -> None:
    told = zkmargin(name, "--help").out
    usage, _, rest = told.partition("\n\n")
    assert [line.partition(": ")[2] for line in usage.split("\n")] == forms
    assert "Commands:" in rest
    for form in forms:
        assert form.partition(" [")[0] in rest, "an example"
    further = forms[1].split()[2]
    assert zkmargin(name, further, "--help").out.startswith(f"Usage: {forms[1]}\n")


def test_a_file_that_is_called_like_a_further_command(demo: Path) -> None:
    Path("private/alice.json").rename("add")
    assert zkmargin("commit", "add", *BOOK).code == 2
    assert zkmargin("commit", "./add", *BOOK).code == 0
    assert zkmargin("commit", *BOOK, "add").code == 0, "it is the first word that names a command"


def test_a_wrong_call_names_its_form(demo: Path) -> None:
    for words in (["commit"], ["commit", "add"], ["audit", "public", "more"], ["audit", "books"]):
        ended = zkmargin(*words)
        assert ended.code == 2
        form = [word for word in words if word in ("commit", "add", "audit", "books")]
        assert f"hint: zkmargin {' '.join(form)} --help" in ended.err


def test_both_forms_answer_in_json(demo: Path) -> None:
    assert zkmargin("commit", "private/alice.json", *BOOK, "--json").json["ok"]
    added = zkmargin("commit", "add", "twice", *["public/alice.commitment.json"] * 2, *BOOK, "--json").json
    assert added["document"]["account"] == "twice"


def test_completion_offers_both_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "zkmargin", "commit", "") == ["plain,add", "file,"]
    assert completed(monkeypatch, "zkmargin", "commit", "al") == ["file,al"]
    assert completed(monkeypatch, "zkmargin", "audit", "b") == ["plain,books", "file,b"]
    assert completed(monkeypatch, "zkmargin", "audit", "public", "") == []
    assert "plain,--policy" in completed(monkeypatch, "zkmargin", "audit", "--p")
    assert "plain,--totals" in completed(monkeypatch, "zkmargin", "audit", "books", "--t")
    assert "plain,--mapping" in completed(monkeypatch, "zkmargin", "commit", "add", "--m")
