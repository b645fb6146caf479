"""Prices from several sources: medians, feeds that do not count, snapshots that are not the medians, sudden moves."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import venue_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.documents.numbers import normal_spelling
from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused
from zkmargin.prover.keys import SecretKey
from zkmargin.verifier.documents.signature import Signature
from zkmargin.verifier.feeds import BadFeed, FeedPolicy, Medians, check_moves, check_snapshot, median_quotes
from zkmargin.verifier.medians import median

KEYS = [SecretKey.build(name=f"source {number}", seed=f"{number + 50:02}" * 32) for number in range(5)]
EXPIRY = "2026-12-25T08:00:00Z"
CALL = "BTC/USDC:USDC-261225-100000-C"


def policy(**changes: Any) -> FeedPolicy:
    fields = {
        "sources": [{"name": key.name, "key": key.public.key} for key in KEYS],
        "least": 3,
        "max_age": 100,
        "max_deviation": "0.01",
        "max_move": "0.05",
    }
    return FeedPolicy.build(**(fields | changes))


def feed(btc: str = "100000", eth: str = "4000", **changes: Any) -> Quotes:
    fields = {
        "time": samples.TIME,
        "source": "a test",
        "currency": "USDC",
        "spots": [{"asset": "BTC", "price": btc}, {"asset": "ETH", "price": eth}],
    }
    return Quotes.build(**(fields | changes))


PRICES = ("100000", "100010", "99990", "100020.5", "99980")


def signed(feeds: Sequence[Quotes], keys: Sequence[SecretKey] = KEYS) -> list[Signature]:
    return [key.sign(one) for key, one in zip(keys, feeds, strict=False)]


def taken(feeds: Sequence[Quotes], signatures: Sequence[Signature] | None = None, **changes: Any) -> Medians:
    given_signatures = signed(feeds) if signatures is None else signatures
    return median_quotes(feeds, given_signatures, policy(**changes), "USDC", samples.NOW)


def price(medians: Medians, asset: str = "BTC") -> Decimal:
    return {spot.asset: spot.price for spot in medians.quotes.spots}[asset]


@given(st.lists(st.decimals(-(10**9), 10**9, places=6), min_size=1, max_size=9))
def test_the_median_is_exact(numbers: list[Decimal]) -> None:
    ordered = sorted(Fraction(number) for number in numbers)
    half = len(ordered) // 2
    expected = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    assert Fraction(median(numbers)) == expected


def test_a_median_of_what_is_no_number() -> None:
    with pytest.raises(InvalidInput, match="finite"):
        median([Decimal("Infinity"), Decimal("Infinity")])


def test_the_market_is_the_median_of_the_feeds() -> None:
    feeds = [feed(text) for text in PRICES]
    medians = taken(feeds)
    assert price(medians) == 100_000
    assert medians.good == tuple(key.name for key in KEYS)
    assert medians.bad == ()
    assert medians.quotes.source == "median of source 0, source 1, source 2, source 3, source 4"
    assert price(taken(feeds[:4])) == 100_005


def test_the_order_of_the_feeds_does_not_matter() -> None:
    feeds = [feed(text) for text in PRICES]
    assert taken(feeds[::-1], signed(feeds)) == taken(feeds)


BAD = "source 4"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"btc": "102000"}, "spots BTC price is 102000, the median is 100010"),
        ({"time": "2026-11-21T07:59:10Z"}, "110 s old, at most 100 s are accepted"),
        ({"time": "2026-11-21T08:01:01Z"}, "dated 1 s in the future"),
        ({"currency": "EUR"}, "another currency"),
        ({"spots": [{"asset": "BTC", "price": "100000"}]}, "quotes other things than the others"),
    ],
)
def test_a_bad_feed_is_named_and_does_not_count(changes: dict[str, Any], reason: str) -> None:
    medians = taken([*(feed(text) for text in PRICES[:4]), feed(**changes)])
    assert medians.bad == (BadFeed(BAD, reason),)
    assert medians.good == tuple(key.name for key in KEYS[:4])
    assert price(medians) == 100_005


def test_feeds_without_a_known_signature_are_named_by_digits() -> None:
    feeds = [feed(text) for text in PRICES]
    unsigned = taken(feeds, signed(feeds[:4]))
    assert unsigned.bad == (BadFeed(feeds[4].digest[:12], "not signed"),)
    foreign = taken(feeds, [*signed(feeds[:4]), samples.STRANGER.sign(feeds[4])])
    assert foreign.bad == (BadFeed(samples.STRANGER.public.key[:12], "not a known source"),)
    made = KEYS[3].sign(feeds[4])
    forged = Signature.build(**(made.model_dump(exclude={"format", "version"}) | {"key": KEYS[4].public.key}))
    assert taken(feeds, [*signed(feeds[:4]), forged]).bad == (BadFeed(BAD, "the signature does not fit"),)


def test_a_source_that_contradicts_itself_does_not_count() -> None:
    feeds = [*(feed(text) for text in PRICES), feed("100030")]
    medians = taken(feeds, signed(feeds, [*KEYS, KEYS[4]]))
    assert medians.bad == (BadFeed(BAD, "two different feeds of one time"),)
    assert len(medians.good) == 4


def test_an_earlier_feed_handed_in_again_does_no_harm() -> None:
    earlier = [feed("99970", time="2026-11-21T07:59:55Z"), feed("99971", time="2026-11-21T07:59:55Z")]
    feeds = [*(feed(text) for text in PRICES), *earlier]
    medians = taken(feeds, signed(feeds, [*KEYS, KEYS[4], KEYS[4]]))
    assert (price(medians), medians.bad, len(medians.good)) == (100_000, (), 5)


def test_too_few_good_feeds_are_refused_with_all_bad_ones_named() -> None:
    feeds = [feed(), feed(), feed("150000"), feed(currency="EUR"), feed(time="2026-11-21T07:00:00Z")]
    with pytest.raises(PolicyRefused, match="2 good feeds, 3 are needed") as refusal:
        taken(feeds)
    for words in ("source 2: spots BTC price is 150000", "source 3: another currency", "source 4: 3660 s old"):
        assert words in str(refusal.value)
    with pytest.raises(PolicyRefused, match="0 good feeds, 3 are needed"):
        taken([])


def test_two_liars_of_five_do_not_move_the_price_beyond_an_honest_one() -> None:
    feeds = [feed(text) for text in (*PRICES[:3], "100999", "100999")]
    assert Decimal(PRICES[2]) <= price(taken(feeds, max_deviation="1")) <= Decimal(PRICES[1])


def test_the_farthest_feed_goes_first() -> None:
    """It has pulled the median: without it the others are fine."""
    medians = taken([feed("100"), feed("102"), feed("104"), feed("150")], max_deviation="0.025")
    assert medians.bad == (BadFeed("source 3", "spots BTC price is 150, the median is 103"),)
    assert price(medians) == 102


def test_sources_that_sign_the_same_quotes_count_each() -> None:
    medians = taken([feed()], [key.sign(feed()) for key in KEYS[:3]])
    assert medians.good == ("source 0", "source 1", "source 2")
    assert taken([feed(), feed()], [key.sign(feed()) for key in KEYS[:3]]) == medians


def test_a_false_signature_does_not_hide_a_true_one() -> None:
    """Somebody adds a signature in a source's name that the source did not make."""
    feeds = [feed(text) for text in PRICES]
    true = signed(feeds)
    false = Signature.build(**(true[4].model_dump(exclude={"format", "version"}) | {"signature": "00" * 64}))
    for order in ([*true, false], [false, *true]):
        assert len(taken(feeds, order).good) == 5


