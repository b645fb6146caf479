"""How kernels are compiled: by numba, when first called, without the interpreter lock, and kept on disk afterwards.

numba keeps the compiled code of a function for as long as the file of that function does not change. Kernels also
depend on the code generator in another file, so here each state of all the sources has a directory of its own.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import njit

_settings: Any = numba.config
_njit: Any = njit

# Divisors are never zero here; the other error model would compile a check, and the string that reports it, into each
# function. No function is called from C, and only kernels are called from Python. They own no arrays, so nothing need
# count who holds those of the caller.
SETTINGS: dict[str, Any] = {"_nrt": False, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def helper(function: Callable[..., Any]) -> Any:
    """For functions that only kernels call: compiled into them."""
    return _njit(no_cpython_wrapper=True, **SETTINGS)(function)


def kernel(function: Callable[..., Any]) -> Any:
    usual = _settings.CACHE_DIR
    # numba reads the setting when a function is declared; without a directory of ours it chooses one itself.
    _settings.CACHE_DIR = str(cache_directory() or usual)
    try:
        return _njit(cache=True, **SETTINGS)(function)
    finally:
        _settings.CACHE_DIR = usual


@cache
def cache_directory() -> Path | None:
    """Where the kernels are kept: below `NUMBA_CACHE_DIR` or the user's cache, if that can be written to."""
    # numba keeps kernels by the path of their sources: another checkout of the same sources has to compile its own.
    sink = hashlib.sha256(os.fsencode(Path(__file__).parent))
    for source in sorted(Path(__file__).parent.glob("*.py")):
        sink.update(source.read_bytes())
    directory = _base() / f"kernels-{sink.hexdigest()[:16]}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return directory if os.access(directory, os.W_OK) else None


def marker() -> Path | None:
    """The file that says that all kernels are kept for this numba and this processor."""
    from llvmlite import binding  # type: ignore[import-untyped]

    directory = cache_directory()
    return directory and directory / f"complete-{numba.__version__}-{binding.get_host_cpu_name()}"


def _base() -> Path:
    if _settings.CACHE_DIR:
        return Path(_settings.CACHE_DIR) / "zkmargin"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "zkmargin"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "zkmargin"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zkmargin"
