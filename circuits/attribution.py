"""Where a quantity comes from: its value cut into additive parts, one for each component it rests on.

A quantity is an affine form of symbols. Those of the account's entries count as themselves; those of an atom's output
are booked under the component that claimed the atom when the rule ran. The parts add up to the quantity, exactly.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zkmargin.circuits.coefficients import Indices
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.expression import Quantity
from zkmargin.circuits.trace import Trace
from zkmargin.circuits.values import Values

Groups = dict[str, Indices]
"""Symbols by the name under which their share is shown."""


def attribute(quantity: Quantity, values: Values, groups: Groups) -> dict[str, int]:
    """The share of each group in a single quantity of one account; what no group holds is under the empty name."""
    if quantity.size != 1 or values.accounts != 1:
        raise InvalidInput("attribution: a single quantity of one account is needed")
    constant = _only(quantity, lambda columns: np.zeros((1, len(columns)), dtype=object))
    shares = {name: _only(quantity, _masked(values, symbols)) - constant for name, symbols in groups.items()}
    whole = int(values.of(quantity).reshape(-1)[0])
    return {name: share for name, share in shares.items() if share} | {"": whole - sum(shares.values())}


def component_groups(trace: Trace, entries: Groups) -> Groups:
    """The given groups of entries, and one group for each component that claimed atoms."""
    groups = dict(entries)
    for node in trace.nodes:
        name = trace.claims.get(node.first, "")
        symbols = node.first + np.arange(node.count, dtype=np.int64)
        groups[name] = np.concatenate([groups.get(name, np.zeros(0, np.int64)), symbols])
    groups.pop("", None)
    return groups


def _masked(values: Values, symbols: Indices) -> Callable[[Indices], Ints]:
    """The values of some symbols, and zero for all others."""

    def columns(wanted: Indices) -> Ints:
        return np.where(np.isin(wanted, symbols), values.columns(wanted).astype(object), 0)

    return columns


def _only(quantity: Quantity, columns: Callable[[Indices], Ints]) -> int:
    return int(np.asarray(quantity.forms.evaluate(columns, 1)).reshape(-1)[0])
