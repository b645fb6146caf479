"""The demonstration's data, made from a fixed seed: a book, its market, a margin model, a hedged trader.

Nothing in it is anybody's market; the numbers are only of a plausible size.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

from zkmargin.circuits.documents import Book, Portfolio, decimal_text, epoch_seconds, from_units
from zkmargin.circuits.documents.quotes import Quotes
from zkmargin.circuits.models.scenario_grid import ScenarioGrid

SEED = 20_261_120
CURRENCY = "USDC"
TIME = "2026-11-20T08:00:00Z"
YESTERDAY = "2026-11-19T08:00:00Z"
EXPIRIES = ("2026-12-25T08:00:00Z", "2027-03-26T08:00:00Z", "2027-06-25T08:00:00Z")
COLLATERAL = {"BTC": ("92000", 8), "ETH": ("3050", 8), "PAXG": ("4080", 8), "SOL": ("138.5", 8), "USDT": ("0.9994", 6)}
UNDERLYINGS = ("BTC", "ETH")
STRIKES = {"BTC": (80000, 90000, 100000, 120000), "ETH": (2500, 3000, 3500, 4500)}
LEVEL = {"BTC": 0.46, "ETH": 0.62}
RATE = "0.042"
YEAR = 365 * 86_400
TRADES = """symbol,amount,price
BTC/USDC:USDC,-0.5,92010
BTC/USDC:USDC-261225-90000-P,2,
"""


def demo_book() -> Book:
    """64 entries: cash, five collateral assets, spot, perpetuals, dated futures, and a grid of options."""
    entries: list[dict[str, Any]] = [{"kind": "cash", "symbol": CURRENCY, "decimals": 6}]
    entries += [{"kind": "collateral", "symbol": asset, "decimals": own[1]} for asset, own in COLLATERAL.items()]
    entries += [{"kind": "spot", "symbol": f"{asset}/{CURRENCY}", "decimals": 6} for asset in UNDERLYINGS]
    entries += [
        {"kind": "perpetual", "symbol": f"{asset}/{CURRENCY}:{CURRENCY}", "decimals": 4} for asset in UNDERLYINGS
    ]
    for asset in UNDERLYINGS:
        entries += [
            {"kind": "future", "symbol": _dated(asset, expiry), "decimals": 4, "expiry": expiry} for expiry in EXPIRIES
        ]
    entries += [
        {"kind": "option", "symbol": f"{_dated(asset, expiry)}-{strike}-{side}", "decimals": 2, "expiry": expiry}
        for asset, expiry, strike, side in _options()
    ]
    return Book.build(name="demo exchange", currency=CURRENCY, entries=entries)


def demo_quotes(time: str = TIME) -> Quotes:
    """A market with a smile that is higher for low strikes and steeper for near expiries; spots drift by the day."""
    drift = (epoch_seconds(time) - epoch_seconds(TIME)) / 86_400
    noise = random.Random(SEED)
    spots = [
        {"asset": asset, "price": _text(float(price) * (1 + (0.011 * drift if asset in UNDERLYINGS else 0)), 2)}
        for asset, (price, _) in COLLATERAL.items()
    ]
    terms = [
        {
            "underlying": asset,
            "expiry": expiry,
            "forward": _text(_forward(asset, expiry, time), 2),
            "rate": RATE,
            "volatilities": [
                {"strike": str(strike), "volatility": _text(_smile(asset, expiry, strike, time, noise), 4)}
                for strike in STRIKES[asset]
            ],
        }
        for asset in UNDERLYINGS
        for expiry in EXPIRIES
    ]
    return Quotes.build(time=time, source="demonstration, seed 20261120", currency=CURRENCY, spots=spots, terms=terms)


def demo_model() -> ScenarioGrid:
    """Portfolio margin over 27 scenarios: nine moves of spot, volatility up, unchanged and down."""
    moves = ("-0.3", "-0.2", "-0.1", "-0.05", "0", "0.05", "0.1", "0.2", "0.3")
    grid = [
        {
            "name": f"spot {move} vol {volatility}",
            "move": move,
            "volatility": volatility,
            "weight": "0.6" if move in ("-0.3", "0.3") else "1",
        }
        for move in moves
        for volatility in ("down", "none", "up")
    ]
    return ScenarioGrid.build(
        family="scenario-grid",
        name="demo-grid",
        engine="the demonstration",
        source="made up; of the usual shape and size",
        as_of="2026-11-01",
        scenarios=grid,
        shocks={"up": "0.45", "down": "0.3", "short_power": "0.3", "long_power": "0.13"},
        basis={"up": "0.02", "down": "-0.02", "add": "1", "per_year": "0.5"},
        levels=[
            {"name": "initial", "loss_factor": "1.25", "linear": "0.01", "naked_options": "0.01"},
            {"name": "maintenance", "loss_factor": "1", "linear": "0.005", "naked_options": "0.005"},
        ],
        collateral=[
            {"asset": asset, "underlying": asset, "offsets": asset in UNDERLYINGS, "haircuts": haircuts}
            for asset, haircuts in _haircuts()
        ],
    )


def demo_positions(book: Book) -> Portfolio:
    """A trader who is short options, hedges their delta with perpetuals and futures, and holds mixed collateral.

    What was paid and received for positions is in the cash, so that value is cash plus sizes times prices.
    """
    draw = random.Random(SEED + 1)
    rows = {CURRENCY: "712500", "BTC": "1.75", "ETH": "22.5", "PAXG": "6", "USDT": "40000"}
    rows |= {"BTC/USDC": "0.35", "BTC/USDC:USDC": "-5.2", "ETH/USDC:USDC": "-20"}
    rows |= {_dated("BTC", EXPIRIES[0]): "1.5", _dated("ETH", EXPIRIES[1]): "40"}
    for asset, expiry, strike, side in _options():
        if draw.random() < 0.55:
            size = draw.randint(-24, 16) / (4 if asset == "BTC" else 1)
            rows[f"{_dated(asset, expiry)}-{strike}-{side}"] = f"{size:g}"
    listed = ((symbol, {"symbol": symbol, "amount": amount}) for symbol, amount in rows.items() if amount != "0")
    return Portfolio.from_rows(book, listed)


def demo_legs(book: Book) -> dict[str, Portfolio]:
    """One trader at two venues: long five bitcoin here, short five there, too little cash for either alone."""
    perpetual = f"BTC/{CURRENCY}:{CURRENCY}"
    legs = {"harbour": {CURRENCY: "-452000", perpetual: "5"}, "island": {CURRENCY: "476000", perpetual: "-5"}}
    return {
        venue: Portfolio.from_rows(
            book, [(symbol, {"symbol": symbol, "amount": amount}) for symbol, amount in rows.items()]
        )
        for venue, rows in legs.items()
    }


def demo_customers(book: Book, trader: Sequence[int]) -> dict[str, list[int]]:
    """The account vectors of all others at the trader's venue: the last of them takes the other side of everything."""
    draw = random.Random(SEED + 2)
    derivatives = [place for place, entry in enumerate(book.entries) if entry.kind in ("perpetual", "future", "option")]
    cash, bitcoin = book.index(CURRENCY), book.index("BTC")
    vectors = {}
    for name in ("bruno", "carla", "dario", "edith", "maker"):
        vector = [0] * len(book.entries)
        vector[cash] = draw.randint(200, 900) * 1000 * 10 ** book.entries[cash].decimals
        vector[bitcoin] = draw.randint(0, 8) * 10 ** book.entries[bitcoin].decimals // 4
        for place in draw.sample(derivatives, 12):
            vector[place] = draw.randint(-8, 8) * 10 ** book.entries[place].decimals // 8
        vectors[name] = vector
    for place in derivatives:
        others = sum(vector[place] for name, vector in vectors.items() if name != "maker")
        vectors["maker"][place] = -trader[place] - others
    return vectors


