"""Accounts of different books under one rule: a published `Mapping` says which entry of a book is which of another.

The private vector is made of blocks, one for each book, each filled up with zeros to whole rows of a commitment; so the
commitment of the vector is the commitments of the blocks, one after another. The rule reads it through `Aligned`:
entries of the target book as sums of the entries that are mapped to them. That happens inside the circuit; nobody has
to open or re-commit anything.

A mapping names every entry of its book and may only join what is the same: kind, underlying, expiry, strike and side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from zkmargin.circuits import require
from zkmargin.circuits.documents.base import Digest, Document, Part
from zkmargin.circuits.documents.book import MAX_ENTRIES, Book
from zkmargin.circuits.documents.book import Entry as BookEntry
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.expression import Quantity, concatenate
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.rule import Holdings
from zkmargin.circuits.trace import Entry

ROW = 128
"""Entries in a row of an account commitment; `verifier/shape.py` cuts there."""

EntryName = Annotated[str, Field(min_length=1, max_length=240)]


class Pair(Part):
    """An entry of one book and the entry of the other that it counts as, by their names in the books."""

    source: EntryName
    target: EntryName


class Mapping(Document):
    """Every entry of the source book, in its order, and where it goes. Amounts follow contract sizes, exactly."""

    FORMAT: ClassVar[str] = "zkmargin mapping"

    format: Literal["zkmargin mapping"]
    source: Digest
    target: Digest
    entries: Annotated[tuple[Pair, ...], Field(min_length=1, max_length=MAX_ENTRIES)]

    def places(self, source: Book, target: Book) -> list[tuple[int, int]]:
        """For each entry of the source its place in the target and how many of its units one unit is."""
        if (self.source, self.target) != (source.digest, target.digest):
            raise InvalidInput("mapping: it is of other books than the ones given")
        if len(self.entries) != len(source.entries):
            raise InvalidInput(f"mapping.entries: the book has {len(source.entries)}, each is mapped once")
        names = {entry.name: place for place, entry in enumerate(target.entries)}
        found = []
        for index, (pair, entry) in enumerate(zip(self.entries, source.entries, strict=True)):
            where = f"mapping.entries[{index}]"
            if pair.source != entry.name:
                raise InvalidInput(f"{where}.source: the book has {entry.name} here")
            if pair.target not in names:
                raise InvalidInput(f"{where}.target: the target book has no {pair.target}")
            place = names[pair.target]
            found.append((place, _factor(where, entry, target.entries[place])))
        return found


@dataclass(frozen=True)
class Alignment:
    """Blocks of the private vector, each a book and its mapping to the target; the target itself needs none."""

    target: Book
    blocks: tuple[tuple[Book, Mapping | None], ...]

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where the blocks begin, and where the last one ends."""
        widths = [whole_rows(len(book.entries)) for book, _ in self.blocks]
        return tuple(sum(widths[:count]) for count in range(len(widths) + 1))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of the whole vector: those of each block, then what fills its rows."""
        result = []
        for block, (book, _) in enumerate(self.blocks):
            result += [Entry(f"{block} {entry.name}", entry.lanes, entry.decimals) for entry in book.entries]
            spare = whole_rows(len(book.entries)) - len(book.entries)
            result += [Entry(f"{block} spare {place}", 1, 0) for place in range(spare)]
        return tuple(result)

    @cached_property
    def spare(self) -> list[int]:
        """The places that fill rows, which have to be zero."""
        ends = zip(self.starts, self.starts[1:], self.blocks, strict=False)
        return [place for start, end, (book, _) in ends for place in range(start + len(book.entries), end)]

    def moves(self) -> list[tuple[int, int, int]]:
        """Place in the vector, place in the target, factor: for every entry of every block."""
        result = []
        for start, (book, mapping) in zip(self.starts, self.blocks, strict=False):
            if mapping is not None:
                places = mapping.places(book, self.target)
            elif book == self.target:
                places = [(place, 1) for place in range(len(book.entries))]
            else:
                raise InvalidInput(f"books: {book.name} is not the target, and no mapping of it is given")
            result += [(start + offset, place, factor) for offset, (place, factor) in enumerate(places)]
        return result

    def rule(self, market: Market, inner: Callable[[Holdings], None]) -> Callable[[Holdings], None]:
        """The rule over the whole vector: what fills rows is zero, and the inner rule holds of what is mapped."""
        if market.book != self.target:
            raise InvalidInput("alignment: the market is of another book than the target")
        moves = self.moves()

        def function(holdings: Holdings) -> None:
            if self.spare:
                require(holdings.units[np.array(self.spare)] == 0, "spare entries are zero")
            inner(Aligned(holdings, self.target, moves))

        return function


class Aligned(Holdings):
    """An aligned vector, read like an account of the target book."""

    def __init__(self, whole: Holdings, target: Book, moves: Sequence[tuple[int, int, int]]) -> None:
        self._target = target
        self._places = {entry.name: place for place, entry in enumerate(target.entries)}
        sources, places, factors = (np.array(column, dtype=np.int64) for column in zip(*moves, strict=True))
        scaled = whole.units[sources] * factors
        nothing = whole.units[0:1] * 0
        parts = [np.flatnonzero(places == place) for place in range(len(target.entries))]
        self._units = concatenate([scaled[part].sum().reshape(1) if len(part) else nothing for part in parts])

    @property
    def units(self) -> Quantity:
        return self._units

    @property
    def decimals(self) -> list[int]:
        return [entry.decimals for entry in self._target.entries]


def whole_rows(entries: int) -> int:
    """A block's entries as whole rows, as many as its commitment has: a power of two."""
    rows = -(-entries // ROW)
    return ROW << (rows - 1).bit_length()


def _factor(where: str, source: BookEntry, target: BookEntry) -> int:
    """How many units of the target entry one unit of the source entry is; a whole number, or the mapping is refused."""
    one, other = source.parsed, target.parsed
    same = (source.kind, source.expiry, source.order, one.base, one.strike, one.is_call)
    if same != (target.kind, target.expiry, target.order, other.base, other.strike, other.is_call):
        raise InvalidInput(f"{where}: {source.name} and {target.name} are not the same thing")
    units = Fraction(source.contract_size) / Fraction(target.contract_size) * 10**target.decimals
    factor = units / 10**source.decimals
    if factor.denominator != 1 or factor >= 1 << 62:
        raise InvalidInput(f"{where}: one unit of {source.name} is no whole number of units of {target.name}")
    return int(factor)
