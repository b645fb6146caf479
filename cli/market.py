"""What a venue publishes: the book of instruments, snapshots of the market, margin models."""

from __future__ import annotations

from typing import Any

import click

from zkmargin.cli.manners import Answer, answering, coloured, plural, say, short
from zkmargin.cli.mapping import book_map
from zkmargin.cli.papers import (
    FILE,
    book_option,
    force_option,
    key_option,
    only_one_stdin,
    out_option,
    read_book,
    read_key,
    read_model,
    read_secret,
    read_signatures,
    read_snapshot,
)
from zkmargin.cli.publishing import published


@click.group()
def book() -> None:
    """The list of instruments and assets: it fixes which entry of every account is what, and only grows at its end.

    \b
    Examples:
      zkmargin book new 'my exchange' --currency USDC --entries entries.csv --out book.json
      zkmargin book map south.book.json book.json --pairs pairs.csv --out mapping.json
    """


@book.command("new")
@click.argument("name")
@click.option("--currency", required=True, help="The unit of all prices and margins.")
@click.option(
    "--entries", "entries_path", type=FILE, required=True, help="Lines `kind,symbol,decimals[,...]`, or JSON."
)
@out_option
@force_option
@answering
def book_new(name: str, currency: str, entries_path: str, out: str, force: bool) -> Answer:
    """Make a book from a list of entries: a table with a header, or a JSON list. docs/formats.md has the columns.

    \b
    Example:
      zkmargin book new 'my exchange' --currency USDC --entries entries.csv --out book.json
    """
    from zkmargin.circuits.documents import Book
    from zkmargin.cli.entries import read_entries
    from zkmargin.cli.files import about

    with about(entries_path):
        made = Book.build(name=name, currency=currency, entries=read_entries(entries_path))
    text = f"book {short(made.digest)}: {plural(len(made.entries), 'entry').replace('entrys', 'entries')}"
    return published("book", made, out, force, text, {"entries": len(made.entries)})


@book.command("extend")
@click.argument("book_path", metavar="BOOK", type=FILE)
@click.option("--entries", "entries_path", type=FILE, required=True, help="The entries to add at the end.")
@out_option
@force_option
@answering
def book_extend(book_path: str, entries_path: str, out: str, force: bool) -> Answer:
    """Add entries at the end of a book. Accounts of the new book begin with the entries of the old one.

    \b
    Example:
      zkmargin book extend book.json --entries more.csv --out book-2.json
    """
    from zkmargin.circuits.documents import Book
    from zkmargin.cli.entries import read_entries
    from zkmargin.cli.files import about

    only_one_stdin(book_path, entries_path)
    old = read_book(book_path)
    with about(entries_path):
        entries = [*old.entries, *read_entries(entries_path)]
        made = Book.build(name=old.name, currency=old.currency, entries=entries)
    made.check_extends(old)
    added = len(made.entries) - len(old.entries)
    text = f"book {short(made.digest)}: {added} added to the {len(old.entries)} of book {short(old.digest)}"
    return published("book", made, out, force, text, {"entries": len(made.entries), "extends": old.digest})


book.add_command(book_map)


@click.group()
def snapshot() -> None:
    """The market at one moment: prices, forwards, volatilities, and what every instrument is worth in every scenario.

    \b
    Examples:
      zkmargin snapshot build quotes.json --book book.json --model model.json --out snapshot.json
      zkmargin snapshot sign snapshot.json --key exchange.key.json
      zkmargin snapshot check snapshot.json --book book.json --model model.json --signer exchange.pub.json
    """


@snapshot.command("build")
@click.argument("quotes_path", metavar="QUOTES", type=FILE)
@book_option
@click.option(
    "-m", "--model", "model_name", envvar="ZKMARGIN_MODEL", metavar="FILE|PRESET", help="Whose scenarios are computed."
)
@out_option
@force_option
@answering
def snapshot_build(quotes_path: str, book_path: str, model_name: str | None, out: str, force: bool) -> Answer:
    """Build the snapshot of a book from what was observed of the market: Black-76 prices, rounded once, as it says.

    \b
    Example:
      zkmargin snapshot build quotes.json --book book.json --model model.json --out snapshot.json
    """
    from zkmargin.circuits.documents.quotes import Quotes
    from zkmargin.cli.files import about, read_document
    from zkmargin.cli.grids import with_model_scenarios

    only_one_stdin(quotes_path, book_path, model_name or "")
    quotes, listed = read_document(quotes_path, Quotes), read_book(book_path)
    with about(quotes_path):
        made = quotes.snapshot(listed)
    if model_name:
        made = with_model_scenarios(read_model(model_name), listed, made)
    rows = len(made.scenarios.rows) if made.scenarios else 0
    text = f"snapshot {short(made.digest)} of {made.time}: {len(made.instruments)} instruments, {rows} scenario rows"
    return published("snapshot", made, out, force, text, {"instruments": len(made.instruments), "scenarios": rows})


