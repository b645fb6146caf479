"""The code generator at the ends of its bounds, and how kernels are compiled, kept and run in threads."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from zkmargin.circuits.system import MODULUS, Block, LinearForms, Scatter
from zkmargin.prover.sumcheck import Conversation, Mask
from zkmargin.verifier import parallel
from zkmargin.verifier.field import compiler, kernels, limbs, rounds, tables, vector, warmup
from zkmargin.verifier.field.engine import PORTABLE
from zkmargin.verifier.field.portable import PortableField
from zkmargin.verifier.shape import MaskShape
from zkmargin.verifier.transcript import Transcript

RADIX_INVERSE = pow(limbs.RADIX, -1, MODULUS)
LARGEST = 2**256 - 1
LIMB_EDGES = [0, 1, 2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 - 2**32, 2**64 - 1]


def raw(*values: int) -> vector.Limbs:
    """Numbers as they are, not in Montgomery form."""
    return vector.plain(b"".join(value.to_bytes(32, "little") for value in values))


def number(array: Iterable[Any]) -> int:
    return sum(int(limb) << 64 * k for k, limb in enumerate(array))


def words(value: int, count: int) -> tuple[np.uint64, ...]:
    return tuple(np.uint64(value >> 64 * k & 2**64 - 1) for k in range(count))


@njit
def reduce_wide(total):  # type: ignore[no-untyped-def]
    return limbs.reduce_wide(total)


@njit
def reduce_narrow(total):  # type: ignore[no-untyped-def]
    return limbs.reduce_narrow(total)


def product(a: int, b: int) -> int:
    result = vector.empty(1)
    kernels.scale(result, raw(a), raw(b))
    return number(result[0])


def test_products_at_the_edges_of_limbs() -> None:
    numbers = [
        sum(limb << 64 * k for limb, k in zip(pair, (0, 2), strict=True))
        for pair in itertools.product(LIMB_EDGES, repeat=2)
    ]
    for a in [*numbers, MODULUS - 1, MODULUS, LARGEST, LARGEST - MODULUS]:
        for b in [1, 2**64 - 1, MODULUS - 2**192, MODULUS - 1]:
            assert product(a, b) == a * b * RADIX_INVERSE % MODULUS


@given(a=st.integers(0, LARGEST), b=st.integers(0, MODULUS - 1))
def test_a_product_takes_one_factor_of_any_size(a: int, b: int) -> None:
    assert product(a, b) == a * b * RADIX_INVERSE % MODULUS


@pytest.mark.parametrize("value", [0, 1, MODULUS, 2**510, 2**66 * (MODULUS - 1) ** 2, 2**576 - 1])
def test_a_wide_total_is_reduced_up_to_its_bound(value: int) -> None:
    assert number(reduce_wide(words(value, 9))) == value * RADIX_INVERSE % MODULUS


@given(value=st.integers(0, 2**576 - 1))
def test_any_wide_total_is_reduced(value: int) -> None:
    assert number(reduce_wide(words(value, 9))) == value * RADIX_INVERSE % MODULUS


@pytest.mark.parametrize("value", [0, 1, MODULUS - 1, MODULUS, 2 * MODULUS, 2**256 - 1, 2**256, 2**384 - 1])
def test_a_narrow_total_is_reduced_up_to_its_bound(value: int) -> None:
    assert number(reduce_narrow(words(value, 6))) == value % MODULUS


@given(value=st.integers(0, 2**384 - 1))
def test_any_narrow_total_is_reduced(value: int) -> None:
    assert number(reduce_narrow(words(value, 6))) == value % MODULUS


def test_totals_hold_what_their_comment_says() -> None:
    assert 2**66 * (MODULUS - 1) ** 2 < 2**576
    assert 2**65 * (MODULUS - 1) * (2**64 - 1) < 2**384


def test_products_with_the_largest_words() -> None:
    matrix = np.full((1000, 2), 2**64 - 1, dtype=np.uint64)
    found = tables.small_products(np.tile(raw(MODULUS - 1), (2000, 1)), matrix, PORTABLE)
    assert [number(row) for row in found] == [1000 * (2**64 - 1) * (MODULUS - 1) % MODULUS] * 4


def compiled() -> dict[str, int]:
    """How many signatures each kernel has been compiled for."""
    found = {name: value for name, value in {**vars(kernels), **vars(rounds)}.items() if hasattr(value, "signatures")}
    return {name: len(it.signatures) for name, it in found.items() if not it.targetoptions.get("no_cpython_wrapper")}


@given(values=st.lists(st.sampled_from([0, 1, 2, MODULUS - 1, MODULUS // 2]) | st.integers(0, MODULUS - 1), max_size=5))
def test_inverses(values: list[int]) -> None:
    inverses = vector.empty(len(values))
    kernels.invert_vector(inverses, vector.from_integers(values))
    assert vector.integers(inverses) == [pow(value or 1, -1, MODULUS) for value in values]


def test_warming_up_says_what_it_does() -> None:
    messages: list[str] = []
    warmup.warm_up(messages.append)
    assert len(messages) == len(set(messages)) > 1
    assert warmup.kernels_cached()


def test_warming_up_leaves_nothing_to_compile() -> None:
    """In a process of its own, where nothing else has been compiled."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_field_kernels as t;" + (
        "t.warmup.warm_up(); found = t.compiled(); print(len(found) > 15, set(found.values()))"
    )
    assert run_python(code) == "True {1}"


