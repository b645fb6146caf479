"""`audit` and `inspect`: every file gets its line, a bad one never stops the rest, a report shows nothing but text."""

from __future__ import annotations

import json
import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from cli_samples import NOW, zkmargin
from secrecy import told

AUDIT = ["audit", "public", "--policy", "public/policy.json", "--at", NOW]


def lines(*more: str) -> dict[str, dict[str, Any]]:
    ended = zkmargin(*AUDIT, "--json", *more)
    found = [json.loads(line) for line in ended.out.splitlines()]
    return {line["file"]: line for line in found[:-1]} | {"": found[-1] | {"exit_code": ended.code}}


def test_everything_is_in_order(demo: Path) -> None:
    found = lines()
    assert found[""]["exit_code"] == 0
    assert (found[""]["proofs"], found[""]["proofs_verified"], found[""]["failed"]) == (1, 1, 0)
    assert {line["ok"] for line in found.values()} == {True}


def test_names_do_not_matter(demo: Path) -> None:
    for number, path in enumerate(sorted(Path("public").glob("*.json"))):
        path.rename(path.with_name(f"{number}.json"))
    policy = next(path for path in Path("public").iterdir() if b'"zkmargin policy"' in path.read_bytes())
    assert zkmargin("audit", "public", "--policy", policy, "--at", NOW).code == 0


def test_a_bad_file_does_not_stop_the_rest(demo: Path) -> None:
    Path("public/a.json").write_text("{")
    Path("public/b.json").write_text('{"format": "zkmargin poem", "version": 1}')
    Path("public/z.json").write_bytes(Path("tried/tampered.json").read_bytes())
    Path("public/y.json").write_bytes(Path("tried/stale.json").read_bytes())
    found = lines()
    assert {name: found[name]["code"] for name in ("a.json", "b.json", "y.json", "z.json")} == {
        "a.json": "invalid-input",
        "b.json": "invalid-input",
        "y.json": "invalid-input",
        "z.json": "false-statement",
    }
    assert "snapshot" in found["y.json"]["message"], "the snapshot it is about is not there"
    assert found["proof.json"]["code"] == "verified"
    assert found[""]["exit_code"] == 1, "false outweighs malformed"


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("snapshot.sig.json", 4),
        ("alice.attestation.json", 4),
        ("alice.attestation.sig.json", 4),
        ("book.json", 3),
        ("model.json", 3),
    ],
)
def test_what_a_proof_rests_on_has_to_be_there(demo: Path, missing: str, code: int) -> None:
    (Path("public") / missing).unlink()
    found = lines()
    assert found["proof.json"]["ok"] is False
    assert found[""]["exit_code"] in (code, 4)


def test_a_folder_without_a_proof_has_shown_nothing(demo: Path) -> None:
    Path("public/proof.json").unlink()
    ended = zkmargin(*AUDIT)
    assert ended.code == 3
    assert "nothing was shown" in ended.out


def test_private_files_are_not_looked_into(demo: Path) -> None:
    Path("public/oops.json").write_bytes(Path("private/alice.json").read_bytes())
    found = lines()
    assert found["oops.json"]["code"] == "private"
    assert found["oops.json"]["digest"] == "", "a digest would let anyone test guesses"


def test_pipes_and_links_to_folders_are_left_alone(demo: Path) -> None:
    os.mkfifo("public/pipe.json")
    Path("public/folder.json").mkdir()
    Path("public/loop").symlink_to(".", target_is_directory=True)
    found = lines()
    assert found[""]["exit_code"] == 0
    assert not [name for name in found if name.startswith(("pipe", "folder", "loop"))]


def test_folders_in_the_folder_are_looked_into(demo: Path) -> None:
    """Parts of a venue's proof have a folder of their own."""
    Path("public/proofs/old").mkdir(parents=True)
    Path("public/proof.json").rename("public/proofs/proof.json")
    Path("public/proofs/old/proof.json").write_bytes(Path("tried/tampered.json").read_bytes())
    found = lines()
    assert found["proofs/proof.json"]["code"] == "verified"
    assert found["proofs/old/proof.json"]["code"] == "false-statement"


