"""Text for terminals: tables, amounts, and what a verification or an explanation says in words."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from zkmargin.circuits.documents.numbers import decimal_text
from zkmargin.cli.manners import coloured, colours, plural, printable, short

if TYPE_CHECKING:
    from zkmargin.cli.explain import LevelReport, MarginReport, PoolReport, ScenarioReport

WIDTH = 100
MOST_SCENARIOS = 60


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> str:
    """A table; columns whose name begins with `>` are flush right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left", no_wrap=True)
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(printable(cell)) for cell in row))
    sink = io.StringIO()
    wanted = colours()
    console = Console(file=sink, width=WIDTH, force_terminal=wanted, no_color=not wanted, highlight=False)
    console.print(made)
    lines = [line.rstrip() for line in sink.getvalue().split("\n")]
    return "\n".join([*([title] if title else []), *(line for line in lines if line)])


def money(number: Decimal) -> str:
    """Two decimals and separators; what would show as zero is shown in full."""
    if number and abs(number) < Decimal("0.01"):
        return decimal_text(number.normalize())
    return f"{number:,.2f}"


def positions(rows: Iterable[tuple[str, str, str]]) -> str:
    return table(["kind", "symbol", ">amount"], rows)


def margin(report: MarginReport, currency: str, title: str, level: str | None, most: int | None) -> str:
    """The owner's view of an account: levels, components, scenarios."""
    parts = [f"{title}: {coloured(report.state, 'green' if report.state == 'healthy' else 'red')}"]
    for pool in report.pools:
        shown = [one for one in pool.levels if level in (None, one.name)]
        parts += [_value(pool, currency), *(_level(one, pool, currency) for one in shown)]
    if report.scenarios and most != 0:
        parts.append(scenarios(report, currency, most))
    return "\n\n".join(parts)


def scenarios(report: MarginReport, currency: str, most: int | None) -> str:
    """Change of value by scenario; only the worst rows, and they first, where there are more than `most`."""
    worst, rows = report.worst, list(report.scenarios)
    if len(rows) > (most or MOST_SCENARIOS):
        rows = sorted(rows, key=lambda row: row.counted())[: most or MOST_SCENARIOS]
    bases = sorted({base for row in rows for base in row.changes})
    lows = {base: min((row.counted(base) for row in report.scenarios), default=Decimal(0)) for base in bases}
    lines = [_scenario(row, bases, lows, row is worst) for row in rows]
    title = f"Change of value in {currency}; a loss counts by its weight (* most of its column)"
    return table(["scenario", ">weight", *(f">{base}" for base in bases), ">total", ""], lines, title)


def _scenario(row: ScenarioReport, bases: list[str], lows: dict[str, Decimal], worst: bool) -> list[str]:
    cells = []
    for base in bases:
        counted = row.counted(base)
        cells.append(money(row.changes.get(base, Decimal(0))) + (" *" if counted == lows[base] < 0 else "  "))
    weight = decimal_text(row.weight)
    return [row.name, weight, *cells, money(row.total), "<- worst" if worst else ""]


def _value(pool: PoolReport, currency: str) -> str:
    title = f"What the account holds, in {currency}" + (f" (isolated pool {pool.bucket})" if pool.bucket else "")
    return table(["", ">value"], [*((name, money(amount)) for name, amount in pool.kinds), _sum(pool.value)], title)


def _level(level: LevelReport, pool: PoolReport, currency: str) -> str:
    title = f"{level.name.capitalize()} margin, in {currency}" + (f" ({pool.bucket})" if pool.bucket else "")
    rows = [(name, money(amount)) for name, amount in level.parts]
    rows += [("requirement", money(level.requirement)), ("equity", money(level.equity))]
    rows.append(("headroom", money(level.headroom) + ("" if level.meets else "  MISSED")))
    return table(["", ">amount"], rows, title)


def _sum(value: Decimal) -> tuple[str, str]:
    return ("total", money(value))


def comparison(before: MarginReport, after: MarginReport, currency: str) -> str:
    """Two explanations of one account side by side."""
    rows = []
    for old_pool, new_pool in zip(before.pools, after.pools, strict=True):
        for old, new in zip(old_pool.levels, new_pool.levels, strict=True):
            where = f" ({new_pool.bucket})" if new_pool.bucket else ""
            for name in ("equity", "requirement", "headroom"):
                a, b = getattr(old, name), getattr(new, name)
                rows.append((f"{old.name} {name}{where}", money(a), money(b), f"{b - a:+,.2f}"))
    title = f"Before and after, in {currency}: {before.state} -> {after.state}"
    return table(["", ">before", ">after", ">change"], rows, title)


def verdict(claim: Any, checked: Any) -> str:
    """What a verifier has accepted, and what it has not looked at."""
    lines = [
        coloured("accepted", "green") + f": {claim.shows.sentence}",
        f"  account    {printable(claim.account)}, {plural(len(claim.commitments), 'commitment')}",
        f"  shown to   {printable(claim.venue)}, nonce {printable(claim.nonce)}",
        f"  dated      {claim.issued}, expires {claim.expires}",
        f"  book       {short(claim.book)}   snapshot {short(claim.snapshot)}   model {short(claim.model)}",
        f"  statement  {short(checked.shown.statement)}   system {short(claim.system)}",
        f"  snapshot   signed by {short(checked.snapshot_signer)}" if checked.snapshot_signer else "",
        f"  holdings   attested by {', '.join(map(short, checked.attester.split(', ')))}" if checked.attester else "",
        f"  arithmetic {checked.shown.arithmetic}",
        f"  not asked  {', '.join(checked.not_asked).replace('_', ' ')}" if checked.not_asked else "",
    ]
    return "\n".join(line for line in lines if line)
