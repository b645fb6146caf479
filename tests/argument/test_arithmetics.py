"""Choosing an arithmetic by name, by the environment, or by what the machine can do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zkmargin.circuits.errors import InvalidInput
from zkmargin.verifier import arithmetics, ifma
from zkmargin.verifier.arithmetics import ENVIRONMENT, available, select


def test_every_available_arithmetic_carries_its_name() -> None:
    assert [select(name).name for name in available()] == list(available())
    assert {"portable", "reference"} <= set(available())


def test_a_choice_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert select("reference") is select("reference")
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    assert select() is select(available()[0])


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "reference")
    assert select().name == "reference"
    assert select("portable").name == "portable"


@pytest.mark.parametrize("name", ["", "fast", "Reference", "portable "])
def test_an_unknown_name_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, name or "none")
    with pytest.raises(InvalidInput, match="is not one of ifma, portable, reference"):
        select(name or None)


def test_what_the_machine_cannot_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ifma, "available", lambda: False)
    arithmetics.available.cache_clear()
    try:
        assert available() == ("portable", "reference")
        with pytest.raises(InvalidInput, match="cannot run 'ifma'"):
            select("ifma")
    finally:
        monkeypatch.undo()
        arithmetics.available.cache_clear()


def test_a_machine_without_the_instructions_loads_nothing_of_them() -> None:
    program = (
        "import sys; from zkmargin.verifier.arithmetics import select; a = select('portable');"
        "loaded = [name for name in sys.modules if name.startswith('zkmargin.verifier.ifma.')];"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