def smile(price: str, volatility: str, forward: str = "100500", rate: str = "0.04") -> Quotes:
    term = {"underlying": "BTC", "expiry": EXPIRY, "forward": forward, "rate": rate}
    rows = [{"strike": "90000", "volatility": "0.7"}, {"strike": "110000", "volatility": volatility}]
    return feed(price, terms=[term | {"volatilities": rows}], instruments=[{"symbol": "BTC", "haircut": "0.1"}])


def options() -> Book:
    call = {"kind": "option", "symbol": CALL, "decimals": 2, "expiry": EXPIRY}
    return samples.book(entries=[*samples.entries(), call])


def test_every_number_is_a_median_and_volatilities_may_lie_apart() -> None:
    medians = taken([smile("100000", "0.6", rate="0"), smile("100001", "0.5", "100400"), smile("100002", "0.9")])
    (term,) = medians.quotes.terms
    assert [row.volatility for row in term.volatilities] == [Decimal("0.7"), Decimal("0.6")]
    assert (term.forward, term.rate) == (Decimal(100500), Decimal("0.04"))
    assert not medians.bad


def test_a_snapshot_of_the_medians_is_accepted_with_its_scenarios() -> None:
    from zkmargin.circuits.models.grid_pricing import with_scenarios

    medians = taken([feed(text) for text in PRICES])
    made = medians.quotes.snapshot(samples.book())
    check_snapshot(made, medians, samples.book())
    check_snapshot(with_scenarios(samples.model(), samples.book(), made), medians, samples.book())


