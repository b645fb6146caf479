"""What the protocol asks of an arithmetic: vectors over the scalar field F, and vectors of points of the group G1.

The protocol code is written once, against this page. A single scalar is a Python integer in `[0, r)`; whatever is
long is a `Vector` or `Points`, whose layout is the business of the arithmetic alone. There are several arithmetics
(see `select`); they agree byte for byte, including on what they refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from zkmargin.circuits.system import Int64Array, LaneArray, LinearForms

SCALAR_BYTES = 32
POINT_BYTES = 48


class Vector(Protocol):
    """A vector over F. Operators act entry by entry; an `int` factor is reduced mod r."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice) -> Self: ...
    def __add__(self, other: Self) -> Self: ...
    def __sub__(self, other: Self) -> Self: ...
    def __mul__(self, other: Self | int) -> Self: ...
    def __matmul__(self, other: Self) -> int:
        """The inner product."""
        ...

    def ints(self) -> list[int]:
        """The entries, each in `[0, r)`."""
        ...

    def to_bytes(self) -> bytes:
        """32 bytes little-endian an entry."""
        ...


@dataclass(frozen=True)
class Words:
    """What a conversation will say in its rounds, for whoever holds it in its place: see `Conversation.words`."""

    state: bytes
    said: bytes
    """Between the transcript's state and a message."""
    asked: bytes
    """Behind the state, when the challenge is asked for."""
    mask: Any = field(repr=False)
    """The mask's coefficients, a vector: the constant, three a round, and those of the last variable."""
    scale: int
    """What the mask's part of the first round is multiplied by; halved from round to round."""


class Conversation(Protocol):
    """The masked rounds of one sumcheck, all but the last: polynomials are told, challenges heard."""

    @property
    def left(self) -> int:
        """How many rounds are to come."""
        ...

    def speak(self, polynomial: Sequence[int]) -> int:
        """Mask and tell a round polynomial, by its four coefficients from the constant on; the challenge."""
        ...

    def words(self) -> Words:
        """Of all rounds, before the first."""
        ...

    def note(self, state: bytes, messages: list[list[int]], challenges: list[int], bound: int) -> None:
        """Take note of all rounds: they were held in these words. `bound` is what their variables leave of the mask."""
        ...


class Sumcheck(Protocol):
    """The prover's side of one sumcheck, over tables that bind their most significant variable first."""

    @property
    def total(self) -> int:
        """The sum over the whole cube, as it was before the first round."""
        ...

    def converse(self, conversation: Conversation) -> None:
        """Every round but the last: tell the round polynomial, and bind the most significant variable."""
        ...

    def ends(self) -> list[tuple[int, int]]:
        """With one variable left: each table's two values, the equality kernel's first."""
        ...


