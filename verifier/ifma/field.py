"""The field through vector kernels: the portable field, its hot loops eight elements at a time."""

from __future__ import annotations

from zkmargin.verifier.field.engine import Engine
from zkmargin.verifier.field.portable import PortableField
from zkmargin.verifier.ifma import rounds

ENGINE = Engine(
    rounds.multiply_vectors,
    rounds.scale,
    rounds.inner_product,
    rounds.outer_product,
    rounds.small_matrix,
    rounds.equality_table,
    rounds.fold,
    rounds.zero_check,
    rounds.inner_round,
    rounds.bit_rounds,
    rounds.product_round,
)


class IfmaField(PortableField):
    """Vectors are those of the portable field, and so are their bytes."""

    def __init__(self) -> None:
        super().__init__(ENGINE)
