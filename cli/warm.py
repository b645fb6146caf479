"""The first run on a machine: kernels are compiled once, people are told, and a marker remembers that it was done."""

from __future__ import annotations

import importlib
from collections.abc import Callable

PACKAGES = {"ifma": "zkmargin.verifier.ifma", "portable": "zkmargin.verifier.field"}
"""Where the kernels of an arithmetic are; the reference has none."""


def warm(name: str, tell: Callable[[str], None]) -> None:
    """Compile the kernels of an arithmetic, unless that has been done before."""
    if name not in PACKAGES:
        return
    # The marker is looked at without importing what compiles: a warm start stays quick.
    marker = importlib.import_module(f"{PACKAGES[name]}.compiler").marker()
    if marker is not None and marker.exists():
        return
    tell(f"first run: compiling the {name} kernels (about ten seconds; they are kept for later runs)")
    importlib.import_module(f"{PACKAGES[name]}.warmup").warm_up(lambda step: tell(f"  {step}"))
