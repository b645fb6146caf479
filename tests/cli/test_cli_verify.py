"""`verify`: every question is asked or waived by name, and every wrong answer has its exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_samples import ATTESTATION, DOCUMENTS, NOW, Ended, zkmargin

ASKED = {
    "--venue": "exchange",
    "--account": "alice",
    "--nonce": "7d21",
    "--show": "healthy",
    "--max-age": "5m",
    "--snapshot-max-age": "5m",
    "--signer": "public/exchange.pub.json",
    "--attester": "public/exchange.pub.json",
    "--attestation-max-age": "1d",
}
Change = Callable[..., Path]


def verify(proof: str = "public/proof.json", *more: str, at: str = NOW, **options: str | None) -> Ended:
    chosen = ASKED | {"--" + name.replace("_", "-"): value for name, value in options.items()}
    flags = [part for name, value in chosen.items() if value is not None for part in (name, value)]
    return zkmargin("verify", proof, *DOCUMENTS, *ATTESTATION, *flags, "--at", at, *more)


def test_the_true_proof(demo: Path) -> None:
    ended = verify()
    assert ended.code == 0
    assert ended.out.startswith("accepted: equity covers the initial requirement")
    assert "not asked" not in ended.out


def test_its_json_says_what_was_shown_and_by_whose_word(demo: Path) -> None:
    data = verify("public/proof.json", "--json").json
    key = json.loads(Path("public/exchange.pub.json").read_text())["key"]
    assert data["schema"] == "zkmargin.verify/1"
    assert data["ok"] is data["accepted"] is True
    assert (data["shows"], data["account"], data["not_asked"]) == ("healthy", "alice", [])
    assert data["snapshot_signer"] == data["attester"] == key


@pytest.mark.parametrize("flag", [flag for flag in ASKED if flag != "--attestation-max-age"])
def test_nothing_is_accepted_by_default(demo: Path, flag: str) -> None:
    more = {"--attestation-max-age": None} if flag == "--attester" else {}
    dropped = {flag: None, **more}
    ended = verify(**{name.removeprefix("--").replace("-", "_"): value for name, value in dropped.items()})
    assert ended.code == 2
    assert flag in ended.err
    assert ended.out == ""


EXCHANGE = f"exchange={ASKED['--attester']}"
SAID = "hint: compare what the statement says: zkmargin inspect FILE"


@pytest.mark.parametrize(
    ("change", "reason", "hint"),
    [
        ({"venue": "another", "attester": EXCHANGE}, "another venue", SAID),
        ({"account": "bob"}, "another account", SAID),
        ({"nonce": "7d22"}, "another nonce", SAID),
        ({"show": "meets maintenance"}, "the statement shows 'healthy', asked for is 'meets maintenance'", ""),
        ({"max_age": "5s"}, "too old", "hint: ask for a fresh proof, or verify as of an earlier moment with --at"),
        ({"snapshot_max_age": "5s"}, "the snapshot is 20 s old", "hint: prove again over the current snapshot"),
        ({"attestation_max_age": "5s"}, "the attestation is 19 s old, at most 5 s are accepted", ""),
        ({"signer": "0" * 64}, "the snapshot signer", ""),
        ({"attester": "0" * 64}, "the attester", ""),
    ],
)
def test_another_answer_than_asked_is_refused_by_policy(
    demo: Path, change: dict[str, str], reason: str, hint: str
) -> None:
    ended = verify(**change)
    assert ended.code == 4
    assert reason in ended.err
    assert hint in ended.err


@pytest.mark.parametrize("at", ["2026-11-20T08:00:09Z", "2026-11-20T08:10:11Z"])
def test_before_its_date_and_after_its_end(demo: Path, at: str) -> None:
    assert verify(at=at, max_age="1h", snapshot_max_age="1h").code == 4


@pytest.mark.parametrize(("name", "code"), [("tampered", 1), ("stale", 4), ("forged", 1), ("limit", 0)])
def test_what_the_story_tries(demo: Path, name: str, code: int) -> None:
    attested = {"forged": "tried/short", "limit": "tried/limit"}.get(name, "public/alice")
    flags = ["--attestation", f"{attested}.attestation.json", "--policy", "public/policy.json", "--at", NOW]
    assert zkmargin("verify", f"tried/{name}.json", *DOCUMENTS, *flags).code == code


def test_a_snapshot_without_its_signature(demo: Path) -> None:
    Path("public/snapshot.sig.json").unlink()
    ended = verify()
    assert ended.code == 4
    assert "not signed" in ended.err


def test_a_signature_that_the_key_did_not_make(demo: Path, changed: Change) -> None:
    good = json.loads(Path("public/snapshot.sig.json").read_text())["signature"]
    changed("public/snapshot.sig.json", signature=good[:-2] + ("00" if good[-2:] != "00" else "01"))
    ended = verify()
    assert ended.code == 1
    assert "did not make it" in ended.err


def test_a_signature_of_another_snapshot(demo: Path, changed: Change) -> None:
    """The statement's digest already tells the two apart; the signature must not cover the new one either."""
    changed("public/snapshot.json", source="somebody else")
    assert verify().code == 4
    assert (
        zkmargin("snapshot", "check", "public/snapshot.json", *DOCUMENTS[:2], "--signer", ASKED["--signer"]).code == 4
    )


