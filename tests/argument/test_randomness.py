"""Secret scalars: uniform below the order, from the source as it is, and refused when the source is stuck."""

from __future__ import annotations

import pytest
from argument_samples import SeededRandomness

from zkmargin.circuits.errors import InternalError
from zkmargin.circuits.system import MODULUS
from zkmargin.prover.randomness import SYSTEM, Secrets
from zkmargin.verifier.arithmetic import Arithmetic


class Listed:
    """Gives the listed numbers first, then fresh ones."""

    def __init__(self, numbers: list[int]) -> None:
        self._first = b"".join(number.to_bytes(32, "little") for number in numbers)

    def bytes(self, count: int) -> bytes:
        given, self._first = self._first[:count], b""
        return given + SYSTEM.bytes(count - len(given))


WORD = 1 << 64
EDGES = [MODULUS, MODULUS + 1, (1 << 255) - 1, MODULUS + WORD, MODULUS + (1 << 128), MODULUS + (1 << 192)]


def test_numbers_from_the_order_on_are_thrown_away() -> None:
    below = [MODULUS - 1, MODULUS - WORD, MODULUS - (1 << 128), MODULUS - (1 << 192), 1]
    mixed = [number for pair in zip(EDGES, [*below, 2], strict=True) for number in pair]
    assert Secrets(Listed(mixed)).scalars(6) == [*below, 2]


def test_the_topmost_bit_is_not_used() -> None:
    assert Secrets(Listed([(1 << 255) + 5])).scalars(1) == [5]


def test_scalars_and_vectors_are_two_views_of_one_source(arithmetic: Arithmetic) -> None:
    numbers = Secrets(SeededRandomness("x")).scalars(40)
    assert Secrets(SeededRandomness("x")).vector(40, arithmetic.field).ints() == numbers
    assert Secrets(SYSTEM).scalars(0) == []


def test_scalars_fill_the_range_evenly() -> None:
    """Chi-square of 8 equal parts of [0, r), 4,000 draws, 7 degrees of freedom."""
    counts = [0] * 8
    for value in Secrets(SeededRandomness("uniform")).scalars(4000):
        counts[8 * value // MODULUS] += 1
    assert sum((count - 500) ** 2 / 500 for count in counts) < 40


def test_nothing_is_given_twice_in_one_proof() -> None:
    secrets = Secrets(Listed([7]))
    assert secrets.scalars(1) == [7]
    secrets._randomness = Listed([7])
    with pytest.raises(InternalError, match="stuck"):
        secrets.scalars(1)


@pytest.mark.parametrize("number", [0, 9, (1 << 255) - 1, (1 << 256) - 1])
def test_15_a_source_of_one_number_is_refused(number: int) -> None:
    class Stuck:
        def bytes(self, count: int) -> bytes:
            return (number.to_bytes(32, "little") * count)[:count]

    with pytest.raises(InternalError, match="stuck"):
        Secrets(Stuck()).scalars(3)


def test_scalars_may_share_their_lowest_word() -> None:
    assert Secrets(Listed([7, 7 + WORD, 7 + (1 << 200)])).scalars(3) == [7, 7 + WORD, 7 + (1 << 200)]


def test_zero_is_refused_once() -> None:
    with pytest.raises(InternalError, match="stuck"):
        Secrets(Listed([5, 0])).scalars(2)
