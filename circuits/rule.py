"""A rule, run once on symbols, and its readings on plain integers: the calculator and the explanation.

A rule is a Python function of the private holdings. It computes, names what is worth showing, and requires. Public
data are ordinary numpy arrays (or `Fixed`) that the function has in its closure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zkmargin.circuits.errors import FalseStatement, InvalidInput
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.expression import Quantity, concatenate
from zkmargin.circuits.fixed import to_text
from zkmargin.circuits.forms import Forms
from zkmargin.circuits.trace import Component, EntryLike, Requirement, Trace
from zkmargin.circuits.values import Values


class Holdings:
    """The private account vector: `holdings["BTC"]`, `holdings[3:10]`, `holdings[["BTC", "ETH"]]`, `holdings.units`."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._places = {entry.name: place for place, entry in enumerate(trace.entries)}

    def __len__(self) -> int:
        return len(self._places)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._places)

    @property
    def units(self) -> Quantity:
        """All entries as plain integers, whatever their decimals."""
        return Quantity(self._trace, (len(self),), Forms.symbols(0, len(self)), 0)

    @property
    def decimals(self) -> list[int]:
        """The scale of each entry."""
        return [entry.decimals for entry in self._trace.entries]

    def __getitem__(self, part: str | int | slice | Sequence[str] | Sequence[int] | npt.NDArray[np.int64]) -> Quantity:
        """Entries as amounts; entries of different decimals are aligned to the finest."""
        chosen: Any = part
        if isinstance(part, str):
            chosen = self._place(part)
        elif isinstance(part, list | tuple):
            chosen = np.array([self._place(one) if isinstance(one, str) else one for one in part], dtype=np.int64)
        index = np.asarray(np.arange(len(self))[chosen])
        units = self.units[index]
        decimals = np.array(self.decimals)[index]
        if not units.shape or len(set(decimals.tolist())) == 1:
            return units.as_decimals(int(decimals.flat[0]))
        return concatenate([units[i : i + 1].as_decimals(int(each)) for i, each in enumerate(decimals)])

    def _place(self, name: str) -> int:
        if name not in self._places:
            raise InvalidInput(f"holdings: there is no entry {name!r}")
        return self._places[name]


class RequirementFailed(FalseStatement):
    """A rule does not hold for some account. The message is free of private numbers; `detail()` is for the owner."""

    def __init__(self, requirement: str, account: int, shortfall: str) -> None:
        super().__init__(f"the requirement {requirement!r} does not hold for account {account}")
        self.requirement = requirement
        self.account = account
        self._shortfall = shortfall

    def detail(self) -> str:
        """Which requirement failed and by how much: private, for the owner's eyes."""
        return f"{self}: it is missed by {self._shortfall}"


@dataclass(frozen=True, eq=False, repr=False)
class Line:
    """One named component of one account: its numbers as decimal texts, and the components it rests on. Private."""

    name: str
    numbers: npt.NDArray[np.object_]
    parts: tuple[Line, ...]

    def texts(self, depth: int = 0) -> Iterator[str]:
        """An indented listing of this line and everything under it."""
        numbers = ", ".join(self.numbers.ravel().tolist())
        yield f"{'  ' * depth}{self.name}: {numbers}"
        for part in self.parts:
            yield from part.texts(depth + 1)


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """What a rule says about a batch of accounts, in scaled integers of shape `(accounts, *shape)`. Private."""

    components: dict[str, Ints]
    margins: dict[str, Ints]
    holds: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TracedRule:
    """A rule after its one run on symbols."""

    trace: Trace

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        return tuple(self.trace.requirements)

    @property
    def components(self) -> tuple[Component, ...]:
        return tuple(self.trace.components)

    def evaluate(self, holdings: object) -> Evaluation:
        """The calculator: components, margins of requirements, and whether each account satisfies all of them."""
        values = Values(self.trace, holdings).run_all(self.trace.nodes)
        margins = {one.name: values.of(one.margin) for one in self.requirements}
        holds = np.ones(values.accounts, dtype=np.bool_)
        for requirement in self.requirements:
            holds &= ~_failures(requirement, margins[requirement.name]).any(axis=1)
        return Evaluation({one.name: values.of(one.quantity) for one in self.components}, margins, holds)

    def explain(self, holdings: object) -> tuple[Line, ...]:
        """The tree of named components of one account, a root for each requirement."""
        values = Values(self.trace, holdings).run_all(self.trace.nodes)
        if values.accounts != 1:
            raise InvalidInput("explain: one account at a time")
        return tuple(
            Line(one.name, _texts(values, one.margin), tuple(_line(values, part) for part in one.margin.parts))
            for one in self.requirements
        )

    def check(self, values: Values) -> None:
        """Refuse accounts that do not satisfy the rule."""
        for requirement in self.requirements:
            margin = values.of(requirement.margin)
            failures = _failures(requirement, margin)
            if failures.any():
                account, entry = (int(index[0]) for index in np.nonzero(failures))
                missing = abs(int(margin.reshape(values.accounts, -1)[account, entry]))
                where = f" at entry {entry}" if requirement.margin.shape else ""
                text = to_text(missing, requirement.margin.decimals) + where
                raise RequirementFailed(requirement.name, account, text)


def trace_rule(rule: Callable[[Holdings], object], entries: Sequence[EntryLike]) -> TracedRule:
    """Run a rule once on symbols."""
    trace = Trace(tuple(entries))
    rule(Holdings(trace))
    if not trace.requirements:
        raise InvalidInput("the rule requires nothing: call require(...) in it")
    return TracedRule(trace)


def _failures(requirement: Requirement, margin: Ints) -> npt.NDArray[np.bool_]:
    flat = margin.reshape(len(margin), -1)
    return np.asarray(flat != 0 if requirement.equality else flat < 0, dtype=np.bool_)


def _line(values: Values, component: Component) -> Line:
    return Line(
        component.name, _texts(values, component.quantity), tuple(_line(values, part) for part in component.parts)
    )


def _texts(values: Values, quantity: Quantity) -> npt.NDArray[np.object_]:
    numbers = values.of(quantity)[0]
    texts = [to_text(int(number), quantity.decimals) for number in np.asarray(numbers).flat]
    return np.array(texts, dtype=object).reshape(quantity.shape)
