"""The generators: points hashed to the curve, so that nobody knows a relation between any two.

Families (docs/protocol.md, section 1): `G` columns of the bit matrix, `K` columns of the account vector, `M` masks,
`H` blinding. They are derived when first needed and kept for the life of the process.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from zkmargin.circuits.system import LaneArray
from zkmargin.verifier.arithmetic import SCALAR_BYTES, Arithmetic, Group, Vector
from zkmargin.verifier.encoding import SUITE_DST

KEPT_ANSWERS = 8
"""Prepared points take megabytes; whoever proves many shapes of statements keeps those of the latest."""


class Generators:
    """The families of one arithmetic, grown as far as anyone has asked."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._families: dict[bytes, Any] = {}
        self._byte_tables: dict[int, Any] = {}
        self._answers: dict[tuple[int, int, int], Any] = {}

    def family(self, tag: bytes, count: int) -> Any:
        """The first `count` generators of a family."""
        known = self._families.setdefault(tag, self._group.identity(0))
        if len(known) < count:
            messages = [tag + index.to_bytes(4, "little") for index in range(len(known), count)]
            known = self._group.join([known, self._group.hash(messages, SUITE_DST)])
            self._families[tag] = known
        return known[:count]

    @property
    def blinding(self) -> Any:
        return self.family(b"H", 1)

    def bit_tables(self, columns: int) -> Any:
        """For rows of bits under the first `columns` of `G`, each followed by the `bits` of its blinding under `H`."""
        if columns not in self._byte_tables:
            points = self._group.join([self.family(b"G", columns), self._doublings()])
            self._byte_tables[columns] = self._group.byte_tables(points)
        return self._byte_tables[columns]

    def _doublings(self) -> Any:
        """`H, 2 H, 4 H, ...`: under them the bits of a scalar commit to that multiple of `H`."""
        powers = [self.blinding]
        while len(powers) < 8 * SCALAR_BYTES:
            powers.append(powers[-1] + powers[-1])
        return self._group.join(powers)

    def answer(self, columns: int, account_columns: int, masks: int) -> Any:
        """`G | K | M | H`: what the closing proof opens under."""
        families = [self.family(b"G", columns), self.family(b"K", account_columns), self.family(b"M", masks)]
        return self._group.join([*families, self.blinding])

    def prepared_answer(self, columns: int, account_columns: int, masks: int) -> Any:
        """The same for many sums. Preparing takes longer than a sum: it begins when they are asked for again."""
        sizes = columns, account_columns, masks
        asked_before, found = sizes in self._answers, self._answers.get(sizes)
        if found is not None:
            return found
        points = self.answer(*sizes)
        if asked_before:
            points = self._group.prepare(points)
        self._answers[sizes] = points if asked_before else None
        # Several threads may be here; whoever comes second finds nothing to drop.
        for oldest in list(self._answers)[:-KEPT_ANSWERS]:
            self._answers.pop(oldest, None)
        return points


def scalar_bits(scalars: Vector) -> LaneArray:
    """Each scalar as a row of bits, 16 to a word."""
    words = np.frombuffer(scalars.to_bytes(), dtype="<u2").reshape(-1, SCALAR_BYTES // 2)
    return words.astype(np.uint16, copy=False)


@cache
def generators(arithmetic: Arithmetic) -> Generators:
    return Generators(arithmetic.group)
