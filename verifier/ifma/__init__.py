"""The group and the field eight at a time, with AVX-512 IFMA. See docs/kernels.md for the arithmetic and its bounds.

This module imports nothing of the package: on a machine without the instructions none of it is loaded or compiled.
"""

from __future__ import annotations

from functools import cache

NEEDED = ("avx512f", "avx512ifma")


@cache
def available() -> bool:
    """Whether this machine has the instructions, asked of the compiler that will use them."""
    import llvmlite.binding as llvm  # type: ignore[import-untyped]

    features = llvm.get_host_cpu_features()
    return all(features.get(name, False) for name in NEEDED)
