"""Parts begun in other threads: nothing is lost, done twice or waited for without need."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from zkmargin.circuits.errors import InvalidInput
from zkmargin.verifier import parallel


@pytest.mark.parametrize("processors", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 100])
def test_begun_parts_cover_the_range_in_order(processors: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: processors)
    done: Counter[int] = Counter()

    def work(start: int, stop: int) -> list[int]:
        done.update(range(start, stop))
        return list(range(start, stop))

    parts = parallel.begin_parts(work, count, 5)()
    assert [index for part in parts for index in part] == list(range(count))
    assert done == Counter(range(count))
    assert len(parts) == (1 if processors == 1 else max(1, min(parallel.SHARES * processors, count // 5)))


@pytest.fixture
def fresh_count() -> Iterator[None]:
    parallel.processors.cache_clear()
    yield
    parallel.processors.cache_clear()


@pytest.mark.usefixtures("fresh_count")
@pytest.mark.parametrize(("allowed", "found"), [("1", 1), ("2", 2), ("3", 3), ("4", 3), ("999999", 3), ("", 3)])
def test_the_environment_can_only_take_threads_away(allowed: str, found: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    monkeypatch.setenv("ZKMARGIN_THREADS", allowed)
    assert parallel.processors() == found


@pytest.mark.usefixtures("fresh_count")
@pytest.mark.parametrize("allowed", ["0", "-1", "two", "1.5", "1\n", " 1", "\u0661", "1000000"])
def test_a_number_of_threads_that_is_none_is_refused(allowed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZKMARGIN_THREADS", allowed)
    with pytest.raises(InvalidInput, match="ZKMARGIN_THREADS"):
        parallel.processors()


def test_who_finds_the_threads_busy_does_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 3)
    release = threading.Event()
    busy = [parallel._pool().submit(release.wait, 30) for _ in range(8)]
    try:
        here = threading.get_ident()
        assert parallel.begin_parts(lambda *_: threading.get_ident(), 9, 1)() == [here] * 9
        assert parallel.meanwhile(threading.get_ident)() == here
        assert not any(future.done() for future in busy)
    finally:
        release.set()


def test_threads_that_are_free_begin_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 3)
    begun = [threading.Event() for _ in range(2)]
    finish = parallel.begin_parts(lambda start, _: begun[start].set(), 2, 1)
    assert all(event.wait(30) for event in begun)
    assert finish() == [None, None]


def test_an_error_in_a_part_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 2)
    with pytest.raises(ZeroDivisionError):
        parallel.begin_parts(lambda start, stop: 1 // 0, 4, 1)()


def test_nothing_is_cut_for_busy_threads_or_begun_behind_a_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts may be more work than the whole, and beginning them costs: a server with many proofs pays neither."""
    monkeypatch.setattr(parallel, "processors", lambda: 2)
    release, here = threading.Event(), threading.get_ident()
    try:
        assert len(parallel.in_parts(lambda start, stop: stop - start, 10, 1)) == 2
        waiting = [parallel.meanwhile(lambda: release.wait(30)) for _ in range(1 + parallel.WAITING * 2)]
        assert parallel.in_parts(lambda start, stop: (start, stop), 10, 1) == [(0, 10)]
        assert parallel.begin_parts(lambda start, stop: (start, stop), 10, 1)() == [(0, 10)]
        assert parallel.meanwhile(threading.get_ident)() == here
        assert len(parallel._unfinished) == len(waiting)
    finally:
        release.set()
    assert all(finish() for finish in waiting)
    assert parallel.meanwhile(lambda: 5)() == 5
    assert not parallel._unfinished
