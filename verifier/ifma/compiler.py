"""How the vector kernels are compiled and kept: as those of the portable field are, under the digest of these sources.

Every kernel contains code that the generator emitted, so a change in any file of the package makes all of them stale.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import njit

from zkmargin.verifier.field import compiler

_settings: Any = numba.config
_njit: Any = njit

# A function for kernels to call is the same to both kinds of kernels.
helper = compiler.helper


def kernel(function: Callable[..., Any]) -> Any:
    usual = _settings.CACHE_DIR
    _settings.CACHE_DIR = str(cache_directory() or usual)
    try:
        return _njit(cache=True, **compiler.SETTINGS)(function)
    finally:
        _settings.CACHE_DIR = usual


@cache
def cache_directory() -> Path | None:
    """Beside the directory of the portable kernels, if that can be written to."""
    beside = compiler.cache_directory()
    if beside is None:
        return None
    # numba keeps kernels by the path of their sources: another checkout of the same sources has to compile its own.
    # Kernels here also call functions of the portable field: its state is part of theirs.
    sink = hashlib.sha256(os.fsencode(Path(__file__).parent) + os.fsencode(beside.name))
    for source in sorted(Path(__file__).parent.glob("*.py")):
        sink.update(source.read_bytes())
    directory = beside.parent / f"ifma-{sink.hexdigest()[:16]}"
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return None
    return directory if os.access(directory, os.W_OK) else None


def marker() -> Path | None:
    """The file that says that all kernels are kept for this numba and this processor."""
    beside, directory = compiler.marker(), cache_directory()
    return directory / beside.name if beside is not None and directory is not None else None
