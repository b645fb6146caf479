"""An `Index` lists the commitments of all accounts of a venue under one root; a `Receipt` shows that one is among them.

The root is a hash of a binary tree as in RFC 6962, bound to venue, book, time and the number of leaves:

    name  = H(NAME | salt | account)            hides the reference from everybody without the salt
    leaf  = H(0 | name | commitment)
    node  = H(1 | left | right)                 the left side is the largest power of two below the size
    root  = H(ROOT | count | venue | book | time | top node)

A name stands in an index once, so a venue cannot show one leaf to two customers. What is hashed is framed by lengths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits.documents.base import Digest, Document, FieldError, Timestamp
from zkmargin.circuits.errors import FalseStatement, InvalidInput
from zkmargin.verifier.documents.commitment import Label, Points

MAX_LEAVES = 1 << 18
"""What fits a document of 64 MiB; a larger venue keeps several indices."""

NAME_TAG = b"zkmargin index name v1"
ROOT_TAG = b"zkmargin index root v1"
LEAF, NODE = b"\x00", b"\x01"


def leaf_name(account: str, salt: bytes) -> bytes:
    """How an account is called in an index."""
    return sha256(_framed(NAME_TAG, salt, account.encode())).digest()


def leaf_hash(name: bytes, commitment: bytes) -> bytes:
    return sha256(LEAF + _framed(name, commitment)).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(NODE + left + right).digest()


def top_node(leaves: Sequence[bytes]) -> bytes:
    """The node over all leaves."""
    (top,) = _levels(leaves)[-1]
    return top


def inclusion_path(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """The siblings between a leaf and the top, lowest first; a node without a sibling rises as it is."""
    return _siblings(_levels(leaves), position)


def _siblings(levels: Sequence[Sequence[bytes]], position: int) -> list[bytes]:
    path = []
    for level in levels[:-1]:
        if position ^ 1 < len(level):
            path.append(level[position ^ 1])
        position >>= 1
    return path


def climb(leaf: bytes, position: int, count: int, path: Sequence[bytes]) -> bytes:
    """The top node that a leaf and its path lead to; the path has exactly the length that place and count ask for."""
    if not 0 <= position < count:
        raise InvalidInput("receipt: its position lies outside the index")
    node, siblings = leaf, iter(path)
    for has_sibling, is_right in _steps(position, count):
        if has_sibling:
            sibling = next(siblings, None)
            if sibling is None:
                raise FalseStatement("receipt: its path is too short for the index")
            node = node_hash(sibling, node) if is_right else node_hash(node, sibling)
    if next(siblings, None) is not None:
        raise FalseStatement("receipt: its path is too long for the index")
    return node


def index_root(count: int, venue: str, book: str, time: str, top: bytes) -> bytes:
    """The top node bound to how many leaves there are, and whose."""
    parts = (ROOT_TAG, count.to_bytes(8, "little"), venue.encode(), bytes.fromhex(book), time.encode(), top)
    return sha256(_framed(*parts)).digest()


class Index(Document):
    """The public list. Signed by the venue it is an attestation of every commitment in it."""

    FORMAT: ClassVar[str] = "zkmargin index"

    format: Literal["zkmargin index"]
    venue: Label
    book: Digest
    time: Timestamp
    names: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=MAX_LEAVES)]
    commitments: Annotated[tuple[Points, ...], Field(min_length=1, max_length=MAX_LEAVES)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if len(self.names) != len(self.commitments):
            raise FieldError(("commitments",), "one is needed for each name")
        if len({len(points) for points in self.commitments}) != 1:
            raise FieldError(("commitments",), "commitments of one book have one length")
        first: dict[str, int] = {}
        for index, name in enumerate(self.names):
            if first.setdefault(name, index) != index:
                raise FieldError(("names", index), f"is already leaf {first[name]}")
        return self

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def leaves(self) -> tuple[bytes, ...]:
        pairs = zip(self.names, self.commitments, strict=True)
        return tuple(leaf_hash(bytes.fromhex(name), bytes.fromhex(points)) for name, points in pairs)

    @cached_property
    def levels(self) -> list[list[bytes]]:
        """The tree, leaves first."""
        return _levels(self.leaves)

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each name stands."""
        return {name: position for position, name in enumerate(self.names)}

    @cached_property
    def root(self) -> str:
        return index_root(len(self), self.venue, self.book, self.time, self.levels[-1][0]).hex()

    def receipt(self, account: str, salt: bytes) -> Receipt:
        """What the account's owner needs to find it under the root."""
        position = self.positions.get(leaf_name(account, salt).hex())
        if position is None:
            raise InvalidInput("index: no leaf with the name of this account under this salt")
        path = [node.hex() for node in _siblings(self.levels, position)]
        same = {"venue": self.venue, "book": self.book, "time": self.time, "count": len(self)}
        own = {"account": account, "salt": salt.hex(), "commitment": self.commitments[position]}
        return Receipt.build(**same, **own, position=position, path=path)


class Receipt(Document):
    """An account's place in an index. It is the owner's: the salt tells who it is about."""

    FORMAT: ClassVar[str] = "zkmargin receipt"

    format: Literal["zkmargin receipt"]
    venue: Label
    book: Digest
    time: Timestamp
    count: Annotated[int, Field(ge=1, le=MAX_LEAVES)]
    account: Label
    salt: Digest
    commitment: Points
    position: Annotated[int, Field(ge=0, lt=MAX_LEAVES)]
    path: Annotated[tuple[Digest, ...], Field(max_length=MAX_LEAVES.bit_length())]

    @property
    def root(self) -> str:
        """The root this receipt leads to."""
        name = leaf_name(self.account, bytes.fromhex(self.salt))
        leaf = leaf_hash(name, bytes.fromhex(self.commitment))
        top = climb(leaf, self.position, self.count, [bytes.fromhex(node) for node in self.path])
        return index_root(self.count, self.venue, self.book, self.time, top).hex()

    def check(self, root: str, account: str, commitment: str) -> None:
        """Refuse a receipt of another account or commitment than its reader's, or of another index."""
        if self.account != account:
            raise FalseStatement("receipt: it is of another account")
        if self.commitment != commitment:
            raise FalseStatement("receipt: it holds another commitment than the account's")
        if self.root != root:
            raise FalseStatement("receipt: it does not lead to this index")


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    if not leaves:
        raise InvalidInput("index: at least one account is needed")
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        levels.append(above + below[len(below) & ~1 :])
    return levels


def _steps(position: int, count: int) -> Iterator[tuple[bool, bool]]:
    """For each level from the leaves up: whether the node has a sibling, and whether it is the right one of the two."""
    while count > 1:
        yield position ^ 1 < count, bool(position & 1)
        position, count = position >> 1, (count + 1) >> 1


def _framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)
