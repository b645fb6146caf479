"""Measuring for guards against slowness: the processor's time, which a busy machine does not stretch, at its best."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

RUNS = 5


def processor_seconds(work: Callable[[], object]) -> float:
    """What a call takes in this process, of several the quickest."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def processor_seconds_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """What a program takes, of several runs the quickest."""
    times = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)