@pytest.mark.parametrize(("name", "field"), [("book", "name"), ("model", "engine")])
def test_other_documents_than_the_statements(demo: Path, changed: Change, name: str, field: str) -> None:
    changed(f"public/{name}.json", **{field: "another"})
    ended = verify()
    assert ended.code in (3, 4)
    assert name in ended.err


def test_without_an_attestation(demo: Path) -> None:
    flags = [part for name, value in ASKED.items() for part in (name, value)]
    ended = zkmargin("verify", "public/proof.json", *DOCUMENTS, *flags, "--at", NOW)
    assert ended.code == 4
    assert "no attestation" in ended.err


def test_a_later_attestation_of_the_account_names_another_commitment(demo: Path) -> None:
    """An account changes; a proof about what it was must not pass for what it is."""
    ended = verify("public/proof.json", "--attestation", "tried/limit.attestation.json")
    assert ended.code == 4
    assert "later attestation" in ended.err


def test_an_unsigned_attestation_of_the_same_commitment_does_not_hide_the_signed_one(demo: Path) -> None:
    """Anyone can write a higher sequence number; only a trusted signature makes it the latest word."""
    louder = json.loads(Path("public/alice.attestation.json").read_text()) | {"sequence": 999}
    Path("louder.json").write_text(json.dumps(louder))
    assert verify("public/proof.json", "--attestation", "louder.json").code == 0
    Path("public/alice.attestation.sig.json").unlink()
    ended = verify("public/proof.json", "--attestation", "louder.json")
    assert ended.code == 4
    assert "not signed" in ended.err


def test_a_later_attestation_that_nobody_signed_does_not_count(demo: Path) -> None:
    Path("tried/limit.attestation.sig.json").unlink()
    assert verify("public/proof.json", "--attestation", "tried/limit.attestation.json").code == 0


def test_an_attester_speaks_for_the_venue_it_is_named_for(demo: Path) -> None:
    key = "public/exchange.pub.json"
    assert verify(attester=f"exchange={key}").code == 0
    ended = verify(attester=f"another={key}")
    assert ended.code == 4
    assert "the attester speaks for another venue than exchange" in ended.err
    unnamed = verify("public/proof.json", "--any", "venue", venue=None)
    assert unnamed.code == 2
    assert "VENUE=KEY" in unnamed.err
    assert verify("public/proof.json", "--any", "venue", venue=None, attester=f"exchange={key}").code == 0


def test_waived_questions_are_listed(demo: Path) -> None:
    ended = verify("public/proof.json", "--any", "account", "--any", "nonce", account=None, nonce=None)
    assert ended.code == 0
    assert "not asked  account, nonce" in ended.out


def test_a_question_cannot_be_asked_and_waived(demo: Path) -> None:
    assert verify("public/proof.json", "--any", "account").code == 2


