"""The papers around a proof: what they refuse, what signatures cover, what binds a claim to its documents."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

import pytest

from zkmargin.circuits.documents import Book
from zkmargin.circuits.errors import FalseStatement, InvalidInput, MalformedProof, PolicyRefused, ZkMarginError
from zkmargin.prover.account_file import AccountFile, new_account
from zkmargin.prover.keys import SecretKey, new_key
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.checking import attested_by, signed_by
from zkmargin.verifier.documents import Attestation, Claim, Commitment, PolicyFile, ProofFile, parse_shows
from zkmargin.verifier.documents.claim import documents_digest, encode_proof
from zkmargin.verifier.documents.policy import QUESTIONS
from zkmargin.verifier.documents.signature import TAG, Signature, message

DIGESTS = {name: digit * 64 for name, digit in (("book", "1"), ("snapshot", "2"), ("model", "3"), ("system", "4"))}


def claim_fields(**changes: Any) -> dict[str, Any]:
    fields = {
        **DIGESTS,
        "shows": parse_shows("healthy"),
        "commitments": ["ab" * 48],
        "venue": "exchange",
        "account": "alice",
        "nonce": "n",
        "issued": "2026-11-20T08:00:00Z",
        "expires": "2026-11-20T08:10:00Z",
    }
    return fields | changes


def book(entries: int = 2) -> Book:
    listed = [{"kind": "cash", "symbol": "USDC", "decimals": 6}]
    listed += [{"kind": "perpetual", "symbol": f"A{n}/USDC:USDC", "decimals": 2} for n in range(entries - 1)]
    return Book.build(name="b", currency="USDC", entries=listed)


# Claims.


def test_a_claim_is_bound_to_each_of_its_documents() -> None:
    """Any other digest, or any other words, make another context; so no two claims share a transcript."""
    shows = [parse_shows(text) for text in ("healthy", "meets initial", "headroom initial 1", "headroom initial 10")]
    digests = ["1" * 64, "2" * 64, "3" * 64]
    made = {documents_digest(*order, one) for order in itertools.permutations(digests) for one in shows}
    assert len(made) == 6 * len(shows)


@pytest.mark.parametrize("field", ["venue", "account", "nonce", "issued", "expires", "book", "snapshot", "model"])
def test_10_a_context_differs_with_each_field(field: str) -> None:
    others = {"issued": "2026-11-20T08:00:01Z", "expires": "2026-11-20T08:10:01Z"}
    changed = Claim.build(**claim_fields(**{field: others.get(field, "5" * 64)}))
    assert changed.context.to_bytes() != Claim.build(**claim_fields()).context.to_bytes()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"expires": "2026-11-20T07:59:59Z"}, "expires: lies before issued"),
        ({"commitments": []}, "commitments"),
        ({"commitments": ["ab" * 47]}, "commitments[0]"),
        ({"commitments": ["AB" * 48]}, "commitments[0]"),
        ({"venue": ""}, "venue"),
        ({"venue": "x" * 257}, "venue"),
        ({"nonce": "a\u202eb"}, "nonce: holds a character"),
        ({"account": "a\nb"}, "account: holds a character"),
        ({"book": "1" * 63}, "book"),
        ({"book": "A" * 64}, "book"),
    ],
)
def test_malformed_claims(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Claim.build(**claim_fields(**changes))
    assert complaint in str(refused.value)


def test_7_base64_has_one_spelling() -> None:
    claim = Claim.build(**claim_fields())
    assert ProofFile.build(statement=claim, proof=encode_proof(b"ab")).proof_bytes == b"ab"
    # The last two bits of `YWI=` and of `YWJ=` differ, and decode to the same bytes.
    assert base64.b64decode("YWJ=") == base64.b64decode("YWI=")
    for text in ("YWJ=", "YWI", "Y", "YWIYW=="):
        with pytest.raises(MalformedProof):
            _ = ProofFile.build(statement=claim, proof=text).proof_bytes
    for text in ("YWI= ", "YWI=\n", "YW\u0131=", "YW-_", "Y===", "YWI=YWI="):
        with pytest.raises(InvalidInput):
            ProofFile.build(statement=claim, proof=text)


# Signatures.


def commitment() -> Commitment:
    return Commitment.build(account="alice", book="1" * 64, commitment="ab" * 48)


def test_a_signature_is_of_one_document_and_one_key() -> None:
    key, other = new_key("one"), new_key("two")
    document = commitment()
    signed = key.sign(document)
    signed.check_trusted(document, [key.public.key], "signer")
    with pytest.raises(PolicyRefused):
        signed.check_trusted(document, [other.public.key], "signer")
    changed = Commitment.build(account="alicf", book="1" * 64, commitment="ab" * 48)
    with pytest.raises(FalseStatement, match="not one of this commitment"):
        signed.check(changed)


@pytest.mark.parametrize("field", ["key", "document", "kind", "signature"])
def test_a_changed_signature_is_refused(field: str) -> None:
    """Whoever changes the digest, the kind or the key of a signature has to make another signature."""
    key, document = new_key("one"), commitment()
    fields = key.sign(document).model_dump(mode="json", exclude={"format", "version"})
    values = {"kind": "zkmargin book", "key": new_key("two").public.key, "document": "0" * 64, "signature": "0" * 128}
    with pytest.raises(FalseStatement):
        Signature.build(**(fields | {field: values[field]})).check(document)


def test_13_a_signature_does_not_pass_for_one_of_another_kind() -> None:
    """The signed bytes begin with a tag and hold the document's kind."""
    attested = Attestation.build(
        venue="v", account="alice", book="1" * 64, commitment="ab" * 48, time="2026-11-20T08:00:00Z", sequence=0
    )
    messages = [message(commitment()), message(attested)]
    assert all(one.startswith(TAG) for one in messages)
    assert len({json.loads(one.removeprefix(TAG))["format"] for one in messages}) == 2


