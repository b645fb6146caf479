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

from zkmargin.circuits.system import MODULUS, LaneArray
from zkmargin.verifier.field import kernels
from zkmargin.verifier.field.axes import BIT_VARIABLES, Axes
from zkmargin.verifier.field.bits import BitCheck
from zkmargin.verifier.field.engine import Engine
from zkmargin.verifier.field.quadratic import Quadratic
from zkmargin.verifier.field.shapes import padded, require
from zkmargin.verifier.field.tables import WORTH_A_THREAD, equality_table, small_products, two_values
from zkmargin.verifier.field.vector import (
    Limbs,
    PortableVector,
    empty,
    from_integers,
    montgomery,
    plain_integers,
    scaled,
    zeros,
)
from zkmargin.verifier.parallel import in_parts

Weights = Sequence[tuple[PortableVector, PortableVector]]


class InnerRounds:
    """Rounds of `sum_i left[i] right[i]` over `2^variables` blocks; behind its end a table is zero."""

    def __init__(self, left: Limbs, right: Limbs, variables: int, engine: Engine, block: int = 1) -> None:
        self.left, self.right = left, right
        self.variables = variables
        self._half = block << variables >> 1
        self._claim = PortableVector(left, engine) @ PortableVector(right, engine)
        self._current = Quadratic(0, 0, 0)

    def pairing(self) -> tuple[Limbs, Limbs, int]:
        """What the kernels of a round and of a fold need."""
        return self.left, self.right, self._half

    def polynomial(self, at_zero: int, leading: int) -> Quadratic:
        """Of the round; not reduced."""
        # The claim is the sum of the values at 0 and at 1.
        self._current = Quadratic.through(at_zero, self._claim - at_zero, leading)
        return self._current

    def bind(self, challenge: int) -> None:
        """After the round's `polynomial`, and after the tables were folded where they stand."""
        self._claim = self._current.at(challenge) % MODULUS
        self.left, self.right = self.left[: self._half], self.right[: self._half]
        self.variables -= 1
        self._half //= 2


class WeightedBits:
    """The three inner products, one after the other."""

    def __init__(self, lanes: LaneArray, axes: Axes, weights: Weights, bits: BitCheck, engine: Engine) -> None:
        accounts = padded(axes.accounts)
        fits = all(len(account) == accounts and len(lane) == axes.lanes for account, lane in weights)
        require(fits, "the weights do not fit the bits")
        nothing = (PortableVector(zeros(accounts)), PortableVector(zeros(axes.lanes)))
        self._weights = list(weights) or [nothing]
        self._axes, self._bits, self._engine = axes, bits, engine
        self._words = lanes.astype(np.uint64)
        self._challenges: list[int] = []
        self.rounds = self._over_accounts()
        self._later = [self._over_lanes, self._over_bits]
        self._enter_round()

    @property
    def ends(self) -> Limbs:
        """With one variable left, the two values of `W`."""
        return self.rounds.left

    def bind(self, challenge: int) -> None:
        """To be called after the bits are bound: the last inner product starts from their table."""
        self._challenges.append(challenge)
        self.rounds.bind(challenge)
        self._enter_round()

    def _enter_round(self) -> None:
        while self.rounds.variables == 0 and self._later:
            self.rounds = self._later.pop(0)()

    def _over_accounts(self) -> InnerRounds:
        """Entry `account * K + k` of the tables belongs to `a_k` and `U_k`, so the account is most significant."""
        left = np.stack([account.limbs for account, _ in self._weights], axis=1)
        right = np.zeros_like(left)
        for k, (_, lane) in enumerate(self._weights):
            right[: self._axes.accounts, k] = small_products(self._words, lane.limbs)
        entries = (-1, left.shape[2])
        block, variables = len(self._weights), self._axes.account_variables
        return InnerRounds(left.reshape(entries), right.reshape(entries), variables, self._engine, block)

    def _over_lanes(self) -> InnerRounds:
        total = zeros(self._axes.lanes)
        for k, (_, lane) in enumerate(self._weights):
            kernels.add_vectors(total, total, scaled(lane.limbs, self.rounds.left[k : k + 1], self._engine))
        equality = equality_table(self._challenges, self._engine)[: self._axes.accounts]
        folded_words = small_products(np.ascontiguousarray(self._words.T), equality)
        variables = self._axes.word_variables - self._axes.account_variables
        return InnerRounds(total, folded_words, variables, self._engine)

    def _over_bits(self) -> InnerRounds:
        places = from_integers([1 << bit for bit in range(1 << BIT_VARIABLES)])
        left = scaled(places, self.rounds.left[:1], self._engine)
        return InnerRounds(left, self._bits.table.copy(), BIT_VARIABLES, self._engine)


class BitSumcheck:
    """`eq(point, .) (D^2 - D) + W D`: two sumchecks that share the bits, and the calls of kernels."""

    def __init__(self, lanes: LaneArray, weights: Weights, point: Sequence[int], engine: Engine) -> None:
        axes = Axes(*lanes.shape)
        require(axes.accounts > 0 and axes.lanes > 0, "there are no bits")
        self._engine = engine
        self._bits = BitCheck(lanes, axes, point, engine)
        self._weighted = WeightedBits(lanes, axes, weights, self._bits, engine)
        self._left = axes.variables
        self._current: list[int] = []

    def round(self) -> list[int]:
        require(self._left > 0, "no variable is left")
        if not self._current:
            check, leading, *inner = self._sums()
            weighted = self._weighted.rounds.polynomial(*inner)
            *lower, cubic = self._bits.polynomial((check, leading))
            self._current = [(a + b) % MODULUS for a, b in zip(lower, weighted, strict=True)] + [cubic % MODULUS]
        return list(self._current)

    def fold(self, challenge: int) -> None:
        # The parts need the polynomials of the round even if the caller did not ask for them.
        self.round()
        scalar = montgomery(challenge)
        bits, equality, inner = self._bits.folding(), self._bits.equality, self._weighted.rounds.pairing()

        def part(start: int, stop: int) -> None:
            self._engine.bit_fold(*bits, *inner, equality, scalar, start, stop)

        in_parts(part, self._bits.pairs, WORTH_A_THREAD)
        self._bits.bind(challenge)
        self._weighted.bind(challenge)
        self._left -= 1
        self._current = []

    def ends(self) -> list[tuple[int, int]]:
        require(self._left == 1, "one variable must be left")
        return [self._bits.equality_ends(), two_values(self._bits.table), two_values(self._weighted.ends)]

    def _sums(self) -> list[int]:
        pairing, inner = self._bits.pairing(), self._weighted.rounds.pairing()

        def part(start: int, stop: int) -> list[int]:
            result = empty(4)
            self._engine.bit_round(result, *pairing, *inner, start, stop)
            return plain_integers(result if start == 0 else result[:2])

        (check, leading, *inner_sums), *others = in_parts(part, self._bits.pairs, WORTH_A_THREAD)
        for more in others:
            check, leading = check + more[0], leading + more[1]
        return [check, leading, *inner_sums]
