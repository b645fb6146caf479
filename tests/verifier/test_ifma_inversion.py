"""Inversion against Python's, and the bounds of its words at their edges."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ifma_lanes import Runner, block, kernel_of, numbers, runner

from zkmargin.verifier.ifma import available, inversion
from zkmargin.verifier.ifma.description import BASE, LANES, Words, aligned
from zkmargin.verifier.ifma.inversion import BATCH, BATCHES, LIFT, WIDTH
from zkmargin.verifier.ifma.lanes import Emitter
from zkmargin.verifier.ifma.registers import I64

pytestmark = pytest.mark.skipif(not available(), reason="needs AVX-512 IFMA")

P, ONE = BASE.modulus, BASE.montgomery(1)
LOW = (1 << BATCH) - 1
EDGES = [1, 2, 3, P - 1, P - 2, P // 2, P // 2 + 1, P + 1, 2 * P - 1, LOW, LOW + 1, (1 << 52) - 1, BASE.montgomery(3)]
EDGES += [1 << at for at in range(1, 382, 19)]


@cache
def lane_runner() -> Runner:
    inversion.LIBRARY.load()
    return kernel_of(BASE, inversion.invert_lanes)


def inverted(values: Sequence[int]) -> list[int]:
    result = lane_runner()(block(BASE, values))
    assert int(result.max()) < 1 << 52
    found = numbers(BASE, result)
    assert max(found) < 2 * P
    return found


def check(values: Sequence[int]) -> None:
    for value, found in zip(values, inverted(values), strict=False):
        assert BASE.plain(found) == pow(BASE.plain(value), -1, P)


@pytest.mark.parametrize("lane", range(LANES))
def test_each_lane_gets_its_own_inverse(lane: int) -> None:
    """Between ones a number is inverted as it stands; in company the product is."""
    for value in EDGES:
        check([value if at == lane else ONE for at in range(LANES)])
    for start in range(len(EDGES)):
        check((EDGES * 2)[start : start + LANES])


@given(st.lists(st.integers(1, P - 1) | st.integers(P + 1, 2 * P - 1), min_size=LANES, max_size=LANES))
def test_any_numbers(values: list[int]) -> None:
    check(values)


@pytest.mark.parametrize("zero", [0, P])
@pytest.mark.parametrize("lane", range(LANES))
def test_a_zero_in_any_lane_makes_all_results_zero(zero: int, lane: int) -> None:
    found = inverted([zero if at == lane else 2 * P - 1 - at for at in range(LANES)])
    assert [value % P for value in found] == [0] * LANES
    assert [value % P for value in inverted([zero])] == [0] * LANES


def test_the_steps_suffice_for_the_field() -> None:
    """Theorem 11.2 asks that f^2 + 4 g^2 is at most 5 * 4^bits; f and g are at most the modulus."""
    bits = P.bit_length()
    assert BATCH * (BATCHES - 1) < (49 * bits + 57) // 17 == 1101 <= BATCH * BATCHES


def test_the_lift_covers_what_the_batches_add() -> None:
    assert 1 + BATCHES * P <= LIFT * P < 1 << BATCH * WIDTH - 1
    assert BASE.capacity > 2 * LIFT * P


def read_words(code: Emitter, base: object, count: int) -> list[object]:
    builder = code.builder
    return [builder.load(builder.inttoptr(builder.add(base, I64(8 * at)), I64.as_pointer())) for at in range(count)]


def write_words(code: Emitter, base: object, words: Sequence[object]) -> None:
    for at, word in enumerate(words):
        code.builder.store(word, code.builder.inttoptr(code.builder.add(base, I64(8 * at)), I64.as_pointer()))


def one_step(code: Emitter) -> None:
    builder = code.builder
    delta, f, u, v, g, q, r = read_words(code, code.arguments[1], 7)
    values = [delta, f, inversion.pair(builder, u, v), g, inversion.pair(builder, q, r)]
    delta, f, top, g, low = inversion.step(builder, values)
    (u, v), (q, r) = (inversion.parts(builder, row) for row in (top, low))
    write_words(code, code.arguments[0], [delta, f, u, v, g, q, r])


def both_combinations(code: Emitter) -> None:
    words = read_words(code, code.arguments[1], 2 + 2 * WIDTH)
    terms = list(zip(words[:2], (words[2 : 2 + WIDTH], words[2 + WIDTH :]), strict=True))
    found = [*inversion.combine(code.builder, terms), *inversion.combine_modulo(code.builder, terms)]
    write_words(code, code.arguments[0], found)


@cache
def scalar_runner(of_steps: bool) -> Runner:
    return runner(BASE, one_step if of_steps else both_combinations, 1)


def run_scalar(of_steps: bool, words: Sequence[int]) -> list[int]:
    given_words = aligned(BASE.limbs, LANES)
    given_words.ravel()[: len(words)] = np.array(words, dtype=np.int64).view(np.uint64)
    result: Words = scalar_runner(of_steps)(given_words)
    return result.ravel().view(np.int64).tolist()


@pytest.mark.parametrize("delta", [-1100, -1, 0, 1, 2, 1100])
@pytest.mark.parametrize("f", [1, LOW, -5])
@pytest.mark.parametrize("g", [0, 1, 6, LOW, -LOW, LOW - 1])
def test_a_step_is_that_of_the_paper(delta: int, f: int, g: int) -> None:
    """Its matrix is scaled by two: the first row doubles, the second adds up."""
    near, far = (f, 5, -7), (g, 11, 13)
    if delta > 0 and g % 2:
        expected = [1 - delta, g, 22, 26, (g - f) // 2, 11 - 5, 13 + 7]
    else:
        odd = g % 2
        expected = [1 + delta, f, 10, -14, (g + odd * f) // 2, 11 + odd * 5, 13 - odd * 7]
    assert run_scalar(True, [delta, *near, *far])[:7] == expected


def split(value: int) -> list[int]:
    """Limbs of which the highest has the sign."""
    top = BATCH * (WIDTH - 1)
    return [*(value >> at & LOW for at in range(0, top, BATCH)), value >> top]


def joined(limbs: Sequence[int]) -> int:
    assert all(0 <= limb <= LOW for limb in limbs[:-1])
    return sum(limb << BATCH * at for at, limb in enumerate(limbs))


LIMIT = (LIFT - 1) * P + 1
"""Before the last batch |d| and |e| are less; after it, less than a modulus more."""

COEFFICIENTS = [(1 << BATCH, 0), (0, -1 << BATCH), (LOW, 1), (-LOW, 1), (1 << BATCH - 1, 1 << BATCH - 1), (-1, -LOW)]
NUMBERS = [0, 1, -1, P, -P, LIMIT - P, P - LIMIT, LOW, -LOW, (1 << BATCH * WIDTH - 50) - 1, 1 - (1 << BATCH * 6)]


def check_combinations(u: int, v: int, left: int, right: int) -> None:
    found = run_scalar(False, [u, v, *split(left), *split(right)])
    plain, modular = joined(found[:WIDTH]), joined(found[WIDTH : 2 * WIDTH])
    total = u * left + v * right
    assert plain == total >> BATCH
    assert (modular << BATCH) % P == total % P
    assert total <= modular << BATCH < total + (P << BATCH)


@pytest.mark.parametrize(("u", "v"), COEFFICIENTS)
def test_the_matrix_at_the_edges_of_its_bounds(u: int, v: int) -> None:
    assert abs(u) + abs(v) <= 1 << BATCH
    for left in NUMBERS:
        for right in NUMBERS:
            check_combinations(u, v, left, right)


@given(st.integers(-1 << BATCH, 1 << BATCH), st.booleans(), st.integers(-LIMIT, LIMIT), st.integers(-LIMIT, LIMIT))
def test_any_matrix(u: int, minus: bool, left: int, right: int) -> None:
    rest = (1 << BATCH) - abs(u)
    check_combinations(u, -rest if minus else rest, left, right)
