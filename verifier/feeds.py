"""Prices from several sources: a snapshot's market is the median of k of n signed quotes, and bad feeds are named.

1. each feed: signed by a source the policy names, in time, in the book's currency, quoting what most of them quote
2. each number: the median of the good feeds; the feed whose price lies farthest beyond the limit from its median is
   bad, and the medians are taken again without it, until none does
3. at least k good feeds are left
4. no index, forward or price has moved further since the last snapshot than the policy lets it (circuit breaker)

As long as fewer than half of the good feeds collude, every median lies between two numbers of honest sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits.documents import Book, Document, Part, Snapshot, decimal_text, epoch_seconds, parse_symbol
from zkmargin.circuits.documents.base import FieldError, Name
from zkmargin.circuits.documents.numbers import NotNegative
from zkmargin.circuits.documents.quotes import PRICE_DECIMALS, Quotes
from zkmargin.circuits.errors import FalseStatement, PolicyRefused
from zkmargin.verifier.documents.policy import Seconds
from zkmargin.verifier.documents.signature import Key, Signature
from zkmargin.verifier.medians import Place, median, numbers_of, quotes_of

MAX_SOURCES = 1000
PRICES = ("price", "average_price", "forward", "stable_price")
"""The fields in which feeds may not lie far apart; rates and volatilities legitimately do."""


class Source(Part):
    """Somebody who observes the market, and the key by which the observations are known."""

    name: Name
    key: Key


class FeedPolicy(Document):
    """Whose quotes count, how many are needed, how old they may be, how far apart, and how far prices may jump.

    `max_deviation` is from the median, `max_move` since the last snapshot; both are shares of the price.
    """

    FORMAT: ClassVar[str] = "zkmargin feed policy"

    format: Literal["zkmargin feed policy"]
    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=MAX_SOURCES)]
    least: Annotated[int, Field(ge=1, le=MAX_SOURCES)]
    max_age: Seconds
    clock_skew: Seconds = 0
    max_deviation: NotNegative
    max_move: NotNegative

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        for field in ("name", "key"):
            seen = [getattr(source, field) for source in self.sources]
            for index, one in enumerate(seen):
                if one in seen[:index]:
                    raise FieldError(("sources", index, field), "stands here a second time")
        if self.least > len(self.sources):
            raise FieldError(("least",), f"there are only {len(self.sources)} sources")
        return self


@dataclass(frozen=True)
class BadFeed:
    """A feed that did not count, and why. A source the policy does not know goes by the first digits of its key."""

    source: str
    reason: str


@dataclass(frozen=True)
class Medians:
    """The market as the good feeds see it."""

    quotes: Quotes
    good: tuple[str, ...]
    bad: tuple[BadFeed, ...]


def median_quotes(
    feeds: Sequence[Quotes], signatures: Sequence[Signature], policy: FeedPolicy, currency: str, now: int
) -> Medians:
    """Steps 1 to 3, as of `now`; whoever checks a snapshot takes its time for that."""
    good, bad = _admit(feeds, signatures, policy, currency, now)
    good = _alike(good, bad)
    while len(good) >= policy.least:
        tables = {name: numbers_of(good[name]) for name in sorted(good)}
        places = numbers_of(next(iter(good.values())))
        medians = {place: median([table[place] for table in tables.values()]) for place in places}
        far = _farthest(tables, medians, policy)
        if far is None:
            names = tuple(tables)
            quotes = quotes_of(good[names[0]], medians, f"median of {', '.join(names)}", _timestamp(now))
            return Medians(quotes, names, tuple(bad))
        del good[far.source]
        bad.append(far)
    told = "; ".join(f"{one.source}: {one.reason}" for one in bad) or "the others gave none"
    raise PolicyRefused(f"policy: {len(good)} good feeds, {policy.least} are needed ({told})")


def check_snapshot(snapshot: Snapshot, medians: Medians, book: Book) -> None:
    """Refuse a snapshot whose market is not the medians'; its scenarios follow from that market (`grid_pricing.py`).

    The price of an option may differ by one unit, for the last bit of a double may differ between processors.
    """
    expected = medians.quotes.snapshot(book)
    for field in ("book", "time", "stable_price", "underlyings", "expiries"):
        if getattr(snapshot, field) != getattr(expected, field):
            raise FalseStatement(f"snapshot: {field} differs from the medians of the feeds")
    for index, (found, wanted) in enumerate(zip(snapshot.instruments, expected.instruments, strict=True)):
        apart = abs(Fraction(found.price) - Fraction(wanted.price))
        allowed = Fraction(1, 10**PRICE_DECIMALS) if _is_option(wanted.symbol) else 0
        if found.model_copy(update={"price": wanted.price}) != wanted or apart > allowed:
            raise FalseStatement(f"snapshot: instruments[{index}] differs from the medians of the feeds")


def check_moves(snapshot: Snapshot, last: Snapshot, policy: FeedPolicy) -> None:
    """4. The circuit breaker. Prices of options are left out: they follow from what is watched, and decay."""
    if epoch_seconds(snapshot.time) < epoch_seconds(last.time):
        raise PolicyRefused("policy: the snapshot is older than the one before it")
    before, limit = dict(_prices(last)), Fraction(policy.max_move)
    for name, price in _prices(snapshot):
        old = before.get(name)
        if old is not None and abs(Fraction(price) - Fraction(old)) > limit * Fraction(old):
            told = f"from {decimal_text(old)} to {decimal_text(price)}"
            most = decimal_text(policy.max_move)
            raise PolicyRefused(f"policy: circuit breaker: {name} moved {told}, at most a share of {most} is accepted")


def _admit(
    feeds: Sequence[Quotes], signatures: Sequence[Signature], policy: FeedPolicy, currency: str, now: int
) -> tuple[dict[str, Quotes], list[BadFeed]]:
    """1. The latest feed of each source, and those that do not count."""
    names = {source.key: source.name for source in policy.sources}
    good: dict[str, Quotes] = {}
    bad: list[BadFeed] = []
    torn: set[str] = set()
    distinct = {feed.digest: feed for feed in feeds}
    for feed in sorted(distinct.values(), key=lambda one: (one.time, one.digest)):
        untimely = _untimely(feed, policy, now) or ("" if feed.currency == currency else "another currency")
        for name, reason in _speakers(feed, signatures, names):
            if reason or untimely:
                bad.append(BadFeed(name, reason or untimely))
                continue
            # Somebody may hand in an honest source's earlier feed again: only one of the same time contradicts.
            if name in good and good[name].time == feed.time:
                torn.add(name)
            else:
                torn.discard(name)
            good[name] = feed
    bad += [BadFeed(name, "two different feeds of one time") for name in sorted(torn)]
    return {name: feed for name, feed in good.items() if name not in torn}, bad


def _speakers(feed: Quotes, signatures: Sequence[Signature], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Who has signed a feed, and what is wrong with the signature, if anything."""
    mine = [one for one in signatures if one.document == feed.digest]
    if not mine:
        yield feed.digest[:12], "not signed"
    for key in dict.fromkeys(one.key for one in mine):
        if key not in names:
            yield key[:12], "not a known source"
        else:
            fits = any(_fits(one, feed) for one in mine if one.key == key)
            yield names[key], "" if fits else "the signature does not fit"


