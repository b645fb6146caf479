"""Rounds over bits: what the first rounds of the bit sumcheck need to know of a table whose entries are 0 and 1.

They see the table only through `G_ij = sum_x eq(x) D_i(x) D_j(x)`, where `i` and `j` run over the values of the first
variables and `x` over the other variables: a folded `D` is a combination of the `D_i`, and its square one of their
products. For bits these sums need no products of field elements: add up `eq(x)` by the pattern of the bits found at
`x`; then `G_ij` is the sum over the patterns that contain `i` and `j`.
"""

from __future__ import annotations

import numpy as np

from zkmargin.circuits.system import LANE_BITS, LaneArray
from zkmargin.verifier.field import kernels, rounds
from zkmargin.verifier.field.axes import Axes
from zkmargin.verifier.field.shapes import padded
from zkmargin.verifier.field.stretches import Gram
from zkmargin.verifier.field.tables import WORTH_A_THREAD
from zkmargin.verifier.field.vector import Limbs, empty, zeros
from zkmargin.verifier.parallel import in_parts


class Patterns:
    """The bits as patterns: at each position the bits of the `2^variables` parts into which the table is cut."""

    def __init__(self, lanes: LaneArray, axes: Axes, variables: int) -> None:
        words = np.zeros((padded(axes.accounts), padded(axes.lanes)), dtype=np.uint16)
        words[: axes.accounts, : axes.lanes] = lanes
        self.parts = 1 << variables
        self._words = words.ravel()
        self._place = (words.size // self.parts, self.parts, words.shape[1])
        self._shape = axes.shape(variables)

    def gram(self, rows: Limbs, columns: Limbs, weights: Limbs) -> Gram:
        """`G_ij`; `eq` is the product of its row and its column. For bits `D^2 = D`: their sums are the diagonal."""

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
        return Gram(first[(single[:, None] | single).ravel()], first[single], weights)

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


NO_GRAM = Gram(empty(0), empty(0), empty(0))


def halved_gram(gram: Gram, times: int) -> Gram:
    """What is left of a matrix that was folded so many times where it stands."""
    size = len(gram.single) >> times
    return Gram(gram.products[: size * size], gram.single[:size], gram.weights[: len(gram.weights) >> times])
