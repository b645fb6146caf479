"""Coefficients of affine forms: dense rectangles, so that public matrices stay arrays, and one sorted sparse list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zkmargin.circuits import exact
from zkmargin.circuits.exact import Ints

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FEW_BOUNDS = 32
"""Up to so many columns, a product of Python integers takes less time than cutting limbs."""


@dataclass(frozen=True, eq=False)
class Dense:
    """`coefficients[i, j]` stands in row `rows[i]` at symbol `columns[j]`; both lists are strictly increasing."""

    rows: Indices
    columns: Indices
    coefficients: Ints


@dataclass(frozen=True, eq=False)
class Sparse:
    """`coefficients[k]` stands in row `rows[k]` at symbol `columns[k]`; sorted by row, then by symbol."""

    rows: Indices
    columns: Indices
    coefficients: Ints

    @staticmethod
    def collect(rows: Indices, columns: Indices, coefficients: Ints) -> Sparse:
        """From positions in any order, with repetitions, which add up."""
        order = np.lexsort((columns, rows))
        rows, columns, coefficients = rows[order], columns[order], coefficients[order]
        starts = run_starts(rows, columns)
        coefficients = exact.sum_groups(coefficients, starts)
        keep = np.flatnonzero(coefficients != 0)
        starts = starts[keep]
        return Sparse(rows[starts], columns[starts], exact.narrow(coefficients[keep]))


def run_starts(*keys: Indices) -> Indices:
    """Where runs of equal keys begin."""
    if len(keys[0]) == 0:
        return np.zeros(0, np.int64)
    changes = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


def expand(starts: Indices, counts: Indices) -> Indices:
    """The concatenation of the ranges `starts[i], ..., starts[i] + counts[i] - 1`."""
    ends = np.cumsum(counts)
    return np.repeat(starts - ends + counts, counts) + np.arange(int(counts.sum()), dtype=np.int64)


def join(parts: list[Ints]) -> Ints:
    """Concatenation that stays int64 when all parts are."""
    if any(part.dtype == object for part in parts):
        parts = [exact.wide(part) for part in parts]
    return np.concatenate(parts)


def spread(values: Ints, at: Indices, count: int) -> Ints:
    if len(at) == count:
        return values
    result = np.zeros((values.shape[0], count), dtype=values.dtype)
    result[:, at] = values
    return result


def dense_interval(matrix: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Columns with the same bounds, usually almost all of them, are added up before they are multiplied."""
    order, starts = _equal_columns(low, high)
    zero, first = np.zeros_like(matrix), order[starts]
    positive = exact.sum_groups(np.where(matrix > 0, matrix, zero)[:, order], starts)
    negative = exact.sum_groups(np.where(matrix < 0, matrix, zero)[:, order], starts)
    bounds = np.stack([low[first], high[first]], axis=1)
    if len(first) > FEW_BOUNDS:
        with_positive, with_negative = exact.wide(exact.matmul(positive, bounds)), exact.matmul(negative, bounds)
    else:
        with_positive, with_negative = exact.wide(positive) @ bounds, exact.wide(negative) @ bounds
    return with_positive[:, 0] + with_negative[:, 1], with_positive[:, 1] + with_negative[:, 0]


def _equal_columns(low: Ints, high: Ints) -> tuple[Indices, Indices]:
    """An order of the columns that puts equal bounds together, and where they begin in it."""
    if np.all(low == low[0]) and np.all(high == high[0]):
        return np.arange(len(low), dtype=np.int64), np.zeros(1, np.int64)
    found: dict[tuple[int, int], int] = {}
    group = np.array([found.setdefault(pair, len(found)) for pair in zip(low.tolist(), high.tolist(), strict=True)])
    order = np.argsort(group, kind="stable")
    return order, run_starts(group[order])


def merge(blocks: list[Dense], new: Dense) -> None:
    """Add a rectangle to a list, on top of one that covers the same rows and symbols if there is one."""
    for i, old in enumerate(blocks):
        if np.array_equal(old.rows, new.rows) and np.array_equal(old.columns, new.columns):
            total = exact.add(old.coefficients, new.coefficients)
            blocks[i : i + 1] = [Dense(old.rows, old.columns, total)] if total.any() else []
            return
    if new.coefficients.any():
        blocks.append(new)
