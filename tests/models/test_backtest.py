"""Backtests: realised moves, the two judgements of breaches, and what netting saved."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from linear_samples import model as linear_model
from statistical_samples import correlated

from zkmargin.circuits.documents import Book, Portfolio, Snapshot
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.backtest import Backtest, kupiec, run, traffic_light
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.presets import preset

SYMBOLS = ("A/USD:USD", "B/USD:USD")
BOOK = Book.build(
    name="test",
    currency="USD",
    entries=[{"kind": "cash", "symbol": "USD", "decimals": 2}]
    + [{"kind": "perpetual", "symbol": symbol, "decimals": 0} for symbol in SYMBOLS],
)


def snapshot(day: int, prices: Sequence[int]) -> Snapshot:
    """Prices of both instruments, and their exposures: each is its own factor."""
    return Snapshot.build(
        book=BOOK.digest,
        time=f"2026-01-{day + 1:02}T00:00:00Z",
        source="a test",
        instruments=[{"symbol": "USD", "price": "1"}]
        + [{"symbol": symbol, "price": str(price)} for symbol, price in zip(SYMBOLS, prices, strict=True)],
        scenarios={
            "grid": "exposures",
            "decimals": 0,
            "rows": ["delta A", "delta B"],
            "values": [[0, prices[0], 0], [0, 0, prices[1]]],
        },
    )


def backtest(model: MarginModel, sizes: tuple[int, int], path: Sequence[tuple[int, int]]) -> Backtest:
    portfolio = Portfolio.from_units(BOOK, (10_000, *sizes))
    return run(model, BOOK, [snapshot(day, prices) for day, prices in enumerate(path)], portfolio)


RATE = linear_model(markets=[{"symbol": "*", "rates": ["0.1"]}], levels=[{"name": "maintenance"}])


def test_days_are_requirement_and_what_then_happened() -> None:
    found = backtest(RATE, (3, 0), [(100, 50), (91, 50), (80, 50), (90, 50)])
    assert [day.requirement for day in found.days] == [30, Fraction(273, 10), 24]
    assert [day.realised for day in found.days] == [-27, -33, 30]
    assert [day.breach for day in found.days] == [False, True, False]
    assert found.breaches == 1
    assert [day.time for day in found.days] == [f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3)]


def test_a_loss_equal_to_the_requirement_is_no_breach() -> None:
    assert backtest(RATE, (1, 0), [(100, 1), (90, 1)]).breaches == 0
    assert backtest(RATE, (10, 0), [(100, 1), (89, 1)]).breaches == 1


def test_gross_margins_save_nothing() -> None:
    found = backtest(RATE, (3, -5), [(100, 50), (101, 55)])
    assert found.days[0].saved == 0
    assert found.netting_breaches == 0


def test_netting_saves_until_it_breaks() -> None:
    """A long against a short of two instruments that moved as one, until the day they did not."""
    model = correlated(
        factors=["A", "B"],
        volatilities=["0.1", "0.1"],
        correlations=[["1", "0.99"], ["0.99", "1"]],
        levels=[{"name": "maintenance", "multiplier": "2"}],
    )
    found = backtest(model, (10, -10), [(100, 100), (104, 103), (95, 101)])
    together, broke = found.days
    assert float(together.requirement) == pytest.approx(2 * 1000 * 0.1 * (2 - 2 * 0.99) ** 0.5, abs=0.02)
    assert together.apart == 400
    assert together.saved == 400 - together.requirement
    assert not together.breach
    assert broke.realised == 10 * -9 - 10 * -2
    assert broke.breach
    assert broke.netting_broke
    assert (found.breaches, found.netting_breaches) == (1, 1)


def test_balances_count_in_what_positions_need_apart() -> None:
    """With one position and no netting, apart is the requirement, haircuts of balances included."""
    found = backtest(preset("starkex"), (1, 0), [(100, 50), (101, 50)])
    assert found.days[0].apart == found.days[0].requirement > 0
    assert found.days[0].realised == Fraction(1, 1 << 32)


@pytest.mark.parametrize(
    ("breaches", "zone"), [(0, "green"), (4, "green"), (5, "yellow"), (9, "yellow"), (10, "red"), (250, "red")]
)
def test_the_traffic_light_of_a_year(breaches: int, zone: str) -> None:
    """The Basel Committee's table for 250 days at 99 per cent."""
    assert traffic_light(250, breaches, 0.01) == zone


@pytest.mark.parametrize(
    ("days", "breaches", "expected", "statistic"),
    [(250, 5, 0.01, 1.9568), (250, 7, 0.01, 5.4970), (1000, 10, 0.01, 0.0), (250, 0, 0.01, 5.0252)],
)
def test_kupiec(days: int, breaches: int, expected: float, statistic: float) -> None:
    assert kupiec(days, breaches, expected) == pytest.approx(statistic, abs=2e-3)


def test_judgement_of_a_run() -> None:
    steady = backtest(RATE, (1, 0), [(100 + day % 2, 50) for day in range(30)])
    assert (steady.breaches, steady.zone, steady.kupiec_accepts) == (0, "green", True)
    falling = backtest(RATE, (1, 0), [(10_000 >> day, 50) for day in range(10)])
    assert (falling.breaches, falling.zone, falling.kupiec_accepts) == (9, "red", False)


def test_backtests_print_nothing_private() -> None:
    found = backtest(RATE, (3, 0), [(100, 50), (91, 50)])
    assert repr(found) == object.__repr__(found)
    assert repr(found.days[0]) == object.__repr__(found.days[0])


def test_refusals() -> None:
    portfolio = Portfolio.from_units(BOOK, (0, 1, 0))
    first, second = snapshot(0, (1, 1)), snapshot(1, (1, 1))
    for series, message in (
        ([first], "at least two"),
        ([second, first], "in order of time"),
        ([first, first], "order"),
    ):
        with pytest.raises(InvalidInput, match=message):
            run(RATE, BOOK, series, portfolio)
    with pytest.raises(InvalidInput, match="expected"):
        run(RATE, BOOK, [first, second], portfolio, expected=Fraction(1))
