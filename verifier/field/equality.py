"""The equality kernel as a factor of a sumcheck: `sum_x eq(point, x) f(x)` for an `f` of degree two in each variable.

In the round of variable `i` the round polynomial is `scale l(X) t(X)`: `scale` is the kernel of the variables already
bound, `l(X) = (1 - X)(1 - point_i) + X point_i`, and `t` is the sum over the rest, of degree two. The claim of the
round, `scale (l(0) t(0) + l(1) t(1))`, gives one value of `t` for a division, so the caller sums only two numbers:
`t` at one end (the near one) and its leading coefficient. All of it on integers: this is a few products a round.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.field.quadratic import Quadratic


class EqualityFactor:
    """The bound part of the kernel, and the running claim divided by it."""

    def __init__(self, point: Sequence[int], claim: int) -> None:
        self.point = [coordinate % MODULUS for coordinate in point]
        self._claim = claim
        self._scale = 1
        self._bound = 0
        self._t = Quadratic(0, 0, 0)
        # `l(1)` is the coordinate; where it is zero, `l(0) = 1` is divided by instead.
        self._inverses = inverses([coordinate or 1 for coordinate in self.point])

    @property
    def near(self) -> int:
        """The end at which the caller sums `t`: 0, but 1 where `l(1) = 0`."""
        return 0 if self.point[self._bound] else 1

    def ends(self) -> tuple[int, int]:
        """The kernel's two values in the variable to bind next."""
        high = self._scale * self.point[self._bound] % MODULUS
        return (self._scale - high) % MODULUS, high

    def polynomial(self, at_near: int, leading: int) -> list[int]:
        """The coefficients of the round polynomial, not reduced."""
        coordinate, inverse = self.point[self._bound], self._inverses[self._bound]
        if coordinate:
            at_far = (self._claim - (1 - coordinate) * at_near) * inverse % MODULUS
            self._t = Quadratic.through(at_near, at_far, leading)
        else:
            self._t = Quadratic.through(self._claim, at_near, leading)
        return self._t.times_line(*self.ends())

    def fold(self, challenge: int) -> None:
        """After the round's `polynomial`."""
        low, high = self.ends()
        self._scale = (low + challenge * (high - low)) % MODULUS
        self._claim = self._t.at(challenge) % MODULUS
        self._bound += 1


def inverses(values: list[int]) -> list[int]:
    """Of numbers none of which is zero: one inversion, and three products a number."""
    prefixes = [1]
    for value in values:
        prefixes.append(prefixes[-1] * value % MODULUS)
    running = pow(prefixes[-1], -1, MODULUS)
    result = []
    for value, before in zip(reversed(values), reversed(prefixes[:-1]), strict=True):
        result.append(running * before % MODULUS)
        running = running * value % MODULUS
    return result[::-1]
