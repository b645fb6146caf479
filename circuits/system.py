"""A `System`: the compiled template of one account, and the contract between the compiler and the argument.

Wires are bounded integers. Wire `w` has `lanes[w]` lanes of 16 bits and an offset:

    wire = sum_l 2^(16 l) lane_l - offset,   so   -offset <= wire < 2^(16 lanes) - offset.

The first `entries` wires are the entries of the account. What is proved about them and the other wires:

    linear row    sum_j c_j wire_j + b                          = 0
    product row   (left . wires + a0) (right . wires + b0)      = output . wires + c0

Equality is proved modulo the order of the scalar field. `System` refuses rows that could reach half the modulus in
size, so that equality there is equality of integers; nobody can construct a `System` without that check.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.errors import InvalidInput

Int64Array = npt.NDArray[np.int64]
LaneArray = npt.NDArray[np.uint16]
ObjectArray = npt.NDArray[np.object_]

MODULUS = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""Order of the scalar field of BLS12-381: the field in which rows are proved."""

LANE_BITS = 16
MAX_LANES = 15
"""A wire of 15 lanes spans 2^240, which leaves room under the 255-bit modulus."""

MAX_WIRES = 1 << 24
MAX_ROWS = 1 << 24
DIGEST_TAG = b"zkmargin system v1"


@dataclass(frozen=True, eq=False)
class Block:
    """A dense rectangle of 64-bit coefficients: row `first_row + i` has `coefficients[i, j]` at wire `wires[j]`."""

    first_row: int
    wires: Int64Array
    coefficients: Int64Array

    def __post_init__(self) -> None:
        _check_array("block wires", self.wires, np.int64, 1)
        _check_array("block coefficients", self.coefficients, np.int64, 2)
        if self.coefficients.shape[1] != len(self.wires):
            raise InvalidInput("block: one column of coefficients is needed for each wire")
        if self.first_row < 0:
            raise InvalidInput("block: first_row is negative")
        if len(np.unique(self.wires)) != len(self.wires):
            raise InvalidInput("block: a wire is listed twice")


@dataclass(frozen=True, eq=False)
class Scatter:
    """Single coefficients of any size: `coefficients[k]` stands in row `rows[k]` at wire `wires[k]`."""

    rows: Int64Array = field(default_factory=lambda: np.zeros(0, np.int64))
    wires: Int64Array = field(default_factory=lambda: np.zeros(0, np.int64))
    coefficients: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check_array("scatter rows", self.rows, np.int64, 1)
        _check_array("scatter wires", self.wires, np.int64, 1)
        if not len(self.rows) == len(self.wires) == len(self.coefficients):
            raise InvalidInput("scatter: rows, wires and coefficients differ in length")