def _fits(signature: Signature, feed: Quotes) -> bool:
    try:
        signature.check(feed)
    except FalseStatement:
        return False
    return True


def _untimely(feed: Quotes, policy: FeedPolicy, now: int) -> str:
    age = now - epoch_seconds(feed.time)
    if age < -policy.clock_skew:
        return f"dated {-age} s in the future"
    return f"{age} s old, at most {policy.max_age} s are accepted" if age > policy.max_age else ""


def _alike(good: dict[str, Quotes], bad: list[BadFeed]) -> dict[str, Quotes]:
    """The feeds that quote what most of them quote: others cannot be compared."""
    shapes = {name: tuple(sorted(numbers_of(feed))) for name, feed in good.items()}
    told = list(shapes.values())
    usual = max(told, key=lambda shape: (told.count(shape), shape), default=())
    bad += [BadFeed(name, "quotes other things than the others") for name in good if shapes[name] != usual]
    return {name: feed for name, feed in good.items() if shapes[name] == usual}


def _farthest(
    tables: Mapping[str, Mapping[Place, Decimal]], medians: Mapping[Place, Decimal], policy: FeedPolicy
) -> BadFeed | None:
    """2. The feed with the price that lies farthest beyond the limit, if there is one."""
    limit, found = Fraction(policy.max_deviation), list[tuple[Fraction, str, Place]]()
    for name, table in tables.items():
        for place, number in table.items():
            middle = Fraction(medians[place])
            distance = abs(Fraction(number) - middle)
            if place[-1] in PRICES and distance > limit * middle:
                # Where the median is zero every distance is beyond all shares.
                found.append((distance / middle if middle else Fraction(10**9), name, place))
    if not found:
        return None
    _, name, place = max(found)
    told = f"{decimal_text(tables[name][place])}, the median is {decimal_text(medians[place])}"
    return BadFeed(name, f"{' '.join(place)} is {told}")


def _prices(snapshot: Snapshot) -> Iterator[tuple[str, Decimal]]:
    for underlying in snapshot.underlyings:
        yield f"the index of {underlying.asset}", underlying.index
    for expiry in snapshot.expiries:
        yield f"the forward of {expiry.underlying} for {expiry.expiry}", expiry.forward
    for row in snapshot.instruments:
        if not _is_option(row.symbol):
            yield row.symbol, row.price


def _is_option(symbol: str) -> bool:
    return parse_symbol(symbol).strike is not None


def _timestamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
