"""Index and receipts: every leaf is found under the root, and nothing else is."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkmargin.circuits.errors import FalseStatement, InvalidInput
from zkmargin.verifier.index import (
    Index,
    Receipt,
    climb,
    inclusion_path,
    index_root,
    leaf_hash,
    leaf_name,
    node_hash,
    top_node,
)

BOOK = hashlib.sha256(b"book").hexdigest()
SALT = bytes(range(32))


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(bytes([number]) * 32, bytes([number]) * 48) for number in range(count)]


def index(count: int = 5, **changes: Any) -> Index:
    accounts = [f"account {number}" for number in range(count)]
    fields = {
        "venue": "venue",
        "book": BOOK,
        "time": "2026-11-21T08:00:00Z",
        "names": [leaf_name(account, SALT).hex() for account in accounts],
        "commitments": [bytes([number]).hex() * 48 for number in range(count)],
    }
    return Index.build(**(fields | changes))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17])
def test_every_leaf_climbs_to_the_top_and_no_other(count: int) -> None:
    below = leaves(count)
    top = top_node(below)
    for position in range(count):
        path = inclusion_path(below, position)
        assert climb(below[position], position, count, path) == top
        for other in range(count):
            if other != position:
                assert climb_or_none(below[other], position, count, path) != top
                assert climb_or_none(below[position], other, count, path) != top


def climb_or_none(*arguments: Any) -> bytes | None:
    try:
        return climb(*arguments)
    except FalseStatement:
        return None


def test_the_tree_has_the_shape_of_rfc_6962() -> None:
    """Its definition, read literally: the left side is the largest power of two below the size."""

    def tree(part: list[bytes]) -> bytes:
        if len(part) == 1:
            return part[0]
        left = 1 << (len(part) - 1).bit_length() - 1
        return node_hash(tree(part[:left]), tree(part[left:]))

    for count in range(1, 40):
        assert top_node(leaves(count)) == tree(leaves(count))


@given(st.integers(1, 60), st.data())
def test_a_path_of_another_length_is_refused(count: int, data: st.DataObject) -> None:
    below = leaves(count)
    position = data.draw(st.integers(0, count - 1))
    path = inclusion_path(below, position)
    with pytest.raises(FalseStatement, match="too long"):
        climb(below[position], position, count, [*path, bytes(32)])
    if path:
        with pytest.raises(FalseStatement, match="too short"):
            climb(below[position], position, count, path[:-1])
    for outside in (-1, count):
        with pytest.raises(InvalidInput, match="outside"):
            climb(below[position], outside, count, path)


def test_leaves_and_nodes_live_in_different_domains() -> None:
    first, second = leaves(2)
    assert node_hash(first, second) != leaf_hash(first, second)
    assert leaf_hash(b"ab", b"c") != leaf_hash(b"a", b"bc")
    assert leaf_name("a", b"bc") != leaf_name("ca", b"b")


def test_the_root_is_bound_to_everything() -> None:
    top = bytes(32)
    base = index_root(5, "v", BOOK, "t", top)
    other_book = hashlib.sha256(b"other").hexdigest()
    for changed in ((6, "v", BOOK, "t", top), (5, "w", BOOK, "t", top), (5, "v", other_book, "t", top)):
        assert index_root(*changed) != base
    assert index_root(5, "v", BOOK, "u", top) != base
    assert index_root(5, "v", BOOK, "t", b"\1" * 32) != base


def test_receipts_of_all_accounts() -> None:
    whole = index(7)
    for number in range(7):
        receipt = whole.receipt(f"account {number}", SALT)
        assert receipt.root == whole.root
        receipt.check(whole.root, f"account {number}", whole.commitments[number])
        assert Receipt.parse(receipt.canonical()) == receipt


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"position": 3}, "lead"),
        ({"count": 6}, "lead"),
        ({"salt": "00" * 32}, "lead"),
        ({"venue": "other"}, "lead"),
        ({"book": "00" * 32}, "lead"),
        ({"time": "2026-11-21T08:00:01Z"}, "lead"),
        ({"account": "account 3"}, "another account"),
        ({"commitment": "ff" * 48}, "another commitment"),
        ({"path": []}, "too short"),
        ({"path": ["00" * 32] * 4}, "too long"),
        ({"path": ["00" * 32] * 3}, "lead"),
    ],
)
def test_a_receipt_that_was_changed_is_refused(change: dict[str, Any], words: str) -> None:
    whole = index()
    receipt = whole.receipt("account 2", SALT)
    changed = Receipt.build(**(receipt.model_dump(exclude={"format", "version"}) | change))
    with pytest.raises(FalseStatement, match=words):
        changed.check(whole.root, "account 2", whole.commitments[2])


def test_a_receipt_does_not_say_who_the_others_are() -> None:
    receipt = index().receipt("account 2", SALT)
    text = receipt.canonical().decode()
    assert [f"account {number}" in text for number in range(5)] == [False, False, True, False, False]
    guess = leaf_hash(leaf_name("account 3", bytes(32)), bytes([3]) * 48).hex()
    assert guess not in receipt.path


def test_what_is_not_in_the_index_has_no_receipt() -> None:
    for account, salt in (("account 9", SALT), ("account 2", bytes(32))):
        with pytest.raises(InvalidInput, match="no leaf"):
            index().receipt(account, salt)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"names": ["00" * 32] * 5}, r"names\[1\]: is already leaf 0"),
        ({"names": ["00" * 32]}, "commitments: one is needed"),
        ({"commitments": ["00" * 48] * 4 + ["00" * 96]}, "one length"),
        ({"names": [], "commitments": []}, "names"),
        ({"commitments": ["0"] * 5}, r"commitments\[0\]"),
        ({"book": "zz"}, "book"),
        ({"venue": ""}, "venue"),
    ],
)
def test_an_index_that_does_not_hold_together_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        index(**change)


def test_a_tree_of_nothing_has_no_top() -> None:
    with pytest.raises(InvalidInput, match="at least one"):
        top_node([])