def test_a_policy_document_says_the_same(demo: Path, changed: Change) -> None:
    flags = ["--policy", "public/policy.json", "--at", NOW]
    assert zkmargin("verify", "public/proof.json", *DOCUMENTS, *ATTESTATION, *flags).code == 0
    changed("public/policy.json", account="bob")
    assert zkmargin("verify", "public/proof.json", *DOCUMENTS, *ATTESTATION, *flags).code == 4
    changed("public/policy.json", account=None)
    ended = zkmargin("verify", "public/proof.json", *DOCUMENTS, *ATTESTATION, *flags)
    assert ended.code == 3
    assert "account: is missing; answer it, or waive it" in ended.err
    assert zkmargin("verify", "public/proof.json", *DOCUMENTS, *flags, "--account", "alice").code == 2


@pytest.mark.parametrize("what", ["book", "snapshot", "model", "system", "key"])
def test_what_is_revoked_is_refused(demo: Path, changed: Change, what: str) -> None:
    """A list of digests and keys stops every proof that rests on them, whatever else is true."""
    claim = json.loads(Path("public/proof.json").read_text())["statement"]
    key = json.loads(Path("public/exchange.pub.json").read_text())["key"]
    changed("public/policy.json", revoked=[claim.get(what, key)])
    ended = zkmargin(
        "verify", "public/proof.json", *DOCUMENTS, *ATTESTATION, "--policy", "public/policy.json", "--at", NOW
    )
    assert ended.code == 4


def test_the_system_is_compiled_here_and_never_taken_from_the_proof(demo: Path) -> None:
    path = Path("public/proof.json")
    value = json.loads(path.read_text())
    value["statement"]["system"] = "0" * 64
    path.write_text(json.dumps(value))
    ended = verify()
    assert ended.code == 1
    assert "system" in ended.err


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("venue", "exchange2"),
        ("account", "alicf"),
        ("nonce", "7d23"),
        ("issued", "2026-11-20T08:00:11Z"),
        ("expires", "2026-11-20T08:10:11Z"),
        ("shows", {"claim": "meets", "level": "maintenance"}),
    ],
)
def test_10_a_changed_statement_is_another_statement(demo: Path, field: str, value: object) -> None:
    """Even a policy that asks for nothing finds that the proof was made for other words."""
    path = Path("public/proof.json")
    file = json.loads(path.read_text())
    file["statement"][field] = value
    path.write_text(json.dumps(file))
    waived = ["venue", "account", "nonce", "shows", "snapshot_signers", "snapshot_max_age", "attesters"]
    flags = [part for name in waived for part in ("--any", name)]
    ended = zkmargin("verify", path, *DOCUMENTS, *flags, "--max-age", "1h", "--at", "2026-11-20T08:00:30Z")
    assert ended.code == 1


def test_reference_arithmetic_agrees_about_a_refusal(demo: Path) -> None:
    """The slow path is taken once; a cut proof is refused before any curve arithmetic."""
    path = Path("public/proof.json")
    file = json.loads(path.read_text())
    file["proof"] = file["proof"][:-8]
    path.write_text(json.dumps(file))
    errors = [verify("public/proof.json", "--arithmetic", name).err for name in ("portable", "reference")]
    said = [error[error.index("error:") :] for error in errors]
    assert said[0] == said[1]
    assert "this statement's proofs have" in said[0]


def test_a_policy_names_the_model(demo: Path, changed: Change) -> None:
    changed("public/policy.json", model="0" * 64)
    flags = ["--policy", "public/policy.json", "--at", NOW]
    ended = zkmargin("verify", "public/proof.json", *DOCUMENTS, *ATTESTATION, *flags)
    assert ended.code == 4
    assert "under another model" in ended.err


def test_a_snapshot_from_the_future(demo: Path) -> None:
    """Prices that are not yet: a clock is wrong, or somebody prepared them."""
    ended = verify(at="2026-11-20T07:59:50Z")
    assert ended.code == 4
    assert "the snapshot is dated 10 s in the future" in ended.err
