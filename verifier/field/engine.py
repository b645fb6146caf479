"""The kernels that an arithmetic may bring of its own: same arrays, same arguments, same results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zkmargin.verifier.field import kernels, rounds

Kernel = Callable[..., None]


@dataclass(frozen=True)
class Engine:
    """What is hot in the vectors and in the rounds of the sumchecks; `kernels` and `rounds` define each of them."""

    multiply_vectors: Kernel
    scale: Kernel
    inner_product: Kernel
    outer_product: Kernel
    small_matrix: Kernel
    equality_table: Kernel
    fold: Kernel
    zero_check: Kernel
    inner_round: Kernel
    bit_rounds: Kernel
    product_round: Kernel


PORTABLE = Engine(
    kernels.multiply_vectors,
    kernels.scale,
    kernels.inner_product,
    kernels.outer_product,
    kernels.small_matrix,
    kernels.equality_table,
    rounds.fold,
    rounds.zero_check,
    rounds.inner_round,
    rounds.bit_rounds,
    rounds.product_round,
)
