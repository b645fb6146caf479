"""Covariance matrices of public parameters, exact: built from volatilities and correlations, blended, and checked."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

from zkmargin.circuits.fixed import to_integer
from zkmargin.circuits.models import factors

Matrix: TypeAlias = "list[list[Decimal]]"

TARGETS = {"one": 1, "minus one": -1, "zero": 0}


def covariance(volatilities: tuple[Decimal, ...], correlations: Matrix) -> Matrix:
    """`A_ij = v_i v_j rho_ij`."""
    return [
        [factors.multiply(left, right, rho) for right, rho in zip(volatilities, row, strict=True)]
        for left, row in zip(volatilities, correlations, strict=True)
    ]


def blended(correlations: Matrix, towards: Literal["one", "minus one", "zero"], share: Decimal) -> Matrix:
    """Every correlation off the diagonal moved `share` of the way to one, minus one or zero."""
    rest, target = factors.subtract(Decimal(1), share), factors.multiply(share, Decimal(TARGETS[towards]))
    return [
        [value if i == j else factors.add(factors.multiply(value, rest), target) for j, value in enumerate(row)]
        for i, row in enumerate(correlations)
    ]


def is_semidefinite(matrix: Matrix) -> bool:
    """Whether a symmetric matrix has no negative direction: elimination in integers that never leaves a fraction.

    After the first k pivots, entries are minors of the matrix (Bareiss), so the divisions are exact and a pivot has the
    sign of a leading minor. A zero pivot is harmless only if its whole row is zero; then that factor is left out.
    """
    decimals = max(-int(value.as_tuple().exponent) for row in matrix for value in row)
    rows = [[to_integer(value, max(0, decimals)) for value in row] for row in matrix]
    last = 1
    for k, head in enumerate(rows):
        pivot = head[k]
        if pivot < 0 or (pivot == 0 and any(head[k + 1 :])):
            return False
        if pivot == 0:
            continue
        for i in range(k + 1, len(rows)):
            factor, row = head[i], rows[i]
            # Only the part from the diagonal on is kept up to date; the other mirrors it.
            for j in range(i, len(rows)):
                row[j] = (row[j] * pivot - factor * head[j]) // last
        last = pivot
    return True
