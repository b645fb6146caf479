"""A private account: its entries, the blinding of its commitment, and the commitment everybody may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.system import MODULUS
from zkmargin.prover.randomness import SYSTEM, Randomness, Secrets
from zkmargin.verifier.accounts import chain_commitments, commitment_to
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.shape import ACCOUNT_COLUMNS, AccountShape

MAX_ENTRY = 1 << 240
"""No wire is wider than 15 lanes, so no entry beyond this could ever be proved about."""


@dataclass(frozen=True)
class Account:
    """Entries and blinding are the owner's; only `commitment` leaves the machine.

    Commitments add: the sum of two accounts of one book is an account whose commitment is the sum of theirs.
    """

    values: tuple[int, ...] = field(repr=False)
    blinding: tuple[int, ...] = field(repr=False)
    commitment: bytes

    @property
    def shape(self) -> AccountShape:
        return AccountShape(len(self.values))


def open_account(values: Sequence[int], arithmetic: Arithmetic, randomness: Randomness = SYSTEM) -> Account:
    """Commit to `values` under a fresh blinding."""
    return commit_account(values, Secrets(randomness).scalars(AccountShape(len(values)).rows), arithmetic)


def commit_account(values: Sequence[int], blinding: Sequence[int], arithmetic: Arithmetic) -> Account:
    """Commit to `values` under a given blinding: row `j` is `sum_c x[j, c] K_c + t_j H`."""
    entries = checked_entries(values)
    commitment = commitment_to(entries, blinding, arithmetic)
    return Account(entries, tuple(hidden % MODULUS for hidden in blinding), commitment)


def add_accounts(accounts: Sequence[Account], arithmetic: Arithmetic) -> Account:
    """The account that holds what all of them hold, with the commitment a verifier gets by adding theirs."""
    if not accounts or len({len(account.values) for account in accounts}) != 1:
        raise InvalidInput("accounts: one or more accounts of the same book are needed")
    values = [sum(column) for column in zip(*(account.values for account in accounts), strict=True)]
    blinding = [sum(column) for column in zip(*(account.blinding for account in accounts), strict=True)]
    return commit_account(values, blinding, arithmetic)


def chain_accounts(accounts: Sequence[Account]) -> Account:
    """Accounts one after another as one vector, each filled up to whole rows; its commitment is theirs, chained."""
    values: list[int] = []
    blinding: list[int] = []
    for account in accounts:
        width = account.shape.rows * ACCOUNT_COLUMNS
        values += [*account.values, *[0] * (width - len(account.values))]
        blinding += account.blinding
    commitment = chain_commitments([account.commitment for account in accounts])
    blinding += [0] * (AccountShape(len(values)).rows - len(blinding))
    return Account(tuple(values), tuple(blinding), commitment)


def checked_entries(values: Sequence[int]) -> tuple[int, ...]:
    """Entries as plain integers; a fault is named by its position, never by its value."""
    if len(values) == 0:
        raise InvalidInput("account.values: at least one entry is needed")
    entries = []
    for index, value in enumerate(values):
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
            raise InvalidInput(f"account.values[{index}]: a whole number is needed")
        if not -MAX_ENTRY < value < MAX_ENTRY:
            raise InvalidInput(f"account.values[{index}]: beyond the widest entry a book can have")
        entries.append(int(value))
    return tuple(entries)
