"""Tests of single parts of the verifier: those that ask for `field` run over the field of each arithmetic."""

from __future__ import annotations

import pytest

from zkmargin.verifier.arithmetic import Field
from zkmargin.verifier.arithmetics import available, select


@pytest.fixture(params=available())
def field(request: pytest.FixtureRequest) -> Field:
    return select(request.param).field
