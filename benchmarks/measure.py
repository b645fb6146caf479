"""One case in one process: `python measure.py CASE ARITHMETIC SECONDS STARTED` prints what it found as JSON.

A process of its own, so that peak memory and the cold start are those of this case.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from cases import POLICY, Case, open_accounts, parse_case, state
from floor import count, count_with_kept_multiples, msm_additions

from zkmargin.circuits.errors import ZkMarginError
from zkmargin.prover.prove import prove
from zkmargin.prover.randomness import SYSTEM, Secrets
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.batch import Task, verify_batch
from zkmargin.verifier.generators import generators, scalar_bits
from zkmargin.verifier.verify import verify

BATCH = 64
PRICED_PRODUCTS = 1 << 12
PRICED_ADDITIONS = 1 << 10


def timed(action: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def repeated(action: Callable[[], object], seconds: float) -> list[float]:
    """At least three calls, and more until the time is used up."""
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds * 1e3:
        times.append(timed(action))
    return times


def prices(arithmetic: Arithmetic, seconds: float) -> tuple[float, float]:
    """Nanoseconds of one group addition and of one field product in this arithmetic.

    Additions are timed alone and inside a multi-scalar multiplication and the cheaper counts, so that the cost of
    calling a library from Python does not hide in the price.
    """
    secret, group = Secrets(SYSTEM), arithmetic.group
    scalars = arithmetic.field.vector(secret.scalars(PRICED_PRODUCTS))
    few = scalars[:PRICED_ADDITIONS]
    points, others = (_multiples(arithmetic, part) for part in (few, scalars[-PRICED_ADDITIONS:]))
    addition = min(
        min(repeated(lambda: points + others, seconds)) / PRICED_ADDITIONS,
        min(repeated(lambda: group.msm(points, few), seconds)) / msm_additions(PRICED_ADDITIONS),
    )
    product = min(repeated(lambda: scalars * scalars, seconds)) / PRICED_PRODUCTS
    return addition * 1e6, product * 1e6


def _multiples(arithmetic: Arithmetic, scalars: Any) -> Any:
    """Points nobody chose: multiples of `H`, as the blinding of rows of zeros."""
    rows = np.hstack([np.zeros((len(scalars), 1), np.uint16), scalar_bits(scalars)])
    return arithmetic.group.commit_bits(generators(arithmetic).bit_tables(16), rows)()


def peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def measure(case: Case, arithmetic: Arithmetic, seconds: float, started: float) -> dict[str, Any]:
    """All numbers of one case. `started` is when the process was asked for, in seconds since 1970."""
    accounts = open_accounts(case, arithmetic)
    statement = state(case, accounts)

    def once() -> bytes:
        return prove(statement, accounts, case.lanes, arithmetic)

    proof = once()
    verify(statement, proof, POLICY, arithmetic)
    cold_ms = (time.time() - started) * 1e3
    prove_ms = median(repeated(once, seconds))
    verify_ms = median(repeated(lambda: verify(statement, proof, POLICY, arithmetic), seconds))
    peak = peak_mib()
    addition, product = prices(arithmetic, seconds / 8)
    counts, kept = count(statement.shape), count_with_kept_multiples(statement.shape)
    floor_ms, kept_ms = (found.milliseconds(addition, product) for found in (counts, kept))
    return {
        "case": case.name,
        "prove_ms": round(prove_ms, 3),
        "verify_ms": round(verify_ms, 3),
        "proof_bytes": len(proof),
        "peak_mib": round(peak, 1),
        "floor_ms": round(floor_ms, 3),
        "prove_over_floor": round(prove_ms / floor_ms, 3),
        "prove_over_floor_with_kept_multiples": round(prove_ms / kept_ms, 3),
        "peers": {},
        "cold_ms": round(cold_ms, 1),
        "verify_each_of_64_ms": _verify_many(case, arithmetic, seconds),
        "arithmetic": arithmetic.name,
        "group_additions": counts.group_additions,
        "field_products": counts.field_products,
        "addition_ns": round(addition, 1),
        "product_ns": round(product, 2),
    }


def _verify_many(case: Case, arithmetic: Arithmetic, seconds: float) -> float | None:
    """Milliseconds a proof when 64 independent proofs are verified together; not for batches of accounts."""
    if case.accounts > 1:
        return None
    tasks = []
    for nonce in range(BATCH):
        accounts = open_accounts(case, arithmetic)
        statement = state(case, accounts, str(nonce))
        tasks.append(Task(statement, prove(statement, accounts, case.lanes, arithmetic), POLICY))
    refused = [verdict for verdict in verify_batch(tasks, arithmetic) if isinstance(verdict, ZkMarginError)]
    if refused:
        raise refused[0]
    return round(median(repeated(lambda: verify_batch(tasks, arithmetic), seconds)) / BATCH, 3)


if __name__ == "__main__":
    name, chosen, budget, since = sys.argv[1:]
    print(json.dumps(measure(parse_case(name), select(chosen or None), float(budget), float(since))))
