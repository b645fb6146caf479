"""What a trader does with an account: understand its margin, try trades, prove things about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from zkmargin.cli.manners import Answer, Duration, Moment, Usage, answering, clock, say, timestamp
from zkmargin.cli.papers import (
    FILE,
    arithmetic_option,
    choose_arithmetic,
    force_option,
    market_options,
    only_one_stdin,
    out_option,
    read_account,
    read_papers,
)
from zkmargin.cli.publishing import published
from zkmargin.cli.sums import leg_options, read_leg_books, read_sum, sum_files, sum_options, units_together

if TYPE_CHECKING:
    from zkmargin.cli.explain import MarginReport
    from zkmargin.cli.papers import Papers
    from zkmargin.cli.proving import Subject


@click.command()
@click.argument("account_paths", metavar="ACCOUNT...", nargs=-1, required=True, type=FILE)
@market_options
@leg_options
@click.option("--level", type=click.Choice(["initial", "maintenance", "close out"]), help="Only this level.")
@click.option("--scenarios", "most", type=click.IntRange(0, 4096), help="Only so many scenarios, the worst ones.")
@click.option("--plot", "folder", type=click.Path(file_okay=False), help="Write pictures into this folder.")
@click.option("--format", "picture_format", type=click.Choice(["svg", "png"]), default="svg", show_default=True)
@force_option
@answering
def margin(
    account_paths: tuple[str, ...],
    book_path: str,
    snapshot_path: str,
    model_name: str,
    leg_book_paths: tuple[str, ...],
    mapping_paths: tuple[str, ...],
    level: str | None,
    most: int | None,
    folder: str | None,
    **options: Any,
) -> Answer:
    """Explain the margin of an account: what it consists of, level by level, and every scenario. For its owner's eyes.

    Several accounts are explained as one, as `zkmargin prove --sum` proves of them.

    \b
    Examples:
      zkmargin margin alice.json --book book.json --snapshot snapshot.json --model model.json
      zkmargin margin alice.json -b book.json -s snapshot.json -m model.json --plot pictures
    """
    only_one_stdin(*account_paths, book_path, snapshot_path, model_name, *leg_book_paths, *mapping_paths)
    papers = read_papers(book_path, snapshot_path, model_name)
    files = [read_account(path) for path in account_paths]
    books = read_leg_books(papers.book, leg_book_paths, mapping_paths)
    alone = len(files) == 1 and not books.others and not books.mappings
    units = files[0].units(papers.book) if alone else units_together(files, books)
    name = " + ".join(file.account for file in files)
    report = _explained(papers, units)
    levels = [one.name for one in report.pools[0].levels]
    if level is not None and level not in levels:
        raise Usage(f"model {papers.model.name} has no level {level}", f"it has {', '.join(levels)}")
    written = _plot(report, papers, units, folder, **options) if folder else []
    data = {"account": name, "currency": papers.book.currency} | report.data() | {"pictures": written}

    def text() -> str:
        from zkmargin.cli import render

        return render.margin(report, papers.book.currency, f"{name} under {papers.model.name}", level, most)

    return Answer("margin", data, text)


@click.command("what-if")
@click.argument("account_path", metavar="ACCOUNT", type=FILE)
@click.option("--trades", type=FILE, required=True, help="Lines `symbol,amount[,price]`: bought, or sold if negative.")
@market_options
@answering
def what_if(account_path: str, trades: str, book_path: str, snapshot_path: str, model_name: str) -> Answer:
    """Add hypothetical trades to an account and see what its margin becomes. They come from a file, or - for stdin.

    A trade without a price is done at the mark of the snapshot; its cost leaves the account's cash.

    \b
    Example:
      echo 'symbol,amount
      BTC/USDC:USDC,-0.5' | zkmargin what-if alice.json --trades - -b book.json -s snapshot.json -m model.json
    """
    from zkmargin.cli.explain import decimal_string
    from zkmargin.cli.trades import apply_trades

    only_one_stdin(account_path, trades, book_path, snapshot_path, model_name)
    papers = read_papers(book_path, snapshot_path, model_name)
    file = read_account(account_path)
    before = file.units(papers.book)
    after = apply_trades(before, trades, papers)
    reports = _explained(papers, before), _explained(papers, after)
    changes = [
        {"level": new.name, "headroom_change": decimal_string(new.headroom - old.headroom)}
        for old, new in zip(reports[0].pools[0].levels, reports[1].pools[0].levels, strict=True)
    ]
    data = {"account": file.account, "before": reports[0].data(), "after": reports[1].data(), "changes": changes}

    def text() -> str:
        from zkmargin.cli import render

        return render.comparison(*reports, papers.book.currency)

    return Answer("what-if", data, text)


@click.command()
@click.argument("account_paths", metavar="ACCOUNT...", nargs=-1, required=True, type=FILE)
@market_options
@sum_options
@click.option("--show", "shows", default="healthy", show_default=True, help="What to prove; see docs/cli.md.")
@click.option("--venue", required=True, help="Whom the proof is for.")
@click.option("--nonce", required=True, help="What the venue gave out for this proof, to be used once.")
@click.option("--valid", type=Duration(), default="10m", show_default=True, help="How long the statement is good.")
@click.option("--at", type=Moment(), help="Date of the statement, instead of now.")
@out_option
@force_option
@arithmetic_option
@answering
def prove(account_paths: tuple[str, ...], shows: str, out: str, force: bool, **options: Any) -> Answer:
    """Prove that an account, or the sum of several, meets a margin rule, and show nothing else.

    \b
    Examples:
      zkmargin prove alice.json -b book.json -s snapshot.json -m model.json \\
        --show 'meets initial' --venue exchange --nonce 7d21 --out proof.json
      zkmargin prove alice.north.json alice.south.json --sum both.json -b book.json -s snapshot.json -m model.json \\
        --venue clearing --nonce 7d21 --out proof.json
    """
    from zkmargin.cli.files import check_target
    from zkmargin.cli.proving import prove_subject
    from zkmargin.verifier.documents import parse_shows

    if out != "-":
        check_target(out, force)
    wanted = parse_shows(shows)
    papers, subject = _subject(account_paths, options)
    now = clock(options["at"])
    expires = now + options["valid"]
    context = (options["venue"], options["nonce"], now, expires)
    made = prove_subject(subject, papers, wanted, *context, choose_arithmetic(options["arithmetic"]))
    size = len(made.proof_bytes)
    text = f"proved: {wanted.sentence} ({size:,} bytes, statement expires {timestamp(expires)})"
    return published("prove", made, out, force, text, {"proof_bytes": size, "shows": wanted.text})


def _subject(account_paths: tuple[str, ...], options: dict[str, Any]) -> tuple[Papers, Subject]:
    """The public documents, and what is to be proved of: one account, or the sum that --sum names."""
    from zkmargin.cli.proving import one_account, sum_of_accounts

    paths = [options[name] for name in ("book_path", "snapshot_path", "model_name")]
    only_one_stdin(*account_paths, *paths, *sum_files(options))
    if options["sum_path"] is None and len(account_paths) > 1:
        raise Usage("several accounts are proved of as one: --sum says as which combination", "zkmargin commit add")
    papers = read_papers(*paths)
    files, summed = [read_account(path) for path in account_paths], read_sum(options, papers.book)
    ready = choose_arithmetic(options["arithmetic"])
    return papers, sum_of_accounts(files, summed, papers, ready) if summed else one_account(files[0], papers, ready)


def _explained(papers: Papers, units: Sequence[int]) -> MarginReport:
    from zkmargin.cli.explain import explain

    return explain(papers.model, papers.book, papers.snapshot, units)


def _plot(
    report: MarginReport, papers: Papers, units: Sequence[int], folder: str, picture_format: str, force: bool
) -> list[str]:
    """Pictures show the account: they are as private as it is, and written that way."""
    from pathlib import Path

    from zkmargin.cli.files import write
    from zkmargin.cli.pictures import draw, pictures

    Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for name, picture in pictures(report, papers.book, papers.snapshot, units).items():
        path = str(Path(folder) / f"{name}.{picture_format}")
        write(path, draw(picture(), picture_format), private=True, force=force)
        say(f"written: {path}")
        written.append(path)
    return written
