"""A rule of a usual shape, accounts for it, and what holds for every system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import zkmargin.circuits as zk
from zkmargin.circuits.atoms.maximum import Maximum
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.system import System


def margin_rule(scenarios: int, instruments: int) -> tuple[Callable[[zk.Holdings], None], list[zk.Entry]]:
    """A scenario grid with gross charges, public data from a fixed pattern."""
    pattern = np.arange(scenarios * instruments, dtype=np.int64).reshape(scenarios, instruments)
    values = zk.Fixed(pattern * 7919 % 2_000_003 - 1_000_001, 6)
    prices = zk.Fixed(np.arange(1, instruments + 1, dtype=np.int64) * 104_729 % 1_000_003, 6)

    def rule(holdings: zk.Holdings) -> None:
        positions = holdings[1:]
        equity = (holdings["cash"] + prices @ positions).named("equity")
        worst = zk.pos(zk.max(-(values @ positions))).named("worst scenario")
        gross = (prices * zk.Fixed(5, 2) @ abs(positions)).named("gross charge")
        zk.require(equity >= worst + gross, "initial margin")

    return rule, [zk.Entry("cash", decimals=6), *(zk.Entry(f"instrument {i}") for i in range(instruments))]


def account_of(rng: np.random.Generator, accounts: int, entries: int) -> np.ndarray:
    table = rng.integers(-(10**6), 10**6, (accounts, entries))
    table[:, 0] = 10**18
    return table


def assert_every_wire_is_used(system: System) -> None:
    used = [forms.wires_used() for forms in (system.linear, system.left, system.right, system.output)]
    assert set(range(system.entries, system.wires)) <= set(np.concatenate(used).tolist())


@dataclass(frozen=True)
class Wasteful(Maximum):
    """An atom whose author chose a wire too many."""

    def upper(self, rows: Certificates, t: zk.Quantity, *arguments: zk.Quantity) -> None:
        rows.choose("spare", 0, 9, lambda v: v.max(axis=-1) * 0 + 7, arguments[0], shape=t.shape)
        super().upper(rows, t, *arguments)

    def overstated(self, rows: Certificates, t: zk.Quantity, *arguments: zk.Quantity) -> None:
        return None
