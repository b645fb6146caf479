"""The private side of a statement: accounts and the lanes of their wires, and why they may prove nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zkmargin.circuits.errors import FalseStatement, InvalidInput
from zkmargin.circuits.system import LaneArray, System
from zkmargin.prover.account import Account
from zkmargin.verifier.arithmetic import SCALAR_BYTES, Arithmetic
from zkmargin.verifier.relations import constants_of


@dataclass(frozen=True, eq=False)
class Witness:
    """Accounts and, for each, the 16-bit lanes of all its wires."""

    accounts: tuple[Account, ...] = field(repr=False)
    lanes: LaneArray = field(repr=False)

    def entries(self, arithmetic: Arithmetic) -> Any:
        """What all accounts hold, account by account."""
        return arithmetic.field.vector([value for account in self.accounts for value in account.values])

    def wires(self, system: System, arithmetic: Arithmetic) -> Any:
        """All wires of all accounts as field elements, account by account."""
        return arithmetic.field.wires(self.lanes, system.widths, constants_of(system, arithmetic).offsets)


def check_witness(system: System, witness: Witness, arithmetic: Arithmetic) -> None:
    """Refuse lanes that are not those of the accounts, and accounts for which a row does not hold."""
    check_shapes(system, witness)
    f, accounts = arithmetic.field, len(witness.accounts)
    wires = witness.wires(system, arithmetic)
    starts = range(0, accounts * system.wires, system.wires)
    entries = f.join([wires[start : start + system.entries] for start in starts])
    position = _first_nonzero((entries - witness.entries(arithmetic)).to_bytes())
    if position is not None:
        raise InvalidInput(f"accounts[{position // system.entries}]: the lanes are not those of its entries")
    remainders = [("linear", system.linear.rows, f.apply(system.linear, wires, accounts))]
    if system.products:
        left, right, output = (f.apply(side, wires, accounts) for side in (system.left, system.right, system.output))
        remainders.append(("product", system.products, left * right - output))
    for kind, rows, values in remainders:
        position = _first_nonzero(values.to_bytes())
        if position is not None:
            number, row = divmod(position, rows)
            raise FalseStatement(f"accounts[{number}]: {kind} row {row} does not hold")


def check_shapes(system: System, witness: Witness) -> None:
    """Refuse what the argument cannot be run on."""
    lanes = witness.lanes
    if not isinstance(lanes, np.ndarray) or lanes.dtype != np.uint16:
        raise InvalidInput("lanes: an array of 16-bit unsigned integers is needed")
    if lanes.shape != (len(witness.accounts), system.lane_count):
        raise InvalidInput("lanes: one row of lanes is needed for each account")
    for index, account in enumerate(witness.accounts):
        if len(account.values) != system.entries:
            raise InvalidInput(f"accounts[{index}]: the system is about {system.entries} entries")


def _first_nonzero(data: bytes) -> int | None:
    found = np.flatnonzero(np.frombuffer(data, np.uint8))
    return int(found[0]) // SCALAR_BYTES if len(found) else None
