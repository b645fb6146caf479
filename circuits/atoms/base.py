"""What an atom is: a function that is not affine, with a certificate for each side on which its value may be used.

An atom is never computed in the circuit. The prover writes a value `t` down, and rows make sure of

    upper certificate:  t >= f(arguments)      for values that may only be over-stated (a requirement)
    lower certificate:  t <= f(arguments)      for values that may only be under-stated (equity)

and of both where a value is used on both sides. The compiler finds the side: in a row `a - b >= 0` what `a` contains
with a positive sign is used on the lower side, with a negative sign on the upper side, and equalities and products
use both. A certificate is itself made of such rows, so sides pass through nested atoms by the same rule, and if each
certificate is right for true arguments then every satisfying witness implies the true inequality.

To add an atom, write one class in one file: `interval`, `value`, `upper`, `lower`, and the security argument.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from zkmargin.circuits.exact import Ints
from zkmargin.circuits.expression import Interval, Quantity
from zkmargin.circuits.forms import Forms

if TYPE_CHECKING:
    from zkmargin.circuits.certificates import Certificates


class Atom(ABC):
    """A frozen dataclass of public parameters; equal atoms on equal arguments are computed once.

    An atom works on many instances side by side: the first axis of every argument counts the instances, further axes
    belong to the atom. Values come as `(accounts, instances, ...)`; an array is int64 only if all its values are
    below 2^60 in size, so that programs may add a few of them, and object otherwise. Whoever multiplies uses
    `exact.multiply`.
    """

    @abstractmethod
    def interval(self, *arguments: Interval) -> Interval:
        """Bounds of the output, one an instance, from the bounds of the arguments."""

    @abstractmethod
    def value(self, *arguments: Ints) -> Ints:
        """The true value, `(accounts, instances)`."""

    @abstractmethod
    def upper(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        """Rows that imply `t >= f(arguments)` and that hold for the true value."""

    @abstractmethod
    def lower(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        """Rows that imply `t <= f(arguments)` and that hold for the true value."""

    def exact(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> None:
        """Rows that imply `t == f(arguments)`: both certificates on one wire."""
        self.upper(rows, t, *arguments)
        self.lower(rows, t, *arguments)

    def overstated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity | None:
        """An expression that is at least `f(arguments)` for every prover and equal to it for an honest one.

        Where one exists it is cheaper than a wire of its own; used when a value occurs on the upper side only. Its
        rows may speak of `t`, which then stands for the expression.
        """
        return None

    def understated(self, rows: Certificates, t: Quantity, *arguments: Quantity) -> Quantity | None:
        """The same for the lower side."""
        return None


def use(atom: Atom, *arguments: Quantity, decimals: int, shape: tuple[int, ...]) -> Quantity:
    """Apply an atom to arguments whose first axis counts instances; the output is one number an instance."""
    node = arguments[0].trace.apply(atom, [argument.as_decimals(0) for argument in arguments])
    return Quantity(arguments[0].trace, shape, Forms.symbols(node.first, node.count), decimals, node.parts)
