"""Margin models by name: those of the engines people use, and the one of the demonstration."""

from __future__ import annotations

from collections.abc import Callable

from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.presets import PRESETS
from zkmargin.cli.sample import demo_model

MODELS: dict[str, Callable[[], MarginModel]] = {**PRESETS, "demo-grid": demo_model}
