"""Linear forms applied to field vectors, forwards (`apply`) and transposed (`weigh`).

A block is a dense matrix of 64-bit integers. Shifted by 2^63 its coefficients are unsigned words, and
`sum_j c_j x_j = sum_j (c_j + 2^63) x_j - 2^63 sum_j x_j`: no signs in the loop, and one reduction a line.
Scattered coefficients and constants are of any size; their vectors are made once for each `LinearForms`.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.system import Block, Int64Array, LinearForms
from zkmargin.verifier.field import kernels
from zkmargin.verifier.field.shapes import require
from zkmargin.verifier.field.tables import small_products
from zkmargin.verifier.field.vector import Limbs, empty, from_integers, montgomery, zeros

_SHIFT = np.uint64(1 << 63)
_SHIFT_SCALAR = montgomery(1 << 63)


@dataclass(frozen=True)
class Prepared:
    """The scattered part of some forms and their constants, as kernels take them."""

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
        found = Prepared(scatter.rows.copy(), scatter.wires.copy(), coefficients, constants)
        _prepared[forms] = found
    return found


def weigh(weights: Limbs, forms: LinearForms, wires: int) -> Limbs:
    require(len(weights) == forms.rows, "one weight is needed for each row")
    result = zeros(wires)
    for block in nonempty(forms.blocks):
        part = weights[block.first_row : block.first_row + block.coefficients.shape[0]]
        _add_at(result, block.wires, signed_products(block.coefficients.T, part))
    scatter = prepared(forms)
    kernels.add_scattered(result, scatter.wires, weights, scatter.rows, scatter.coefficients, 1)
    return result


def apply(forms: LinearForms, wires: Limbs, accounts: int) -> Limbs:
    require(accounts > 0 and len(wires) % accounts == 0, "wires do not fit the accounts")
    scatter = prepared(forms)
    result = np.tile(scatter.constants, (accounts, 1))
    by_account = np.arange(accounts)[:, None]
    for block in nonempty(forms.blocks):
        inputs = wires[(by_account * (len(wires) // accounts) + block.wires).ravel()]
        rows = block.first_row + np.arange(block.coefficients.shape[0])
        products = signed_products(block.coefficients, inputs)
        _add_at(result, (by_account * forms.rows + rows).ravel(), products)
    kernels.add_scattered(result, scatter.rows, wires, scatter.wires, scatter.coefficients, accounts)
    return result


def nonempty(blocks: tuple[Block, ...]) -> list[Block]:
    return [block for block in blocks if block.coefficients.size]


def signed_products(matrix: Int64Array, vectors: Limbs) -> Limbs:
    """`matrix @ vector` for each of the vectors, which follow each other."""
    rows, columns = matrix.shape
    # Adding 2^63 flips the sign bit.
    words: npt.NDArray[np.uint64] = np.ascontiguousarray(matrix).view(np.uint64) ^ _SHIFT
    shifted = small_products(words, vectors)
    excess = small_products(np.full((1, columns), _SHIFT), vectors)
    kernels.subtract_vectors(shifted, shifted, np.repeat(excess, rows, axis=0))
    return shifted


def _add_at(result: Limbs, indices: Int64Array, terms: Limbs) -> None:
    """Indices are distinct."""
    total = empty(len(indices))
    kernels.add_vectors(total, np.ascontiguousarray(result[indices]), terms)
    result[indices] = total
