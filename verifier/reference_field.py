"""The field in plain Python integers: slow, and written to be compared with the mathematics line by line.

Every other implementation of `Field` must agree with this one on each value and on each refusal.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Final

from zkmargin.circuits.system import LANE_BITS, MODULUS, Int64Array, LaneArray, LinearForms
from zkmargin.verifier.arithmetic import SCALAR_BYTES, Conversation
from zkmargin.verifier.encoding import canonical_scalars
from zkmargin.verifier.field.shapes import padded, require

_HALF, _SIXTH = pow(2, -1, MODULUS), pow(6, -1, MODULUS)


class ReferenceVector:
    """A vector over F as a tuple of integers in `[0, r)`."""

    __slots__ = ("_entries",)

    def __init__(self, values: Sequence[int]) -> None:
        self._entries: Final = tuple(value % MODULUS for value in values)

    def __repr__(self) -> str:
        # The entries may be private.
        return f"ReferenceVector(length={len(self)})"

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, part: slice) -> ReferenceVector:
        return ReferenceVector(self._entries[part])

    def __add__(self, other: ReferenceVector) -> ReferenceVector:
        return self._entry_by_entry(operator.add, other)

    def __sub__(self, other: ReferenceVector) -> ReferenceVector:
        return self._entry_by_entry(operator.sub, other)

    def __mul__(self, other: ReferenceVector | int) -> ReferenceVector:
        if isinstance(other, int):
            return ReferenceVector([entry * other for entry in self._entries])
        return self._entry_by_entry(operator.mul, other)

    def __matmul__(self, other: ReferenceVector) -> int:
        return sum((self * other)._entries) % MODULUS

    def ints(self) -> list[int]:
        return list(self._entries)

    def to_bytes(self) -> bytes:
        return b"".join(entry.to_bytes(SCALAR_BYTES, "little") for entry in self._entries)

    def _entry_by_entry(self, combine: Callable[[int, int], int], other: ReferenceVector) -> ReferenceVector:
        require(len(self) == len(other), "two vectors differ in length")
        return ReferenceVector([combine(a, b) for a, b in zip(self._entries, other._entries, strict=True)])


class ReferenceSumcheck:
    """The sum of `term` over the cube, where each argument of `term` is the multilinear extension of one table."""

    def __init__(self, term: Callable[..., int], tables: Sequence[ReferenceVector], variables: int) -> None:
        require(variables > 0, "a sumcheck needs a variable")
        require(all(len(table) == 1 << variables for table in tables), "a table does not fit the point")
        self._term = term
        self._tables = [table.ints() for table in tables]
        self.total = sum(term(*row) for row in zip(*self._tables, strict=True)) % MODULUS

    def converse(self, conversation: Conversation) -> None:
        require(2 << conversation.left == len(self._tables[0]), "all rounds but the last are held at once")
        while conversation.left:
            self._fold(conversation.speak(self._polynomial()))

    def _polynomial(self) -> list[int]:
        """From the values at 0, 1, 2, 3: a third difference is six times the leading coefficient, and so on down."""
        first, second, third, fourth = (self._sum_at(x) for x in range(4))
        leading = (fourth - 3 * third + 3 * second - first) * _SIXTH
        quadratic = (third - 2 * second + first) * _HALF - 3 * leading
        return [first, (second - first - quadratic - leading) % MODULUS, quadratic % MODULUS, leading % MODULUS]

    def _fold(self, challenge: int) -> None:
        require(len(self._tables[0]) > 1, "no variable is left")
        self._tables = [[_between(*pair, challenge) % MODULUS for pair in _pairs(table)] for table in self._tables]

    def ends(self) -> list[tuple[int, int]]:
        require(len(self._tables[0]) == 2, "one variable must be left")
        return [(table[0], table[1]) for table in self._tables]

    def _sum_at(self, x: int) -> int:
        values = zip(*([_between(*pair, x) for pair in _pairs(table)] for table in self._tables), strict=True)
        return sum(self._term(*row) for row in values) % MODULUS


class ReferenceField:
    """`Field` over Python integers."""

    def vector(self, values: Sequence[int]) -> ReferenceVector:
        return ReferenceVector(values)

    def zeros(self, length: int) -> ReferenceVector:
        return ReferenceVector([0] * length)

    def from_bytes(self, data: bytes) -> ReferenceVector:
        return ReferenceVector(canonical_scalars(data))

    def from_wide(self, data: bytes) -> ReferenceVector:
        require(len(data) % (2 * SCALAR_BYTES) == 0, "a wide number has 64 bytes")
        starts = range(0, len(data), 2 * SCALAR_BYTES)
        return ReferenceVector([int.from_bytes(data[start : start + 2 * SCALAR_BYTES], "little") for start in starts])

    def join(self, parts: Sequence[ReferenceVector]) -> ReferenceVector:
        return ReferenceVector(list(chain.from_iterable(part.ints() for part in parts)))

    def eq(self, point: Sequence[int]) -> ReferenceVector:
        values = [1]
        for coordinate in point:
            values = [value * factor % MODULUS for value in values for factor in (1 - coordinate, coordinate)]
        return ReferenceVector(values)

    def outer(self, left: ReferenceVector, right: ReferenceVector) -> ReferenceVector:
        return ReferenceVector([a * b for a in left.ints() for b in right.ints()])

    def powers(self, bases: Sequence[int], degrees: Sequence[int]) -> ReferenceVector:
        require(len(bases) == len(degrees), "one degree is needed for each base")
        pairs = zip(bases, degrees, strict=True)
        runs = [pow(base, power, MODULUS) for base, degree in pairs for power in range(1, degree + 1)]
        return ReferenceVector([1, *runs])

    def combine(self, weights: ReferenceVector, vector: ReferenceVector) -> ReferenceVector:
        require(len(weights) > 0 and len(vector) % len(weights) == 0, "the vector has no such parts")
        width, entries = len(vector) // len(weights), vector.ints()
        columns = (zip(weights.ints(), entries[column::width], strict=True) for column in range(width))
        return ReferenceVector([sum(weight * entry for weight, entry in column) for column in columns])

    def weigh(self, weights: ReferenceVector, forms: LinearForms, wires: int) -> ReferenceVector:
        require(len(weights) == forms.rows, "one weight is needed for each row")
        by_row = weights.ints()
        values = [0] * wires
        for row, wire, coefficient in _coefficients(forms):
            values[wire] += by_row[row] * coefficient
        return ReferenceVector(values)

    def spread(self, wire_weights: ReferenceVector, widths: Int64Array) -> ReferenceVector:
        require(len(wire_weights) == len(widths), "one weight is needed for each wire")
        pairs = zip(wire_weights.ints(), widths.tolist(), strict=True)
        return ReferenceVector([weight << (LANE_BITS * lane) for weight, count in pairs for lane in range(count)])

    def wires(self, lanes: LaneArray, widths: Int64Array, offsets: ReferenceVector) -> ReferenceVector:
        require(lanes.shape[1] == widths.sum() and len(widths) == len(offsets), "lanes and widths do not fit")
        starts = [*accumulate(widths.tolist(), initial=0)]
        values = []
        for account in lanes.tolist():
            for start, width, offset in zip(starts, widths.tolist(), offsets.ints(), strict=False):
                parts = account[start : start + width]
                values.append(sum(part << (LANE_BITS * lane) for lane, part in enumerate(parts)) - offset)
        return ReferenceVector(values)

    def apply(self, forms: LinearForms, wires: ReferenceVector, accounts: int) -> ReferenceVector:
        require(accounts > 0 and len(wires) % accounts == 0, "wires do not fit the accounts")
        inputs, per_account = wires.ints(), len(wires) // accounts
        values = list(forms.constants) * accounts
        for row, wire, coefficient in _coefficients(forms):
            for account in range(accounts):
                values[account * forms.rows + row] += coefficient * inputs[account * per_account + wire]
        return ReferenceVector(values)

    def combine_bits(self, weights: ReferenceVector, rows: LaneArray) -> ReferenceVector:
        require(len(weights) == rows.shape[0], "one weight is needed for each row")
        values = [0] * (rows.shape[1] * LANE_BITS)
        for weight, row in zip(weights.ints(), rows.tolist(), strict=True):
            for column, bit in enumerate(bits_of(row)):
                values[column] += weight * bit
        return ReferenceVector(values)

    def product_sumcheck(
        self, left: ReferenceVector, right: ReferenceVector, output: ReferenceVector, point: Sequence[int]
    ) -> ReferenceSumcheck:
        def term(e: int, a: int, b: int, c: int) -> int:
            return e * (a * b - c)

        return ReferenceSumcheck(term, [self.eq(point), left, right, output], len(point))

    def bit_sumcheck(
        self, lanes: LaneArray, weights: Sequence[tuple[ReferenceVector, ReferenceVector]], point: Sequence[int]
    ) -> ReferenceSumcheck:
        def term(e: int, d: int, w: int) -> int:
            return e * (d * d - d) + w * d

        accounts, count = (padded(length) for length in lanes.shape)
        fits = all(len(account) == accounts and len(lane) == lanes.shape[1] for account, lane in weights)
        require(fits, "the weights do not fit the bits")
        bits = [0] * (accounts * count * LANE_BITS)
        for account, row in enumerate(lanes.tolist()):
            start = account * count * LANE_BITS
            bits[start : start + len(row) * LANE_BITS] = bits_of(row)
        public = self._bit_weights(weights, accounts, count)
        return ReferenceSumcheck(term, [self.eq(point), self.vector(bits), public], len(point))

    def _bit_weights(
        self, weights: Sequence[tuple[ReferenceVector, ReferenceVector]], accounts: int, count: int
    ) -> ReferenceVector:
        places = self.vector([1 << bit for bit in range(LANE_BITS)])
        total = self.zeros(accounts * count * LANE_BITS)
        for account_weights, lane_weights in weights:
            padding = self.zeros(count - len(lane_weights))
            by_bit = self.outer(self.join([lane_weights, padding]), places)
            total = total + self.outer(account_weights, by_bit)
        return total


def bits_of(words: Sequence[int]) -> list[int]:
    """The bits of 16-bit words, least significant first."""
    return [word >> bit & 1 for word in words for bit in range(LANE_BITS)]


def _coefficients(forms: LinearForms) -> Iterator[tuple[int, int, int]]:
    """All `(row, wire, coefficient)`."""
    for block in forms.blocks:
        for row, coefficients in enumerate(block.coefficients.tolist(), block.first_row):
            for wire, coefficient in zip(block.wires.tolist(), coefficients, strict=True):
                yield row, wire, coefficient
    scatter = forms.scatter
    yield from zip(scatter.rows.tolist(), scatter.wires.tolist(), scatter.coefficients, strict=True)


def _pairs(table: list[int]) -> Iterator[tuple[int, int]]:
    """The values at 0 and at 1 of the most significant variable."""
    half = len(table) // 2
    return zip(table[:half], table[half:], strict=True)


def _between(at_zero: int, at_one: int, x: int) -> int:
    return at_zero + x * (at_one - at_zero)
