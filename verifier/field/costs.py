"""How many products the bit sumcheck must make, counted from its size alone: what benchmarks call the floor.

The unit is one product of two elements. An unreduced product, added to a sum of such, makes 16 of its 28 products of
words; a product with a word makes 4. Reductions of whole sums, and all additions, are left out.
"""

from __future__ import annotations

from fractions import Fraction

from zkmargin.verifier.field.axes import BIT_VARIABLES, Axes
from zkmargin.verifier.field.bits import symbolic_variables
from zkmargin.verifier.field.shapes import padded

UNREDUCED = Fraction(16, 28)
SMALL = Fraction(4, 28)


def bit_sumcheck_products(accounts: int, lanes: int, pairs: int) -> int:
    """Of `bit_sumcheck` with so many pairs of weights."""
    axes = Axes(accounts, lanes)
    return round(_bit_check(axes) + _weighted_bits(axes, pairs))


def _bit_check(axes: Axes) -> Fraction:
    bound = symbolic_variables(axes)
    shape = axes.shape(bound)
    # The equality tables of rows and columns, doubled up from one entry; then the sums of patterns, weighed by row.
    products = Fraction(shape.rows - 1 + shape.columns - 1 + (shape.live_rows << (1 << bound)))
    for variable in range(bound, axes.variables):
        # A pair takes two products to weigh, two weighed ones to add up, and one to fold.
        products += axes.shape(variable).pairs * (3 + 2 * UNREDUCED)
    return products


def _weighted_bits(axes: Axes, pairs: int) -> Fraction:
    words = axes.accounts * axes.lanes
    # Sums over the lanes for each pair of weights and over the accounts for the folded words; the combined weights.
    products = words * (pairs + 1) * SMALL + pairs * axes.lanes
    lane_variables = axes.word_variables - axes.account_variables
    products += _inner_rounds(padded(axes.accounts) * pairs, padded(axes.accounts) * pairs, axes.account_variables)
    products += _inner_rounds(axes.lanes, padded(axes.lanes), lane_variables)
    return products + _inner_rounds(1 << BIT_VARIABLES, 1 << BIT_VARIABLES, BIT_VARIABLES)


def _inner_rounds(live: int, length: int, variables: int) -> Fraction:
    """The claim, and for each pair two unreduced products and two to fold."""
    products = live * UNREDUCED
    for _ in range(variables):
        length //= 2
        live = min(live, length)
        products += live * (2 + 2 * UNREDUCED)
    return products