def test_who_checks_takes_the_snapshots_time() -> None:
    feeds = [feed(text) for text in PRICES]
    made = taken(feeds).quotes.snapshot(samples.book())
    again = median_quotes(feeds, signed(feeds), policy(), "USDC", samples.epoch_seconds(made.time))
    check_snapshot(made, again, samples.book())


@pytest.mark.parametrize(
    ("field", "change", "words"),
    [
        ("time", "2026-11-21T08:00:01Z", "time"),
        ("stable_price", "1.01", "stable_price"),
        ("underlyings", [{"asset": "BTC", "index": "100001"}, {"asset": "ETH", "index": "4000"}], "underlyings"),
        ("expiries", [{"underlying": "BTC", "expiry": EXPIRY, "forward": "100501", "rate": "0.04"}], "expiries"),
    ],
)
def test_a_snapshot_of_another_market_is_refused(field: str, change: Any, words: str) -> None:
    medians = taken([smile("100000", "0.6")] * 1 + [smile("100000", "0.6", rate="0.05"), smile("100000", "0.61")])
    made = medians.quotes.snapshot(options())
    fields = made.model_dump(mode="json", exclude={"format", "version"}, exclude_none=True)
    with pytest.raises(FalseStatement, match=words):
        check_snapshot(Snapshot.build(**(fields | {field: change})), medians, options())


@pytest.mark.parametrize(
    ("row", "field", "change", "fits"),
    [
        (2, "price", "100000.000001", False),
        (1, "haircut", "0.2", False),
        (4, "price", "0.000001", True),
        (4, "price", "0.000002", False),
        (4, "volatility", "0.66", False),
    ],
)
def test_a_row_of_another_market_is_refused(row: int, field: str, change: str, fits: bool) -> None:
    """The price of an option may be off by one unit, everything else not at all."""
    medians = taken([smile("100000", "0.6"), smile("100000", "0.6", rate="0.05"), smile("100000", "0.61")])
    made = medians.quotes.snapshot(options())
    fields = made.model_dump(mode="json", exclude={"format", "version"}, exclude_none=True)
    old = Decimal(fields["instruments"][row][field])
    fields["instruments"][row][field] = (
        normal_spelling(str(old + Decimal(change))) if row == 4 and field == "price" else change
    )
    if fits:
        check_snapshot(Snapshot.build(**fields), medians, options())
    else:
        with pytest.raises(FalseStatement, match=rf"instruments\[{row}\]"):
            check_snapshot(Snapshot.build(**fields), medians, options())


def market(btc: str, forward: str = "100500", time: str = samples.TIME, volatility: str = "0.6") -> Snapshot:
    quotes = smile(btc, volatility, forward)
    fields = quotes.model_dump(mode="json", exclude={"format", "version"}, exclude_none=True)
    return Quotes.build(**(fields | {"time": time})).snapshot(options())


def test_the_circuit_breaker() -> None:
    last = market("100000")
    check_moves(market("105000"), last, policy())
    check_moves(market("95000", volatility="2.5"), last, policy())
    with pytest.raises(
        PolicyRefused, match=r"the index of BTC moved from 100000 to 105000\.01, at most a share of 0\.05"
    ):
        check_moves(market("105000.01"), last, policy())
    with pytest.raises(PolicyRefused, match="the index of BTC moved"):
        check_moves(market("94999"), last, policy())
    with pytest.raises(PolicyRefused, match="the forward of BTC for 2026-12-25T08:00:00Z moved"):
        check_moves(market("100000", "110000"), last, policy())
    with pytest.raises(PolicyRefused, match="older than the one before"):
        check_moves(market("100000", time="2026-11-21T07:59:59Z"), last, policy())


def test_the_circuit_breaker_watches_symbols_too() -> None:
    last, now = (samples.snapshot(), samples.snapshot().model_dump(mode="json", exclude_none=True))
    now["instruments"][3]["price"] = "4300"
    with pytest.raises(PolicyRefused, match="ETH/USDC:USDC moved from 4000 to 4300"):
        check_moves(Snapshot.build(**{k: v for k, v in now.items() if k not in ("format", "version")}), last, policy())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"least": 6}, "least: there are only 5"),
        ({"least": 0}, "least"),
        ({"sources": [{"name": "a", "key": "00" * 32}, {"name": "a", "key": "11" * 32}]}, r"sources\[1\]\.name"),
        ({"sources": [{"name": "a", "key": "00" * 32}, {"name": "b", "key": "00" * 32}]}, r"sources\[1\]\.key"),
        ({"max_move": "-1"}, "max_move"),
        ({"max_deviation": "x"}, "max_deviation"),
    ],
)
def test_a_feed_policy_that_does_not_hold_together(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        policy(**change)
