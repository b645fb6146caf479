"""The generators: points hashed to the curve, so that nobody knows a relation between any two.

Families (docs/protocol.md, section 1): `G` columns of the bit matrix, `K` columns of the account vector, `M` masks,
`H` blinding. They are derived when first needed and kept for the life of the process.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from zkmargin.verifier.arithmetic import Arithmetic, Group
from zkmargin.verifier.encoding import SUITE_DST


class Generators:
    """The families of one arithmetic, grown as far as anyone has asked."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._families: dict[bytes, Any] = {}
        self._byte_tables: dict[int, Any] = {}
        self._blinding_table: Any = None

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
        """Subset sums of the first `columns` of `G`: for committing bits a byte at a time."""
        if columns not in self._byte_tables:
            self._byte_tables[columns] = self._group.byte_tables(self.family(b"G", columns))
        return self._byte_tables[columns]

    @property
    def blinding_table(self) -> Any:
        if self._blinding_table is None:
            self._blinding_table = self._group.base_table(self.blinding)
        return self._blinding_table

    def answer(self, columns: int, account_columns: int, masks: int) -> Any:
        """`G | K | M | H`: what the closing proof opens under."""
        families = [self.family(b"G", columns), self.family(b"K", account_columns), self.family(b"M", masks)]
        return self._group.join([*families, self.blinding])


@cache
def generators(arithmetic: Arithmetic) -> Generators:
    return Generators(arithmetic.group)
