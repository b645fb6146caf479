"""How the vectors of a statement are cut: sizes that follow from the system and the number of accounts alone.

Nothing here looks at a proof: a verifier knows every length before it reads a byte (docs/protocol.md, sections 3, 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from zkmargin.circuits.errors import InvalidInput, TooLarge
from zkmargin.circuits.system import LANE_BITS, LaneArray, System
from zkmargin.verifier.arithmetic import POINT_BYTES, SCALAR_BYTES, Arithmetic

ACCOUNT_COLUMNS = 128
"""A row of an account commitment covers at most this many entries."""

MAX_VARIABLES = 28
"""At most 2^28 bits in one proof: above that, a batch is cut into several."""

BIT_VARIABLES = 4
HEADER = b"zkm\x01"
ROUND_SCALARS = 3
LAST_ROUND_SCALARS = 5


def variables_for(count: int) -> int:
    """How many binary variables index `count` things."""
    return (count - 1).bit_length()


@dataclass(frozen=True)
class AccountShape:
    """The account vector as rows of `columns` entries, the last one filled with zeros."""

    entries: int

    @cached_property
    def column_variables(self) -> int:
        return variables_for(min(self.entries, ACCOUNT_COLUMNS))

    @property
    def columns(self) -> int:
        return 1 << self.column_variables

    @cached_property
    def row_variables(self) -> int:
        return variables_for(-(-self.entries // self.columns))

    @property
    def rows(self) -> int:
        return 1 << self.row_variables

    @property
    def commitment_bytes(self) -> int:
        return self.rows * POINT_BYTES


@dataclass(frozen=True)
class BitShape:
    """The bits of all accounts, indexed (account, lane, bit) and cut into rows of `columns`; empty rows stay home."""

    accounts: int
    lane_count: int

    @cached_property
    def account_variables(self) -> int:
        return variables_for(self.accounts)

    @cached_property
    def lane_variables(self) -> int:
        return variables_for(self.lane_count)

    @property
    def variables(self) -> int:
        return self.account_variables + self.lane_variables + BIT_VARIABLES

    @cached_property
    def column_variables(self) -> int:
        """The cut that makes row commitments and the final answer together smallest."""
        choices = range(BIT_VARIABLES, self.variables + 1)
        return min(choices, key=lambda c: POINT_BYTES * self._rows(c) + (SCALAR_BYTES << c))

    @property
    def columns(self) -> int:
        return 1 << self.column_variables

    @cached_property
    def rows(self) -> int:
        return self._rows(self.column_variables)

    def _rows(self, column_variables: int) -> int:
        spare = column_variables - self.lane_variables - BIT_VARIABLES
        if spare >= 0:
            return -(-self.accounts >> spare)
        return self.accounts * -(-self.lane_count * LANE_BITS >> column_variables)

    def cut(self, lanes: LaneArray) -> LaneArray:
        """Lanes of shape `(accounts, lane_count)` as rows of `columns` bits, 16 to a word."""
        words = self.columns // LANE_BITS
        wide = self.column_variables >= self.lane_variables + BIT_VARIABLES
        width = 1 << self.lane_variables if wide else -(-self.lane_count // words) * words
        table = np.zeros((-(-self.rows * words // width), width), np.uint16)
        table[: self.accounts, : self.lane_count] = lanes
        return table.reshape(self.rows, words)

    def row_weights(self, point: list[int], arithmetic: Arithmetic) -> object:
        """The equality kernel of the row variables `point`, at the rows that are sent."""
        field = arithmetic.field
        if self.column_variables >= self.lane_variables + BIT_VARIABLES:
            return field.eq(point)[: self.rows]
        accounts = field.eq(point[: self.account_variables])[: self.accounts]
        return field.outer(accounts, field.eq(point[self.account_variables :])[: self.rows // self.accounts])


@dataclass(frozen=True)
class MaskShape:
    """The coefficients of a masking polynomial: a constant, then degree 3 a variable and 5 in the last."""

    variables: int

    @property
    def degrees(self) -> list[int]:
        return [ROUND_SCALARS] * (self.variables - 1) + [LAST_ROUND_SCALARS]

    @property
    def size(self) -> int:
        return 1 + sum(self.degrees)


@dataclass(frozen=True)
class Shape:
    """All sizes of one statement."""

    system: System
    accounts: int

    def __post_init__(self) -> None:
        if self.accounts < 1:
            raise InvalidInput("statement: at least one account is needed")
        if max(self.bits.variables, self.product_variables) > MAX_VARIABLES:
            raise TooLarge(
                f"statement: 2^{self.bits.variables} bits, at most 2^{MAX_VARIABLES}; prove in several parts"
            )

    @cached_property
    def account(self) -> AccountShape:
        return AccountShape(self.system.entries)

    @cached_property
    def bits(self) -> BitShape:
        return BitShape(self.accounts, self.system.lane_count)

    @property
    def has_products(self) -> bool:
        return self.system.products > 0

    @cached_property
    def product_row_variables(self) -> int:
        """At least one, so that there is a last round that can be masked."""
        return max(1, variables_for(self.system.products)) if self.has_products else 0

    @property
    def product_variables(self) -> int:
        return self.bits.account_variables + self.product_row_variables if self.has_products else 0

    @cached_property
    def product_mask(self) -> MaskShape:
        return MaskShape(self.product_variables)

    @cached_property
    def bit_mask(self) -> MaskShape:
        return MaskShape(self.bits.variables)

    @cached_property
    def mask_size(self) -> int:
        """Coefficients of `g1` (with product rows), of `g2`, and the four scalars `d`."""
        return (self.product_mask.size if self.has_products else 0) + self.bit_mask.size + 4

    @property
    def answer_size(self) -> int:
        """Length of the vector `(u | x* | g1 | g2 | d)` that the closing proof opens."""
        return self.bits.columns + self.account.columns + self.mask_size

    @cached_property
    def proof_bytes(self) -> int:
        """The exact length of a proof."""
        points = self.bits.rows + 2
        scalars = 2 + (self.bit_mask.size - 1) + 1 + self.answer_size + 1
        if self.has_products:
            scalars += 1 + (self.product_mask.size - 1) + 3
        return len(HEADER) + POINT_BYTES * points + SCALAR_BYTES * scalars
