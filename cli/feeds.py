"""Prices from several sources: signing quotes, taking their medians, checking a snapshot against them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from zkmargin.cli.manners import Answer, Moment, answering, clock, plural, short
from zkmargin.cli.papers import (
    FILE,
    book_option,
    force_option,
    key_option,
    only_one_stdin,
    out_option,
    read_book,
    read_secret,
    read_signatures,
    read_snapshot,
    snapshot_option,
)
from zkmargin.cli.publishing import published

if TYPE_CHECKING:
    from zkmargin.verifier.feeds import FeedPolicy, Medians

quotes_argument = click.argument("paths", metavar="QUOTES...", nargs=-1, required=True, type=FILE)
rules_option = click.option("--policy", "policy_path", type=FILE, required=True, help="Sources, how many, how fresh.")
signatures_option = click.option("--signature", "signatures", multiple=True, type=FILE, help="Besides those beside.")


@click.group()
def feeds() -> None:
    """Prices as the medians of k of n signed quotes. Bad feeds are named, sudden moves are refused.

    \b
    Example:
      zkmargin feeds sign quotes.json --key source.key.json
      zkmargin feeds median a.json b.json c.json --policy feeds.json --book book.json --out quotes.json
      zkmargin feeds check a.json b.json c.json --policy feeds.json --book book.json --snapshot snapshot.json
    """


@feeds.command("sign")
@click.argument("path", metavar="QUOTES", type=FILE)
@key_option
@force_option
@answering
def feeds_sign(path: str, key_path: str, force: bool) -> Answer:
    """Sign quotes as one of the sources. The signature goes next to them (.sig.json).

    \b
    Example:
      zkmargin feeds sign quotes.json --key source.key.json
    """
    from zkmargin.circuits.documents.quotes import Quotes
    from zkmargin.cli.files import put, read_document, signature_beside

    only_one_stdin(path, key_path)
    signed = read_secret(key_path).sign(read_document(path, Quotes))
    out = "-" if path == "-" else signature_beside(path)
    if out == "-":
        return published("feeds", signed, out, force, f"signed by {short(signed.key)}")
    put(out, signed, force=force)
    return Answer("feeds", {"key": signed.key, "out": out}, f"signed by {short(signed.key)}\nwritten: {out}")


@feeds.command("median")
@quotes_argument
@rules_option
@book_option
@signatures_option
@click.option("--at", type=Moment(), help="Take the medians as of this moment, instead of now.")
@out_option
@force_option
@answering
def feeds_median(paths: tuple[str, ...], book_path: str, out: str, force: bool, **options: Any) -> Answer:
    """The market as the good feeds see it: quotes from which `zkmargin snapshot build` makes a snapshot.

    \b
    Example:
      zkmargin feeds median a.json b.json c.json --policy feeds.json --book book.json --out quotes.json
    """
    only_one_stdin(*paths, book_path, options["policy_path"])
    currency = read_book(book_path).currency
    medians, _ = _medians(paths, options, currency, clock(options["at"]))
    more = {"good": list(medians.good), "bad": _bad(medians)}
    return published("feeds", medians.quotes, out, force, _told(medians), more)


@feeds.command("check")
@quotes_argument
@rules_option
@book_option
@snapshot_option
@signatures_option
@click.option("--last", "last_path", type=FILE, help="The snapshot before this one, for the circuit breaker.")
@answering
def feeds_check(
    paths: tuple[str, ...], book_path: str, snapshot_path: str, last_path: str | None, **options: Any
) -> Answer:
    """Check that a snapshot holds the medians of these feeds and, with --last, that no price has jumped.

    \b
    Example:
      zkmargin feeds check a.json b.json c.json --policy feeds.json --book book.json --snapshot snapshot.json \\
        --last snapshot.yesterday.json
    """
    from zkmargin.circuits.documents import epoch_seconds
    from zkmargin.verifier.feeds import check_moves, check_snapshot

    only_one_stdin(*paths, book_path, snapshot_path, options["policy_path"], last_path or "")
    book, snapshot = read_book(book_path), read_snapshot(snapshot_path)
    medians, policy = _medians(paths, options, book.currency, epoch_seconds(snapshot.time))
    check_snapshot(snapshot, medians, book)
    if last_path is not None:
        check_moves(snapshot, read_snapshot(last_path), policy)
    data = {"snapshot": snapshot.digest, "good": list(medians.good), "bad": _bad(medians), "moves": bool(last_path)}
    moved = "no price has jumped" if last_path else "moves were not looked at: give the last snapshot with --last"
    return Answer("feeds", data, f"fits: snapshot {short(snapshot.digest)}, {_told(medians)}\n{moved}")


def _medians(paths: tuple[str, ...], options: dict[str, Any], currency: str, now: int) -> tuple[Medians, FeedPolicy]:
    from zkmargin.circuits.documents.quotes import Quotes
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.feeds import FeedPolicy, median_quotes

    policy = read_document(options["policy_path"], FeedPolicy)
    quotes = [read_document(path, Quotes) for path in paths]
    signatures = read_signatures(options["signatures"], paths)
    return median_quotes(quotes, signatures, policy, currency, now), policy


def _bad(medians: Medians) -> list[dict[str, str]]:
    return [{"source": one.source, "reason": one.reason} for one in medians.bad]


def _told(medians: Medians) -> str:
    bad = "".join(f"\nbad feed {one.source}: {one.reason}" for one in medians.bad)
    return f"medians of {plural(len(medians.good), 'feed')}: {', '.join(medians.good)}{bad}"
