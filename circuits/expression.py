"""Quantities: what a rule computes from private holdings. The operators of this page are exact and cost nothing.

A `Quantity` is an array of affine forms of symbols, all at one decimal scale. Sums, differences, and products with
public numbers stay affine; scales are aligned upwards, so nothing is ever rounded here. Whatever is not affine
(maximum, products of private numbers, rounding) is an atom, see `circuits/atoms/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import Ints, common_shape
from zkmargin.circuits.fixed import MAX_DECIMALS, Fixed, fixed, is_public
from zkmargin.circuits.forms import Forms

if TYPE_CHECKING:
    from zkmargin.circuits.trace import Component, Trace

Interval = tuple[Ints, Ints]
"""The least and the greatest possible value, entry by entry."""


class Quantity:
    """Private numbers of any shape: `forms / 10^decimals`, entries in row-major order."""

    __slots__ = ("_interval", "decimals", "forms", "parts", "shape", "trace")

    # numpy arrays on the left leave operators to this class.
    __array_ufunc__ = None

    def __init__(
        self, trace: Trace, shape: tuple[int, ...], forms: Forms, decimals: int, parts: tuple[Component, ...] = ()
    ) -> None:
        if decimals > MAX_DECIMALS:
            raise InvalidInput(f"a product has {decimals} decimals, at most {MAX_DECIMALS}: rescale a factor first")
        self.trace, self.shape, self.forms, self.decimals, self.parts = trace, shape, forms, decimals, parts
        self._interval: Interval | None = None

    def __repr__(self) -> str:
        return f"Quantity(shape={self.shape}, decimals={self.decimals})"

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise InvalidInput("a private quantity has no truth value in a rule: use require, where or maximum")

    @property
    def interval(self) -> Interval:
        """Bounds of the scaled integers, in the shape of the quantity."""
        if self._interval is None:
            low, high = self.forms.interval(self.trace.low, self.trace.high)
            self._interval = low.reshape(self.shape), high.reshape(self.shape)
        return self._interval

    @property
    def size(self) -> int:
        return self.forms.count

    @property
    def is_private(self) -> bool:
        """Whether the value depends on the account at all."""
        return len(self.forms.columns()) > 0

    def __len__(self) -> int:
        if not self.shape:
            raise InvalidInput("a single quantity has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Quantity]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, part: Any) -> Quantity:
        index = np.asarray(np.arange(self.size).reshape(self.shape)[part])
        return self._with(index.shape, self.forms.take(index.ravel()))

    def reshape(self, *shape: int) -> Quantity:
        return self[()]._with(np.empty(self.shape, np.bool_).reshape(shape).shape, self.forms)

    @property
    def T(self) -> Quantity:
        index = np.arange(self.size).reshape(self.shape).T
        return self._with(index.shape, self.forms.take(index.ravel()))

    def named(self, name: str) -> Quantity:
        """The same quantity as a named component: a line of the explanation and of the cost table."""
        component = self.trace.name(self, name)
        return Quantity(self.trace, self.shape, self.forms, self.decimals, (component,))

    def at(self, decimals: int) -> Quantity:
        """The same numbers at a finer scale."""
        if decimals < self.decimals:
            raise InvalidInput("a coarser scale needs rounding: use rescale(x, decimals, rounding)")
        if decimals == self.decimals:
            return self
        return (self * Fixed(exact.integers(10 ** (decimals - self.decimals)))).as_decimals(decimals)

    def as_decimals(self, decimals: int) -> Quantity:
        """The same scaled integers read at another scale: multiplies the numbers by a power of ten."""
        return Quantity(self.trace, self.shape, self.forms, decimals, self.parts)

    # Affine operators.

    def __neg__(self) -> Quantity:
        return self * -1

    def __pos__(self) -> Quantity:
        return self

    def __abs__(self) -> Quantity:
        from zkmargin.circuits.atoms.absolute import absolute

        return absolute(self)

    def __add__(self, other: Any) -> Quantity:
        left, right = align(self, self.lift(other))
        return left._with(left.shape, left.forms.plus(right.forms), right)

    def __sub__(self, other: Any) -> Quantity:
        return self + -self.lift(other)

    def __mul__(self, other: Any) -> Quantity:
        if isinstance(other, Quantity):
            # Atoms are built from quantities: the import has to wait until both pages are read.
            from zkmargin.circuits.atoms.product import product

            return product(self, other)
        factor = _public(other)
        mine = broadcast(self, common_shape(self.shape, factor.shape))
        factors = np.broadcast_to(factor.integers, mine.shape).ravel()
        scaled = mine._with(mine.shape, mine.forms.scaled(factors))
        return scaled.as_decimals(self.decimals + factor.decimals)

    def __matmul__(self, other: Any) -> Quantity:
        if isinstance(other, Quantity):
            return (self[..., None] * other).sum(-2) if len(other.shape) > 1 else (self * other).sum(-1)
        transposed = self.T.__rmatmul__(_public(other).T)
        return transposed.T

    def __rmatmul__(self, other: Any) -> Quantity:
        matrix = _public(other)
        if not self.shape or not matrix.shape or matrix.shape[-1] != self.shape[0]:
            raise InvalidInput(f"matrix product: shapes {matrix.shape} and {self.shape} do not fit")
        rows = matrix.integers.reshape(-1, matrix.shape[-1])
        columns = self.reshape(len(self), -1)
        products = [columns[:, j].forms.times(rows) for j in range(columns.shape[1])]
        width = len(products)
        stacked = Forms.stack(products) if width != 1 else products[0]
        order = np.arange(stacked.count).reshape(width, len(rows)).T.ravel()
        forms = stacked.take(order) if width != 1 else stacked
        return self._with(matrix.shape[:-1] + self.shape[1:], forms).as_decimals(self.decimals + matrix.decimals)

    def __radd__(self, other: Any) -> Quantity:
        return self.__add__(other)

    def __rsub__(self, other: Any) -> Quantity:
        return (-self).__add__(other)

    def __rmul__(self, other: Any) -> Quantity:
        return self.__mul__(other)

    def sum(self, axis: int | None = None) -> Quantity:
        """The sum of all entries, or along one axis."""
        index = np.arange(self.size).reshape(self.shape)
        if axis is None:
            index, axis = index.ravel(), 0
        moved = np.moveaxis(index, axis, -1)
        shape = moved.shape[:-1]
        count = int(np.prod(shape, dtype=np.int64))
        targets = np.empty(self.size, np.int64)
        targets[moved.reshape(count, -1)] = np.arange(count)[:, None]
        return self._with(shape, self.forms.gathered(targets, count))

    # Comparisons.

    def __ge__(self, other: Any) -> Comparison:
        return Comparison(self - other)

    def __le__(self, other: Any) -> Comparison:
        return Comparison(self.lift(other) - self)

    def __gt__(self, other: Any) -> Comparison:
        return Comparison(_one_less(self - other))

    def __lt__(self, other: Any) -> Comparison:
        return Comparison(_one_less(self.lift(other) - self))

    def __eq__(self, other: Any) -> Comparison:  # type: ignore[override]
        return Comparison(self - other, equality=True)

    def __ne__(self, other: Any) -> Any:
        raise InvalidInput("!= cannot be required; write either(a > b, a < b)")

    # Helpers of this page and of the atoms.

    def lift(self, other: Any) -> Quantity:
        """An operand as a quantity of the same rule."""
        if isinstance(other, Quantity):
            if other.trace is not self.trace:
                raise InvalidInput("quantities of two different rules do not mix")
            return other
        number = _public(other)
        return Quantity(self.trace, number.shape, Forms.constant(number.integers.ravel()), number.decimals)

    def _with(self, shape: tuple[int, ...], forms: Forms, *others: Quantity) -> Quantity:
        parts = tuple(dict.fromkeys(part for one in (self, *others) for part in one.parts))
        return Quantity(self.trace, shape, forms, self.decimals, parts)


@dataclass(frozen=True, eq=False)
class Comparison:
    """`margin >= 0`, or `margin == 0`, entry by entry; strict comparisons of integers have one taken off."""

    margin: Quantity
    equality: bool = False

    def __bool__(self) -> bool:
        raise InvalidInput("a private comparison has no truth value in a rule: use require, either or where")


def require(comparison: Comparison, name: str = "") -> None:
    """State that a comparison holds (entry by entry). Without a name, requirements are numbered."""
    if not isinstance(comparison, Comparison):
        raise InvalidInput("require: a comparison of quantities is needed")
    trace = comparison.margin.trace
    trace.require(comparison, name or f"requirement {len(trace.requirements) + 1}")


def concatenate(parts: Sequence[Any], axis: int = 0) -> Quantity:
    """Arrays of quantities (and public numbers) joined along an existing axis."""
    quantities = _lifted(parts)
    firsts = np.cumsum([0, *(part.size for part in quantities)])
    pieces = zip(quantities, firsts, strict=False)
    index = np.concatenate([first + np.arange(part.size).reshape(part.shape) for part, first in pieces], axis)
    forms = Forms.stack([part.forms for part in quantities])
    return quantities[0]._with(index.shape, forms.take(index.ravel()), *quantities[1:])


def stack(parts: Sequence[Any], axis: int = 0) -> Quantity:
    """Quantities (and public numbers) of one shape, after broadcasting, joined along a new axis."""
    quantities = _lifted(parts)
    shape = common_shape(*(part.shape for part in quantities))
    place = axis if axis >= 0 else axis + len(shape) + 1
    expanded = (slice(None),) * place + (None,)
    return concatenate([broadcast(part, shape)[expanded] for part in quantities], place)


def align(left: Quantity, right: Quantity) -> tuple[Quantity, Quantity]:
    """Both operands at the finer scale and in the common shape."""
    shape = common_shape(left.shape, right.shape)
    decimals = max(left.decimals, right.decimals)
    return broadcast(left.at(decimals), shape), broadcast(right.at(decimals), shape)


def broadcast(quantity: Quantity, shape: tuple[int, ...]) -> Quantity:
    """The quantity repeated to a larger shape, as numpy does."""
    if quantity.shape == shape:
        return quantity
    index = np.broadcast_to(np.arange(quantity.size).reshape(quantity.shape), shape)
    return quantity._with(shape, quantity.forms.take(index.ravel()))


def _lifted(parts: Sequence[Any]) -> list[Quantity]:
    """Operands as quantities of one rule at the finest of their scales."""
    anchor = next((part for part in parts if isinstance(part, Quantity)), None)
    if anchor is None:
        raise InvalidInput("at least one quantity is needed")
    quantities = [anchor.lift(part) for part in parts]
    decimals = max(part.decimals for part in quantities)
    return [part.at(decimals) for part in quantities]


def _public(other: Any) -> Fixed:
    if not is_public(other):
        raise InvalidInput(
            f"an operand of type {type(other).__name__}: quantities, integers, integer arrays or Fixed are needed"
        )
    return fixed(other)


def _one_less(margin: Quantity) -> Quantity:
    """Strictly positive integers are those from one on."""
    return margin - Fixed(exact.integers(1), margin.decimals)