@dataclass(frozen=True, eq=False)
class LinearForms:
    """`rows` affine forms of the wires: the sum of all blocks and scattered coefficients, plus one constant a row."""

    rows: int
    constants: tuple[int, ...]
    blocks: tuple[Block, ...] = ()
    scatter: Scatter = field(default_factory=Scatter)

    def __post_init__(self) -> None:
        if not 0 <= self.rows <= MAX_ROWS:
            raise InvalidInput(f"linear forms: {self.rows} rows, at most {MAX_ROWS}")
        if len(self.constants) != self.rows:
            raise InvalidInput("linear forms: one constant is needed for each row")
        ends = [block.first_row + block.coefficients.shape[0] for block in self.blocks]
        rows = self.scatter.rows
        if any(end > self.rows for end in ends) or (len(rows) and not 0 <= rows.min() <= rows.max() < self.rows):
            raise InvalidInput("linear forms: a coefficient stands outside the rows")

    @property
    def nonzeros(self) -> int:
        """How many coefficients a pass over the forms visits."""
        return sum(block.coefficients.size for block in self.blocks) + len(self.scatter.coefficients)

    def wires_used(self) -> Int64Array:
        """The wires that occur, sorted, each once."""
        return np.unique(np.concatenate([*(block.wires for block in self.blocks), self.scatter.wires]))

    def terms(self, row: int) -> list[tuple[int, int]]:
        """The `(wire, coefficient)` pairs of one row, zeros left out: for listings and tests."""
        found: dict[int, int] = {}
        for block in self.blocks:
            at = row - block.first_row
            if 0 <= at < block.coefficients.shape[0]:
                for wire, value in zip(block.wires.tolist(), block.coefficients[at].tolist(), strict=True):
                    found[wire] = found.get(wire, 0) + value
        for k in np.flatnonzero(self.scatter.rows == row).tolist():
            wire = int(self.scatter.wires[k])
            found[wire] = found.get(wire, 0) + self.scatter.coefficients[k]
        return [(wire, value) for wire, value in sorted(found.items()) if value]

    def evaluate(self, wires: ObjectArray) -> ObjectArray:
        """The values of all forms for integer wires of shape `(accounts, wires)`: exact, slow, the reference."""
        accounts = wires.shape[0]
        result = np.empty((accounts, self.rows), dtype=object)
        result[:] = np.array(self.constants, dtype=object)
        for block in self.blocks:
            end = block.first_row + block.coefficients.shape[0]
            result[:, block.first_row : end] += wires[:, block.wires] @ block.coefficients.T.astype(object)
        for row, wire, value in zip(self.scatter.rows, self.scatter.wires, self.scatter.coefficients, strict=True):
            result[:, row] += wires[:, wire] * value
        return result

    def magnitudes(self, wire_magnitudes: ObjectArray) -> ObjectArray:
        """For each row an integer that its absolute value cannot exceed."""
        result = np.array([abs(constant) for constant in self.constants], dtype=object)
        for block in self.blocks:
            end = block.first_row + block.coefficients.shape[0]
            # abs of the smallest int64 overflows in int64: widen first.
            sizes = np.abs(block.coefficients.astype(object))
            result[block.first_row : end] += sizes @ wire_magnitudes[block.wires]
        for row, wire, value in zip(self.scatter.rows, self.scatter.wires, self.scatter.coefficients, strict=True):
            result[row] += abs(value) * wire_magnitudes[wire]
        return result

    def absorb(self, sink: hashlib._Hash) -> None:
        """Feed every coefficient to a hash; each part is preceded by its size, so two systems cannot collide."""
        sink.update(_numbers([self.rows, len(self.blocks), len(self.scatter.coefficients)]))
        for block in self.blocks:
            sink.update(_numbers([block.first_row, *block.coefficients.shape]))
            sink.update(np.ascontiguousarray(block.wires, dtype="<i8").tobytes())
            sink.update(np.ascontiguousarray(block.coefficients, dtype="<i8").tobytes())
        sink.update(np.ascontiguousarray(self.scatter.rows, dtype="<i8").tobytes())
        sink.update(np.ascontiguousarray(self.scatter.wires, dtype="<i8").tobytes())
        sink.update(_wide_numbers(self.scatter.coefficients))
        sink.update(_wide_numbers(self.constants))


def no_forms() -> LinearForms:
    """Zero rows: the sides of a system without product rows."""
    return LinearForms(0, ())


