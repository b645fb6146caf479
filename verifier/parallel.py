"""Work for several processors: long loops cut into parts, and what can be done meanwhile.

Threads pay because kernels release the interpreter lock. There are never more threads than processors: who finds them
busy does the work itself. Whoever runs many processes can give each of them fewer, by the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

from zkmargin.circuits.errors import InvalidInput

Result = TypeVar("Result")

ENVIRONMENT = "ZKMARGIN_THREADS"

SHARES = 4
"""Parts for each processor, where they may be taken up at different times."""

WAITING = SHARES + 1
"""What one caller begins, for each processor: parts, and a sum before and one behind them."""


def in_parts(work: Callable[[int, int], Result], count: int, least: int) -> list[Result]:
    """`work(start, stop)` over all of `range(count)`, in order; a part is worth a thread from `least` items on.

    Nothing is cut for threads that are busy: parts together may be more work than the whole.
    """
    parts = min(max(1, processors() - len(_unfinished)), count // least)
    if parts < 2:
        return [work(0, count)]
    bounds = [count * part // parts for part in range(parts + 1)]
    waiting = [_submit(work, *pair) for pair in pairwise(bounds[1:])]
    results = [work(0, bounds[1])]
    for number, future in enumerate(waiting, 1):
        # When another caller was faster, this thread does the part itself instead of waiting for its turn.
        results.append(work(bounds[number], bounds[number + 1]) if future.cancel() else future.result())
    return results


def begin_parts(work: Callable[[int, int], Result], count: int, least: int) -> Callable[[], list[Result]]:
    """The same begun in other threads and in smaller parts: who calls for the results does those not yet begun."""
    parts = min(SHARES * processors(), count // least)
    if parts < 2 or _all_wait():
        return lambda: [work(0, count)]
    bounds = [count * part // parts for part in range(parts + 1)]
    begun = [_submit(work, *pair) for pair in pairwise(bounds)]

    def finish() -> list[Result]:
        # The pool takes the parts in order, so this thread takes them from the other end.
        own = {at: work(*bounds[at : at + 2]) for at in reversed(range(parts)) if begun[at].cancel()}
        return [own[at] if at in own else future.result() for at, future in enumerate(begun)]

    return finish


def meanwhile(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin `work` in another thread, if there is one to spare; its result is had by calling what is returned."""
    if _all_wait():
        return work
    future = _submit(work)
    return lambda: work() if future.cancel() else future.result()


_unfinished: set[object] = set()
"""A token for each work that a thread does, or that waits for one."""


def _submit(work: Callable[..., Result], *given: int) -> Future[Result]:
    token = object()
    _unfinished.add(token)

    def run() -> Result:
        try:
            return work(*given)
        finally:
            # Before anybody hears of the result: who has it finds the thread free.
            _unfinished.discard(token)

    future = _pool().submit(run)
    future.add_done_callback(lambda _: _unfinished.discard(token))
    return future


def _all_wait() -> bool:
    """Whether there are no other threads, or more waits for them than one caller begins."""
    return len(_unfinished) > WAITING * processors() or processors() < 2


@cache
def processors() -> int:
    """How many threads may work at once: as many as there are processors, or as the environment allows."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    allowed = os.environ.get(ENVIRONMENT)
    if not allowed:
        return found
    if not re.fullmatch("[1-9][0-9]{0,5}", allowed):
        raise InvalidInput(f"{ENVIRONMENT}: {allowed!r} is not a number of threads")
    return min(found, int(allowed))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, processors() - 1), thread_name_prefix="zkmargin-field")


if hasattr(os, "register_at_fork"):
    # Threads do not survive a fork: the child makes its own, and what the others were doing is none of its business.
    os.register_at_fork(after_in_child=_pool.cache_clear)
    os.register_at_fork(after_in_child=_unfinished.clear)
