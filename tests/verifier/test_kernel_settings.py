"""All that is compiled is compiled alike, so no kernel depends on which of two kernels called a shared function first.

numba hands `_nrt`, whether references are counted, down from a kernel to the functions it is the first to call, unless
they say themselves. Between functions that count and functions that do not, memory was freed twice.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest
from numba.core.dispatcher import Dispatcher

from zkmargin.verifier import field, ifma
from zkmargin.verifier.field.compiler import SETTINGS


def compiled(package: ModuleType) -> Iterator[tuple[str, Dispatcher]]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if isinstance(value, Dispatcher):
                yield f"{found.name}.{name}", value


@pytest.mark.parametrize(
    "package", [field, pytest.param(ifma, marks=pytest.mark.skipif(not ifma.available(), reason="needs AVX-512 IFMA"))]
)
def test_kernels_and_what_they_call_share_their_settings(package: ModuleType) -> None:
    found = dict(compiled(package))
    assert len(found) > 20
    for name, function in found.items():
        assert SETTINGS.items() <= function.targetoptions.items(), name
