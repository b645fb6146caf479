"""Values of all symbols for a batch of accounts: the honest prover's table, filled from the trace.

Symbols whose numbers fit int64 live in one int64 matrix, the others in a matrix of Python integers.
Nothing here loops over accounts or instruments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zkmargin.circuits import exact
from zkmargin.circuits.bounds import NARROW
from zkmargin.circuits.coefficients import Indices
from zkmargin.circuits.errors import InternalError, InvalidInput
from zkmargin.circuits.exact import INT64_LIMIT, Ints
from zkmargin.circuits.expression import Quantity
from zkmargin.circuits.trace import EntryLike, Node, Trace


class Values:
    """`(accounts, symbols)` integers; private, so there is no representation to print."""

    def __init__(self, trace: Trace, holdings: object) -> None:
        entries = parse_holdings(trace.entries, holdings)
        self._trace = trace
        self.accounts = entries.shape[0]
        self._narrow = np.zeros((self.accounts, trace.symbols), dtype=np.int64)
        self._wide = np.zeros((self.accounts, 0), dtype=object)
        self._place = np.full(trace.symbols, -1, np.int64)
        self.set(np.arange(len(trace.entries), dtype=np.int64), entries)

    def __repr__(self) -> str:
        return f"Values(accounts={self.accounts})"

    def set(self, symbols: Indices, values: Ints) -> None:
        """Write columns, once each."""
        if values.dtype == np.int64:
            self._narrow[:, symbols] = values
            return
        wide = np.any((values < -INT64_LIMIT) | (values >= INT64_LIMIT), axis=0)
        self._narrow[:, symbols[~wide]] = values[:, ~wide]
        self._place[symbols[wide]] = self._wide.shape[1] + np.arange(np.count_nonzero(wide))
        self._wide = np.concatenate([self._wide, values[:, wide]], axis=1)

    def is_wide(self, symbols: Indices) -> npt.NDArray[np.bool_]:
        """Which columns hold Python integers."""
        return np.asarray(self._place[symbols] >= 0)

    def columns(self, symbols: Indices) -> Ints:
        """Read columns: int64 if all of them are."""
        places, is_wide = self._place[symbols], self.is_wide(symbols)
        if not is_wide.any():
            return self._narrow[:, symbols]
        result = np.zeros((self.accounts, len(symbols)), dtype=object)
        result[:, ~is_wide] = self._narrow[:, symbols[~is_wide]]
        result[:, is_wide] = self._wide[:, places[is_wide]]
        return result

    def of(self, quantity: Quantity) -> Ints:
        """The scaled integers of a quantity, `(accounts, *shape)`; int64 only if there is room to spare."""
        forms = quantity.forms
        # Public numbers are the same for all accounts: one row, repeated without being copied.
        accounts = self.accounts if quantity.is_private else 1
        values = exact.narrow(forms.evaluate(self.columns, accounts))
        values = values if exact.size(values) < NARROW else exact.wide(values)
        return np.broadcast_to(values.reshape(accounts, *quantity.shape), (self.accounts, *quantity.shape))

    def run(self, node: Node) -> None:
        """Compute the outputs of an atom."""
        symbols = node.first + np.arange(node.count, dtype=np.int64)
        arguments = [self.of(argument) for argument in node.arguments]
        self.set(symbols, np.asarray(node.atom.value(*arguments)))

    def run_all(self, nodes: Sequence[Node]) -> Values:
        for node in nodes:
            self.run(node)
        return self

    def choose(self) -> None:
        """Compute what an honest prover writes on auxiliary wires, in the order in which they were declared."""
        for block in self._trace.auxiliaries:
            symbols = block.first + np.arange(block.count, dtype=np.int64)
            low, high = (exact.narrow(bound[symbols]) for bound in (self._trace.low, self._trace.high))
            chosen: Any = np.asarray(block.honest(*(self.of(quantity) for quantity in block.inputs)))
            chosen = chosen.astype(np.int64) if chosen.dtype == np.bool_ else chosen
            values = exact.narrow(chosen.reshape(self.accounts, block.count))
            if np.any(values < low) or np.any(values > high):
                raise InternalError(f"{block.component}, {block.label}: the honest choice is outside its bounds")
            self.set(symbols, values)


def parse_holdings(entries: Sequence[EntryLike], holdings: object) -> Ints:
    """Holdings from outside as `(accounts, entries)` integers that fit their lanes; a single account may be 1-D."""
    array = exact.integers(holdings, "holdings")
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2 or array.shape[1] != len(entries) or array.shape[0] == 0:
        raise InvalidInput(f"holdings: an array of accounts x {len(entries)} entries is needed")
    halves: npt.NDArray[np.object_] = np.array([1 << (16 * entry.lanes - 1) for entry in entries], dtype=object)
    outside = (array < -halves) | (array >= halves)
    if np.any(outside):
        account, place = (int(index[0]) for index in np.nonzero(outside))
        entry = entries[place]
        raise InvalidInput(f"holdings: account {account}, entry {entry.name!r} does not fit its {entry.lanes} lanes")
    return array
