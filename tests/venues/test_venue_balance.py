"""The book balances: what adds up is accepted, what does not is named, and only totals are opened."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
import venue_samples as samples
from venue_samples import BTC, ETH, units

from zkmargin.circuits.documents import Book
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused
from zkmargin.circuits.system import MODULUS
from zkmargin.prover.account import Account, commit_account
from zkmargin.prover.venue import balance_of, build_index
from zkmargin.verifier.accounts import add_commitments, commitment_to, lift_commitment
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.balance import Balance, Balanced, check_balance
from zkmargin.verifier.index import Index

VECTORS = [units(50_000, btc=1.5), units(90_000, 0.25, btc=-1), units(7, 1, btc=-0.5, eth=3), units(20_000, eth=-3)]


def index_of(accounts: Sequence[Account], book: Book | None = None) -> Index:
    named = [(f"account {number}", account.commitment) for number, account in enumerate(accounts)]
    return build_index("venue", book or samples.book(), samples.TIME, b"seed", named)


def checked(arithmetic: Arithmetic, vectors: Sequence[Sequence[int]], **changes: Any) -> Balanced:
    """A venue opens its sum, and an auditor checks it."""
    accounts = samples.accounts_of(arithmetic, vectors)
    index = index_of(accounts)
    balance = balance_of(samples.book(), index, accounts)
    changed = Balance.build(
        **(balance.model_dump(mode="json", exclude={"format", "version"}, exclude_none=True) | changes)
    )
    return check_balance(Balance.parse(changed.canonical()), index, samples.book(), arithmetic)


def test_a_book_that_balances(fast: Arithmetic) -> None:
    found = checked(fast, VECTORS)
    assert found.accounts == 4
    assert found.assets == {"USDC": Decimal(160007), "BTC": Decimal("1.25")}
    assert set(found.derivatives) == {BTC, ETH}


@pytest.mark.parametrize("symbol", [BTC, ETH])
def test_one_unit_without_a_counterpart_is_named(symbol: str, fast: Arithmetic) -> None:
    place = samples.book().index(symbol)
    vectors = [list(vector) for vector in VECTORS]
    vectors[1][place] += 1
    with pytest.raises(FalseStatement, match=rf"{symbol} totals 0\.0001, longs and shorts differ"):
        checked(fast, vectors)


@pytest.mark.parametrize(
    "change",
    [
        {"totals": [{"symbol": "USDC", "amount": "160007.01"}, {"symbol": "BTC", "amount": "1.25"}]},
        {"totals": [{"symbol": "USDC", "amount": "160007"}]},
        {"blinding": ["00" * 32]},
    ],
)
def test_an_opening_of_something_else_is_refused(change: dict[str, Any], fast: Arithmetic) -> None:
    with pytest.raises(FalseStatement, match="does not open"):
        checked(fast, VECTORS, **change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"totals": [{"symbol": "SOL", "amount": "1"}]}, r"totals\[0\]\.symbol"),
        ({"totals": [{"symbol": "BTC", "amount": "1"}, {"symbol": "USDC", "amount": "1"}]}, "out of order"),
        ({"totals": [{"symbol": "BTC", "amount": "1"}, {"symbol": "BTC", "amount": "1"}]}, "out of order"),
        ({"totals": [{"symbol": "USDC", "amount": "1.001"}]}, "decimals"),
        ({"blinding": ["00" * 32, "00" * 32]}, "blinding"),
    ],
)
def test_a_balance_that_is_malformed_is_refused(change: dict[str, Any], words: str, fast: Arithmetic) -> None:
    with pytest.raises(InvalidInput, match=words):
        checked(fast, VECTORS, **change)


def test_published_totals(fast: Arithmetic) -> None:
    accounts = samples.accounts_of(fast, VECTORS)
    index = index_of(accounts)
    balance = balance_of(samples.book(), index, accounts)

    def against(**published: str) -> Balanced:
        return check_balance(
            balance, index, samples.book(), fast, {name: Decimal(text) for name, text in published.items()}
        )

    assert against(USDC="160007", BTC="1.25").accounts == 4
    with pytest.raises(FalseStatement, match=r"BTC totals 1\.25, published is 1\.24"):
        against(USDC="160007", BTC="1.24")
    with pytest.raises(PolicyRefused, match="no total of BTC"):
        against(USDC="160007")
    with pytest.raises(InvalidInput, match="no asset SOL"):
        against(USDC="160007", BTC="1.25", SOL="1")


def test_papers_that_do_not_belong_together(fast: Arithmetic) -> None:
    accounts = samples.accounts_of(fast, VECTORS)
    index = index_of(accounts)
    balance = balance_of(samples.book(), index, accounts)
    with pytest.raises(PolicyRefused, match="another index"):
        check_balance(balance, index_of(accounts[:2]), samples.book(), fast)
    with pytest.raises(PolicyRefused, match="belong together"):
        check_balance(balance, index, samples.book(name="other"), fast)
    with pytest.raises(InvalidInput, match="not those of the index"):
        balance_of(samples.book(), index, accounts[::-1])


def test_isolated_buckets_count_and_resting_orders_do_not(fast: Arithmetic) -> None:
    extra = [
        {"kind": "perpetual", "symbol": BTC, "decimals": 6, "bucket": "isolated"},
        {"kind": "perpetual", "symbol": BTC, "decimals": 4, "order": "bid"},
    ]
    book = samples.book(entries=[*samples.entries(), *extra])
    for isolated, fits in ((-10_000_00, True), (-10_000_01, False)):
        accounts = samples.accounts_of(fast, [(1, 0, 10_000, 0, 0, 77), (0, 0, 0, 0, isolated, 5)])
        index = index_of(accounts, book)
        balance = balance_of(book, index, accounts)
        if fits:
            assert check_balance(balance, index, book, fast).derivatives == (BTC, ETH)
        else:
            with pytest.raises(FalseStatement, match=r"totals -0\.000001"):
                check_balance(balance, index, book, fast)


def test_the_opening_is_the_same_for_every_way_to_spread_the_totals(fast: Arithmetic) -> None:
    """The argument in `balance.py`, with generators whose logarithms are known in place of the true ones.

    With `K_c = k_c H` a commitment is `sum x_c k_c + t`: other accounts with the same totals have blindings that give
    the same commitments, and the sum of these blindings, which is published, is the same.
    """
    logs = [7, 11, 13, 17]
    first = [list(vector) for vector in VECTORS]
    second = [first[1], [a + b for a, b in zip(first[0], first[2], strict=True)], [0, 0, 0, 0], first[3]]
    blinding = [1001, 1002, 1003, 1004]
    seen = [sum(x * k for x, k in zip(v, logs, strict=True)) + t for v, t in zip(first, blinding, strict=True)]
    other = [(c - sum(x * k for x, k in zip(v, logs, strict=True))) for c, v in zip(seen, second, strict=True)]
    assert other != blinding
    assert sum(other) == sum(blinding)


def test_a_balance_holds_totals_and_nothing_of_an_account(fast: Arithmetic) -> None:
    accounts = samples.accounts_of(fast, VECTORS)
    balance = balance_of(samples.book(), index_of(accounts), accounts)
    assert {total.symbol for total in balance.totals} == {"USDC", "BTC"}
    (published,) = balance.blinding
    assert int(published, 16) == sum(account.blinding[0] for account in accounts) % MODULUS
    assert all(int(published, 16) != account.blinding[0] for account in accounts)


def test_adding_many_names_the_one_that_is_no_point(fast: Arithmetic, monkeypatch: pytest.MonkeyPatch) -> None:
    from zkmargin.circuits.errors import MalformedProof
    from zkmargin.verifier import accounts

    monkeypatch.setattr(accounts, "LEAST_PART", 2)
    good = commit_account([1, 2], [3], fast).commitment
    total = add_commitments([good] * 9, fast)
    assert total == commit_account([9, 18], [27], fast).commitment
    with pytest.raises(MalformedProof, match="point 7:"):
        add_commitments([good] * 7 + [bytes(48)], fast)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_wide_commitments_add_row_by_row(count: int, fast: Arithmetic) -> None:
    one = commit_account([5] * 130, [1, 2], fast)
    assert add_commitments([one.commitment] * count, fast) == commitment_to([5 * count] * 130, [count, 2 * count], fast)


@pytest.mark.parametrize(("before", "after"), [(3, 3), (3, 4), (3, 100), (3, 128), (100, 300), (130, 600)])
def test_a_commitment_follows_its_book(before: int, after: int, fast: Arithmetic) -> None:
    values = list(range(1, before + 1))
    small = commit_account(values, range(5, 5 + (1 if before <= 128 else 2)), fast)
    rows = 1 << max(0, (-(-after // 128) - 1).bit_length())
    lifted = lift_commitment(small.commitment, before, after)
    blinding = [*small.blinding, *[0] * (rows - len(small.blinding))]
    assert lifted == commit_account([*values, *[0] * (after - before)], blinding, fast).commitment


def test_a_commitment_does_not_follow_a_smaller_book(fast: Arithmetic) -> None:
    small = commit_account([1, 2, 3], [4], fast).commitment
    for before, after, commitment in ((3, 2, small), (3, 4, small * 2), (200, 300, small)):
        with pytest.raises(InvalidInput, match="smaller book"):
            lift_commitment(commitment, before, after)
