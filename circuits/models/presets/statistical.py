"""Margins from recorded moves and from correlations: shapes with example numbers; the data are the user's own."""

from __future__ import annotations

from zkmargin.circuits.models.correlated import Correlated
from zkmargin.circuits.models.shortfall import HistoricalShortfall

AS_OF = "2026-11-20"


def historical_es() -> HistoricalShortfall:
    """Expected shortfall at 97.5 per cent, the larger of 250 recent and 250 stressed days; initial for ten days.

    The level and the stressed window follow the market-risk standard of the Basel Committee; the ten-day factor is the
    square root of ten.
    """
    return HistoricalShortfall.build(
        family="historical-shortfall",
        name="historical-es",
        engine="Basel Committee",
        source="Basel Framework MAR33, expected shortfall at 97.5 per cent; windows and factors are examples",
        as_of=AS_OF,
        measure="expected shortfall",
        windows=[
            {"name": "recent", "days": 250, "confidence": "0.975"},
            {"name": "stress", "days": 250, "confidence": "0.975"},
        ],
        levels=[{"name": "initial", "factor": "3.1623"}, {"name": "maintenance", "factor": "1"}],
    )


def reya_like() -> Correlated:
    """A quadratic form in the manner of Reya's: margin is a multiple of sqrt(E' A E), with a stress of correlations.

    The venue's own matrix is private to its deployment; volatilities and correlations here are examples.
    """
    return Correlated.build(
        family="correlated",
        name="reya-like",
        engine="Reya",
        source="public documentation of the quadratic margin form; matrix and multipliers are examples",
        as_of=AS_OF,
        factors=["BTC", "ETH", "SOL"],
        volatilities=["0.04", "0.05", "0.07"],
        correlations=[["1", "0.85", "0.7"], ["0.85", "1", "0.75"], ["0.7", "0.75", "1"]],
        blends=[{"towards": "one", "share": "0.5"}, {"towards": "zero", "share": "0.5"}],
        levels=[{"name": "initial", "multiplier": "3"}, {"name": "maintenance", "multiplier": "2"}],
    )
