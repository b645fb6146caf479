"""A `Market` lays a snapshot alongside its book: public numbers for the entries of the account, exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.documents import Book, Entry, Instrument, Snapshot
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.fixed import Fixed

Places = npt.NDArray[np.int64]
"""Places in the account vector."""

POSITIONS = ("spot", "perpetual", "future", "option")


def exact_fixed(numbers: Sequence[Decimal]) -> Fixed:
    """Decimals as one array at the coarsest scale that holds them all."""
    exponents = [number.as_tuple().exponent for number in numbers]
    decimals = max([0, *(-exponent for exponent in exponents if isinstance(exponent, int))])
    return Fixed.parse(list(numbers), decimals)


def exact_table(rows: Sequence[Sequence[Decimal]]) -> Fixed:
    """Rows of equally many decimals."""
    flat = exact_fixed([number for row in rows for number in row])
    return Fixed(flat.integers.reshape(len(rows), -1), flat.decimals)


def exact_scalar(number: Decimal) -> Fixed:
    """One decimal, without an axis."""
    return exact_fixed([number])[0]


@dataclass(frozen=True, eq=False)
class Market:
    """Book and snapshot, checked against each other; with `since`, the earlier snapshot funding is counted from.

    `kinds` narrows the positions that are seen, for a model that margins a part of the account; `label` stands before
    the names of what is computed.
    """

    book: Book
    snapshot: Snapshot
    since: Snapshot | None = None
    kinds: tuple[str, ...] = ()
    label: str = ""

    def __post_init__(self) -> None:
        self.snapshot.check_book(self.book)
        if self.since is not None:
            self.since.check_book(self.book)
            if self.since.time > self.snapshot.time:
                raise InvalidInput("since: this snapshot is later than the one it is compared with")

    @cached_property
    def rows(self) -> tuple[Instrument, ...]:
        """The snapshot's row of each entry."""
        return tuple(self.snapshot.instruments[self.snapshot.rows[entry.symbol]] for entry in self.book.entries)

    def name(self, what: str, bucket: str | None) -> str:
        """What a component or requirement of one pool is called."""
        return f"{self.label}{what}" + (f" of {bucket}" if bucket else "")

    def entry(self, place: int) -> Entry:
        return self.book.entries[place]

    def places(
        self, *kinds: str, bucket: str | None = None, order: str | None = None, base: str | None = None
    ) -> Places:
        """The places of one pool's entries of these kinds, in the book's order."""
        found = [
            place
            for place, entry in enumerate(self.book.entries)
            if entry.kind in kinds
            and self._sees(entry.kind)
            and (entry.bucket, entry.order) == (bucket, order)
            and (base is None or entry.parsed.base == base)
        ]
        return np.array(found, dtype=np.int64)

    def prices(self, places: Places) -> Fixed:
        """The value of one whole unit (or contract) of each entry: mark price times contract size."""
        return self.per_contract(places, [self.rows[place].price for place in places])

    def field(self, places: Places, name: str) -> Fixed:
        """An optional number of the snapshot that a rule cannot do without; refuses rows that lack it."""
        return exact_fixed([self._given(int(place), name) for place in places])

    def sizes(self, places: Places) -> Fixed:
        """Contract sizes."""
        return exact_fixed([self.entry(int(place)).contract_size for place in places])

    def per_contract(self, places: Places, numbers: Iterable[Decimal]) -> Fixed:
        """Numbers given for one unit of what is traded, times the contract sizes."""
        return exact_fixed(list(numbers)) * self.sizes(places)

    def index(self, places: Places) -> Fixed:
        """Spot index of each entry's underlying, times contract size."""
        bases = [self.entry(int(place)).parsed.base for place in places]
        return self.per_contract(places, [self.snapshot.underlying(base).index for base in bases])

    def bases(self, places: Places) -> tuple[str, ...]:
        """The underlyings of these entries, sorted."""
        return tuple(sorted({self.entry(int(place)).parsed.base for place in places}))

    def funding(self, places: Places) -> Fixed:
        """The rise of the funding index of one contract since the earlier snapshot."""
        if self.since is None:
            return self.field(places, "funding_index") * 0
        earlier = Market(self.book, self.since).field(places, "funding_index")
        return (self.field(places, "funding_index") - earlier) * self.sizes(places)

    def scenario_values(self, rows: Places, places: Places) -> Fixed:
        """The value of one contract of each entry in some of the snapshot's scenarios, `(rows, places)`."""
        scenarios = self.snapshot.scenarios
        if scenarios is None:
            raise InvalidInput("scenarios: this model needs them; build the snapshot with its scenarios")
        columns = np.array([self.snapshot.rows[self.entry(int(place)).symbol] for place in places], dtype=np.int64)
        return Fixed(scenarios.matrix[rows[:, None], columns], scenarios.decimals) * self.sizes(places)

    def order_places(self, bucket: str | None, *orders: str) -> Places:
        """Entries of one pool that hold resting orders, or the quote balances of positions."""
        own = [place for place, one in enumerate(self.book.entries) if one.order in orders and one.bucket == bucket]
        return np.array(own, dtype=np.int64)

    def orders(self, places: Places, side: str) -> list[int | None]:
        """Where the resting orders of these positions stand, if the book has entries for them."""
        entries = [self.entry(int(place)) for place in places]
        return [self.book.positions.get((entry.symbol, entry.bucket, side)) for entry in entries]

    def has_orders(self, places: Places) -> bool:
        return any(place is not None for side in ("bid", "ask") for place in self.orders(places, side))

    def _sees(self, kind: str) -> bool:
        return not self.kinds or kind not in POSITIONS or kind in self.kinds

    def _given(self, place: int, name: str) -> Decimal:
        value: Decimal | None = getattr(self.rows[place], name)
        if value is None:
            at = self.snapshot.rows[self.entry(place).symbol]
            raise InvalidInput(f"instruments[{at}].{name}: this model needs it for {self.entry(place).symbol}")
        return value
