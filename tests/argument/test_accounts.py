"""Commitments to accounts: what they bind, how they add, what is refused."""

from __future__ import annotations

import pytest
from argument_samples import SeededRandomness
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.errors import InvalidInput, MalformedProof
from zkmargin.prover.account import add_accounts, commit_account, open_account
from zkmargin.verifier.accounts import add_commitments
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.generators import generators

entries = st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=3, max_size=3)


def test_a_commitment_is_the_formula(arithmetic: Arithmetic) -> None:
    """`A = sum_c x_c K_c + t H`, with each term made on its own."""
    group, field, base = arithmetic.group, arithmetic.field, generators(arithmetic)
    values, hidden = [7, -3, 1 << 70], 99
    total = group.msm(base.blinding, field.vector([hidden]))
    for index, value in enumerate(values):
        total = total + group.msm(base.family(b"K", 4)[index : index + 1], field.vector([value]))
    assert commit_account(values, [hidden], arithmetic).commitment == total.to_bytes()


def test_rows_beyond_the_first_use_the_same_generators(fast: Arithmetic) -> None:
    values = [0] * 128 + [5, 6]
    account = commit_account(values, [3, 4], fast)
    assert len(account.commitment) == 96
    assert account.commitment[48:] == commit_account([5, 6], [4], fast).commitment


@given(entries, entries)
def test_commitments_add_like_accounts(first: list[int], second: list[int]) -> None:
    from zkmargin.verifier.arithmetics import select

    fast = select("portable")
    opened = [open_account(values, fast) for values in (first, second)]
    total = add_accounts(opened, fast)
    assert total.values == tuple(a + b for a, b in zip(first, second, strict=True))
    assert total.commitment == add_commitments([account.commitment for account in opened], fast)


def test_two_openings_of_one_account_are_unlinkable(fast: Arithmetic) -> None:
    first, second = (open_account([1, 2], fast) for _ in range(2))
    assert first.commitment != second.commitment
    assert not set(first.blinding) & set(second.blinding)


def test_one_seed_gives_one_commitment_everywhere(arithmetic: Arithmetic, fast: Arithmetic) -> None:
    made = {open_account([4, -5, 6], a, SeededRandomness("s")).commitment for a in (arithmetic, fast)}
    assert len(made) == 1


def test_accounts_of_different_books_do_not_add(fast: Arithmetic) -> None:
    small, large = open_account([1], fast), open_account([1, 2], fast)
    for accounts in ([], [small, large]):
        with pytest.raises(InvalidInput, match="same book"):
            add_accounts(accounts, fast)
    for commitments in ([], [small.commitment, small.commitment * 2]):
        with pytest.raises(InvalidInput, match="same book"):
            add_commitments(commitments, fast)


def test_a_commitment_that_is_no_point_does_not_add(fast: Arithmetic) -> None:
    with pytest.raises(MalformedProof):
        add_commitments([bytes(48)], fast)


@pytest.mark.parametrize("blinding", [[], [1, 2]])
def test_a_blinding_of_the_wrong_length_is_named(blinding: list[int], fast: Arithmetic) -> None:
    with pytest.raises(InvalidInput, match=r"account\.blinding"):
        commit_account([1, 2], blinding, fast)


def test_an_entry_at_the_widest_is_committed(fast: Arithmetic) -> None:
    widest = (1 << 240) - 1
    assert open_account([widest, -widest], fast).values == (widest, -widest)
    with pytest.raises(InvalidInput, match=r"account\.values\[1\]"):
        open_account([0, -widest - 1], fast)
