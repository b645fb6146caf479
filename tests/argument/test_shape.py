"""How statements are cut: rows, weights and lengths against the definition of the bit matrix."""

from __future__ import annotations

import numpy as np
import pytest
from argument_samples import sample_system

from zkmargin.circuits.errors import InvalidInput
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.shape import AccountShape, BitShape, Shape
from zkmargin.verifier.sumcheck import eq_at


def bit_vector(shape: BitShape, lanes: np.ndarray) -> list[int]:
    """The bits indexed (account, lane, bit), both axes padded: straight from docs/protocol.md, section 3."""
    bits = [0] * (1 << shape.variables)
    for account, row in enumerate(lanes.tolist()):
        for lane, word in enumerate(row):
            for bit in range(16):
                bits[(account << shape.lane_variables | lane) << 4 | bit] = word >> bit & 1
    return bits


@pytest.mark.parametrize("column_variables", [4, 5, 6, 7, 8])
@pytest.mark.parametrize(("accounts", "lane_count"), [(1, 11), (3, 5), (4, 8), (5, 3)])
def test_sent_rows_are_all_rows_that_can_hold_a_bit(
    accounts: int, lane_count: int, column_variables: int, fast: Arithmetic
) -> None:
    # The cut is forced to every width; the shape would choose one of them.
    shape = type("Cut", (BitShape,), {"column_variables": column_variables})(accounts, lane_count)
    assert column_variables <= shape.variables
    lanes = np.random.default_rng(1).integers(1, 1 << 16, size=(accounts, lane_count)).astype(np.uint16)
    bits = bit_vector(shape, lanes)
    rows = [bits[at : at + shape.columns] for at in range(0, len(bits), shape.columns)]
    cut = shape.cut(lanes)
    sent = [[int(word) >> bit & 1 for word in row for bit in range(16)] for row in cut]
    point = [7 * k + 3 for k in range(shape.variables - column_variables)]
    weights = shape.row_weights(point, fast).ints()
    assert len(weights) == len(sent) == shape.rows
    # Each sent row stands at the index at which its weight says it stands, and rows left out are empty.
    by_weight = {_row_weight(point, index): row for index, row in enumerate(rows)}
    assert [by_weight.pop(weight) for weight in weights] == sent
    assert all(not any(row) for row in by_weight.values())


def _row_weight(point: list[int], index: int) -> int:
    corner = [index >> (len(point) - 1 - k) & 1 for k in range(len(point))]
    return eq_at(point, corner)


@pytest.mark.parametrize("accounts", [1, 2, 3, 1000])
@pytest.mark.parametrize("lane_count", [1, 5, 354, 418, 8354])
def test_the_cut_is_the_smallest_one(accounts: int, lane_count: int) -> None:
    shape = BitShape(accounts, lane_count)
    sizes = [48 * shape._rows(c) + 32 * (1 << c) for c in range(4, shape.variables + 1)]
    assert 48 * shape.rows + 32 * shape.columns == min(sizes)


@pytest.mark.parametrize(
    ("entries", "columns", "rows"),
    [(1, 1, 1), (2, 2, 1), (3, 4, 1), (64, 64, 1), (128, 128, 1), (129, 128, 2), (2048, 128, 16), (300, 128, 4)],
)
def test_account_rows(entries: int, columns: int, rows: int) -> None:
    shape = AccountShape(entries)
    assert (shape.columns, shape.rows, shape.commitment_bytes) == (columns, rows, 48 * rows)


def test_extending_a_book_leaves_commitments_of_one_row_alone() -> None:
    """Columns grow with zeros: the first row's generators stay the same."""
    assert AccountShape(5).rows == AccountShape(9).rows == AccountShape(128).rows == 1


def test_published_sizes(fast: Arithmetic) -> None:
    """48-bit entries and 96-bit slacks: the sizes the documentation states."""
    sizes = {n: Shape(sample_system(n, 27, 0), 1).proof_bytes for n in (64, 256, 2048)}
    assert sizes[64] <= 13_000
    assert sizes[2048] <= 36_000
    batch = Shape(sample_system(64, 27, 0), 1024)
    assert batch.proof_bytes / 1024 <= 500


def test_a_statement_needs_an_account() -> None:
    with pytest.raises(InvalidInput, match="at least one account"):
        Shape(sample_system(1, 1, 0), 0)
