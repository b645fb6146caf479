"""Settings shared by all tests: Hypothesis profiles, random order, no network."""

from __future__ import annotations

import os
import random
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

ORDER = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--order", type=int, help="seed of the order in which the tests run; a new one each time if unset")


def pytest_configure(config: pytest.Config) -> None:
    # Workers of pytest-xdist must agree on the order: they are told the seed of the process that started them.
    told: dict[str, Any] = getattr(config, "workerinput", {})
    chosen = config.getoption("--order")
    config.stash[ORDER] = told.get("order", chosen if chosen is not None else random.SystemRandom().randrange(1 << 32))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["order"] = node.config.stash[ORDER]


def pytest_report_header(config: pytest.Config) -> str:
    return f"random order: --order={config.stash[ORDER]}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle the modules, and the tests within each, so that what a module prepares is prepared once."""
    order = random.Random(config.stash[ORDER])
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    groups = list(modules.values())
    order.shuffle(groups)
    for group in groups:
        order.shuffle(group)
    items[:] = [item for group in groups for item in group]


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in ("127.0.0.1", "::1"):
        raise RuntimeError(f"a test tried to reach the network at {arguments[1][0]}")


sys.addaudithook(_refuse_network)
