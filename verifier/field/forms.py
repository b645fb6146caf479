"""Linear forms applied to field vectors, forwards (`apply`) and transposed (`weigh`).

A block is a dense matrix of 64-bit integers. Shifted by 2^63 its coefficients are unsigned words, and
`sum_j c_j x_j = sum_j (c_j + 2^63) x_j - 2^63 sum_j x_j`: no signs in the loop, and one reduction a line.
One column more, of words 2^63, gives what is subtracted.
Scattered coefficients and constants are of any size; their vectors are made once for each `LinearForms`.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.system import Block, Int64Array, LinearForms
from zkmargin.verifier.field import kernels
from zkmargin.verifier.field.engine import Engine
from zkmargin.verifier.field.limbs import LIMBS
from zkmargin.verifier.field.shapes import require
from zkmargin.verifier.field.tables import small_products
from zkmargin.verifier.field.vector import Limbs, empty, from_integers, zeros

UInt64Array = npt.NDArray[np.uint64]
_SHIFT = np.uint64(1 << 63)


@dataclass(frozen=True)
class PreparedBlock:
    """A dense matrix shifted into unsigned words, and the same across; each with its column of shifts."""

    first_row: int
    wires: Int64Array
    words: UInt64Array
    across: UInt64Array

    @property
    def rows(self) -> slice:
        return slice(self.first_row, self.first_row + len(self.words))


@dataclass(frozen=True)
class Prepared:
    """Forms as kernels take them."""

    blocks: tuple[PreparedBlock, ...]
    rows: Int64Array
    wires: Int64Array
    coefficients: Limbs
    constants: Limbs


_prepared: WeakKeyDictionary[LinearForms, Prepared] = WeakKeyDictionary()


def prepared(forms: LinearForms) -> Prepared:
    found = _prepared.get(forms)
    if found is None:
        scatter = forms.scatter
        coefficients, constants = from_integers(scatter.coefficients), from_integers(forms.constants)
        # Copies are contiguous and writable; for other arrays numba would compile the kernel once more.
        blocks = tuple(prepared_block(block) for block in forms.blocks if block.coefficients.size)
        found = Prepared(blocks, scatter.rows.copy(), scatter.wires.copy(), coefficients, constants)
        _prepared[forms] = found
    return found


def prepared_block(block: Block) -> PreparedBlock:
    # Adding 2^63 flips the sign bit.
    words = np.ascontiguousarray(block.coefficients).view(np.uint64) ^ _SHIFT
    return PreparedBlock(block.first_row, block.wires.copy(), _with_shifts(words), _with_shifts(words.T))


def _with_shifts(words: UInt64Array) -> UInt64Array:
    return np.ascontiguousarray(np.hstack([words, np.full((len(words), 1), _SHIFT)]))


def weigh(weights: Limbs, forms: LinearForms, wires: int, engine: Engine) -> Limbs:
    require(len(weights) == forms.rows, "one weight is needed for each row")
    result, ready = zeros(wires), prepared(forms)
    for block in ready.blocks:
        _add_at(result, block.wires, signed_products(weights[block.rows], block.words, engine))
    kernels.add_scattered(result, ready.wires, weights, ready.rows, ready.coefficients, 1)
    return result


def apply(forms: LinearForms, wires: Limbs, accounts: int, engine: Engine) -> Limbs:
    require(accounts > 0 and len(wires) % accounts == 0, "wires do not fit the accounts")
    ready = prepared(forms)
    result = np.tile(ready.constants, (accounts, 1))
    by_account = np.arange(accounts)[:, None]
    for block in ready.blocks:
        inputs = wires[(by_account * (len(wires) // accounts) + block.wires).ravel()]
        rows = block.first_row + np.arange(len(block.words))
        _add_at(result, (by_account * forms.rows + rows).ravel(), signed_products(inputs, block.across, engine))
    kernels.add_scattered(result, ready.rows, wires, ready.wires, ready.coefficients, accounts)
    return result


def signed_products(vectors: Limbs, words: UInt64Array, engine: Engine) -> Limbs:
    """`vector @ matrix`, given the shifted matrix, for each of the vectors, which follow each other."""
    columns = words.shape[1]
    shifted = small_products(vectors, words, engine).reshape(-1, columns, LIMBS)
    result = np.ascontiguousarray(shifted[:, :-1]).reshape(-1, LIMBS)
    kernels.subtract_vectors(result, result, np.repeat(shifted[:, -1], columns - 1, axis=0))
    return result


def _add_at(result: Limbs, indices: Int64Array, terms: Limbs) -> None:
    """Indices are distinct."""
    total = empty(len(indices))
    kernels.add_vectors(total, np.ascontiguousarray(result[indices]), terms)
    result[indices] = total
