"""The statements that are timed: N entries and S rows of 96-bit slack, from a fixed seed, true by construction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.system import Block, Int64Array, LaneArray, LinearForms, Scatter, System
from zkmargin.prover.account import Account, open_account
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.statement import ANY, Context, Policy, Statement

ENTRY_LANES = 3
ENTRY_OFFSET = 1 << 47
SLACK_LANES = 6
NOW = 1_700_000_000
DAY = 86_400


@dataclass(frozen=True)
class Case:
    """`accounts` accounts of `entries` entries, each under the same `rows` rows."""

    accounts: int
    entries: int
    rows: int

    @property
    def name(self) -> str:
        single = f"{self.entries}x{self.rows}"
        return single if self.accounts == 1 else f"{self.accounts}x{single}"

    @cached_property
    def coefficients(self) -> Int64Array:
        """Signed values of 41 bits: what one unit of each entry is worth in each row. The last entry is cash."""
        values = np.random.default_rng(1).integers(-(1 << 40), 1 << 40, (self.rows, self.entries), dtype=np.int64)
        values[:, -1] = 1 << 40
        return values

    @cached_property
    def holdings(self) -> Int64Array:
        """Positions of 33 bits under enough cash that no row can be negative: 2^46 against 2^32 times the entries."""
        values = np.random.default_rng(2).integers(-(1 << 32), 1 << 32, (self.accounts, self.entries), dtype=np.int64)
        values[:, -1] = 1 << 46
        return values

    @cached_property
    def system(self) -> System:
        """Row s: `sum_i c[s, i] entry_i - slack_s = 0`, with the slack in `[0, 2^96)`."""
        block = Block(0, np.arange(self.entries, dtype=np.int64), self.coefficients)
        slack = Scatter(
            np.arange(self.rows, dtype=np.int64),
            np.arange(self.entries, self.entries + self.rows, dtype=np.int64),
            (-1,) * self.rows,
        )
        return System(
            self.entries,
            (ENTRY_LANES,) * self.entries + (SLACK_LANES,) * self.rows,
            (ENTRY_OFFSET,) * self.entries + (0,) * self.rows,
            LinearForms(self.rows, (0,) * self.rows, (block,), slack),
        )

    @cached_property
    def lanes(self) -> LaneArray:
        entries = self.holdings.astype(object)
        return self.system.split(np.concatenate([entries, entries @ self.coefficients.T.astype(object)], axis=1))


ALL = (Case(1, 64, 27), Case(1, 256, 27), Case(1, 2048, 27), Case(1024, 64, 27))

POLICY = Policy(system=ANY, documents=ANY, venue=ANY, account=ANY, nonce=ANY, now=NOW, max_age=DAY)
"""What is timed is the proof; the policy's comparisons are there, and cost nothing."""


def parse_case(text: str) -> Case:
    """A case by its name: `64x27`, or `1024x64x27` for a batch of accounts."""
    found = re.fullmatch(r"(?:([1-9]\d{0,5})x)?([1-9]\d{0,4})x([1-9]\d{0,3})", text)
    if not found:
        raise InvalidInput(f"case: {text!r} is not of the form ENTRIESxROWS or ACCOUNTSxENTRIESxROWS")
    return Case(int(found[1] or 1), int(found[2]), int(found[3]))


def open_accounts(case: Case, arithmetic: Arithmetic) -> list[Account]:
    return [open_account(row, arithmetic) for row in case.holdings.tolist()]


def state(case: Case, accounts: list[Account], nonce: str = "0") -> Statement:
    """The statement about these accounts, with a context as a venue would ask for it."""
    context = Context("venue", "account", nonce, NOW, NOW + DAY, bytes(32))
    return Statement(case.system, tuple(account.commitment for account in accounts), context)
