"""Ready parameters named after the engines they follow: as published, not endorsed by them.

    preset("derive-pmrm2")

Each carries its source and the date it was read there; what an engine does beyond its preset stands in the preset's
docstring and in docs/models.md.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import MarginModel


def _made_in(module: str, function: str) -> Callable[[], MarginModel]:
    """A preset that is imported, with its family, when it is made."""

    def make() -> MarginModel:
        made: MarginModel = getattr(import_module(f"zkmargin.circuits.models.presets.{module}"), function)()
        return made

    return make


PRESETS: dict[str, Callable[[], MarginModel]] = {
    "starkex": _made_in("linear", "starkex"),
    "starknet-perpetual": _made_in("linear", "starknet_perpetual"),
    "dydx-v4": _made_in("linear", "dydx_v4"),
    "hyperliquid": _made_in("linear", "hyperliquid"),
    "drift-v2": _made_in("lending", "drift_v2"),
    "mango-v4": _made_in("lending", "mango_v4"),
    "derive-pmrm2": _made_in("grids", "derive_pmrm2"),
    "deribit-pm": _made_in("grids", "deribit_pm"),
    "okx-pm": _made_in("grids", "okx_pm"),
    "paradex-pm": _made_in("grids", "paradex_pm"),
    "span-like": _made_in("grids", "span_like"),
    "tims-like": _made_in("grids", "tims_like"),
    "historical-es": _made_in("statistical", "historical_es"),
    "reya-like": _made_in("statistical", "reya_like"),
}


def preset(name: str) -> MarginModel:
    """The preset of this name."""
    if name not in PRESETS:
        raise InvalidInput(f"preset: there are {', '.join(PRESETS)}")
    return PRESETS[name]()