@snapshot.command("sign")
@click.argument("snapshot_path", metavar="SNAPSHOT", type=FILE)
@key_option
@click.option("-o", "--out", type=FILE, help="Where the signature goes, by default next to the snapshot (.sig.json).")
@force_option
@answering
def snapshot_sign(snapshot_path: str, key_path: str, out: str | None, force: bool) -> Answer:
    """Sign a snapshot. The signature stands beside it.

    \b
    Example:
      zkmargin snapshot sign snapshot.json --key exchange.key.json
    """
    from zkmargin.cli.files import signature_beside

    only_one_stdin(snapshot_path, key_path)
    made = read_secret(key_path).sign(read_snapshot(snapshot_path))
    where = out or ("-" if snapshot_path == "-" else signature_beside(snapshot_path))
    text = f"snapshot {short(made.document)} signed by {short(made.key)}"
    return published("signature", made, where, force, text, {"key": made.key, "document": made.document})


@snapshot.command("check")
@click.argument("snapshot_path", metavar="SNAPSHOT", type=FILE)
@book_option
@click.option(
    "-m", "--model", "model_name", envvar="ZKMARGIN_MODEL", metavar="FILE|PRESET", help="Compute its scenarios again."
)
@click.option("--signer", "signers", multiple=True, metavar="KEY", help="A key that is trusted to sign snapshots.")
@click.option("--signature", "signatures", multiple=True, type=FILE, help="Besides the one next to the snapshot.")
@answering
def snapshot_check(
    snapshot_path: str, book_path: str, model_name: str | None, signers: tuple[str, ...], signatures: tuple[str, ...]
) -> Answer:
    """Check that a snapshot is of a book, that its scenario values follow from its market, and who signed it.

    \b
    Example:
      zkmargin snapshot check snapshot.json --book book.json --model model.json --signer exchange.pub.json
    """
    from zkmargin.cli.grids import check_model_scenarios

    only_one_stdin(snapshot_path, book_path, model_name or "")
    listed, given = read_book(book_path), read_snapshot(snapshot_path)
    given.check_book(listed)
    lines = [f"snapshot {short(given.digest)} of {given.time} is of book {short(listed.digest)}"]
    if model_name:
        lines.append(check_model_scenarios(read_model(model_name), listed, given))
    signer = _checked_signer(given, [read_key(one) for one in signers], signatures, snapshot_path)
    lines.append(f"signed by {short(signer)}" if signer else "signature: not asked for (--signer)")
    data = {"snapshot": given.digest, "book": listed.digest, "scenarios_checked": bool(model_name), "signer": signer}
    return Answer("snapshot-check", data, "\n".join([*lines, coloured("good", "green")]))


@click.group()
def model() -> None:
    """Margin models: families of rules and their parameters.

    \b
    Examples:
      zkmargin model list
      zkmargin model show demo-grid > model.json
    """


@model.command("list")
@answering
def model_list() -> Answer:
    """List the models that come with the package, and the families of rules.

    \b
    Example:
      zkmargin model list
    """
    from zkmargin.circuits.models import FAMILIES
    from zkmargin.cli.presets import MODELS

    made = [make() for make in MODELS.values()]
    rows = [{"name": one.name, "family": one.family, "engine": one.engine, "notice": one.notice} for one in made]

    def text() -> str:
        from zkmargin.cli import render

        listed = render.table(["preset", "family", "engine"], [(r["name"], r["family"], r["engine"]) for r in rows])
        return f"{listed}\n\nfamilies: {', '.join(FAMILIES)}"

    return Answer("models", {"models": rows, "families": list(FAMILIES)}, text)


@model.command("show")
@click.argument("name", metavar="FILE|PRESET")
@out_option
@force_option
@answering
def model_show(name: str, out: str, force: bool) -> Answer:
    """Print a model's parameters: a document that `--model` takes, to be kept, changed and published.

    \b
    Example:
      zkmargin model show demo-grid --out model.json
    """
    made = read_model(name)
    return published("model", made, out, force, f"{made.name} {short(made.digest)}: {made.notice}", {"name": made.name})


def _checked_signer(given: Any, trusted: list[str], signatures: tuple[str, ...], path: str) -> str | None:
    """The trusted key that signed a snapshot; nobody, if nobody is asked for."""
    from zkmargin.verifier.checking import signed_by

    found = read_signatures(signatures, [path])
    if trusted:
        return signed_by(found, given, trusted, "snapshot signer")
    if found:
        say("note: there is a signature; name the keys you trust with --signer to have it checked")
    return None
