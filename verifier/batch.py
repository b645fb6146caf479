"""Many independent proofs at once: their group equations are added under random weights.

A sum of equations under unpredictable weights holds only if each of them does, except with probability 2^-128, and
the parts under the shared generators are paid for once. When a sum fails it is halved until the bad ones stand
alone, and a proof that stands alone is checked without any weight: the verdicts are those of `verify`, one by one.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256

from zkmargin.circuits.errors import FalseStatement, ZkMarginError
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.generators import generators
from zkmargin.verifier.statement import Policy, Shown, Statement
from zkmargin.verifier.verify import GroupEquation, holds, reduce_proof, shown

WEIGHT_BYTES = 16
SEED_BYTES = 32

Verdict = Shown | ZkMarginError


@dataclass(frozen=True)
class Task:
    """One proof to be verified, with the policy that applies to it."""

    statement: Statement
    proof: bytes
    policy: Policy


def verify_batch(tasks: Sequence[Task], arithmetic: Arithmetic, seed: bytes | None = None) -> list[Verdict]:
    """For each task what `verify` would return or raise, in order.

    `seed` may be logged and given again to repeat a run exactly; by default it is fresh, and must not be known to
    whoever made the proofs.
    """
    reduced = [_reduce(task, arithmetic) for task in tasks]
    weights = batch_weights(tasks, secrets.token_bytes(SEED_BYTES) if seed is None else seed)
    open_indices = [index for index, item in enumerate(reduced) if isinstance(item, GroupEquation)]
    bad = set(_find_bad(open_indices, reduced, weights, arithmetic))
    verdicts: list[Verdict] = []
    for index, (task, item) in enumerate(zip(tasks, reduced, strict=True)):
        if index in bad:
            verdicts.append(FalseStatement("proof: the closing answer does not open the commitments"))
        else:
            verdicts.append(item if isinstance(item, ZkMarginError) else shown(task.statement, arithmetic))
    return verdicts


def batch_weights(tasks: Sequence[Task], seed: bytes) -> list[int]:
    """A weight of 128 bits for each task, drawn after, and bound to, every statement and proof of the batch."""
    sink = sha256(b"zkmargin batch v1" + len(seed).to_bytes(8, "little") + seed + len(tasks).to_bytes(8, "little"))
    for task in tasks:
        sink.update(task.statement.digest + len(task.proof).to_bytes(8, "little") + task.proof)
    stream = shake_256(sink.digest()).digest(WEIGHT_BYTES * len(tasks))
    # Zero would leave a proof unchecked: it becomes one.
    return [int.from_bytes(stream[WEIGHT_BYTES * i : WEIGHT_BYTES * (i + 1)], "little") or 1 for i in range(len(tasks))]


def _reduce(task: Task, arithmetic: Arithmetic) -> GroupEquation | ZkMarginError:
    try:
        return reduce_proof(task.statement, task.proof, task.policy, arithmetic)
    except ZkMarginError as error:
        return error


def _find_bad(
    indices: list[int],
    items: Sequence[GroupEquation | ZkMarginError],
    weights: Sequence[int],
    arithmetic: Arithmetic,
) -> list[int]:
    """Those among `indices` whose equation does not hold."""
    equations = {index: item for index in indices if isinstance(item := items[index], GroupEquation)}
    if not equations:
        return []
    if len(indices) == 1:
        return [] if holds(equations[indices[0]], arithmetic) else indices
    if _sum_holds([(equations[index], weights[index]) for index in indices], arithmetic):
        return []
    middle = len(indices) // 2
    halves = (indices[:middle], indices[middle:])
    return [bad for half in halves for bad in _find_bad(half, items, weights, arithmetic)]


def _sum_holds(weighted: Sequence[tuple[GroupEquation, int]], arithmetic: Arithmetic) -> bool:
    """Whether the weighted sum of the equations is the identity: the shared generators enter once."""
    field, group = arithmetic.field, arithmetic.group
    columns = max(equation.columns for equation, _ in weighted)
    account_columns = max(equation.account_columns for equation, _ in weighted)
    masks = max(_mask_count(equation) for equation, _ in weighted)
    totals = [field.zeros(size) for size in (columns, account_columns, masks)]
    blinding = 0
    for equation, weight in weighted:
        cuts = (equation.columns, equation.columns + equation.account_columns)
        scaled = equation.answer * weight
        parts = (scaled[: cuts[0]], scaled[cuts[0] : cuts[1]], scaled[cuts[1] :])
        totals = [
            total + field.join([part, field.zeros(len(total) - len(part))])
            for total, part in zip(totals, parts, strict=True)
        ]
        blinding += weight * equation.blinding
    base = generators(arithmetic).answer(columns, account_columns, masks)
    points = group.join([base, *(equation.points for equation, _ in weighted)])
    own = [equation.scalars * weight for equation, weight in weighted]
    return group.is_identity(group.msm(points, field.join([*totals, field.vector([blinding]), *own])))


def _mask_count(equation: GroupEquation) -> int:
    return len(equation.answer) - equation.columns - equation.account_columns
