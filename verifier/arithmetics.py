"""Choosing an arithmetic: by name, by the environment, or the fastest one this machine can run.

ifma         eight lanes at a time with AVX-512 IFMA, where the processor has it
portable     numba kernels and the arkworks library; runs everywhere
reference    Python integers and py_ecc; slow, obvious, independent: what an auditor compares with
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

from zkmargin.circuits.errors import InvalidInput
from zkmargin.verifier.arithmetic import Arithmetic

ENVIRONMENT = "ZKMARGIN_ARITHMETIC"


@cache
def available() -> tuple[str, ...]:
    """The names this machine can run, the fastest first."""
    from zkmargin.verifier import ifma

    return tuple(name for name in _LOADERS if name != "ifma" or ifma.available())


def select(name: str | None = None) -> Arithmetic:
    """The arithmetic called `name`; without a name the one the environment asks for, or the fastest there is."""
    chosen = name or os.environ.get(ENVIRONMENT) or available()[0]
    if chosen not in _LOADERS:
        raise InvalidInput(f"arithmetic: {chosen!r} is not one of {', '.join(_LOADERS)}")
    if chosen not in available():
        raise InvalidInput(f"arithmetic: this machine cannot run {chosen!r}; it has {', '.join(available())}")
    return _load(chosen)


@cache
def _load(name: str) -> Arithmetic:
    return _LOADERS[name]()


# Each arithmetic brings heavy libraries: only the chosen one is imported.


def _ifma() -> Arithmetic:
    from zkmargin.verifier.ifma.field import IfmaField
    from zkmargin.verifier.ifma.group import IfmaGroup

    return Arithmetic("ifma", IfmaField(), IfmaGroup())


def _portable() -> Arithmetic:
    from zkmargin.verifier.field.portable import PortableField
    from zkmargin.verifier.group import ArkGroup

    return Arithmetic("portable", PortableField(), ArkGroup())


def _reference() -> Arithmetic:
    from zkmargin.verifier.reference_field import ReferenceField
    from zkmargin.verifier.reference_group import ReferenceGroup

    return Arithmetic("reference", ReferenceField(), ReferenceGroup())


_LOADERS: dict[str, Callable[[], Arithmetic]] = {"ifma": _ifma, "portable": _portable, "reference": _reference}
