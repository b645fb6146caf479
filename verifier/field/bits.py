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
from zkmargin.verifier.field.patterns import Patterns
from zkmargin.verifier.field.shapes import require
from zkmargin.verifier.field.tables import WORTH_A_THREAD, equality_table, folded, halves_added
from zkmargin.verifier.field.vector import Limbs, empty, integers, plain_integers
from zkmargin.verifier.parallel import in_parts

SYMBOLIC_VARIABLES = 3
"""Patterns of 2^3 bits: their 256 sums stay in the nearest cache."""


def symbolic_variables(axes: Axes) -> int:
    return min(SYMBOLIC_VARIABLES, axes.word_variables)


class BitCheck:
    """The rounds of `eq(point, .) (D^2 - D)`, whose sum is zero to begin with."""

    def __init__(self, lanes: LaneArray, axes: Axes, point: Sequence[int], engine: Engine) -> None:
        require(len(point) == axes.variables, "the point does not fit the bits")
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

    def values(self) -> list[int]:
        """The round polynomial at 0, 1, 2, 3, not reduced."""
        sums = self._sums_of_table() if self._bound >= self._symbolic else self._sums_of_gram()
        return self._factor.values(*sums)

    def fold(self, challenge: int, scalar: Limbs) -> None:
        """After the round's `values`; `scalar` is the challenge as kernels take it."""
        self._factor.fold(challenge)
        if self._bound < self._symbolic:
            self._gram.fold(scalar, self._engine)
            self._challenges.append(challenge)
        else:
            self.table = folded(self.table, self._shape.distance, scalar, self._engine)
        self._bound += 1
        self._enter_round()

    def equality_ends(self) -> tuple[int, int]:
        return self._factor.ends()

    def _enter_round(self) -> None:
        """Read the table when the rounds on bits are over; keep the kernel of the variables after the round's."""
        self._shape = self._axes.shape(self._bound)
        if self._bound == self._symbolic:
            self.table = self._patterns.combined(equality_table(self._challenges, self._engine))
        if self._symbolic <= self._bound < self._axes.variables:
            if len(self._rows) > 1:
                self._rows = halves_added(self._rows)
            else:
                self._columns = halves_added(self._columns)

    def _sums_of_table(self) -> tuple[int, int]:
        near = self._shape.distance * self._factor.near
        far = self._shape.distance - near
        width = min(self._shape.width, len(self._columns))

        def part(start: int, stop: int) -> list[int]:
            result = empty(2)
            tables = self.table, near, far, self._rows, self._columns
            self._engine.zero_check_round(result, *tables, width, start, stop)
            return plain_integers(result)

        parts = in_parts(part, self._shape.pairs, WORTH_A_THREAD)
        return sum(values[0] for values in parts), sum(values[1] for values in parts)

    def _sums_of_gram(self) -> tuple[int, int]:
        later = self._factor.point[self._bound + 1 : self._symbolic]
        return self._gram.sums(integers(equality_table(later, self._engine)), self._factor.near)
