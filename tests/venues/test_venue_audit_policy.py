"""An audit of what policies decide, of whole runs and parts of others, of prices; its report and its exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import test_venue_feeds as feeds
import test_venue_parts as parts
import venue_legs as legs
import venue_samples as samples
from venue_commands import Ended
from venue_evidence import BALANCED, WHOLE, Folder, asked, flipped, renumbered, reversed_commitments, signed, told

from zkmargin.circuits.documents import Snapshot
from zkmargin.cli.report import html_report
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.venue import first_missing

OTHER = samples.KEY.public.key

# What the policy decides.


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"attestation_max_age": 59}, "index", "the index is 60 s old"),
        ({"attestation_max_age": 59}, "combination", "attestation of leg 0 is 60 s old"),
        ({"attestation_max_age": 59}, "sum", "attestation of leg 0 is 60 s old"),
        ({"venue": "another"}, "index", "index is of another venue"),
        ({"venue": "another"}, "part1", "index is of another venue"),
        ({"venue": "another"}, "sum", "another venue"),
        ({"any": ["nonce"], "account": "alice"}, "part1", "one account"),
        ({"any": ["nonce"], "account": "carol"}, "sum", "of another account"),
        ({"attesters": [{"venue": "another", "key": OTHER}]}, "index", "speaks for another venue than venue"),
        ({"attesters": [{"venue": "another", "key": OTHER}]}, "after", "speaks for another venue than venue"),
        ({"attesters": [{"venue": "south", "key": legs.NORTH.public.key}]}, "north", "another venue than north"),
        ({"attesters": [{"venue": "south", "key": legs.NORTH.public.key}]}, "sum", "another venue than north"),
        ({"revoked": [legs.SOUTH.public.key]}, "sum", "not one that the policy trusts"),
        ({"revoked": [legs.SOUTH.public.key]}, "combination", "not one that the policy trusts"),
        ({"revoked": [OTHER]}, "part1", "not one that the policy trusts"),
        ({"revoked": [OTHER]}, "after", "not one that the policy trusts"),
        ({"revoked": [OTHER]}, "today snapshot", "not one that the policy trusts"),
        ({"revoked": [feeds.KEYS[0].public.key]}, "today snapshot", "2 good feeds, 3 are needed"),
        ({"revoked": [feeds.KEYS[0].public.key]}, "today source 0", "not one that the policy trusts"),
    ],
)
def test_the_policy_is_asked(folder: Folder, changes: dict[str, Any], name: str, words: str) -> None:
    assert words in folder.failed(**changes)[name]


def test_what_the_policy_waives_is_said(folder: Folder) -> None:
    waived = ["account", "attesters", "nonce", "snapshot_signers"]
    audit = folder.audit(any=waived, attesters=None, attestation_max_age=None, snapshot_signers=None)
    assert audit.exit_code == 0
    told = {line.file.removesuffix(".json"): line.message for line in audit.lines}
    for name in ("index", "combination", "north", "today snapshot"):
        assert "not asked for" in told[name], name


# Whole runs, and parts of others.


def test_an_index_alone_shows_nothing_of_its_accounts(folder: Folder) -> None:
    folder.keep("book", "index", "index.sig", "receipt")
    assert "nothing is proven here of all 5 accounts" in folder.line("index").message
    assert "no commitment of the account is here" in folder.line("receipt").message
    assert folder.audit().exit_code == 3, "and without a proof the audit has shown nothing"


def test_an_index_of_which_no_part_was_verified(folder: Folder) -> None:
    for number in (1, 2, 3):
        flipped(folder.files[f"part{number}"])
    assert folder.failed()["index"] == "index: no part of its proof was verified"


def test_a_combination_without_its_proof_shows_nothing(folder: Folder) -> None:
    del folder.files["sum"]
    assert "nothing is proven here of the sum" in folder.line("combination").message


def test_a_spoiled_copy_does_not_stop_the_good_part(folder: Folder) -> None:
    for number, change in enumerate((flipped, reversed_commitments, told("nonce", "other"), renumbered)):
        folder.files[f"a copy {number}"] = json.loads(json.dumps(folder.files["part1"]))
        change(folder.files[f"a copy {number}"])
    folder.files["a good copy"] = folder.files["part1"]
    assert folder.failed().keys() == {f"a copy {number}" for number in range(4)}
    assert "proven of all 5 accounts" in folder.line("index").message


def test_a_second_run_has_to_be_whole_too(
    folder: Folder, venue_run: parts.Run, fast: Arithmetic, tmp_path: Path
) -> None:
    again = parts.Run(fast, tmp_path, BALANCED)
    again.accounts, again.index = venue_run.accounts, venue_run.index
    made = [json.loads(proof.canonical()) for proof in again.prove("run 2")]
    for path in tmp_path.glob("part-*.json"):
        path.unlink()
    folder.files |= {"second1": made[0], "second2": made[1]}
    assert folder.failed() == {"index": f"index: part 3 of 3 {WHOLE}"}
    folder.files["second3"] = made[2]
    assert folder.failed() == {}


def test_parts_may_be_cut_in_several_ways(venue_run: parts.Run) -> None:
    points = venue_run.index.commitments
    assert first_missing(venue_run.index, 2, {1: [points[:2], points[:3]], 2: [points[3:]]}) is None
    assert first_missing(venue_run.index, 2, {1: [points[:2]], 2: [points[3:]]}) == 2
    assert first_missing(venue_run.index, 2, {1: [points[:2]], 2: [points[2:4]]}) == 2
    assert first_missing(venue_run.index, 2, {1: [points[1:3]], 2: [points[2:]]}) == 1
    assert first_missing(venue_run.index, 1, {1: [points], 2: [points]}) is None
    assert first_missing(venue_run.index, 3, {1: [points[:2]], 3: [points[2:]]}) == 2


# Prices.


def test_a_feed_that_is_far_off_is_named(folder: Folder) -> None:
    far = feeds.feed("150000", source="source 3")
    folder.put(signed("today source 3", far, feeds.KEYS[3]))
    assert folder.failed() == {}
    assert "without source 3 (spots BTC price is 150000" in folder.line("today snapshot").message


def test_quotes_of_somebody_who_is_no_source(folder: Folder) -> None:
    folder.put(signed("stranger", feeds.feed("100001"), samples.STRANGER))
    assert "is not one that the policy trusts" in folder.failed()["stranger"]


def test_a_snapshot_that_is_not_the_medians(folder: Folder) -> None:
    """Signed by the venue all the same."""
    fields = samples.snapshot().model_dump(mode="json", exclude={"format", "version"}, exclude_none=True)
    fields["underlyings"][0]["index"] = "100001"
    folder.put(signed("today snapshot", Snapshot.build(**fields), samples.KEY))
    assert "underlyings differs from the medians" in folder.failed()["today snapshot"]


def test_without_a_feed_policy_quotes_are_only_read(folder: Folder) -> None:
    for name in ("feed policy", "today source 1.sig"):
        del folder.files[name]
    assert folder.line("today source 1").message == "well-formed"
    assert "medians" not in folder.line("today snapshot").message


# The command and the report.


def test_the_report_says_what_each_proof_is_about(folder: Folder) -> None:
    page = html_report(folder.audit(), "evidence", "policy.json")
    for words in ("part 1 of 3 to venue", "a sum of accounts to venue", ">index<", ">combination<"):
        assert words in page
    assert "proven of all 5 accounts: equity covers the initial requirement" in page
    flipped(folder.files["part2"])
    assert f"part 2 of 3 {WHOLE}" in html_report(folder.audit(), "evidence", "policy.json")


def test_the_command_ends_with_the_worst_finding(folder: Folder, desk: Path) -> None:
    folder.audit()
    Path("policy.json").write_bytes(asked().canonical())
    command = ["audit", folder.path, "--policy", "policy.json", "--at", "2026-11-21T08:01:00Z"]
    told = Ended(*command)
    assert told.code == 0, told.out
    assert "5 of 5 proofs verified" in told.out
    (folder.path / "mapping.json").unlink()
    assert Ended(*command).code == 3
    flipped(folder.files["part2"])
    (folder.path / "part2.json").write_text(json.dumps(folder.files["part2"]))
    assert Ended(*command).code == 1
