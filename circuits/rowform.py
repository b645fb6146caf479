"""The last step of rows: common factors leave, and compile-time forms become the `LinearForms` of a `System`."""

from __future__ import annotations

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.coefficients import Dense, Indices, Sparse, run_starts
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.exact import INT64_LIMIT, Ints
from zkmargin.circuits.forms import Forms
from zkmargin.circuits.system import Block, LinearForms, Scatter

LONG_ROW = 32
"""From so many coefficients on, a row is an array."""


def reduce_rows(forms: Forms, equality: bool) -> tuple[Forms, Ints]:
    """Divide each row by the common factor of its coefficients; also returns the factors.

    `g e + b >= 0` for an integer e is `e + floor(b / g) >= 0`; `g e + b == 0` needs g to divide b.
    """
    factors = _common_factors(forms)
    if np.all(factors == 1):
        return forms, factors
    if equality and np.any(exact.wide(forms.constants) % factors != 0):
        raise InvalidInput("an equality can never hold: its constant does not fit the common factor of its terms")
    dense = tuple(
        Dense(block.rows, block.columns, exact.narrow(block.coefficients // factors[block.rows][:, None]))
        for block in forms.dense
    )
    sparse = forms.sparse
    reduced = type(sparse)(sparse.rows, sparse.columns, exact.narrow(sparse.coefficients // factors[sparse.rows]))
    return Forms(forms.count, dense, reduced, exact.narrow(exact.wide(forms.constants) // factors)), factors


def _common_factors(forms: Forms) -> Ints:
    factors = np.zeros(forms.count, dtype=object)
    for block in forms.dense:
        # The absolute value of -2^63 does not fit int64.
        edge = exact.size(block.coefficients) == INT64_LIMIT
        own = np.gcd.reduce(exact.wide(block.coefficients) if edge else block.coefficients, axis=1)
        factors[block.rows] = np.gcd(factors[block.rows], own.astype(object))
    starts = run_starts(forms.sparse.rows)
    if len(starts):
        rows = forms.sparse.rows[starts]
        own = np.gcd.reduceat(exact.wide(forms.sparse.coefficients), starts)
        factors[rows] = np.gcd(factors[rows], own)
    return np.where(factors == 0, 1, factors)


def linear_forms(parts: list[Forms]) -> LinearForms:
    """All rows of all parts: rectangles and long rows are 64-bit blocks, the rest is scattered, whatever its size."""
    if not parts:
        return LinearForms(0, ())
    forms = Forms.stack(parts)
    blocks: list[Block] = []
    short, long_rows = _long_rows(forms.sparse)
    rows, columns, coefficients = [short.rows], [short.columns], [short.coefficients]
    for block in forms.dense:
        fitting, (row, column, beyond) = _split(block)
        blocks += _contiguous(fitting)
        rows.append(row)
        columns.append(column)
        coefficients.append(beyond)
    scatter = Scatter(
        np.concatenate(rows), np.concatenate(columns), tuple(int(c) for part in coefficients for c in part.tolist())
    )
    constants = tuple(int(c) for c in forms.constants.tolist())
    return LinearForms(forms.count, constants, tuple(blocks + long_rows), scatter)


def _long_rows(sparse: Sparse) -> tuple[Sparse, list[Block]]:
    """Rows with many small coefficients are cheaper to visit as arrays; neighbours with equal columns share a block.

    A column that occurs once in all rows, such as a slack, is left out, as it would tell each row from its neighbour.
    """
    fits = np.asarray(abs(exact.wide(sparse.coefficients)) < INT64_LIMIT, dtype=np.bool_)
    shared = np.bincount(sparse.columns, minlength=1)[sparse.columns] > 1
    candidates = np.flatnonzero(fits & shared)
    starts = run_starts(sparse.rows[candidates])
    runs = [run for run in np.split(candidates, starts[1:]) if len(run) >= LONG_ROW]
    blocks: list[Block] = []
    for run in runs:
        row, columns = int(sparse.rows[run[0]]), sparse.columns[run]
        coefficients = sparse.coefficients[None, run].astype(np.int64)
        last = blocks[-1] if blocks else None
        if last and last.first_row + len(last.coefficients) == row and np.array_equal(last.wires, columns):
            blocks[-1] = Block(last.first_row, columns, np.concatenate([last.coefficients, coefficients]))
        else:
            blocks.append(Block(row, columns, coefficients))
    rest = np.ones(len(sparse.rows), np.bool_)
    for run in runs:
        rest[run] = False
    return Sparse(sparse.rows[rest], sparse.columns[rest], exact.narrow(sparse.coefficients[rest])), blocks


def _split(block: Dense) -> tuple[Dense, tuple[Indices, Indices, Ints]]:
    """The part of a rectangle that fits int64, and the single coefficients that do not."""
    if block.coefficients.dtype == np.int64:
        none = np.zeros(0, np.int64)
        return block, (none, none, none)
    beyond = abs(block.coefficients) >= INT64_LIMIT
    i, j = np.nonzero(beyond)
    fitting = np.where(beyond, 0, block.coefficients).astype(np.int64)
    return Dense(block.rows, block.columns, fitting), (block.rows[i], block.columns[j], block.coefficients[i, j])


def _contiguous(block: Dense) -> list[Block]:
    """Rectangles of consecutive rows; all-zero ones are left out."""
    starts = run_starts(block.rows - np.arange(len(block.rows)))
    ends = np.append(starts[1:], len(block.rows))
    pieces = [(int(block.rows[a]), block.coefficients[a:b]) for a, b in zip(starts, ends, strict=True)]
    return [
        Block(first, block.columns, np.ascontiguousarray(piece, dtype=np.int64))
        for first, piece in pieces
        if piece.any()
    ]
