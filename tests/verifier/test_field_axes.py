"""What is alive of the bit table, while its variables are bound one after the other."""

from __future__ import annotations

import pytest

from zkmargin.verifier.field.axes import Axes, Shape


def test_a_batch_binds_accounts_then_lanes_then_bits() -> None:
    axes = Axes(accounts=5, lanes=3)
    assert (axes.account_variables, axes.word_variables, axes.variables) == (3, 5, 9)
    assert [axes.shape(bound) for bound in range(10)] == [
        Shape(rows=8, columns=64, live_rows=5, width=48),
        Shape(rows=4, columns=64, live_rows=4, width=48),
        Shape(rows=2, columns=64, live_rows=2, width=48),
        Shape(rows=1, columns=64, live_rows=1, width=48),
        Shape(rows=1, columns=32, live_rows=1, width=32),
        Shape(rows=1, columns=16, live_rows=1, width=16),
        *(Shape(rows=1, columns=size, live_rows=1, width=size) for size in (8, 4, 2, 1)),
    ]


def test_pairs_stop_where_the_table_ends() -> None:
    axes = Axes(accounts=5, lanes=3)
    assert [axes.shape(bound).distance for bound in range(5)] == [4 * 48, 2 * 48, 48, 32, 16]
    assert [axes.shape(bound).pairs for bound in range(5)] == [4 * 48, 2 * 48, 48, 32, 16]
    # Two of sixteen rows, and one of eight lanes, have nothing to be paired with.
    assert Shape(rows=16, columns=64, live_rows=2, width=48).pairs == 2 * 48
    assert Shape(rows=1, columns=128, live_rows=1, width=16).pairs == 16


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 8, 9])
def test_one_account_and_one_lane_have_no_variables(length: int) -> None:
    assert Axes(1, length).account_variables == 0
    assert Axes(length, 1).word_variables == Axes(length, 1).account_variables == (length - 1).bit_length()
