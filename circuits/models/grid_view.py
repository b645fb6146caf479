"""What a scenario-grid rule reads of one pool: its entries, their shocked prices, and its options by expiry."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from zkmargin.circuits import Fixed, Holdings, Quantity
from zkmargin.circuits.documents import epoch_seconds
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models import factors
from zkmargin.circuits.models.base import total
from zkmargin.circuits.models.grid_parameters import CollateralTerms, GridParameters
from zkmargin.circuits.models.market import POSITIONS, Market, Places


@dataclass(frozen=True, eq=False)
class OptionGroup:
    """Options of one underlying and expiry: where they are, what they are worth now, and how far away expiry is."""

    base: str
    places: Places
    sizes: Quantity
    value: Quantity
    seconds: int
    rate: Decimal
    confidence: Decimal | None


class GridView:
    """One pool of one account under one model, while its rule runs."""

    def __init__(self, model: GridParameters, market: Market, holdings: Holdings, bucket: str | None) -> None:
        self.model, self.market, self.holdings, self.bucket = model, market, holdings, bucket
        self.positions = market.places(*POSITIONS, bucket=bucket)
        self.collateral = market.places("collateral", bucket=bucket)
        self.bases = market.bases(self.positions)
        self.nothing = holdings[0] * 0
        self._groups: dict[str, list[OptionGroup]] = {}
        self._check()

    @cached_property
    def value(self) -> Quantity:
        """What the pool is worth at mark."""
        kinds = ("cash", *POSITIONS, "collateral")
        return total([self.worth(self.market.places(kind, bucket=self.bucket)) for kind in kinds], self.nothing)

    def linear(self, base: str) -> Places:
        """Perpetuals and futures of an underlying."""
        return self.market.places("perpetual", "future", bucket=self.bucket, base=base)

    def terms(self) -> list[tuple[CollateralTerms, Places]]:
        """Terms of the assets this pool holds, and where."""
        known = {terms.asset: terms for terms in self.model.collateral}
        return [(known[self.market.entry(place).symbol], np.array([place])) for place in self.collateral.tolist()]

    def worth(self, places: Places) -> Quantity:
        """Sizes times mark prices."""
        return self.market.prices(places) @ self.holdings[places] if len(places) else self.nothing

    def shocked(self, places: Places) -> Fixed:
        """Prices of one contract in every scenario of the grid, `(scenarios, places)`."""
        return self.market.scenario_values(np.arange(len(self.model.scenarios)), places)

    def row(self, name: str, places: Places) -> Fixed:
        """One of the rows beside the grid."""
        return self.market.scenario_values(np.array([self.model.rows.index(name)]), places)[0]

    def options(self, base: str) -> list[OptionGroup]:
        """The options of an underlying by expiry, in the order of time."""
        if base not in self._groups:
            places = self.market.places("option", bucket=self.bucket, base=base).tolist()
            times = sorted({self.market.entry(place).expiry or "" for place in places})
            self._groups[base] = [
                self._group(base, time, [place for place in places if self.market.entry(place).expiry == time])
                for time in times
            ]
        return self._groups[base]

    def confidence_charge(self, base: str, feeds: list[Decimal]) -> Decimal:
        """The share of notional charged for the least trusted of the feeds and the index of the underlying."""
        terms = self.model.confidence
        index = self.market.snapshot.underlying(base).confidence
        least = min([*feeds, *([index] if index is not None else [])], default=Decimal(1))
        if terms is None or least >= terms.threshold:
            return Decimal(0)
        return factors.multiply(factors.subtract(Decimal(1), least), terms.factor)

    def feeds(self, places: Places) -> list[Decimal]:
        """The confidence of the entries' own prices, where it is given."""
        found = [self.market.rows[int(place)].confidence for place in places]
        return [one for one in found if one is not None]

    def _group(self, base: str, time: str, places: list[int]) -> OptionGroup:
        mine = np.array(places, dtype=np.int64)
        row = self.market.snapshot.expiry(base, time)
        seconds = max(0, epoch_seconds(time) - epoch_seconds(self.market.snapshot.time))
        return OptionGroup(base, mine, self.holdings[mine], self.worth(mine), seconds, row.rate, row.confidence)

    def _check(self) -> None:
        """Refuse what this family does not margin."""
        scenarios = self.market.snapshot.scenarios
        if scenarios is None or scenarios.rows != self.model.rows:
            raise InvalidInput(f"scenarios: the rows are not those of model {self.model.name}")
        known = {terms.asset for terms in self.model.collateral}
        for place in self.collateral.tolist():
            asset = self.market.entry(place).symbol
            if asset not in known:
                raise InvalidInput(f"collateral: model {self.model.name} has no terms for {asset}")
        for index, entry in enumerate(self.market.book.entries):
            if entry.order is not None:
                raise InvalidInput(f"entries[{index}].order: model {self.model.name} does not margin resting orders")
