"""Affine forms of symbols: `count` rows `sum_j c_j symbol_j + b` with public integer coefficients.

Coefficients live in dense rectangles (public matrices stay arrays) and in one sparse list. All operations are exact
and vectorised; the result of every operation is normal: sparse coefficients are sorted, each position once, no zeros.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.coefficients import (
    Dense,
    Flags,
    Indices,
    Sparse,
    dense_interval,
    expand,
    join,
    merge,
    run_starts,
    spread,
)
from zkmargin.circuits.exact import Ints

SPARSE_BELOW = 8
"""A matrix with fewer than one non-zero in so many places is multiplied and kept as a sparse one."""


@dataclass(frozen=True, eq=False)
class Forms:
    """Rows of affine forms: the sum of all dense and sparse coefficients, plus one constant a row."""

    count: int
    dense: tuple[Dense, ...]
    sparse: Sparse
    constants: Ints

    @staticmethod
    def constant(values: Ints) -> Forms:
        none = np.zeros(0, np.int64)
        return Forms(len(values), (), Sparse(none, none, none), values)

    @staticmethod
    def symbols(first: int, count: int) -> Forms:
        """The symbols themselves, one a row."""
        index = np.arange(count, dtype=np.int64)
        return Forms(count, (), Sparse(index, first + index, np.ones(count, np.int64)), np.zeros(count, np.int64))

    @staticmethod
    def stack(parts: list[Forms]) -> Forms:
        """All rows of all parts, one part after the other."""
        firsts = np.cumsum([0, *(part.count for part in parts)])
        dense = [
            Dense(block.rows + first, block.columns, block.coefficients)
            for part, first in zip(parts, firsts, strict=False)
            for block in part.dense
        ]
        sparse = [(part.sparse, first) for part, first in zip(parts, firsts, strict=False)]
        joined = Sparse(
            np.concatenate([piece.rows + first for piece, first in sparse]),
            np.concatenate([piece.columns for piece, _ in sparse]),
            join([piece.coefficients for piece, _ in sparse]),
        )
        return Forms(int(firsts[-1]), tuple(dense), joined, join([part.constants for part in parts]))

    def plus(self, other: Forms) -> Forms:
        dense = list(self.dense)
        for block in other.dense:
            merge(dense, block)
        mine, theirs = self.sparse, other.sparse
        sparse = Sparse.collect(
            np.concatenate([mine.rows, theirs.rows]),
            np.concatenate([mine.columns, theirs.columns]),
            join([mine.coefficients, theirs.coefficients]),
        )
        return Forms(self.count, tuple(dense), sparse, exact.add(self.constants, other.constants))

    def scaled(self, factors: Ints) -> Forms:
        """Row `i` times `factors[i]`."""
        dense: list[Dense] = []
        for block in self.dense:
            multiples = exact.multiply(factors[block.rows][:, None], block.coefficients)
            merge(dense, Dense(block.rows, block.columns, multiples))
        sparse, products = self.sparse, exact.multiply(factors[self.sparse.rows], self.sparse.coefficients)
        if np.all(factors != 0):
            scaled = Sparse(sparse.rows, sparse.columns, products)
        else:
            scaled = Sparse.collect(sparse.rows, sparse.columns, products)
        return Forms(self.count, tuple(dense), scaled, exact.multiply(factors, self.constants))

    def take(self, index: Indices) -> Forms:
        """Row `i` of the result is row `index[i]`; rows may repeat."""
        dense = []
        for block in self.dense:
            place = np.full(self.count, -1, np.int64)
            place[block.rows] = np.arange(len(block.rows))
            chosen = place[index]
            if np.any(chosen >= 0):
                rows = np.flatnonzero(chosen >= 0)
                dense.append(Dense(rows, block.columns, block.coefficients[chosen[rows]]))
        starts = np.searchsorted(self.sparse.rows, index, side="left")
        counts = np.searchsorted(self.sparse.rows, index, side="right") - starts
        at = expand(starts, counts)
        rows = np.repeat(np.arange(len(index), dtype=np.int64), counts)
        sparse = Sparse(rows, self.sparse.columns[at], exact.narrow(self.sparse.coefficients[at]))
        return Forms(len(index), tuple(dense), sparse, exact.narrow(self.constants[index]))

    def gathered(self, targets: Indices, count: int) -> Forms:
        """Row `i` of `count` rows is the sum of the rows whose target is `i`."""
        sparse = Sparse.collect(targets[self.sparse.rows], self.sparse.columns, self.sparse.coefficients)
        dense = []
        for block in self.dense:
            order = np.argsort(targets[block.rows], kind="stable")
            sorted_targets = targets[block.rows][order]
            starts = run_starts(sorted_targets)
            sums = exact.sum_groups(np.ascontiguousarray(block.coefficients[order].T), starts).T
            dense.append(Dense(sorted_targets[starts], block.columns, np.ascontiguousarray(sums)))
        order = np.argsort(targets, kind="stable")
        starts = run_starts(targets[order])
        constants = np.zeros(count, dtype=object)
        constants[targets[order][starts]] = exact.sum_groups(self.constants[order], starts)
        return Forms(count, tuple(dense), sparse, exact.narrow(constants))

    def times(self, matrix: Ints) -> Forms:
        """`matrix @ self`: a public matrix times a vector of forms."""
        constants = exact.matmul(matrix, self.constants[:, None])[:, 0]
        present = matrix != 0
        if np.count_nonzero(present) * SPARSE_BELOW < matrix.size:
            return self._times_sparse(matrix, present, constants)
        dense: list[Dense] = []
        rows = np.arange(len(matrix), dtype=np.int64)
        for block in self.dense:
            merge(dense, Dense(rows, block.columns, exact.matmul(matrix[:, block.rows], block.coefficients)))
        if len(self.sparse.rows):
            merge(dense, self._dense_product(matrix, rows))
        return Forms(len(matrix), tuple(dense), Forms.constant(constants).sparse, constants)

    def _dense_product(self, matrix: Ints, rows: Indices) -> Dense:
        sparse = self.sparse
        order = np.argsort(sparse.columns, kind="stable")
        products = exact.multiply(matrix[:, sparse.rows[order]], sparse.coefficients[order][None, :])
        columns = sparse.columns[order]
        starts = run_starts(columns)
        if len(starts) < len(columns):
            products = exact.sum_groups(products, starts)
        return Dense(rows, columns[starts], products)

    def _times_sparse(self, matrix: Ints, present: Flags, constants: Ints) -> Forms:
        row, column = (index.astype(np.int64) for index in np.nonzero(present))
        weights = exact.narrow(matrix[row, column])
        starts = np.searchsorted(self.sparse.rows, column, side="left")
        counts = np.searchsorted(self.sparse.rows, column, side="right") - starts
        at = expand(starts, counts)
        products = exact.multiply(np.repeat(weights, counts), self.sparse.coefficients[at])
        sparse = Sparse.collect(np.repeat(row, counts), self.sparse.columns[at], products)
        dense: list[Dense] = []
        for block in self.dense:
            part = matrix[:, block.rows]
            rows = np.flatnonzero(np.any(part != 0, axis=1))
            if len(rows):
                merge(dense, Dense(rows, block.columns, exact.matmul(part[rows], block.coefficients)))
        return Forms(len(matrix), tuple(dense), sparse, constants)

    def moved(self, rows: Indices, count: int) -> Forms:
        """Row `i` becomes row `rows[i]` of `count`; `rows` is strictly increasing, rows in between are zero."""
        dense = tuple(Dense(rows[block.rows], block.columns, block.coefficients) for block in self.dense)
        sparse = Sparse(rows[self.sparse.rows], self.sparse.columns, self.sparse.coefficients)
        constants = np.zeros(count, dtype=self.constants.dtype)
        constants[rows] = self.constants
        return Forms(count, dense, sparse, constants)

    def renamed(self, names: Indices) -> Forms:
        """Symbol `s` becomes `names[s]`; the names rise with the symbols."""
        dense = tuple(Dense(block.rows, names[block.columns], block.coefficients) for block in self.dense)
        sparse = Sparse(self.sparse.rows, names[self.sparse.columns], self.sparse.coefficients)
        return Forms(self.count, dense, sparse, self.constants)

    def substitute(self, places: Indices, definitions: Forms) -> Forms:
        """Put row `places[s]` of the definitions in place of each symbol `s`."""
        sparse = self.sparse
        terms = definitions.take(places[sparse.columns]).scaled(sparse.coefficients)
        result = Forms.constant(self.constants).plus(terms.gathered(sparse.rows, self.count))
        for block in self.dense:
            # What only has zeros for coefficients may have no definition.
            used = np.flatnonzero(np.any(block.coefficients != 0, axis=0))
            product = definitions.take(places[block.columns[used]]).times(block.coefficients[:, used])
            result = result.plus(product.moved(block.rows, self.count))
        return result

    def interval(self, low: Ints, high: Ints) -> tuple[Ints, Ints]:
        """The least and the greatest value of each row for symbols within `low` and `high`."""
        least, greatest = exact.wide(self.constants).copy(), exact.wide(self.constants).copy()
        for block in self.dense:
            below, above = dense_interval(block.coefficients, low[block.columns], high[block.columns])
            least[block.rows] += below
            greatest[block.rows] += above
        sparse = self.sparse
        if len(sparse.rows):
            starts = run_starts(sparse.rows)
            coefficients = exact.wide(sparse.coefficients)
            first, second = coefficients * low[sparse.columns], coefficients * high[sparse.columns]
            least[sparse.rows[starts]] += np.add.reduceat(np.minimum(first, second), starts)
            greatest[sparse.rows[starts]] += np.add.reduceat(np.maximum(first, second), starts)
        return least, greatest

    def evaluate(self, columns: Callable[[Indices], Ints], accounts: int) -> Ints:
        """The values of all rows, `(accounts, count)`; `columns` gives the values of symbols, `(accounts, symbols)`."""
        result: Ints = np.broadcast_to(self.constants, (accounts, self.count))
        for block in self.dense:
            products = exact.matmul(columns(block.columns), block.coefficients.T)
            result = exact.add(result, spread(products, block.rows, self.count))
        if len(self.sparse.rows):
            starts = run_starts(self.sparse.rows)
            products = exact.multiply(columns(self.sparse.columns), self.sparse.coefficients[None, :])
            sums = exact.sum_groups(products, starts)
            result = exact.add(result, spread(sums, self.sparse.rows[starts], self.count))
        return result

    @property
    def nonzeros(self) -> int:
        """How many coefficients there are; those of rectangles all count."""
        return sum(block.coefficients.size for block in self.dense) + len(self.sparse.rows)

    def columns(self) -> Indices:
        """The symbols that occur, sorted, each once."""
        used = [block.columns[np.any(block.coefficients != 0, axis=0)] for block in self.dense]
        found = np.concatenate([*used, self.sparse.columns])
        return np.flatnonzero(np.bincount(found)) if len(found) else found

    def columns_by_sign(self) -> tuple[Indices, Indices]:
        """The symbols that occur with a positive coefficient, and those that occur with a negative one."""
        positive, negative = [], []
        for block in self.dense:
            positive.append(block.columns[np.any(block.coefficients > 0, axis=0)])
            negative.append(block.columns[np.any(block.coefficients < 0, axis=0)])
        positive.append(self.sparse.columns[self.sparse.coefficients > 0])
        negative.append(self.sparse.columns[self.sparse.coefficients < 0])
        return np.unique(np.concatenate(positive)), np.unique(np.concatenate(negative))

    def fingerprint(self) -> bytes:
        """Equal for equal forms: the key under which common sub-expressions are found."""
        sink = hashlib.sha256(str((self.count, len(self.dense))).encode())
        arrays = [array for block in self.dense for array in (block.rows, block.columns, block.coefficients)]
        arrays += [self.sparse.rows, self.sparse.columns, self.sparse.coefficients, self.constants]
        for array in arrays:
            body = array.tobytes() if array.dtype == np.int64 else repr(array.tolist()).encode()
            sink.update(f"{array.dtype}{array.shape}{len(body)}".encode() + body)
        return sink.digest()
