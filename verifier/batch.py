"""Many independent proofs at once: their group equations are added under random weights.

A sum of equations under unpredictable weights holds only if each of them does, except with probability 2^-128, and
the parts under the shared generators are paid for once. When a sum fails it is halved until the bad ones stand
alone, and a proof that stands alone is checked without any weight: the verdicts are those of `verify`, one by one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256
from typing import Any, TypeVar

from zkmargin.circuits.errors import FalseStatement, ZkMarginError
from zkmargin.verifier.arithmetic import Arithmetic, Field
from zkmargin.verifier.statement import Policy, Shown, Statement
from zkmargin.verifier.verify import GroupEquation, Received, holds, receive, replay_exchange, settle, shown

WEIGHT_BYTES = 16
SEED_BYTES = 32

Verdict = Shown | ZkMarginError
Result = TypeVar("Result")


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
    reduced = _reduce(tasks, arithmetic)
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


def _reduce(tasks: Sequence[Task], arithmetic: Arithmetic) -> list[GroupEquation | ZkMarginError]:
    """Steps 1 to 4 of each. Points are read all together, and those that several proofs share once."""
    received = [_attempt(receive, task.statement, task.proof, task.policy, arithmetic) for task in tasks]
    good = [item for item in received if isinstance(item, Received)]
    encodings = list(dict.fromkeys(part for item in good for part in item.encodings))
    reading = arithmetic.group.read(encodings)
    replayed = iter([replay_exchange(item, arithmetic) for item in good])
    points = dict(zip(encodings, reading(), strict=True))
    return [
        _attempt(settle, item, next(replayed), [points[part] for part in item.encodings], arithmetic)
        if isinstance(item, Received)
        else item
        for item in received
    ]


def _attempt(step: Callable[..., Result], *given: Any) -> Result | ZkMarginError:
    try:
        return step(*given)
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
    answers: dict[tuple[int, int, int], Any] = {}
    for equation, weight in weighted:
        scaled, sizes = equation.answer * weight, equation.sizes
        answers[sizes] = answers[sizes] + scaled if sizes in answers else scaled
    columns, account_columns, masks = (max(sizes) for sizes in zip(*answers, strict=True))
    total = GroupEquation(
        columns=columns,
        account_columns=account_columns,
        answer=_padded_sum(answers, (columns, account_columns, masks), field),
        points=group.join([equation.points for equation, _ in weighted]),
        scalars=field.join([equation.scalars * weight for equation, weight in weighted]),
    )
    return holds(total, arithmetic)


def _padded_sum(answers: Mapping[tuple[int, int, int], Any], sizes: tuple[int, int, int], field: Field) -> Any:
    """Answers of different shapes, each family filled up with zeros; the scalar of `H` stays last."""
    total = field.zeros(sum(sizes) + 1)
    for lengths, answer in answers.items():
        parts, start = [], 0
        for length, size in zip(lengths, sizes, strict=True):
            parts += [answer[start : start + length], field.zeros(size - length)]
            start += length
        total = total + field.join([*parts, answer[start:]])
    return total
