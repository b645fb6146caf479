"""Pictures of an account for its owner: profit and loss over spot and volatility, the margin waterfall, headroom."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.models.backtest import Backtest
from zkmargin.cli.explain import LevelReport, MarginReport
from zkmargin.cli.revalue import profit_surface

INK, GRID, GOOD, BAD, CALM, PALE = "#1f2933", "#d9dee4", "#1b7f5c", "#b3352b", "#3b6ea5", "#93b1cf"
MOVES = np.linspace(-0.4, 0.4, 81)
VOLATILITY_MOVES = np.linspace(-0.5, 1.0, 61)
FORMATS = ("svg", "png")


Pictures = dict[str, Callable[[], Any]]


def pictures(report: MarginReport, book: Book, snapshot: Snapshot, units: Sequence[int]) -> Pictures:
    """Every picture by its name; each is drawn when it is called."""
    return {
        "surface": lambda: surface(book, snapshot, units),
        "waterfall": lambda: waterfall(report, book.currency),
        "headroom": lambda: headroom(report, book.currency),
    }


def draw(figure: Any, file_format: str) -> bytes:
    """A figure as the bytes of a file, the same bytes every time."""
    import matplotlib as mpl

    sink = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "zkmargin", "svg.fonttype": "none", "font.family": "sans-serif"}):
        plain = {"Date": None} if file_format == "svg" else {"Software": None}
        figure.savefig(sink, format=file_format, dpi=130, metadata=plain)
    return sink.getvalue()


def surface(book: Book, snapshot: Snapshot, units: Sequence[int]) -> Any:
    """Profit and loss if all spots and all volatilities moved together."""
    values = profit_surface(book, snapshot, units, MOVES, VOLATILITY_MOVES)
    figure, axes = _canvas((6.4, 4.2))
    most = max(float(np.abs(values).max()), 1e-9)
    filled = axes.contourf(MOVES * 100, VOLATILITY_MOVES * 100, values, 24, cmap="RdBu", vmin=-most, vmax=most)
    if values.min() < 0 < values.max():
        axes.contour(MOVES * 100, VOLATILITY_MOVES * 100, values, levels=[0.0], colors=INK, linewidths=1.0)
    axes.plot([0], [0], marker="+", color=INK, markersize=9)
    axes.set(xlabel="spot move, %", ylabel="volatility move, %")
    axes.set_title(f"Profit and loss, {book.currency} (line: break even)", loc="left", fontsize=10)
    bar = figure.colorbar(filled, ax=axes, format=_thousands())
    bar.outline.set_visible(False)
    return figure


def waterfall(report: MarginReport, currency: str) -> Any:
    """From what the account holds, through what the rule takes off, to what is left."""
    pool, level = report.pools[0], report.level()
    steps = [(name, amount, CALM if amount >= 0 else PALE) for name, amount in pool.kinds]
    totals = {len(steps): ("equity", level.equity)}
    steps += [(name, -amount, BAD) for name, amount in level.parts]
    figure, axes = _canvas((6.4, 0.34 * (len(steps) + 2) + 1.1))
    labels, at, row = [], Decimal(0), 0
    for index, (name, amount, colour) in enumerate([*steps, ("", Decimal(0), CALM)]):
        if index in totals:
            name_of, total = totals[index]
            _bar(axes, row, Decimal(0), total, INK)
            labels.append(name_of)
            at, row = total, row + 1
        if name:
            _bar(axes, row, at, amount, colour)
            labels.append(name)
            at, row = at + amount, row + 1
    _bar(axes, row, Decimal(0), level.headroom, GOOD if level.meets else BAD)
    labels.append("headroom")
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.xaxis.set_major_formatter(_thousands())
    axes.set_title(f"{level.name.capitalize()} margin, {currency}", loc="left", fontsize=10)
    return figure


def headroom(report: MarginReport, currency: str) -> Any:
    """Equity against the requirement of each level."""
    levels = [level for pool in report.pools for level in pool.levels]
    figure, axes = _canvas((6.4, 0.5 * len(levels) + 1.2))
    for row, level in enumerate(levels):
        _requirement_bar(axes, row, level)
    axes.set_yticks(range(len(levels)), [level.name for level in levels], fontsize=8)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(_thousands())
    axes.set_title(f"Requirement (bar) and equity (line), {currency}", loc="left", fontsize=10)
    return figure


def days(found: Backtest, currency: str) -> Any:
    """Requirement and realised loss, day by day; a dot marks a loss that exceeded its requirement."""
    figure, axes = _canvas((6.4, 3.4))
    places = list(range(len(found.days)))
    losses = [max(-float(day.realised), 0.0) for day in found.days]
    required = [float(day.requirement) for day in found.days]
    apart = [float(day.apart) for day in found.days]
    axes.fill_between(places, required, apart, step="mid", color=PALE, alpha=0.4, linewidth=0, label="saved by netting")
    axes.step(places, required, where="mid", color=INK, linewidth=1.2, label="requirement")
    axes.bar(places, losses, width=0.7, color=CALM, label="then lost")
    broken = [place for place in places if found.days[place].breach]
    axes.plot(broken, [losses[place] for place in broken], "o", color=BAD, markersize=5, label="breach")
    axes.yaxis.set_major_formatter(_thousands())
    shown = places[:: max(1, len(places) // 6)]
    axes.set_xticks(shown, [found.days[place].time[:10] for place in shown])
    axes.set_title(f"Margin and what was then lost, {currency}", loc="left", fontsize=10)
    axes.legend(fontsize=7, frameon=False)
    return figure


def _requirement_bar(axes: Any, row: int, level: LevelReport) -> None:
    axes.barh(row, float(level.requirement), color=GOOD if level.meets else BAD, height=0.5, alpha=0.85)
    axes.plot([float(level.equity)] * 2, [row - 0.38, row + 0.38], color=INK, linewidth=2)


def _bar(axes: Any, row: int, start: Decimal, amount: Decimal, colour: str) -> None:
    axes.barh(row, float(amount), left=float(start), color=colour, height=0.62)


def _canvas(size: tuple[float, float]) -> tuple[Any, Any]:
    """A figure without a window system; pyplot, which looks for one and is slow to import, is not used."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.tick_params(labelsize=8, colors=INK, length=0)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _thousands() -> Any:
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: f"{value:,.0f}")