class Field(Protocol):
    """Vectors over F, and the few long computations of the protocol."""

    def vector(self, values: Sequence[int]) -> Any:
        """From integers of any sign and size, reduced mod r."""
        ...

    def zeros(self, length: int) -> Any: ...

    def from_bytes(self, data: bytes) -> Any:
        """From 32 bytes little-endian an entry; an entry >= r is refused with `MalformedProof`."""
        ...

    def from_wide(self, data: bytes) -> Any:
        """From 64 bytes little-endian an entry, reduced mod r."""
        ...

    def join(self, parts: Sequence[Any]) -> Any: ...

    def eq(self, point: Sequence[int]) -> Any:
        """The 2^n values of the equality kernel of `point`; `point[0]` belongs to the most significant variable."""
        ...

    def outer(self, left: Any, right: Any) -> Any:
        """`left[i] * right[j]` at index `i * len(right) + j`."""
        ...

    def powers(self, bases: Sequence[int], degrees: Sequence[int]) -> Any:
        """One, and then the powers `b, b^2, ..., b^degree` of each base."""
        ...

    def combine(self, weights: Any, vector: Any) -> Any:
        """`sum_p weights[p] * part p` of the equal parts of a vector, one for each weight."""
        ...

    def weigh(self, weights: Any, forms: LinearForms, wires: int) -> Any:
        """`sum_r weights[r] * coefficient[r, w]` for each of `wires` wires `w`; constants are left out."""
        ...

    def spread(self, wire_weights: Any, widths: Int64Array) -> Any:
        """Lane weights of wire weights: `2^(16 l) * wire_weights[w]` for each of the `widths[w]` lanes of wire `w`."""
        ...

    def wires(self, lanes: LaneArray, widths: Int64Array, offsets: Any) -> Any:
        """Wire values of lanes of shape `(accounts, sum(widths))`, account by account, less the vector of offsets."""
        ...

    def apply(self, forms: LinearForms, wires: Any, accounts: int) -> Any:
        """All forms with their constants on the wires of each account in turn: `accounts * forms.rows` values."""
        ...

    def combine_bits(self, weights: Any, rows: LaneArray) -> Any:
        """`sum_j weights[j] * bit[j, c]` for each column `c`; 16-bit words of a row, least significant bit first."""
        ...

    def product_sumcheck(self, left: Any, right: Any, output: Any, point: Sequence[int]) -> Sumcheck:
        """Of `eq(point, .) (left * right - output)`; tables of length `2^len(point)`; ends: eq, left, right, output."""
        ...

    def bit_sumcheck(self, lanes: LaneArray, weights: Sequence[tuple[Any, Any]], point: Sequence[int]) -> Sumcheck:
        """Of `eq(point, .) (D^2 - D) + W D`; ends: eq, D, W.

        `D` are the bits of `lanes` (accounts x lanes, both axes padded with zeros to powers of two, 16 bits a lane);
        `W[account, lane, bit] = sum_k account_k[account] * lane_k[lane] * 2^bit` over the pairs of `weights`, the
        account vectors of padded length, the lane vectors of true length.
        """
        ...


class Points(Protocol):
    """A vector of points of G1."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice) -> Self: ...
    def __add__(self, other: Self) -> Self:
        """Entry by entry."""
        ...

    def __neg__(self) -> Self: ...
    def to_bytes(self) -> bytes:
        """48 bytes compressed a point."""
        ...


class Group(Protocol):
    """Points of G1 and the few long computations over them."""

    def identity(self, length: int) -> Any:
        """A vector of identities."""
        ...

    def from_bytes(self, data: bytes) -> Any:
        """From 48 bytes a point; anything but the canonical encoding of a point of G1 is a `MalformedProof`."""
        ...

    def read(self, parts: Sequence[bytes]) -> Callable[[], list[Any]]:
        """Begin `from_bytes` of each part, all together; calling what is returned gives the points, and in place of
        points that are refused the error."""
        ...

    def join(self, parts: Sequence[Any]) -> Any: ...

    def hash(self, messages: Sequence[bytes], dst: bytes) -> Any:
        """RFC 9380, suite BLS12381G1_XMD:SHA-256_SSWU_RO_, one point a message."""
        ...

    def msm(self, points: Any, scalars: Any) -> Any:
        """`sum_i scalars[i] * points[i]`, a vector of one point; the points may be prepared."""
        ...

    def prepare(self, points: Any) -> Any:
        """Points in the form in which `msm` is quickest; slices of it are prepared too."""
        ...

    def byte_tables(self, points: Any) -> Any:
        """The 256 subset sums of each eight consecutive points (their number is a multiple of 8)."""
        ...

    def commit_bits(self, tables: Any, rows: LaneArray) -> Callable[[], Any]:
        """Begin `sum_c bit[j, c] * point_c` for each row `j`, one addition a byte; call what is returned."""
        ...

    def is_identity(self, point: Any) -> bool:
        """Whether a vector of one point is the identity."""
        ...


@dataclass(frozen=True)
class Arithmetic:
    """A field and a group that fit together, under the name by which it is chosen and reported."""

    name: str
    field: Field
    group: Group
