"""What anyone can do with account commitments: add them, carry them to a grown book, open one that was revealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zkmargin.circuits.errors import InvalidInput, MalformedProof
from zkmargin.verifier.arithmetic import POINT_BYTES, Arithmetic
from zkmargin.verifier.encoding import IDENTITY
from zkmargin.verifier.generators import generators
from zkmargin.verifier.parallel import in_parts
from zkmargin.verifier.shape import AccountShape, variables_for

LEAST_PART = 4096
"""Fewer points than this are not worth a second thread."""


def add_commitments(commitments: Sequence[bytes], arithmetic: Arithmetic) -> bytes:
    """The commitment of the account that holds what all of these hold."""
    if not commitments or len({len(commitment) for commitment in commitments}) != 1:
        raise InvalidInput("commitments: one or more of the same book are needed")
    rows = len(commitments[0]) // POINT_BYTES

    def part(start: int, stop: int) -> Any:
        return _total(arithmetic.group.from_bytes(b"".join(commitments[start:stop])), rows, arithmetic)

    try:
        totals = in_parts(part, len(commitments), LEAST_PART)
    except MalformedProof:
        # A part counts its points from its own beginning; one pass over all of them names the right one.
        arithmetic.group.from_bytes(b"".join(commitments))
        raise
    result: bytes = _total(arithmetic.group.join(totals), rows, arithmetic).to_bytes()
    return result


def _total(points: Any, rows: int, arithmetic: Arithmetic) -> Any:
    """The sum of consecutive groups of `rows` points, entry by entry: halves are added until one group is left."""
    while len(points) > rows:
        half = len(points) // rows // 2 * rows
        pairs = points[:half] + points[half : 2 * half]
        points = arithmetic.group.join([pairs, points[2 * half :]])
    return points


def lift_commitment(commitment: bytes, before: int, after: int) -> bytes:
    """The same account's commitment after its book grew from `before` entries to `after`; the new ones are zero.

    Entries keep their generators, since a book grows at its end; only rows of zeros under zero blinding are added.
    """
    old, new = AccountShape(before), AccountShape(after)
    if after < before or len(commitment) != old.commitment_bytes:
        raise InvalidInput("commitment: not one to an account of the smaller book")
    return commitment + IDENTITY * (new.rows - old.rows)


def chain_commitments(commitments: Sequence[bytes]) -> bytes:
    """The commitment of a vector made of accounts one after another, each filled up with zeros to whole rows.

    Rows share their generators, so the rows of the chain are those of its parts; an odd number of rows is filled up
    with rows of zeros under zero blinding.
    """
    chain = b"".join(commitments)
    rows = len(chain) // POINT_BYTES
    if not rows or len(chain) % POINT_BYTES:
        raise InvalidInput("commitments: one or more, each of whole points, are needed")
    return chain + IDENTITY * ((1 << variables_for(rows)) - rows)


def commitment_to(values: Sequence[int], blinding: Sequence[int], arithmetic: Arithmetic) -> bytes:
    """The commitment that these entries and this blinding open: row `j` is `sum_c x[j, c] K_c + t_j H`."""
    shape = AccountShape(len(values))
    if len(blinding) != shape.rows:
        raise InvalidInput(f"account.blinding: {shape.rows} values are needed")
    base, field = generators(arithmetic), arithmetic.field
    points = arithmetic.group.join([base.family(b"K", shape.columns), base.blinding])
    scalars = (
        field.join([row, field.vector([hidden])])
        for row, hidden in zip(account_rows(values, shape, arithmetic), blinding, strict=True)
    )
    return b"".join(arithmetic.group.msm(points, row).to_bytes() for row in scalars)


def account_rows(values: Sequence[int], shape: AccountShape, arithmetic: Arithmetic) -> list[Any]:
    """The account vector cut into rows of `columns` entries, filled up with zeros."""
    padded = [*values, *[0] * (shape.rows * shape.columns - len(values))]
    vector = arithmetic.field.vector(padded)
    return [vector[at : at + shape.columns] for at in range(0, len(padded), shape.columns)]
