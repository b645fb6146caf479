"""A `Book` fixes which entry of the private account vector is what. It only ever grows at its end."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits.documents.base import Document, FieldError, Name, Part, Timestamp
from zkmargin.circuits.documents.numbers import Positive, from_units
from zkmargin.circuits.documents.symbols import Symbol, kind_fits, parse_symbol
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.system import LANE_BITS, MAX_LANES

MAX_ENTRIES = 1 << 16
DEFAULT_LANES = 4

Key = tuple[str, str | None, str | None]
"""What tells entries apart: symbol, isolated bucket, and what of the symbol's orders or balance it holds."""


class Entry(Part):
    """One signed integer of the account: a balance, a position, or the size of resting orders on one side.

    The integer counts units of `10^-decimals`. Entries with a `bucket` belong to that isolated pool and to no other;
    a book repeats the entries an isolated pool uses. An entry with an `order` holds the size of resting orders on that
    side, or, with `quote`, the cash balance of the position itself, for rules that treat profit market by market.
    """

    kind: Literal["cash", "collateral", "spot", "perpetual", "future", "option"]
    symbol: Annotated[str, Field(max_length=120)]
    decimals: Annotated[int, Field(ge=0, le=18)]
    lanes: Annotated[int, Field(ge=1, le=MAX_LANES)] = DEFAULT_LANES
    contract_size: Positive = from_units(1, 0)
    expiry: Timestamp | None = None
    bucket: Name | None = None
    order: Literal["bid", "ask", "quote"] | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        try:
            symbol = parse_symbol(self.symbol)
        except ValueError as error:
            raise FieldError(("symbol",), str(error)) from None
        if not kind_fits(self.kind, symbol):
            raise FieldError(("symbol",), f"is the name of a different kind of entry than {self.kind}")
        if (symbol.date is None) != (self.expiry is None):
            raise FieldError(("expiry",), "is needed for futures and options and for nothing else")
        if self.expiry is not None and self.expiry[2:10].replace("-", "") != symbol.date:
            raise FieldError(("expiry",), "does not fall on the date in the symbol")
        if self.order is not None and symbol.shape == "asset":
            raise FieldError(("order",), "cash and collateral are balances; they have no orders")
        return self

    @property
    def key(self) -> Key:
        return (self.symbol, self.bucket, self.order)

    @property
    def name(self) -> str:
        """How rules and reports call the entry: `symbol`, `symbol@bucket`, `symbol#bid`, `symbol@bucket#bid`."""
        return self.symbol + (f"@{self.bucket}" if self.bucket else "") + (f"#{self.order}" if self.order else "")

    @cached_property
    def parsed(self) -> Symbol:
        return parse_symbol(self.symbol)

    @property
    def offset(self) -> int:
        """Half the span of the lanes, so that the entry takes both signs."""
        return 1 << (LANE_BITS * self.lanes - 1)


class Book(Document):
    """The ordered list of entries. `currency` is the unit of all prices and margins computed over the book."""

    FORMAT: ClassVar[str] = "zkmargin book"

    format: Literal["zkmargin book"]
    name: Name
    currency: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    entries: Annotated[tuple[Entry, ...], Field(min_length=1, max_length=MAX_ENTRIES)]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        first: dict[Key, int] = {}
        expiries: dict[str, str | None] = {}
        for index, entry in enumerate(self.entries):
            if first.setdefault(entry.key, index) != index:
                raise FieldError(("entries", index, "symbol"), f"is already entry {first[entry.key]}")
            if expiries.setdefault(entry.symbol, entry.expiry) != entry.expiry:
                raise FieldError(("entries", index, "expiry"), "differs from an earlier entry of the same symbol")
        return self

    @cached_property
    def positions(self) -> dict[Key, int]:
        """Where each key stands in the account vector."""
        return {entry.key: index for index, entry in enumerate(self.entries)}

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol once, in order of first appearance: the order of a snapshot's rows."""
        return tuple(dict.fromkeys(entry.symbol for entry in self.entries))

    @property
    def buckets(self) -> tuple[str | None, ...]:
        """The pools of the book: the cross pool (`None`) and the isolated ones, in order of first appearance."""
        return tuple(dict.fromkeys(entry.bucket for entry in self.entries))

    def index(self, symbol: str, bucket: str | None = None, order: str | None = None) -> int:
        """The place of an entry, for programs that build accounts."""
        try:
            return self.positions[(symbol, bucket, order)]
        except KeyError:
            raise InvalidInput(f"book {self.name}: no entry {symbol} for this bucket and order side") from None

    def check_extends(self, old: Book) -> None:
        """Commitments to accounts of `old` stay meaningful only if its entries are the first entries of this book."""
        if self.currency != old.currency:
            raise InvalidInput(f"currency: was {old.currency} in the earlier book")
        if len(self.entries) < len(old.entries):
            raise InvalidInput(f"entries: the earlier book had {len(old.entries)}, entries are never removed")
        for index, (before, after) in enumerate(zip(old.entries, self.entries, strict=False)):
            if before != after:
                raise InvalidInput(f"entries[{index}]: differs from the earlier book, which may only grow at its end")

    def extends(self, old: Book) -> bool:
        """Whether this book is `old` with entries added at the end, or `old` itself."""
        try:
            self.check_extends(old)
        except InvalidInput:
            return False
        return True
