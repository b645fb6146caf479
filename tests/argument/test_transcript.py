"""The transcript: what is said differently is heard differently (threat list: 13, 15)."""

from __future__ import annotations

from hashlib import sha256, shake_256
from itertools import permutations

import pytest

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.transcript import Transcript

Steps = list[tuple[bytes, bytes]]
STEPS: Steps = [(b"a", b"one"), (b"b", b"two"), (b"c", b"")]


def heard(steps: Steps, protocol: bytes = b"test") -> int:
    transcript = Transcript(protocol)
    for label, data in steps:
        transcript.absorb(label, data)
    return transcript.challenge(b"end")


def variants() -> list[Steps]:
    moved = [list(order) for order in permutations(STEPS)]
    dropped = [STEPS[:at] + STEPS[at + 1 :] for at in range(3)]
    doubled = [STEPS[: at + 1] + STEPS[at:] for at in range(3)]
    relabelled = [[(b"x" if at == k else label, data) for k, (label, data) in enumerate(STEPS)] for at in range(3)]
    return [*moved, *dropped, *doubled, *relabelled, [], [*STEPS, (b"c", b"")]]


def test_13_reordered_dropped_doubled_and_relabelled() -> None:
    different = {tuple(steps) for steps in variants()}
    assert len({heard(list(steps)) for steps in different}) == len(different)


def test_13_no_two_conversations_share_bytes() -> None:
    pairs: list[tuple[Steps, Steps]] = [
        ([(b"ab", b"c")], [(b"a", b"bc")]),
        ([(b"a", b"b"), (b"c", b"d")], [(b"a", b"bcd")]),
        ([(b"a", b"")], []),
        ([(b"", b"a")], [(b"a", b"")]),
        ([(b"a", b"b" * 8)], [(b"a", b"b" * 9)]),
    ]
    for first, second in pairs:
        assert heard(first) != heard(second)
    assert heard(STEPS, b"other") != heard(STEPS)


def test_13_a_challenge_is_part_of_the_conversation() -> None:
    first, second, third = Transcript(b"t"), Transcript(b"t"), Transcript(b"t")
    first.challenge(b"x")
    second.challenge(b"y")
    third.absorb(b"x", b"")
    ends = {transcript.challenge(b"end") for transcript in (first, second, third, Transcript(b"t"))}
    assert len(ends) == 4


def test_13_counts_are_bound() -> None:
    first, second = Transcript(b"t"), Transcript(b"t")
    assert first.challenges(b"x", 2) != second.challenges(b"x", 3)[:2]
    assert first.challenges(b"x", 2) != first.challenges(b"x", 2)
    assert first.challenges(b"x", 0) == []


def test_the_construction_is_the_documented_one() -> None:
    """Computed again by hand, as docs/protocol.md says it."""

    def framed(data: bytes) -> bytes:
        return len(data).to_bytes(8, "little") + data

    state = sha256(b"zkmargin transcript" + framed(b"p")).digest()
    state = sha256(state + b"\0" + framed(b"label") + framed(b"data")).digest()
    question = b"\1" + framed(b"ask") + (2).to_bytes(8, "little")
    stream = shake_256(state + question).digest(128)
    expected = [int.from_bytes(stream[at : at + 64], "little") % MODULUS for at in (0, 64)]
    transcript = Transcript(b"p")
    transcript.absorb(b"label", b"data")
    assert transcript.challenges(b"ask", 2) == expected


def test_scalars_are_absorbed_canonically() -> None:
    first, second = Transcript(b"t"), Transcript(b"t")
    first.absorb_scalars(b"s", [1, MODULUS - 1])
    second.absorb(b"s", (1).to_bytes(32, "little") + (MODULUS - 1).to_bytes(32, "little"))
    assert first.challenge(b"end") == second.challenge(b"end")
    with pytest.raises(OverflowError):
        first.absorb_scalars(b"s", [-1])


def test_15_challenges_are_spread_evenly() -> None:
    """Top three bits of 4,000 challenges, scaled to [0, r): chi-square with 7 degrees of freedom below 40."""
    counts = [0] * 8
    for value in Transcript(b"bias").challenges(b"x", 4000):
        counts[8 * value // MODULUS] += 1
    assert sum((count - 500) ** 2 / 500 for count in counts) < 40
