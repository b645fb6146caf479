"""`compile_rule`: a rule and the entries of a book become a `System` and the program that fills in its witness.

1. run the rule on symbols            (rule.py)
2. write the certificates             (certificates.py, atoms/)
3. number the wires, lower the rows   (this page, lowering.py)
4. hand everything to `System`, which checks again that nothing can wrap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from zkmargin.circuits import exact
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.coefficients import Indices
from zkmargin.circuits.exact import Ints
from zkmargin.circuits.inspection import Inspection
from zkmargin.circuits.lowering import Lowering
from zkmargin.circuits.rule import Evaluation, Holdings, Line, TracedRule, trace_rule
from zkmargin.circuits.system import LANE_BITS, LaneArray, System
from zkmargin.circuits.trace import EntryLike
from zkmargin.circuits.values import Values

LANES_IN_WORD = 64 // LANE_BITS


@dataclass(frozen=True, eq=False)
class Compiled:
    """A compiled rule: the system to be proved, and what its owner needs to prove it."""

    rule: TracedRule
    lowering: Lowering
    system: System

    @property
    def digest(self) -> bytes:
        return self.system.digest

    def evaluate(self, holdings: object) -> Evaluation:
        """The calculator, see `TracedRule.evaluate`."""
        return self.rule.evaluate(holdings)

    def explain(self, holdings: object) -> tuple[Line, ...]:
        """The tree of named components, see `TracedRule.explain`."""
        return self.rule.explain(holdings)

    def inspect(self) -> Inspection:
        """Costs by component, readable rows, a report on every wire."""
        return Inspection(self.lowering, self.system)

    def witness(self, holdings: object) -> LaneArray:
        """Lanes `(accounts, lane_count)` that satisfy the system; `RequirementFailed` if the rule does not hold."""
        values = self._values(holdings)
        result = np.zeros((values.accounts, self.system.lane_count), dtype=np.uint16)
        for wires, integers in self._pieces(values):
            self._write(result, wires, integers)
        return result

    def wires(self, holdings: object) -> Ints:
        """The integers on all wires of an honest witness, `(accounts, wires)`: for listings and tests."""
        values = self._values(holdings)
        result = np.zeros((values.accounts, self.system.wires), dtype=object)
        for wires, integers in self._pieces(values):
            result[:, wires] = integers
        return result

    def _values(self, holdings: object) -> Values:
        values = Values(self.rule.trace, holdings).run_all(self.rule.trace.nodes_needed())
        self.rule.check(values)
        values.choose()
        return values

    def _pieces(self, values: Values) -> Iterator[tuple[Indices, Ints]]:
        """All wires with their integers, a few large arrays."""
        symbols = self.lowering.wire_symbols
        wires = np.arange(len(symbols), dtype=np.int64)
        is_wide = values.is_wide(symbols)
        for chosen in (wires[~is_wide], wires[is_wide]):
            if len(chosen):
                yield chosen, values.columns(symbols[chosen])
        for slack in self.lowering.slacks:
            margin = values.of(slack.constraint.sides[0][slack.rows])
            wires = slack.first_wire + np.arange(len(slack.rows), dtype=np.int64)
            yield wires, margin if slack.trivial else margin // slack.divisors

    def _write(self, result: LaneArray, wires: Indices, integers: Ints) -> None:
        """Cut integers into lanes, all wires of one width at a time."""
        widths = self._lanes[wires]
        for width in np.unique(widths).tolist():
            chosen = np.flatnonzero(widths == width)
            at = wires[chosen]
            places = self.system.lane_starts[at][:, None] + np.arange(width)
            result[:, places] = cut(integers[:, chosen], self._offsets[at], width)

    @cached_property
    def _lanes(self) -> Indices:
        return np.array(self.system.lanes, dtype=np.int64)

    @cached_property
    def _offsets(self) -> Ints:
        return np.array(self.system.offsets, dtype=object)


def compile_rule(rule: Callable[[Holdings], object], entries: Sequence[EntryLike]) -> Compiled:
    """Compile a rule for accounts whose vector the entries describe. The same input gives the same system anywhere."""
    traced = trace_rule(rule, entries)
    certificates = Certificates(traced.trace)
    certificates.certify()
    lowering = Lowering.of(traced.trace, certificates)
    return Compiled(traced, lowering, lowering.system())


def cut(integers: Ints, offsets: Ints, width: int) -> LaneArray:
    """`integers + offsets`, which is in `[0, 2^(16 width))`, as 16-bit lanes: a new last axis, least first."""
    words = -(-width // LANES_IN_WORD)
    cut_words = np.zeros((*integers.shape, words), dtype="<u8")
    if integers.dtype == np.int64 and (words == 1 or not offsets.any()):
        # Addition modulo 2^64 is exact here, because the true sum lies in [0, 2^64).
        cut_words[..., 0] = integers.astype(np.uint64) + offsets.astype(np.uint64)
    else:
        shifted = exact.wide(integers) + offsets
        for word in range(words):
            cut_words[..., word] = (shifted >> (64 * word)) & ((1 << 64) - 1)
    return np.asarray(cut_words.view("<u2")[..., :width], dtype=np.uint16)
