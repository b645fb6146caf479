"""The linear part of the bit sumcheck: `W D` for `W[account, lane, bit] = sum_k a_k[account] l_k[lane] 2^bit`.

`W` is never written out. With `V[account, lane] = sum_bit 2^bit D` the 16-bit words themselves, the sum is

    over accounts    sum_k a_k[account] U_k[account],    U_k[account] = sum_lane l_k[lane] V[account, lane];
    then over lanes  W[lane] V[lane],                    W = sum_k a_k(r) l_k,  V[lane] = V(r, lane);
    then over bits   w 2^bit D(r, bit),                  w = W(r).

Each is an inner product of two short tables, and the second tables are linear in `D`, so they fold with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkmargin.circuits.system import LaneArray
from zkmargin.verifier.field import kernels
from zkmargin.verifier.field.axes import BIT_VARIABLES, Axes
from zkmargin.verifier.field.bits import BitCheck
from zkmargin.verifier.field.engine import Engine
from zkmargin.verifier.field.shapes import padded, require
from zkmargin.verifier.field.tables import small_products, table_of
from zkmargin.verifier.field.vector import (
    Limbs,
    PortableVector,
    empty,
    from_integers,
    scaled,
    zeros,
)

PLACES = from_integers([1 << bit for bit in range(1 << BIT_VARIABLES)])

Weights = Sequence[tuple[PortableVector, PortableVector]]


class InnerRounds:
    """Rounds of `sum_i left[i] right[i]` over `2^variables` blocks; behind its end a table is zero."""

    def __init__(self, left: Limbs, right: Limbs, variables: int, block: int = 1) -> None:
        self.left, self.right = left, right
        self.variables = variables
        self._size = block << variables

    @property
    def half(self) -> int:
        """How far the entries of a pair are apart."""
        return self._size // 2

    def bind(self, count: int) -> None:
        """So many rounds are over, and the tables were folded where they stand."""
        self.variables -= count
        self._size >>= count
        self.left, self.right = self.left[: self._size], self.right[: self._size]


class WeightedBits:
    """The three inner products, one after the other."""

    def __init__(
        self, lanes: LaneArray, axes: Axes, weights: Weights, bits: BitCheck, claim: Limbs, engine: Engine
    ) -> None:
        accounts = padded(axes.accounts)
        fits = all(len(account) == accounts and len(lane) == axes.lanes for account, lane in weights)
        require(fits, "the weights do not fit the bits")
        nothing = (PortableVector(zeros(accounts)), PortableVector(zeros(axes.lanes)))
        self._weights = list(weights) or [nothing]
        self._axes, self._bits, self._engine = axes, bits, engine
        self._words = lanes.astype(np.uint64)
        self._claim, self._heard = claim, empty(0)
        self.rounds = self._over_accounts()
        self._later = [self._over_lanes, self._over_bits]
        self._enter_round()

    @property
    def ends(self) -> Limbs:
        """With one variable left, the two values of `W`."""
        return self.rounds.left

    def bind(self, challenges: Limbs) -> None:
        """To be called after the bits are bound: the last inner product starts from their table."""
        self._heard = np.concatenate([self._heard, challenges])
        self.rounds.bind(len(challenges))
        if self.rounds.variables == 0:
            self._enter_round()

    def _enter_round(self) -> None:
        while self.rounds.variables == 0 and self._later:
            self.rounds = self._later.pop(0)()
        self._engine.inner_product(self._claim, self.rounds.left, self.rounds.right)

    def _over_accounts(self) -> InnerRounds:
        """Entry `account * K + k` of the tables belongs to `a_k` and `U_k`, so the account is most significant."""
        left = np.stack([account.limbs for account, _ in self._weights], axis=1)
        right, across = np.zeros_like(left), np.ascontiguousarray(self._words.T)
        for k, (_, lane) in enumerate(self._weights):
            right[: self._axes.accounts, k] = small_products(lane.limbs, across, self._engine)
        entries = (-1, left.shape[2])
        block, variables = len(self._weights), self._axes.account_variables
        return InnerRounds(left.reshape(entries), right.reshape(entries), variables, block)

    def _over_lanes(self) -> InnerRounds:
        total = zeros(self._axes.lanes)
        for k, (_, lane) in enumerate(self._weights):
            kernels.add_vectors(total, total, scaled(lane.limbs, self.rounds.left[k : k + 1], self._engine))
        equality = table_of(self._heard, self._engine)[: self._axes.accounts]
        folded_words = small_products(equality, self._words, self._engine)
        variables = self._axes.word_variables - self._axes.account_variables
        return InnerRounds(total, folded_words, variables)

    def _over_bits(self) -> InnerRounds:
        left = scaled(PLACES, self.rounds.left[:1], self._engine)
        return InnerRounds(left, self._bits.table.copy(), BIT_VARIABLES)
