"""Margin models: one family of rules a file, each written once in the vocabulary of `circuits`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from zkmargin.circuits.canonical import load
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import MarginModel

_WHERE = {
    "linear-cross": ("linear", "LinearCross"),
    "scenario-grid": ("scenario_grid", "ScenarioGrid"),
    "weighted-health": ("weighted", "WeightedHealth"),
    "historical-shortfall": ("shortfall", "HistoricalShortfall"),
    "correlated": ("correlated", "Correlated"),
    "combination": ("combined", "Combination"),
}


class _Families(Mapping[str, type[MarginModel]]):
    """Imports a family when it is asked for: building the classes of all of them takes longer than a proof."""

    def __getitem__(self, family: str) -> type[MarginModel]:
        module, name = _WHERE[family]
        found: type[MarginModel] = getattr(import_module(f"zkmargin.circuits.models.{module}"), name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_WHERE)

    def __len__(self) -> int:
        return len(_WHERE)


FAMILIES: Mapping[str, type[MarginModel]] = _Families()
"""The model of each family."""


def parse_model(data: bytes | str) -> MarginModel:
    """The model in a parameter file of any family."""
    value = load(data)
    family = value.get("family") if isinstance(value, dict) else None
    if not isinstance(family, str) or family not in FAMILIES:
        raise InvalidInput(f"family: there are {', '.join(FAMILIES)}")
    return FAMILIES[family].parse(data)
