"""How a margin rule would have fared: a portfolio held through a series of snapshots."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from zkmargin.cli.manners import Answer, answering, coloured, plural, progress, say
from zkmargin.cli.papers import (
    FILE,
    book_option,
    force_option,
    model_option,
    only_one_stdin,
    read_account,
    read_book,
    read_model,
    read_snapshot,
)

if TYPE_CHECKING:
    from zkmargin.circuits.models.backtest import Backtest, Day

if TYPE_CHECKING:
    Fractions = click.ParamType[Fraction]
else:
    Fractions = click.ParamType


class Share(Fractions):
    """A share between 0 and 1, such as 0.01."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Fraction:
        if isinstance(value, Fraction):
            return value
        if not re.fullmatch(r"0?\.[0-9]{1,9}", value, re.ASCII) or not Fraction(value):
            self.fail(f"{value!r} is not a share of days between 0 and 1, such as 0.01", param, context)
        return Fraction(value)


COLOURS = {"green": "green", "yellow": "yellow", "red": "red"}


@click.command()
@click.argument("account_path", metavar="ACCOUNT", type=FILE)
@click.argument("snapshot_paths", metavar="SNAPSHOT...", type=FILE, nargs=-1, required=True)
@book_option
@model_option
@click.option("--level", type=click.Choice(["initial", "maintenance", "close out"]), default="maintenance")
@click.option(
    "--expected",
    type=Share(),
    default="0.01",
    show_default=True,
    help="The share of days on which the model says a loss may exceed it.",
)
@click.option("--plot", "picture", type=click.Path(dir_okay=False), help="Draw the days into this .svg or .png file.")
@force_option
@answering
def backtest(
    account_path: str,
    snapshot_paths: tuple[str, ...],
    book_path: str,
    model_name: str,
    level: str,
    expected: Fraction,
    picture: str | None,
    force: bool,
) -> Answer:
    """Hold an account through a series of snapshots and compare each requirement with what was then lost.

    Breaches are judged by Kupiec's test and by the traffic light of the Basel Committee; and for every day it is said
    what netting between positions saved, and whether that netting broke. Snapshots are put in order of time. For the
    owner's eyes.

    \b
    Example:
      zkmargin backtest alice.json days/*.json -b book.json -m model.json --expected 0.01 --plot days.svg
    """
    from zkmargin.circuits.models.backtest import run

    only_one_stdin(account_path, *snapshot_paths, book_path, model_name)
    if picture is not None:
        _check_picture(picture, force)
    book, model = read_book(book_path), read_model(model_name)
    snapshots = [read_snapshot(path) for path in progress(snapshot_paths, "reading")]
    for snapshot in snapshots:
        snapshot.check_book(book)
    file = read_account(account_path)
    file.units(book)
    snapshots.sort(key=lambda snapshot: snapshot.time)
    found = run(model, book, snapshots, file.portfolio, level, expected)
    if picture is not None:
        _draw(found, book.currency, picture, force)
    data = {"account": file.account, "currency": book.currency, "level": level} | _data(found)
    return Answer("backtest", data, lambda: _text(found, book.currency, f"{file.account} under {model.name}, {level}"))


def _check_picture(path: str, force: bool) -> None:
    from zkmargin.cli.files import check_target
    from zkmargin.cli.manners import Usage
    from zkmargin.cli.pictures import FORMATS

    if path.rpartition(".")[2] not in FORMATS:
        raise Usage("the picture's name has to end in .svg or .png")
    check_target(path, force)


def _draw(found: Backtest, currency: str, path: str, force: bool) -> None:
    """The picture shows the account: it is as private as it is."""
    from zkmargin.cli.files import write
    from zkmargin.cli.pictures import days, draw

    write(path, draw(days(found, currency), path.rpartition(".")[2]), private=True, force=force)
    say(f"written: {path}")


def _data(found: Backtest) -> dict[str, Any]:
    return {
        "days": [_day(day) for day in found.days],
        "breaches": found.breaches,
        "netting_breaches": found.netting_breaches,
        "expected": str(float(found.expected)),
        "kupiec": f"{found.kupiec:.6f}",
        "kupiec_accepts": found.kupiec_accepts,
        "zone": found.zone,
    }


def _day(day: Day) -> dict[str, Any]:
    from zkmargin.cli.explain import decimal_of, decimal_string

    amounts = {"requirement": day.requirement, "apart": day.apart, "saved": day.saved, "realised": day.realised}
    texts = {name: decimal_string(decimal_of(amount)) for name, amount in amounts.items()}
    return {"time": day.time} | texts | {"breach": day.breach, "netting_broke": day.netting_broke}


def _text(found: Backtest, currency: str, title: str) -> str:
    from zkmargin.cli.explain import decimal_of
    from zkmargin.cli.render import money, table

    rows = [
        (
            day.time,
            *(money(decimal_of(amount)) for amount in (day.requirement, day.apart, day.realised)),
            "netting broke" if day.netting_broke else "breach" if day.breach else "",
        )
        for day in found.days
    ]
    breaches = "1 breach" if found.breaches == 1 else f"{found.breaches} breaches"
    verdict = "compatible" if found.kupiec_accepts else "not compatible"
    return "\n".join(
        [
            f"{title}: {coloured(found.zone, COLOURS[found.zone])}",
            table(["day", ">requirement", ">apart", ">then", ""], rows, f"In {currency}; `apart` is without netting"),
            f"{breaches} in {plural(len(found.days), 'day')} at {float(found.expected):.2%} expected, "
            f"{found.netting_breaches} of them where netting broke",
            f"Kupiec's statistic {found.kupiec:.2f}: {verdict} with the expected share at 5 per cent",
        ]
    )
