"""The floor: group additions and field products that a proof needs, counted from the size of the statement alone.

docs/benchmarks.md explains each line. Counted is what the exchange of docs/protocol.md asks for on the bits that exist
(padding is not work), with every economy that is known to us:

    group      one addition a byte of bits; one a byte of each row's blinding; two multi-scalar multiplications
    field      the tables and rounds of the sumchecks, the public weights, the closing vectors

Field additions, hashing, encoding and all of Python are not counted. They are what the ratio to the floor shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from zkmargin.circuits.system import LANE_BITS
from zkmargin.verifier.field.costs import bit_sumcheck_products
from zkmargin.verifier.shape import Shape

SCALAR_BITS = 255
KEPT_ADDITIONS = 32
"""A scalar has 32 bytes; each picks one of the multiples that are kept of a fixed point."""

SMALL = 4
"""A product of a scalar and a 64-bit integer is counted as a quarter: one limb of four."""


@dataclass(frozen=True)
class Counts:
    """Operations of one proof."""

    group_additions: int
    field_products: int

    def milliseconds(self, addition_ns: float, product_ns: float) -> float:
        return (self.group_additions * addition_ns + self.field_products * product_ns) / 1e6


def count(shape: Shape) -> Counts:
    """What proving a statement of this shape takes."""
    return Counts(_row_additions(shape) + _closing_additions(shape), _field_products(shape))


def count_with_kept_multiples(shape: Shape) -> Counts:
    """The same where multiples of the generators are kept from proof to proof: an addition for each byte of a scalar.

    That saves a third to a half of the group's work. It is counted beside the floor and not in its place, so that an
    arithmetic that keeps tables and one that does not are held to the same.
    """
    points = shape.mask_size + 1 + shape.answer_size + 1
    return Counts(_row_additions(shape) + KEPT_ADDITIONS * points, _field_products(shape))


def msm_additions(points: int) -> int:
    """Pippenger's algorithm with signed windows of the width that suits `points` best, without precomputation.

    Each window puts every point into one of 2^(w-1) buckets and sums the buckets up in two additions each; windows are
    joined by doublings. A signed representation needs one bit more than the scalar.
    """
    return min(_pippenger(points, width) for width in range(2, 24))


def _pippenger(points: int, width: int) -> int:
    windows = -(-(SCALAR_BITS + 1) // width)
    return windows * (points + (2 << (width - 1))) + width * (windows - 1)


def _row_additions(shape: Shape) -> int:
    """The bit matrix: bytes that hold lanes, and a blinding for each row."""
    lane_bytes = shape.accounts * shape.system.lane_count * LANE_BITS // 8
    return lane_bytes + KEPT_ADDITIONS * shape.bits.rows


def _closing_additions(shape: Shape) -> int:
    """The commitments to the masks and to the random vector of the answer, each with its blinding."""
    return msm_additions(shape.mask_size + 1) + msm_additions(shape.answer_size + 1)


def _field_products(shape: Shape) -> int:
    system, accounts = shape.system, shape.accounts
    weight_pairs = 2 if shape.has_products else 1
    sumchecks = bit_sumcheck_products(accounts, system.lane_count, weight_pairs)
    sumchecks += _row_products(accounts * system.products)
    nonzeros = sum(side.nonzeros for side in (system.linear, system.left, system.right, system.output))
    weights = nonzeros // SMALL + system.lane_count
    entries = accounts * system.entries // SMALL
    # The random vector's inner product with the weights, and the secret vector times the challenge.
    closing = 2 * shape.answer_size
    return sumchecks + weights + entries + closing


def _row_products(rows: int) -> int:
    """The sumcheck of `eq (left right - output)`: two products at each of three places, four tables to fold."""
    return rows + (2 * 3 + 4) * rows