@dataclass(frozen=True, eq=False)
class System:
    """Wires, linear rows and product rows of one account; see the module's first page."""

    entries: int
    lanes: tuple[int, ...]
    offsets: tuple[int, ...]
    linear: LinearForms
    left: LinearForms = field(default_factory=no_forms)
    right: LinearForms = field(default_factory=no_forms)
    output: LinearForms = field(default_factory=no_forms)

    def __post_init__(self) -> None:
        self._check_wires()
        self._check_forms()
        self._check_magnitudes()

    @property
    def wires(self) -> int:
        return len(self.lanes)

    @property
    def products(self) -> int:
        return self.left.rows

    @cached_property
    def lane_count(self) -> int:
        return sum(self.lanes)

    @cached_property
    def widths(self) -> Int64Array:
        """`lanes` as an array."""
        return np.array(self.lanes, dtype=np.int64)

    @cached_property
    def lane_starts(self) -> Int64Array:
        """Where each wire's lanes begin; one longer than the wires, the last is `lane_count`."""
        return np.concatenate([[0], np.cumsum(self.lanes, dtype=np.int64)])

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over every number of the system."""
        sink = hashlib.sha256(DIGEST_TAG)
        sink.update(_numbers([self.entries, self.wires, *self.lanes]))
        sink.update(_wide_numbers(self.offsets))
        for forms in (self.linear, self.left, self.right, self.output):
            forms.absorb(sink)
        return sink.digest()

    def lower(self, wire: int) -> int:
        return -self.offsets[wire]

    def upper(self, wire: int) -> int:
        """The largest value the wire can take."""
        return (1 << (LANE_BITS * self.lanes[wire])) - 1 - self.offsets[wire]

    def split(self, wires: ObjectArray) -> LaneArray:
        """Lanes of integer wires of shape `(accounts, wires)`: the plain reference for witness programs."""
        result = np.zeros((wires.shape[0], self.lane_count), dtype=np.uint16)
        for wire in range(self.wires):
            shifted = wires[:, wire] + self.offsets[wire]
            if any(not 0 <= value < 1 << (LANE_BITS * self.lanes[wire]) for value in shifted):
                raise InvalidInput(f"wire {wire}: a value does not fit its {self.lanes[wire]} lanes")
            for lane in range(self.lanes[wire]):
                result[:, self.lane_starts[wire] + lane] = (shifted >> (LANE_BITS * lane)) & 0xFFFF
        return result

    def join(self, lanes: LaneArray) -> ObjectArray:
        """Integer wires of lanes of shape `(accounts, lane_count)`: the inverse of `split`."""
        wide = lanes.astype(object)
        wires = np.empty((lanes.shape[0], self.wires), dtype=object)
        for wire in range(self.wires):
            start = int(self.lane_starts[wire])
            parts = [wide[:, start + lane] << (LANE_BITS * lane) for lane in range(self.lanes[wire])]
            wires[:, wire] = sum(parts) - self.offsets[wire]
        return wires

    def satisfied(self, lanes: LaneArray) -> bool:
        """Whether every row holds for every account, in plain integers."""
        wires = self.join(lanes)
        if np.any(self.linear.evaluate(wires) != 0):
            return False
        products = self.left.evaluate(wires) * self.right.evaluate(wires)
        return not np.any(products != self.output.evaluate(wires))

    def _check_wires(self) -> None:
        if not 1 <= self.entries <= self.wires <= MAX_WIRES:
            raise InvalidInput(f"system: {self.entries} entries and {self.wires} wires are not a possible shape")
        if len(self.offsets) != self.wires:
            raise InvalidInput("system: one offset is needed for each wire")
        for wire, (lanes, offset) in enumerate(zip(self.lanes, self.offsets, strict=True)):
            if not 1 <= lanes <= MAX_LANES:
                raise InvalidInput(f"system: wire {wire} has {lanes} lanes, 1 to {MAX_LANES} are possible")
            if not 0 <= offset < 1 << (LANE_BITS * lanes):
                raise InvalidInput(f"system: the offset of wire {wire} does not fit its lanes")

    def _check_forms(self) -> None:
        if not self.left.rows == self.right.rows == self.output.rows:
            raise InvalidInput("system: the three sides of the product rows differ in length")
        for name in ("linear", "left", "right", "output"):
            used = getattr(self, name).wires_used()
            if len(used) and not 0 <= used[0] <= used[-1] < self.wires:
                raise InvalidInput(f"system: {name} names a wire that does not exist")

    def _check_magnitudes(self) -> None:
        pairs = (max(-self.lower(wire), self.upper(wire)) for wire in range(self.wires))
        sizes = np.fromiter(pairs, dtype=object, count=self.wires)
        half = MODULUS // 2
        for row, size in enumerate(self.linear.magnitudes(sizes)):
            if size >= half:
                raise InvalidInput(f"system: linear row {row} could wrap in the field; its terms reach {size}")
        left, right, output = (side.magnitudes(sizes) for side in (self.left, self.right, self.output))
        for row, size in enumerate(left * right + output):
            if size >= half:
                raise InvalidInput(f"system: product row {row} could wrap in the field; its terms reach {size}")


def _check_array(name: str, array: npt.NDArray[np.int64], dtype: type, dimensions: int) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != dimensions:
        raise InvalidInput(f"{name}: an array of {np.dtype(dtype)} with {dimensions} dimension(s) is needed")


def _numbers(values: list[int]) -> bytes:
    return np.array([len(values), *values], dtype="<i8").tobytes()


def _wide_numbers(values: tuple[int, ...]) -> bytes:
    """Signed integers of any size, each with its length in front."""
    parts = [len(values).to_bytes(8, "little")]
    for value in values:
        body = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        parts += [len(body).to_bytes(4, "little"), body]
    return b"".join(parts)
