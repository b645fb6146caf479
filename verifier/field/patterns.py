"""Rounds over bits: what the first rounds of the bit sumcheck need to know of a table whose entries are 0 and 1.

They see the table only through `G_ij = sum_x eq(x) D_i(x) D_j(x)`, where `i` and `j` run over the values of the first
variables and `x` over the other variables: a folded `D` is a combination of the `D_i`, and its square one of their
products. For bits these sums need no products of field elements: add up `eq(x)` by the pattern of the bits found at
`x`; then `G_ij` is the sum over the patterns that contain `i` and `j`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkmargin.circuits.system import LANE_BITS, MODULUS, LaneArray
from zkmargin.verifier.field import kernels, rounds
from zkmargin.verifier.field.axes import Axes
from zkmargin.verifier.field.shapes import padded
from zkmargin.verifier.field.tables import WORTH_A_THREAD
from zkmargin.verifier.field.vector import Limbs, empty, integers, zeros
from zkmargin.verifier.parallel import in_parts


class Gram:
    """`G_ij = sum_x eq(x) D_i(x) D_j(x)`, and with bound variables the same of the folded `D`.

    A folded `D` is linear in the `D` before, so the matrix folds along both of its indices. For bits `D^2 = D`: the
    sums `sum_x eq(x) D_i(x)` begin as the diagonal, and fold once. All of it on integers: the matrix is small.
    """

    def __init__(self, rows: list[list[int]]) -> None:
        self._rows = rows
        self._linear = [row[at] for at, row in enumerate(rows)]

    def sums(self, weights: Sequence[int], near: int) -> tuple[int, int]:
        """What a round needs, one weight for each value of the later variables: see `EqualityFactor`."""
        rows, half = self._rows, len(weights)
        at_near, leading = 0, 0
        for low, weight in enumerate(weights):
            high, at = low + half, low + half * near
            change = rows[high][high] - 2 * rows[low][high] + rows[low][low]
            at_near += weight * (rows[at][at] - self._linear[at])
            leading += weight * change
        return at_near, leading

    def fold(self, challenge: int) -> None:
        half_folded = [folded_integers(row, challenge) for row in self._rows]
        columns = [folded_integers(column, challenge) for column in zip(*half_folded, strict=True)]
        # The matrix is symmetric, so its columns may stand as its rows.
        self._rows = columns
        self._linear = folded_integers(self._linear, challenge)


def folded_integers(table: Sequence[int], challenge: int) -> list[int]:
    """Bind the most significant variable."""
    half = len(table) // 2
    return [(low + challenge * (high - low)) % MODULUS for low, high in zip(table[:half], table[half:], strict=True)]


def equality_integers(point: Sequence[int]) -> list[int]:
    """The equality kernel of a few variables."""
    table = [1]
    for coordinate in point:
        pairs = ((value, value * coordinate % MODULUS) for value in table)
        table = [part for value, upper in pairs for part in (value - upper, upper)]
    return table


class Patterns:
    """The bits as patterns: at each position the bits of the `2^variables` parts into which the table is cut."""

    def __init__(self, lanes: LaneArray, axes: Axes, variables: int) -> None:
        words = np.zeros((padded(axes.accounts), padded(axes.lanes)), dtype=np.uint16)
        words[: axes.accounts, : axes.lanes] = lanes
        self.parts = 1 << variables
        self._words = words.ravel()
        self._place = (words.size // self.parts, self.parts, words.shape[1])
        self._shape = axes.shape(variables)

    def gram(self, rows: Limbs, columns: Limbs) -> Gram:
        """`G_ij`; `eq` is the product of its row and its column."""

        def count(start: int, stop: int) -> Limbs:
            result, scratch = zeros(1 << self.parts), empty(1 << self.parts)
            live_rows = rows[: self._shape.live_rows]
            rounds.pattern_sums(result, scratch, self._words, *self._place, live_rows, columns, start, stop)
            return result

        first, *others = in_parts(count, self._live_words, max(1, WORTH_A_THREAD // LANE_BITS // len(rows)))
        for other in others:
            kernels.add_vectors(first, first, other)
        rounds.superset_sums(first)
        single = 1 << np.arange(self.parts)
        entries = integers(first[(single[:, None] | single).ravel()])
        return Gram([entries[at : at + self.parts] for at in range(0, len(entries), self.parts)])

    def combined(self, coefficients: Limbs) -> Limbs:
        """The live part of the table `sum_i coefficients[i] D_i`."""
        values = empty(1 << self.parts)
        kernels.subset_sums(values, coefficients, 0, self.parts)
        result = empty(self._shape.live_rows * self._shape.width)

        def read(start: int, stop: int) -> None:
            rounds.look_up(result, values, self._words, *self._place, self._live_words, start, stop)

        in_parts(read, self._live_words, max(1, WORTH_A_THREAD // LANE_BITS // self._shape.live_rows))
        return result

    @property
    def _live_words(self) -> int:
        return self._shape.width // LANE_BITS
