"""What is stated about one account before and after a trade: an unhealthy account may trade if that improves it.

The rule runs over a double vector, the entries before and then the entries after, each half filled up with zeros to
whole rows of a commitment: so the commitment of the double vector is the two commitments of the account, one after
the other, and nobody has to commit anew.

    improves      requirement_1 <= requirement_0  and  equity_1 requirement_0 >= equity_0 requirement_1
                  and, where both requirements are zero, equity_1 > equity_0
    strictly      the requirement falls (Starknet's perpetual contracts)
    only smaller  every position keeps its sign and does not grow (StarkEx); then equity may stay equal
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from zkmargin.circuits import Entry, Holdings, Quantity, both, either, neg, pos, require
from zkmargin.circuits.alignment import whole_rows
from zkmargin.circuits.documents import Book
from zkmargin.circuits.models.base import Level, MarginModel
from zkmargin.circuits.models.market import POSITIONS, Market

Improvement = Literal["improves", "strictly", "only smaller"]


class Half(Holdings):
    """One half of a double account vector, read like a single one."""

    def __init__(self, whole: Holdings, first: int, count: int) -> None:
        self._whole, self._first, self._count = whole, first, count

    def __len__(self) -> int:
        return self._count

    @property
    def names(self) -> tuple[str, ...]:
        return self._whole.names[self._first : self._first + self._count]

    @property
    def units(self) -> Quantity:
        return self._whole.units[self._first : self._first + self._count]

    def __getitem__(self, part: Any) -> Quantity:
        return self._whole[self._first + np.arange(self._count)[part]]


@dataclass(frozen=True)
class Transition:
    """A trade under one model. `markets`: before and after; they differ if time has passed in between."""

    model: MarginModel
    markets: tuple[Market, Market]
    level: str = "maintenance"
    how: Improvement = "improves"
    or_meets: bool = True

    @property
    def book(self) -> Book:
        return self.markets[0].book

    @property
    def width(self) -> int:
        """The length of a half."""
        return whole_rows(len(self.book.entries))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of the double vector."""
        spare = range(self.width - len(self.book.entries))
        halves = []
        for when in ("before", "after"):
            halves += [Entry(f"{when} {entry.name}", entry.lanes, entry.decimals) for entry in self.book.entries]
            halves += [Entry(f"{when} spare {place}", 1) for place in spare]
        return tuple(halves)

    def double(self, before: Sequence[int], after: Sequence[int]) -> list[int]:
        """Two accounts of the book as one double vector."""
        fill = [0] * (self.width - len(self.book.entries))
        return [*before, *fill, *after, *fill]

    def rule(self) -> Callable[[Holdings], None]:
        """The account meets the level after the trade (if that counts), or the trade improved it, in every pool."""
        count, width = len(self.book.entries), self.width
        spare = np.concatenate([np.arange(count, width), np.arange(width + count, 2 * width)])

        def function(holdings: Holdings) -> None:
            if len(spare):
                require(holdings.units[spare] == 0, "spare entries are zero")
            halves = [Half(holdings, first, count) for first in (0, width)]
            markets = (replace(self.markets[0], label="before "), replace(self.markets[1], label="after "))
            before, after = (self.model.assess(*pair) for pair in zip(markets, halves, strict=True))
            for old, new in zip(before.pools, after.pools, strict=True):
                where = f" of {old.bucket}" if old.bucket else ""
                self._require(old.level(self.level), new.level(self.level), f"{self.level} improves{where}")
            if self.how == "only smaller":
                self._require_smaller(*halves)

        return function

    def _require(self, old: Level, new: Level, name: str) -> None:
        lower = new.requirement < old.requirement if self.how == "strictly" else new.requirement <= old.requirement
        ratio = new.equity * old.requirement >= old.equity * new.requirement
        grows = new.equity >= old.equity if self.how == "only smaller" else new.equity > old.equity
        improved = both(lower, ratio, either(old.requirement > 0, new.requirement > 0, grows))
        require(either(new.meets(), improved) if self.or_meets else improved, name)

    def _require_smaller(self, before: Holdings, after: Holdings) -> None:
        for bucket in self.book.buckets:
            places = self.markets[0].places(*POSITIONS, bucket=bucket)
            if len(places):
                where = f" of {bucket}" if bucket else ""
                require(after[places] <= pos(before[places]), f"longs do not grow{where}")
                require(after[places] >= -neg(before[places]), f"shorts do not grow{where}")
