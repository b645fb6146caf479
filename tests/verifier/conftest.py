"""Tests of single parts of the verifier: those that ask for `field` run over the field of each arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zkmargin.verifier import parallel
from zkmargin.verifier.arithmetic import Field
from zkmargin.verifier.arithmetics import available, select


@pytest.fixture(params=available())
def field(request: pytest.FixtureRequest) -> Field:
    return select(request.param).field


@pytest.fixture(autouse=True)
def own_threads() -> Iterator[None]:
    """Each test has threads of its own: what another test began and did not wait for does not keep them busy."""
    parallel._pool.cache_clear()
    parallel._unfinished.clear()
    yield
    if parallel._pool.cache_info().currsize:
        parallel._pool().shutdown()
    parallel._pool.cache_clear()
