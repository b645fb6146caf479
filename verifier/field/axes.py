"""The axes of the bit table: accounts, then lanes, then the bits of a lane, and how much of them is alive.

Lanes and accounts behind the true ones are zero. While account variables are bound, the table is rows of `width` live
entries; binding one pairs row `i` with row `i + half`. Then a single row is left, a prefix of its padded length, and
binding pairs entry `i` with entry `i + half`. Both are one rule on the flat table of live entries: entry `i` with entry
`i + distance`, and what is behind the end is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from zkmargin.circuits.system import LANE_BITS
from zkmargin.verifier.field.shapes import padded

BIT_VARIABLES = LANE_BITS.bit_length() - 1


@dataclass(frozen=True)
class Shape:
    """A table with some variables bound: `rows` of `columns` entries, of which a part is live."""

    rows: int
    columns: int
    live_rows: int
    width: int

    @cached_property
    def distance(self) -> int:
        """Between the two entries that the next variable pairs."""
        return self.rows // 2 * self.width if self.rows > 1 else self.columns // 2

    @cached_property
    def pairs(self) -> int:
        """How many pairs are not known to be zero."""
        return min(self.distance, self.live_rows * self.width)


@dataclass(frozen=True)
class Axes:
    """The true numbers of accounts and lanes."""

    accounts: int
    lanes: int

    @cached_property
    def account_variables(self) -> int:
        return padded(self.accounts).bit_length() - 1

    @cached_property
    def word_variables(self) -> int:
        return self.account_variables + padded(self.lanes).bit_length() - 1

    @cached_property
    def variables(self) -> int:
        return self.word_variables + BIT_VARIABLES

    def shape(self, bound: int) -> Shape:
        """With so many variables bound."""
        live, columns = self.lanes * LANE_BITS, padded(self.lanes) * LANE_BITS
        if bound < self.account_variables:
            rows = padded(self.accounts) >> bound
            return Shape(rows, columns, min(rows, self.accounts), live)
        columns >>= bound - self.account_variables
        return Shape(1, columns, 1, min(columns, live))
