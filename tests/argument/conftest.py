"""Every test that asks for `arithmetic` runs over each arithmetic this machine has."""

from __future__ import annotations

import os

import pytest
from argument_samples import Sample, sample

from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.arithmetics import available, select

TESTED = [name for name in os.environ.get("ZKMARGIN_TEST_ARITHMETICS", ",".join(available())).split(",") if name]


@pytest.fixture(scope="session", params=TESTED)
def arithmetic(request: pytest.FixtureRequest) -> Arithmetic:
    return select(request.param)


@pytest.fixture(scope="session")
def fast() -> Arithmetic:
    return select("portable")


@pytest.fixture(scope="session")
def honest(fast: Arithmetic) -> Sample:
    """One account, one row of each kind. Its bytes are the same whatever arithmetic made them."""
    return sample(fast)


@pytest.fixture(scope="session")
def proof(honest: Sample, fast: Arithmetic) -> bytes:
    return honest.prove(fast)
