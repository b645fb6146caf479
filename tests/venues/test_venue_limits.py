"""Limits on positions, deltas and concentration: exact at their bounds, proven and forged like any statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import venue_samples as samples
from venue_samples import BTC, ETH, units

from zkmargin.circuits.compiler import Compiled, compile_rule
from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.errors import FalseStatement, InvalidInput
from zkmargin.circuits.models.market import Market
from zkmargin.prover.account import open_account
from zkmargin.prover.prove import Argument, prove
from zkmargin.prover.randomness import SYSTEM, Secrets
from zkmargin.prover.witness import Witness
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.documents.shows import Shows, parse_shows
from zkmargin.verifier.statement import ANY, Policy, Statement
from zkmargin.verifier.verify import verify

CALL = "BTC/USDC:USDC-261225-100000-C"
POLICY = Policy(ANY, ANY, ANY, ANY, ANY, samples.NOW, 3600)


def rule(words: str, book: Book | None = None, snapshot: Snapshot | None = None) -> Compiled:
    chosen = book or samples.book()
    market = Market(chosen, snapshot or samples.snapshot())
    return compile_rule(parse_shows(words).rule(samples.model(), market), chosen.entries)


def holds(words: str, vector: Sequence[int]) -> bool:
    return bool(rule(words).evaluate([list(vector)]).holds[0])


@pytest.mark.parametrize(
    ("words", "inside", "outside"),
    [
        (f"position {BTC} -2 1.5", units(1, btc=1.5), units(1, btc=1.5001)),
        (f"position {BTC} -2 1.5", units(1, btc=-2), units(1, btc=-2.0001)),
        ("position USDC 100 100", units(100), units(101)),
        ("delta BTC -1 1", units(0, 0.5, btc=0.5), units(0, 0.5, btc=0.5001)),
        ("delta BTC -1 1", units(0, 2, btc=-3), units(0, 2, btc=-3.0001)),
        ("delta ETH 0 0", units(9, 1, btc=5), units(9, 1, btc=5, eth=0.0001)),
        ("concentration BTC 0.5", units(9, btc=0.04, eth=-1), units(9, btc=0.0401, eth=-1)),
        ("concentration BTC 0", units(9, eth=1), units(9, btc=-0.0001, eth=1)),
        ("concentration BTC 0.6", units(9, 0.03, btc=-0.03, eth=1), units(9, 0.0301, btc=-0.03, eth=1)),
    ],
)
def test_limits_are_exact_at_their_bounds(words: str, inside: Sequence[int], outside: Sequence[int]) -> None:
    assert holds(words, inside)
    assert not holds(words, outside)


@pytest.mark.parametrize(
    ("words", "inside", "outside"),
    [
        (f"position {BTC} -2 1.5", units(1, btc=1.5), units(1, btc=1.5001)),
        ("delta BTC -1 1", units(0, 2, btc=-3), units(0, 2, btc=-3.0001)),
        ("concentration BTC 0.5", units(9, btc=0.04, eth=-1), units(9, btc=0.0401, eth=-1)),
    ],
)
def test_a_limit_is_proven_and_a_cheat_fails(
    words: str, inside: Sequence[int], outside: Sequence[int], fast: Arithmetic
) -> None:
    """The cheat shows the lanes of an account within the limit under the commitment of one beyond it."""
    compiled = rule(words)
    lanes = compiled.witness([list(inside)])
    honest, cheat = (open_account(vector, fast) for vector in (inside, outside))
    statement = Statement(compiled.system, (honest.commitment,), samples.context())
    assert verify(statement, prove(statement, [honest], lanes, fast), POLICY, fast).accounts == 1
    with pytest.raises(FalseStatement):
        compiled.witness([list(outside)])
    forged = Statement(compiled.system, (cheat.commitment,), samples.context())
    proof = Argument(forged, Witness((cheat,), lanes), fast, Secrets(SYSTEM)).run()
    with pytest.raises(FalseStatement):
        verify(forged, proof.to_bytes(), POLICY, fast)


def option_book() -> Book:
    call = {"kind": "option", "symbol": CALL, "decimals": 2, "expiry": "2026-12-25T08:00:00Z", "contract_size": "0.1"}
    isolated = {"kind": "perpetual", "symbol": BTC, "decimals": 4, "bucket": "isolated"}
    resting = {"kind": "perpetual", "symbol": BTC, "decimals": 4, "order": "bid"}
    return samples.book(entries=[*samples.entries(), call, isolated, resting])


def option_snapshot(delta: int | None) -> Snapshot:
    prices = {"USDC": "1", "BTC": "100000", BTC: "100000", ETH: "4000", CALL: "5000"}
    book = option_book()
    fields: dict[str, Any] = {
        "book": book.digest,
        "time": samples.TIME,
        "source": "a test",
        "instruments": [{"symbol": symbol, "price": prices[symbol]} for symbol in book.symbols],
        "underlyings": [{"asset": "BTC", "index": "100000"}, {"asset": "ETH", "index": "4000"}],
    }
    if delta is not None:
        rows = {"grid": "g", "decimals": 3, "rows": ["delta"], "values": [[0, 0, 1000, 1000, delta]]}
        fields["scenarios"] = rows
    return Snapshot.build(**fields)


def test_options_count_by_their_delta_and_pools_together() -> None:
    """100 calls of 0.1 with delta 0.6 are 6 coins; 5 are short in one pool and 1 in another; orders do not count."""
    compiled = rule("delta BTC 0 0", option_book(), option_snapshot(600))
    flat = [0, 0, -50_000, 7, 10_000, -10_000, 99]
    assert compiled.evaluate([flat]).holds[0]
    assert not compiled.evaluate([[0, 0, -50_001, 7, 10_000, -10_000, 99]]).holds[0]
    netted = rule(f"position {BTC} -6 -6", option_book(), option_snapshot(600))
    assert netted.evaluate([flat]).holds[0]


def test_without_deltas_a_limit_on_them_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no scenario row called delta"):
        rule("delta BTC 0 0", option_book(), option_snapshot(None))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("position SOL 0 1", "no SOL"),
        ("delta SOL 0 1", "nothing priced by SOL"),
        ("concentration SOL 0.5", "nothing priced by SOL"),
        ("concentration BTC 1.5", "between 0 and 1"),
        ("concentration BTC -0.5", "between 0 and 1"),
        ("delta BTC 1 0", "below the lower one"),
        ("position BTC 0", "takes 2"),
        ("delta", "about"),
        ("concentration BTC", "takes 1"),
        ("delta BTC 0 x", "amounts"),
    ],
)
def test_limits_that_mean_nothing_are_refused(words: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rule(words)


@pytest.mark.parametrize("words", [f"position {BTC} -2 1.5", "delta BTC -1 1", "concentration BTC 0.5"])
def test_words_read_back(words: str) -> None:
    shows = parse_shows(words)
    assert shows.text == words
    assert parse_shows(shows.text) == shows
    assert shows.about in shows.sentence


def test_a_limit_takes_no_level_and_a_level_no_subject() -> None:
    with pytest.raises(InvalidInput, match="level"):
        Shows.build(claim="delta", about="BTC", level="initial", amounts=["0", "1"])
    with pytest.raises(InvalidInput, match="about"):
        Shows.build(claim="meets", about="BTC", level="initial")
    with pytest.raises(InvalidInput, match="about"):
        Shows.build(claim="delta", amounts=["0", "1"])
