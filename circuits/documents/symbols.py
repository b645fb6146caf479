"""Instrument names in the style ccxt made common, and what they say.

BTC                              an asset
BTC/USDC                         spot
BTC/USDC:USDC                    perpetual, settled in USDC
BTC/USDC:USDC-261225             future of 25 December 2026
BTC/USD:BTC-261225-100000-C      call at 100000, settled in BTC
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_ASSET = "[A-Za-z0-9]{1,20}"
_SYMBOL = re.compile(
    rf"(?P<base>{_ASSET})(/(?P<quote>{_ASSET})(:(?P<settle>{_ASSET})"
    r"(-(?P<date>[0-9]{6})(-(?P<strike>(0|[1-9][0-9]{0,19})(\.[0-9]{0,17}[1-9])?)-(?P<side>[CP]))?)?)?)?",
    re.ASCII,
)

KINDS = ("cash", "collateral", "spot", "perpetual", "future", "option")


@dataclass(frozen=True)
class Symbol:
    """A parsed name; `shape` is `asset`, `spot`, `perpetual`, `future` or `option`."""

    text: str
    shape: str
    base: str
    quote: str | None = None
    settle: str | None = None
    date: str | None = None
    strike: Decimal | None = None
    is_call: bool | None = None


def parse_symbol(text: str) -> Symbol:
    """The parts of an instrument name; refuses anything but the five shapes above."""
    match = _SYMBOL.fullmatch(text) if len(text) <= 120 else None
    if match is None:
        raise ValueError("not an instrument such as BTC, BTC/USDC, BTC/USDC:USDC or BTC/USD:BTC-261225-100000-C")
    parts = match.groupdict()
    given = [name for name in ("quote", "settle", "date", "strike") if parts[name] is not None]
    strike = Decimal(parts["strike"]) if parts["strike"] else None
    if strike is not None and strike == 0:
        raise ValueError("an option needs a strike above zero")
    return Symbol(
        text=text,
        shape=("asset", "spot", "perpetual", "future", "option")[len(given)],
        base=parts["base"],
        quote=parts["quote"],
        settle=parts["settle"],
        date=parts["date"],
        strike=strike,
        is_call=parts["side"] == "C" if strike is not None else None,
    )


def kind_fits(kind: str, symbol: Symbol) -> bool:
    """Cash and collateral are assets; every other kind is its own shape of name."""
    return symbol.shape == ("asset" if kind in ("cash", "collateral") else kind)
