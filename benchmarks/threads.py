"""Whether threads pay: each size with one thread and with all, call by call in turn, in one process.

Prints medians in milliseconds and their ratio; above 1 a second thread would be a loss. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from cases import POLICY, Case, open_accounts, state
from measure import timed

from zkmargin.prover.prove import prove
from zkmargin.verifier import parallel
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.batch import Task, verify_batch
from zkmargin.verifier.verify import verify

SINGLE = [Case(1, entries, 27) for entries in (1, 4, 16, 64, 256, 512, 1024, 2048, 4096)]
BATCHES = [Case(accounts, 64, 27) for accounts in (2, 4, 16, 64, 256, 1024)]
TOGETHER = (2, 4, 16, 64)
"""How many proofs of the smaller cases are verified together."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arithmetic", default="", help="portable, reference, ...; the fastest if not given")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each pair is measured (default 2)")
    options = parser.parse_args()
    arithmetic = select(options.arithmetic or None)
    print(f"arithmetic: {arithmetic.name}; {parallel.processors()} threads against one\n")
    print(f"{'case':>12} {'':>16} {'one ms':>10} {'all ms':>10} {'ratio':>8}")
    for case in [*SINGLE, *BATCHES]:
        for what, action in _actions(case, arithmetic):
            one, every = in_turn(action, options.seconds)
            print(f"{case.name:>12} {what:>16} {one:10.2f} {every:10.2f} {every / one:8.2f}")
            sys.stdout.flush()


def _actions(case: Case, arithmetic: Arithmetic) -> list[tuple[str, Callable[[], object]]]:
    accounts = open_accounts(case, arithmetic)
    statement = state(case, accounts)

    def proved() -> bytes:
        return prove(statement, accounts, case.lanes, arithmetic)

    # The second proof finds what the first has prepared.
    proof = [proved(), proved()][-1]
    found: list[tuple[str, Callable[[], object]]] = [
        ("prove", proved),
        ("verify", lambda: verify(statement, proof, POLICY, arithmetic)),
    ]
    if case in SINGLE[:4]:
        tasks = [Task(statement, proved(), POLICY) for _ in range(max(TOGETHER))]
        found += [
            (f"verify {count}", lambda some=tasks[:count]: verify_batch(some, arithmetic))  # type: ignore[misc]
            for count in TOGETHER
        ]
    return found


def in_turn(action: Callable[[], object], seconds: float) -> tuple[float, float]:
    """Medians with one thread and with all; whatever disturbs the machine disturbs both."""
    times: tuple[list[float], list[float]] = ([], [])
    while min(map(len, times)) < 5 or sum(map(sum, times)) < seconds * 1e3:
        for found, allowed in zip(times, ("1", ""), strict=True):
            with _threads(allowed):
                found.append(timed(action))
    return median(times[0]), median(times[1])


@contextmanager
def _threads(allowed: str) -> Iterator[None]:
    before = os.environ.get(parallel.ENVIRONMENT)
    os.environ[parallel.ENVIRONMENT] = allowed
    parallel.processors.cache_clear()
    try:
        yield
    finally:
        del os.environ[parallel.ENVIRONMENT]
        if before is not None:
            os.environ[parallel.ENVIRONMENT] = before
        parallel.processors.cache_clear()


if __name__ == "__main__":
    main()
