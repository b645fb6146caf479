"""The sumcheck of the product rows."""

from __future__ import annotations

from collections.abc import Sequence

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.arithmetic import Conversation
from zkmargin.verifier.field.equality import EqualityFactor
from zkmargin.verifier.field.shapes import require
from zkmargin.verifier.field.tables import equality_table, folded, halves_added, two_values
from zkmargin.verifier.field.vector import PortableVector, empty, montgomery, plain_integers


class ProductSumcheck:
    """`eq(point, .) (left right - output)`."""

    def __init__(
        self, left: PortableVector, right: PortableVector, output: PortableVector, point: Sequence[int]
    ) -> None:
        self._half = 1 << len(point) >> 1
        require(self._half > 0, "a sumcheck needs a variable")
        require(len(left) == len(right) == len(output) == 2 * self._half, "a table does not fit the point")
        self._engine = left.engine
        equality = equality_table(point, self._engine)
        self.total = (left * right - output) @ PortableVector(equality, self._engine)
        self._factor = EqualityFactor(point, self.total)
        self._equality = halves_added(equality)
        self._tables = [left.limbs.copy(), right.limbs.copy(), output.limbs.copy()]

    def converse(self, conversation: Conversation) -> None:
        require(1 << conversation.left == self._half, "all rounds but the last are held at once")
        while conversation.left:
            self._fold(conversation.speak(self._polynomial()))

    def _polynomial(self) -> list[int]:
        result, near = empty(2), self._half * self._factor.near
        self._engine.product_round(result, *self._tables, self._equality, near, self._half - near)
        at_near, leading = plain_integers(result)
        return [value % MODULUS for value in self._factor.polynomial(at_near, leading)]

    def _fold(self, challenge: int) -> None:
        require(self._half > 0, "no variable is left")
        self._factor.fold(challenge)
        scalar = montgomery(challenge)
        self._tables = [folded(table, self._half, scalar, self._engine) for table in self._tables]
        self._equality = halves_added(self._equality)
        self._half //= 2

    def ends(self) -> list[tuple[int, int]]:
        require(self._half == 1, "one variable must be left")
        return [self._factor.ends(), *(two_values(table) for table in self._tables)]
