"""The sumcheck that shows bits to be bits: `eq(point, .) (D^2 - D)`.

The first rounds are taken on the bits themselves (see `patterns`), the others on the live part of the table (see
`axes`), which is then `2^SYMBOLIC_VARIABLES` times shorter.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkmargin.circuits.system import LaneArray
from zkmargin.verifier.field.axes import Axes
from zkmargin.verifier.field.engine import Engine
from zkmargin.verifier.field.equality import EqualityFactor
from zkmargin.verifier.field.patterns import Patterns, equality_integers
from zkmargin.verifier.field.shapes import require
from zkmargin.verifier.field.tables import equality_table, halves_added
from zkmargin.verifier.field.vector import Limbs, empty

SYMBOLIC_VARIABLES = 3
"""Patterns of 2^3 bits: their 256 sums stay in the nearest cache."""


def symbolic_variables(axes: Axes) -> int:
    return min(SYMBOLIC_VARIABLES, axes.word_variables)


class BitCheck:
    """The rounds of `eq(point, .) (D^2 - D)`, whose sum is zero to begin with."""

    def __init__(self, lanes: LaneArray, axes: Axes, point: Sequence[int], engine: Engine) -> None:
        require(len(point) == axes.variables, "the point does not fit the bits")
        # Read when the rounds on bits are over; with them ends the need for an equality kernel of all positions.
        self.table = empty(0)
        self._axes, self._engine = axes, engine
        self._factor = EqualityFactor(point, 0)
        self._bound = 0
        self._symbolic = symbolic_variables(axes)
        row_end = max(self._symbolic, axes.account_variables)
        self._rows = equality_table(point[self._symbolic : row_end], engine)
        self._columns = equality_table(point[row_end:], engine)
        self._patterns = Patterns(lanes, axes, self._symbolic)
        self._gram = self._patterns.gram(self._rows, self._columns)
        self._challenges: list[int] = []
        self._enter_round()

    @property
    def pairs(self) -> int:
        """Of the table; there are none in rounds on bits."""
        return self._shape.pairs if len(self.table) else 0

    def pairing(self) -> tuple[Limbs, int, int, Limbs, Limbs, int]:
        """What the kernel of a round needs: where pairs stand, and the equality kernel in rows and columns."""
        near = self._shape.distance * self._factor.near
        width = min(self._shape.width, len(self._columns))
        return self.table, near, self._shape.distance - near, self._rows, self._columns, width

    def folding(self) -> tuple[Limbs, int]:
        """What the kernel of a fold needs: the table, and how far the entries of a pair are apart."""
        return self.table, self._shape.distance

    @property
    def equality(self) -> Limbs:
        """The part of the equality kernel that loses its most significant variable when the table does."""
        if not len(self.table):
            return self.table
        return self._rows if len(self._rows) > 1 else self._columns

    def polynomial(self, sums: tuple[int, int]) -> list[int]:
        """The coefficients of the round polynomial, not reduced; `sums` are those of the table."""
        return self._factor.polynomial(*(sums if len(self.table) else self._sums_of_gram()))

    def bind(self, challenge: int) -> None:
        """After the round's `polynomial`, and after table and equality kernel were folded where they stand."""
        self._factor.fold(challenge)
        if self._bound < self._symbolic:
            self._gram.fold(challenge)
            self._challenges.append(challenge)
        else:
            self.table = self.table[: self._shape.pairs]
            self._shorten()
        self._bound += 1
        self._enter_round()

    def equality_ends(self) -> tuple[int, int]:
        return self._factor.ends()

    def _enter_round(self) -> None:
        self._shape = self._axes.shape(self._bound)
        if self._bound == self._symbolic:
            self.table = self._patterns.combined(equality_table(self._challenges, self._engine))
            equality = self.equality
            equality[: len(equality) // 2] = halves_added(equality)
            self._shorten()

    def _shorten(self) -> None:
        """Keep the kernel of the variables after the round's."""
        if len(self._rows) > 1:
            self._rows = self._rows[: len(self._rows) // 2]
        else:
            self._columns = self._columns[: len(self._columns) // 2]

    def _sums_of_gram(self) -> tuple[int, int]:
        later = self._factor.point[self._bound + 1 : self._symbolic]
        return self._gram.sums(equality_integers(later), self._factor.near)
