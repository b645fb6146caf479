"""The sumcheck that shows bits to be bits: `eq(point, .) (D^2 - D)`.

The first rounds are taken on the bits themselves (see `patterns`), the others on the live part of the table (see
`axes`), which is then `2^SYMBOLIC_VARIABLES` times shorter.
"""

from __future__ import annotations

import numpy as np

from zkmargin.circuits.system import LaneArray
from zkmargin.verifier.field.axes import Axes
from zkmargin.verifier.field.engine import Engine
from zkmargin.verifier.field.patterns import NO_GRAM, Patterns, halved_gram
from zkmargin.verifier.field.tables import halves_added, table_of
from zkmargin.verifier.field.vector import Limbs, empty

SYMBOLIC_VARIABLES = 3
"""Patterns of 2^3 bits: their 256 sums stay in the nearest cache."""


def symbolic_variables(axes: Axes) -> int:
    return min(SYMBOLIC_VARIABLES, axes.word_variables)


class BitCheck:
    """The tables behind `eq(point, .) (D^2 - D)`, whose sum is zero to begin with."""

    def __init__(self, lanes: LaneArray, axes: Axes, point: Limbs, engine: Engine) -> None:
        # Read when the rounds on bits are over.
        self.table = empty(0)
        self._axes, self._engine = axes, engine
        self._bound = 0
        self._symbolic = symbolic_variables(axes)
        row_end = max(self._symbolic, axes.account_variables)
        self.rows = table_of(point[self._symbolic : row_end], engine)
        self.columns = table_of(point[row_end:], engine)
        self._patterns = Patterns(lanes, axes, self._symbolic)
        self.gram = self._patterns.gram(self.rows, self.columns, table_of(point[1 : self._symbolic], engine))
        self._heard = empty(0)
        self._shape = axes.shape(0)
        if not self._symbolic:
            self._read_table()

    @property
    def alike(self) -> int:
        """How many rounds one kernel can take: on bits, or on a table of one row. None on several rows."""
        if self._bound < self._symbolic:
            return self._symbolic - self._bound
        return self._axes.variables - self._bound if self._shape.rows == 1 else 0

    @property
    def pairs(self) -> int:
        """Of the table; there are none in rounds on bits."""
        return self._shape.pairs if len(self.table) else 0

    @property
    def distance(self) -> int:
        """How far the entries of a pair are apart in the table."""
        return self._shape.distance

    @property
    def width(self) -> int:
        """How many entries of the table one row of the kernel weighs."""
        return min(self._shape.width, len(self.columns))

    @property
    def equality(self) -> Limbs:
        """The kernel of the variables after the round's, on a table of one row; none in rounds on bits."""
        return self.columns if len(self.table) else self.table

    @property
    def shortening(self) -> Limbs:
        """The part of the kernel which loses its most significant variable when a table of several rows does."""
        return self.rows if len(self.rows) > 1 else self.columns

    def bind(self, challenges: Limbs) -> None:
        """So many rounds are over, and everything was folded where it stands."""
        symbolic = self._bound < self._symbolic
        several_rows = len(self.rows) > 1
        self._bound += len(challenges)
        self._shape = self._axes.shape(self._bound)
        if symbolic:
            self.gram = halved_gram(self.gram, len(challenges))
            self._heard = np.concatenate([self._heard, challenges])
            if self._bound == self._symbolic:
                self._read_table()
            return
        self.table = self.table[: self._shape.live_rows * self._shape.width]
        if several_rows:
            self.rows = self.rows[: len(self.rows) // 2]
        else:
            self.columns = self.columns[: len(self.columns) >> len(challenges)]

    def _read_table(self) -> None:
        self.gram = NO_GRAM
        self.table = self._patterns.combined(table_of(self._heard, self._engine))
        # The first of the remaining variables is the round's.
        if len(self.rows) > 1:
            self.rows = halves_added(self.rows)
        else:
            self.columns = halves_added(self.columns)