def _options() -> Iterator[tuple[str, str, int, str]]:
    for asset in UNDERLYINGS:
        for expiry in EXPIRIES:
            for strike in STRIKES[asset]:
                yield from ((asset, expiry, strike, side) for side in "CP")


def _dated(asset: str, expiry: str) -> str:
    return f"{asset}/{CURRENCY}:{CURRENCY}-{expiry[2:10].replace('-', '')}"


def _years(expiry: str, time: str) -> float:
    return (epoch_seconds(expiry) - epoch_seconds(time)) / YEAR


def _forward(asset: str, expiry: str, time: str) -> float:
    return float(COLLATERAL[asset][0]) * math.exp(float(RATE) * _years(expiry, time))


def _smile(asset: str, expiry: str, strike: int, time: str, noise: random.Random) -> float:
    years = _years(expiry, time)
    k = math.log(strike / _forward(asset, expiry, time)) / math.sqrt(years)
    return LEVEL[asset] * (1 + 0.06 * k * k - 0.05 * k) + 0.02 * years + noise.uniform(-0.004, 0.004)


def _haircuts() -> list[tuple[str, list[str]]]:
    shares = {"BTC": ("0.08", "0.05"), "ETH": ("0.1", "0.06"), "PAXG": ("0.12", "0.08"), "SOL": ("0.25", "0.18")}
    return [(asset, list(shares.get(asset, ("0.02", "0.01")))) for asset in COLLATERAL]


def _text(number: float, decimals: int) -> str:
    return decimal_text(from_units(round(number * 10**decimals), decimals))
