"""Compiling all vector kernels at a moment of the caller's choice, and saying so: on a first run it takes seconds."""

from __future__ import annotations

from zkmargin.verifier.field.warmup import Progress, Steps, field_steps, run
from zkmargin.verifier.ifma import compiler


def kernels_cached() -> bool:
    """Whether a warm-up has been completed before: then there is nothing to compile."""
    marker = compiler.marker()
    return marker is not None and marker.exists()


def warm_up(progress: Progress | None = None) -> None:
    """Run everything once on tiny inputs; `progress` is told what comes next."""
    run("vector kernels", _steps, compiler.marker(), progress, __name__)


def take_last_step() -> None:
    """What another process does of a warm-up."""
    from zkmargin.verifier.ifma.field import IfmaField

    (*_, last) = field_steps(IfmaField()).values()
    last()


def _steps() -> Steps:
    from zkmargin.verifier.ifma.steps import steps

    return steps()
