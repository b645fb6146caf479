"""Scenario values for a model's grid: computed for a new snapshot, or computed again and compared."""

from __future__ import annotations

from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.grid_parameters import GridParameters
from zkmargin.circuits.models.grid_pricing import check_scenarios, with_scenarios


def with_model_scenarios(model: MarginModel, book: Book, snapshot: Snapshot) -> Snapshot:
    """The snapshot with the scenarios a model needs; models that need none leave it as it is."""
    return with_scenarios(model, book, snapshot) if isinstance(model, GridParameters) else snapshot


def check_model_scenarios(model: MarginModel, book: Book, snapshot: Snapshot) -> str:
    """What comparing the scenario values has shown; a difference of more than one unit is refused."""
    if not isinstance(model, GridParameters):
        return f"model {model.name} prices no scenarios"
    check_scenarios(model, book, snapshot)
    return f"all {len(model.rows) * len(snapshot.instruments):,} scenario values follow from its market"
