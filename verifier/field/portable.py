"""`Field` in the portable arithmetic: arrays of limbs, and kernels compiled for the machine at hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zkmargin.circuits.system import LANE_BITS, Int64Array, LaneArray, LinearForms
from zkmargin.verifier.field import forms as linear
from zkmargin.verifier.field import kernels
from zkmargin.verifier.field.engine import PORTABLE, Engine
from zkmargin.verifier.field.limbs import LIMBS
from zkmargin.verifier.field.products import ProductSumcheck
from zkmargin.verifier.field.shapes import require
from zkmargin.verifier.field.sumcheck import BitSumcheck
from zkmargin.verifier.field.tables import WORTH_A_THREAD, equality_table
from zkmargin.verifier.field.vector import (
    Limbs,
    PortableVector,
    empty,
    from_canonical,
    from_integers,
    from_wide,
    montgomery,
    to_montgomery,
    zeros,
)
from zkmargin.verifier.parallel import in_parts

_LANE_BASE = montgomery(1 << LANE_BITS)
_LANES_OF_LIMBS = LIMBS * 64 // LANE_BITS


class PortableField:
    """`Field` over `PortableVector`, with the kernels of an engine."""

    def __init__(self, engine: Engine = PORTABLE) -> None:
        self._engine = engine

    def vector(self, values: Sequence[int]) -> PortableVector:
        return self._vector(from_integers(values, self._engine))

    def zeros(self, length: int) -> PortableVector:
        return self._vector(zeros(length))

    def from_bytes(self, data: bytes) -> PortableVector:
        return self._vector(from_canonical(data, self._engine))

    def from_wide(self, data: bytes) -> PortableVector:
        return self._vector(from_wide(data, self._engine))

    def join(self, parts: Sequence[PortableVector]) -> PortableVector:
        return self._vector(np.concatenate([empty(0), *(part.limbs for part in parts)]))

    def eq(self, point: Sequence[int]) -> PortableVector:
        return self._vector(equality_table(point, self._engine))

    def outer(self, left: PortableVector, right: PortableVector) -> PortableVector:
        result = empty(len(left) * len(right))
        self._engine.outer_product(result, left.limbs, right.limbs)
        return self._vector(result)

    def powers(self, bases: Sequence[int], degrees: Sequence[int]) -> PortableVector:
        require(len(bases) == len(degrees), "one degree is needed for each base")
        result = empty(1 + sum(degrees))
        kernels.power_runs(result, from_integers(bases, self._engine), np.array(degrees, dtype=np.int64))
        return self._vector(result)

    def combine(self, weights: PortableVector, vector: PortableVector) -> PortableVector:
        require(len(weights) > 0 and len(vector) % len(weights) == 0, "the vector has no such parts")
        result = empty(len(vector) // len(weights))
        kernels.combine_parts(result, weights.limbs, vector.limbs)
        return self._vector(result)

    def weigh(self, weights: PortableVector, forms: LinearForms, wires: int) -> PortableVector:
        return self._vector(linear.weigh(weights.limbs, forms, wires, self._engine))

    def spread(self, wire_weights: PortableVector, widths: Int64Array) -> PortableVector:
        require(len(wire_weights) == len(widths), "one weight is needed for each wire")
        result = empty(int(widths.sum()))
        kernels.geometric_runs(result, wire_weights.limbs, widths, _LANE_BASE)
        return self._vector(result)

    def wires(self, lanes: LaneArray, widths: Int64Array, offsets: PortableVector) -> PortableVector:
        require(lanes.shape[1] == widths.sum() and len(widths) == len(offsets), "lanes and widths do not fit")
        accounts, count = lanes.shape[0], len(widths)
        # Where each lane stands when every wire has the lanes of a whole element.
        shifts = np.arange(count) * _LANES_OF_LIMBS - (np.cumsum(widths) - widths)
        spaced = np.zeros((accounts, count * _LANES_OF_LIMBS), dtype="<u2")
        spaced[:, np.repeat(shifts, widths) + np.arange(lanes.shape[1])] = lanes
        limbs = to_montgomery(spaced.view("<u8").astype(np.uint64, copy=False).reshape(-1, LIMBS), self._engine)
        return self._vector(limbs) - self._vector(np.tile(offsets.limbs, (accounts, 1)))

    def apply(self, forms: LinearForms, wires: PortableVector, accounts: int) -> PortableVector:
        return self._vector(linear.apply(forms, wires.limbs, accounts, self._engine))

    def combine_bits(self, weights: PortableVector, rows: LaneArray) -> PortableVector:
        require(len(weights) == rows.shape[0], "one weight is needed for each row")
        height, width = rows.shape
        words, result = rows.flatten(), zeros(width * LANE_BITS)

        def part(start: int, stop: int) -> None:
            kernels.combine_rows(result, empty(256), words, width, weights.limbs, start, stop)

        in_parts(part, width, 1 + WORTH_A_THREAD // max(1, height))
        return self._vector(result)

    def product_sumcheck(
        self, left: PortableVector, right: PortableVector, output: PortableVector, point: Sequence[int]
    ) -> ProductSumcheck:
        return ProductSumcheck(left, right, output, point)

    def bit_sumcheck(
        self, lanes: LaneArray, weights: Sequence[tuple[PortableVector, PortableVector]], point: Sequence[int]
    ) -> BitSumcheck:
        return BitSumcheck(lanes, weights, point, self._engine)

    def _vector(self, limbs: Limbs) -> PortableVector:
        return PortableVector(limbs, self._engine)