def test_wrong_scenario_values_are_found_even_if_signed(demo: Path) -> None:
    path = Path("public/snapshot.json")
    value = json.loads(path.read_text())
    value["scenarios"]["values"][0][30] += 1_000_000
    path.write_text(json.dumps(value))
    assert zkmargin("snapshot", "sign", path, "-k", "private/exchange.key.json", "--force").code == 0
    assert "scenarios.values[0][30]" in lines()["snapshot.json"]["message"]


class Tags(HTMLParser):
    """Which tags a page has, and which addresses it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]


def test_the_report_stands_by_itself(demo: Path) -> None:
    assert zkmargin(*AUDIT, "--html", "report.html").code == 0
    page = Path("report.html").read_text()
    tags = Tags()
    tags.feed(page)
    assert tags.loads == []
    assert "svg" in tags.tags
    assert "script" not in tags.tags
    assert f"zkmargin audit public --policy public/policy.json --at {NOW} --arithmetic reference" in page
    assert zkmargin(*AUDIT, "--html", "report.html").code == 2, "an existing report stays"


def test_a_hostile_file_writes_no_tags_into_the_report(demo: Path) -> None:
    path = Path("public/proof.json")
    value = json.loads(path.read_text())
    value["statement"]["account"] = "<script>alert(1)</script>"
    Path("public/<b>.json").write_text(json.dumps(value))
    assert zkmargin(*AUDIT, "--html", "report.html").code == 4
    tags = Tags()
    tags.feed(Path("report.html").read_text())
    assert not {"script", "b"} & tags.tags


def test_33_nothing_private_in_a_report(demo: Path) -> None:
    Path("public/oops.json").write_bytes(Path("private/alice.json").read_bytes())
    zkmargin(*AUDIT, "--html", "report.html")
    account = json.loads(Path("private/alice.json").read_text())
    page = Path("report.html").read_text()
    assert not told(account["blinding"], page)


@pytest.mark.parametrize("name", ["private/alice.json", "private/exchange.key.json"])
def test_33_inspect_shows_nothing_private(demo: Path, name: str) -> None:
    ended = zkmargin("inspect", name, "--json")
    assert ended.json["private"] is True
    assert ended.json["digest"] is None
    value = json.loads(Path(name).read_text())
    hidden = [*value.get("blinding", []), value.get("seed", "712500")]
    assert not told(hidden, ended.out)


def test_inspect_knows_every_kind(demo: Path) -> None:
    from zkmargin.cli.kinds import KINDS

    seen = set()
    for path in demo.glob("*/*.json"):
        ended = zkmargin("inspect", path)
        assert ended.code == 0, path
        seen.add(ended.out.split(",")[0])
    assert {kind.FORMAT for kind in KINDS} - seen <= {
        "zkmargin portfolio", "zkmargin statement", "zkmargin update", "zkmargin combination", "zkmargin index",
        "zkmargin mapping", "zkmargin receipt", "zkmargin balance", "zkmargin feed policy",
    }  # fmt: skip


def test_inspect_a_statement_and_a_portfolio(demo: Path) -> None:
    claim = json.loads(Path("public/proof.json").read_text())["statement"]
    ended = zkmargin("inspect", "-", stdin=json.dumps(claim).encode())
    assert "equity covers the initial requirement" in ended.out
    portfolio = json.loads(Path("private/alice.json").read_text())["portfolio"]
    assert "private" in zkmargin("inspect", "-", stdin=json.dumps(portfolio).encode()).out


def test_a_file_that_cannot_be_read_gets_its_line(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zkmargin.cli import auditing
    from zkmargin.cli.manners import Usage

    reading = auditing.read

    def unreadable(path: str) -> bytes:
        if path.endswith("model.json"):
            raise Usage("cannot read public/model.json: Permission denied")
        return reading(path)

    monkeypatch.setattr("zkmargin.cli.auditing.read", unreadable)
    found = lines()
    assert found["model.json"]["code"] == "unreadable"
    assert found["proof.json"]["code"] == "invalid-input"


def test_a_signature_without_its_document_is_not_good(demo: Path) -> None:
    Path("public/more.sig.json").write_bytes(Path("tried/limit.attestation.sig.json").read_bytes())
    assert "is not in the folder" in lines()["more.sig.json"]["message"]
