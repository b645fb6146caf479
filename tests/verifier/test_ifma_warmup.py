"""The first run: everything is compiled by the warm-up, in bounded time, and kept for the next process."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from zkmargin.verifier.field import compiler as portable
from zkmargin.verifier.ifma import available, compiler, library, totals
from zkmargin.verifier.ifma.description import SCALAR
from zkmargin.verifier.ifma.library import Library

pytestmark = pytest.mark.skipif(not available(), reason="needs AVX-512 IFMA")

SECONDS = 15
"""Of processor time, in the longer of the two processes that compile: what a first run takes on two processors.
The aim is ten; machines that run tests are shared, and processor time grows with the company."""

WARM_UP = """
import os, time
from zkmargin.verifier.ifma import warmup
assert not warmup.kernels_cached()
heard = []
warmup.warm_up(heard.append)
assert warmup.kernels_cached()
assert len(heard) == 8 and heard[0] == "vector kernels, 1 of 8: points"
spent = os.times()
print(max(time.process_time(), spent.children_user + spent.children_system))
"""

NOTHING_LEFT = """
import numba.core.event as event
compiled = []
class Listener(event.Listener):
    def on_start(self, found): compiled.append(found.data["dispatcher"].py_func.__name__)
    def on_end(self, found): pass
event.register("numba:compile", Listener())
from zkmargin.verifier.ifma import library, warmup
assert warmup.kernels_cached()
def refuse(*_): raise AssertionError("a library is compiled again")
library.Library._compiled = refuse
warmup.warm_up()
print(len(compiled), *compiled)
"""

COUNTED_LOADS = """
from zkmargin.verifier.arithmetics import select
import sys
select("portable")
print([name for name in sys.modules if name.startswith("zkmargin.verifier.ifma.")])
"""


def run(code: str, cache: Path) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True)
class FirstRun:
    kept: Path
    seconds: float


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    kept = tmp_path_factory.mktemp("kernels")
    return FirstRun(kept, float(run(WARM_UP, kept)))


def test_the_first_run_takes_bounded_time(first_run: FirstRun, tmp_path: Path) -> None:
    """A run that was disturbed has a second chance."""
    assert first_run.seconds < SECONDS or float(run(WARM_UP, tmp_path)) < SECONDS


def test_the_next_run_compiles_nothing(first_run: FirstRun) -> None:
    assert run(NOTHING_LEFT, first_run.kept) == "0"


def test_kept_routines_belong_to_their_sources(first_run: FirstRun) -> None:
    kept = sorted(path.name.split("-")[0] for path in first_run.kept.rglob("*.o"))
    names = "chords", "coordinates", "curve", "elements", "inversion", "matrices", "membership", "totals"
    assert kept == [f"zkmargin_ifma_{name}" for name in names]
    assert not list(first_run.kept.rglob("*.tmp"))


def test_without_a_place_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = compiler.cache_directory.__wrapped__
    monkeypatch.setattr(portable, "cache_directory", lambda: tmp_path / "kernels")
    found = directory()
    assert found is not None
    assert found.parent == tmp_path
    # A file where the directory should be, and then no directory of the portable kernels either.
    found.rmdir()
    found.write_bytes(b"")
    assert directory() is None
    monkeypatch.setattr(portable, "cache_directory", lambda: None)
    assert directory() is None
    monkeypatch.setattr(library, "cache_directory", lambda: None)
    assert Library("test_unkept")._path() is None


def test_kept_routines_are_loaded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "cache_directory", lambda: tmp_path)
    first, second = Library("test_kept"), Library("test_kept")
    for each in (first, second):
        each.routine(SCALAR, "begin", 1, totals.emit_begin)
    first.load()
    (kept,) = tmp_path.iterdir()
    monkeypatch.setattr(Library, "_compiled", lambda *_: pytest.fail("compiled again"))
    second.load()
    second.load()
    assert kept.suffix == ".o"


def test_nothing_of_the_package_is_loaded_for_another_arithmetic(tmp_path: Path) -> None:
    assert run(COUNTED_LOADS, tmp_path) == "[]"
