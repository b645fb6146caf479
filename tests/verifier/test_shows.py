"""The words of a claim: read, said again, and turned into what is compiled; anything else is refused by name."""

from __future__ import annotations

import pytest

from zkmargin.circuits.errors import InvalidInput, ZkMarginError
from zkmargin.verifier.documents import parse_shows
from zkmargin.verifier.documents.shows import Claimed, Shows

SAID = [
    "healthy",
    "no new risk",
    "bankrupt",
    "meets initial",
    "meets close out",
    "fails maintenance",
    "headroom initial 1000",
    "headroom close out -0.5",
    "ratio maintenance 1.5",
    "requirement initial 0 2500",
    "position BTC/USDC:USDC -3 3",
    "delta BTC -1.5 1.5",
    "concentration ETH 0.4",
]


@pytest.mark.parametrize("text", SAID)
def test_words_and_claims_go_both_ways(text: str) -> None:
    shows = parse_shows(text)
    assert shows.text == text
    assert Shows.build(**shows.model_dump(mode="json", exclude_none=True)) == shows
    for amount in text.split()[1:]:
        assert amount in shows.sentence or not amount[-1].isdigit()


def test_every_claim_is_said_in_a_test() -> None:
    assert {parse_shows(text).claim for text in SAID} == set(Claimed.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is one of"),
        ("rich", "it is one of"),
        ("healthyish", "it is one of"),
        ("healthy initial", "level"),
        ("healthy 5", "amounts"),
        ("meets", "level"),
        ("meets tomorrow", "level"),
        ("meets initial 5", "amounts"),
        ("headroom initial", "amounts"),
        ("headroom 5", "level"),
        ("headroom initial 1e3", "amounts[0]"),
        ("headroom initial 1.50", "amounts[0]"),
        ("headroom initial ５", "amounts[0]"),
        ("ratio initial 1 2", "amounts"),
        ("requirement initial 1", "amounts"),
        ("requirement initial 1 2 3", "amounts"),
        ("position 1 2", "amounts"),
        ("delta", "about"),
    ],
)
def test_other_words_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_shows(text)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"claim": "healthy", "about": "BTC"},
        {"claim": "healthy", "more": 1},
        {"claim": "wealthy"},
        {"claim": "meets", "level": "initial", "amounts": ["1", "2", "3"]},
        {},
    ],
)
def test_other_fields_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ZkMarginError):
        Shows.build(**fields)