def test_a_key_from_its_seed_is_the_one_of_rfc_8032() -> None:
    """Test 1 of RFC 8032, section 7.1."""
    key = SecretKey.build(name="test", seed="9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert key.public.key == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


def attestation(venue: str) -> Attestation:
    fields = {"account": "alice", "book": "1" * 64, "commitment": "ab" * 48, "time": "2026-11-20T08:00:00Z"}
    return Attestation.build(venue=venue, sequence=0, **fields)


def test_a_key_that_is_trusted_for_one_venue_does_not_attest_for_another() -> None:
    north, south = new_key("north"), new_key("south")
    named = [{"venue": key.name, "key": key.public.key} for key in (north, south)]
    policy = PolicyFile.build(**policy_fields(attesters=named, attestation_max_age=5))
    told = attestation("north")
    assert attested_by([south.sign(told), north.sign(told)], told, "north", policy) == north.public.key
    with pytest.raises(PolicyRefused, match="the attester speaks for another venue than north"):
        attested_by([south.sign(told)], told, "north", policy)
    with pytest.raises(PolicyRefused, match="not one that the policy trusts"):
        attested_by([new_key("north").sign(told)], told, "north", policy)
    with pytest.raises(PolicyRefused, match="not one that the policy trusts"):
        attested_by([north.sign(told)], told, "north", policy.model_copy(update={"revoked": (north.public.key,)}))


def test_a_made_up_signature_does_not_hide_the_good_one() -> None:
    """Anyone can write a signature file that names a trusted key; the one that the key made still counts."""
    key, document = new_key("one"), commitment()
    good = key.sign(document)
    made_up = good.model_copy(update={"signature": "0" * 128})
    for order in ([good, made_up], [made_up, good]):
        assert signed_by(order, document, [key.public.key], "signer") == key.public.key
    with pytest.raises(FalseStatement, match="did not make it"):
        signed_by([made_up, made_up], document, [key.public.key], "signer")


# Private files.


def test_34_private_files_do_not_print_themselves() -> None:
    account = new_account("alice", book(), portfolio())
    key = new_key("one")
    for text in (repr(account), str(account), f"{account}", repr(key), str(key), repr(account.portfolio)):
        assert "private" in text
        assert not any(secret in text for secret in (*account.blinding, key.seed, "1234"))


def portfolio() -> Any:
    from zkmargin.circuits.documents import Portfolio

    return Portfolio.build(book=book().digest, positions=[{"symbol": "USDC", "amount": "1234.5"}])


def test_an_account_is_of_one_book() -> None:
    account = new_account("alice", book(), portfolio())
    assert account.units(book()) == (1_234_500_000, 0)
    with pytest.raises(InvalidInput, match="not of book"):
        account.units(book(3))


def test_a_commitment_is_made_from_what_is_in_the_file() -> None:
    arithmetic = select("reference")
    account = new_account("alice", book(), portfolio())
    made = account.commitment(book(), arithmetic)
    assert made.commitment == account.open(book(), arithmetic).commitment.hex()
    assert AccountFile.parse(account.canonical()).commitment(book(), arithmetic) == made
    again = new_account("alice", book(), portfolio())
    assert again.commitment(book(), arithmetic).commitment != made.commitment, "blinding is fresh"


def test_an_account_needs_a_blinding_for_every_row() -> None:
    account = new_account("alice", book(), portfolio())
    fields = account.model_dump(mode="json", exclude={"format", "version"}, exclude_none=True)
    longer = AccountFile.build(**(fields | {"blinding": [*account.blinding, "0" * 64]}))
    with pytest.raises(InvalidInput, match="blinding"):
        longer.open(book(), select("reference"))


# Policies.

ATTESTER = {"venue": "exchange", "key": "1" * 64}


def policy_fields(**changes: Any) -> dict[str, Any]:
    return {"any": [name for name in QUESTIONS if name not in changes], "max_age": 60} | changes


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_or_waived_and_not_both(question: str) -> None:
    answers = {"shows": parse_shows("healthy"), "model": "1" * 64, "snapshot_max_age": 5}
    answers |= {"snapshot_signers": ["1" * 64], "attesters": [ATTESTER]}
    answer = answers.get(question, "x")
    more = {"attestation_max_age": 5} if question == "attesters" else {}
    assert PolicyFile.build(**policy_fields(**{question: answer}, **more))
    with pytest.raises(InvalidInput, match="is missing"):
        PolicyFile.build(any=[name for name in QUESTIONS if name != question], max_age=60)
    with pytest.raises(InvalidInput, match="waived"):
        PolicyFile.build(any=list(QUESTIONS), max_age=60, **{question: answer}, **more)


def test_a_key_speaks_for_one_venue() -> None:
    other = ATTESTER | {"venue": "another"}
    with pytest.raises(InvalidInput, match=r"attesters\[1\]\.key: is already attester 0"):
        PolicyFile.build(**policy_fields(attesters=[ATTESTER, other], attestation_max_age=5))


@pytest.mark.parametrize(
    "changes",
    [
        {"attestation_max_age": 5},
        {"attesters": [ATTESTER]},
        {"attesters": ["1" * 64], "attestation_max_age": 5},
        {"snapshot_signers": []},
        {"max_age": -1},
        {"max_age": True},
        {"max_age": 10**12},
        {"any": ["everything"]},
        {"revoked": ["12"]},
    ],
)
def test_malformed_policies(changes: dict[str, Any]) -> None:
    with pytest.raises(ZkMarginError):
        PolicyFile.build(**policy_fields(**changes))