def frozen(values: Any, dtype: type) -> Any:
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def test_every_layout_of_an_array_is_one_signature() -> None:
    """A second one would be compiled in the middle of a proof."""
    field = PortableField()
    part = field.vector([1, 2, 3, 4])[::2]
    _ = (part + part - part) * part * 3 @ part
    for lanes in (np.ones((4, 4), dtype=np.uint16)[::2, ::2], frozen([[1, 1], [1, 1]], np.uint16)):
        field.combine_bits(part, lanes)
        field.wires(lanes, np.array([2]), field.zeros(1))
        shape = MaskShape(6)
        conversation = Conversation(Transcript(b"layouts"), b"some", Mask(shape, field.vector([1] * shape.size)), 1)
        field.bit_sumcheck(lanes, [(part, part)], [1] * 6).converse(conversation)
    index = frozen([1, 0], np.int64)
    block = Block(0, index, frozen([[1, 2], [3, 4]], np.int64).T)
    forms = LinearForms(2, (1, 2), (block,), Scatter(index[::-1], index, (1, 2)))
    field.apply(forms, field.weigh(part, forms, 2), 1)
    assert {name: count for name, count in compiled().items() if count > 1} == {}


def run_python(code: str, cache: Path | None = None) -> str:
    environment = {**os.environ, **({} if cache is None else {"NUMBA_CACHE_DIR": str(cache)})}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_nothing_is_cached_in_an_empty_place(tmp_path: Path) -> None:
    code = "from zkmargin.verifier.field import warmup; print(warmup.kernels_cached())"
    assert run_python(code, tmp_path) == "False"


def test_kernels_are_kept_on_disk(tmp_path: Path) -> None:
    code = (
        "from zkmargin.verifier.field import kernels, portable; one = portable.PortableField().vector([1]);"
        "print((one + one).ints(), sum(kernels.add_vectors.stats.cache_hits.values()))"
    )
    assert run_python(code, tmp_path) == "[2] 0"
    assert run_python(code, tmp_path) == "[2] 1"


def test_a_place_that_cannot_be_written_to_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "zkmargin").write_text("a file where the directory should be")
    code = (
        "from zkmargin.verifier.field import compiler, warmup;"
        "print(compiler.cache_directory(), warmup.kernels_cached())"
    )
    assert run_python(code, tmp_path) == "None False"


def test_a_place_without_permission_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler._settings, "CACHE_DIR", str(tmp_path))
    assert compiler.cache_directory.__wrapped__() is not None
    monkeypatch.setattr(compiler.os, "access", lambda *_: False)
    assert compiler.cache_directory.__wrapped__() is None


def test_the_place_depends_on_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler._settings, "CACHE_DIR", str(tmp_path))
    find = compiler.cache_directory.__wrapped__
    usual = find()
    source = tmp_path / "source"
    source.mkdir()
    (source / "limbs.py").write_text("1")
    monkeypatch.setattr(compiler, "__file__", str(source / "compiler.py"))
    first = find()
    (source / "limbs.py").write_text("2")
    assert len({usual, first, find()}) == 3


def test_the_reference_does_not_import_numba(tmp_path: Path) -> None:
    code = "import sys, zkmargin.verifier.reference_field, zkmargin.verifier.arithmetic; print('numba' in sys.modules)"
    assert run_python(code, tmp_path) == "False"


@pytest.mark.parametrize("processors", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 100])
def test_parts_cover_the_whole_range_in_order(processors: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: processors)
    parts = parallel.in_parts(lambda start, stop: list(range(start, stop)), count, 5)
    assert [index for part in parts for index in part] == list(range(count))
    assert len(parts) == max(1, min(processors, count // 5))


def test_a_busy_pool_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 3)
    release = threading.Event()
    busy = [parallel._pool().submit(release.wait, 30) for _ in range(8)]
    try:
        assert parallel.in_parts(lambda start, stop: stop - start, 9, 1) == [3, 3, 3]
        assert not any(future.done() for future in busy)
    finally:
        release.set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_threads_work_after_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 2)
    parallel._pool().submit(int).result()
    child = os.fork()
    if child == 0:
        # The inherited pool has no threads: to wait for it would take forever.
        parts = parallel._pool().submit(lambda: 5).result(timeout=20)
        os._exit(0 if parts == 5 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_change_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    field = PortableField()
    rng = np.random.default_rng(1)
    lanes = rng.integers(0, 2**16, (5, 300), dtype=np.uint16)
    weights = [(field.eq([2, 3, 4]), field.vector(list(range(300))))]

    def spoken() -> tuple[list[list[int]], bytes]:
        transcript, shape = Transcript(b"threads"), MaskShape(16)
        conversation = Conversation(transcript, b"some", Mask(shape, field.vector(range(shape.size))), 5)
        field.bit_sumcheck(lanes, weights, list(range(5, 21))).converse(conversation)
        return conversation.messages, transcript.state

    monkeypatch.setattr(parallel, "processors", lambda: 1)
    alone = spoken()
    monkeypatch.setattr(parallel, "processors", lambda: 3)
    for module in (tables, sys.modules["zkmargin.verifier.field.sumcheck"]):
        monkeypatch.setattr(module, "WORTH_A_THREAD", 16)
    assert spoken() == alone
