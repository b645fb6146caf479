"""A round as it is spoken, inside kernels: the polynomial is masked and told, and the challenge heard.

The same words in the same order as `prover.sumcheck.Conversation` and `verifier.transcript` speak them one by one; a
kernel that does both sides of a round need not return between two rounds.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from zkmargin.circuits.system import MODULUS
from zkmargin.verifier.field.compiler import helper
from zkmargin.verifier.field.hashing import sha256, shake256
from zkmargin.verifier.field.limbs import LIMBS, PLAIN_ONE, RADIX, WORD_MASK, ZERO, load, store
from zkmargin.verifier.field.limbs import add_apart as add
from zkmargin.verifier.field.limbs import multiply_apart as multiply

# Not plain integers: for each of those a kernel that takes it would be compiled once more.
CONSTANT, TOLD, COEFFICIENTS = np.int64(0), np.int64(3), np.int64(4)
RADIX_SQUARED = tuple(np.uint64(RADIX * RADIX % MODULUS >> 64 * k & WORD_MASK) for k in range(LIMBS))
HALF = tuple(np.uint64(pow(2, -1, MODULUS) * RADIX % MODULUS >> 64 * k & WORD_MASK) for k in range(LIMBS))
TOLD_AT = np.array([[x * RADIX % MODULUS >> 64 * k & WORD_MASK for k in range(LIMBS)] for x in (0, 2, 3)], np.uint64)
"""Where a round polynomial is told; its value at 1 follows from the claim."""

LONGEST, PADDING = 512, 72
"""Bytes that are hashed at once, and how many of them a hash may fill up."""

HASH_ROOM = 80


class Speech(NamedTuple):
    """A conversation as kernels take it. `messages` are plain numbers, other elements are in Montgomery form.

    `mask` has the coefficients of the mask, `bound` what its bound variables and its constant add up to, `scale` by
    what it is multiplied in the next round. `polynomial`, `data` and `room` are room for a round.
    """

    state: Any
    said: Any
    asked: Any
    mask: Any
    scale: Any
    bound: Any
    messages: Any
    heard: Any
    polynomial: Any
    data: Any
    room: Any

    def __repr__(self) -> str:
        # The mask is private.
        return "Speech()"


@helper
def appended(data, length, text):
    for k in range(len(text)):
        data[length + k] = text[k]
    return length + len(text)


@helper
def hear(speech, number):
    """Absorb the three scalars of message `number`; the challenge is 512 bits of the stream, modulo r."""
    data, room = speech.data, speech.room
    length = appended(data, appended(data, CONSTANT, speech.state), speech.said)
    for row in range(TOLD * number, TOLD * number + TOLD):
        for at in range(8 * LIMBS):
            data[length + at] = np.uint8((speech.messages[row, at // 8] >> np.uint64(8 * (at % 8))) & np.uint64(0xFF))
        length += 8 * LIMBS
    sha256(speech.state, data, length, room)
    length = appended(data, appended(data, CONSTANT, speech.state), speech.asked)
    shake256(data, length, room)
    high = multiply(multiply((room[4], room[5], room[6], room[7]), RADIX_SQUARED), RADIX_SQUARED)
    low = multiply((room[0], room[1], room[2], room[3]), RADIX_SQUARED)
    sha256(speech.state, data, length, room)
    store(speech.heard, number, add(low, high))


@helper
def value_at(table, first, count, x):
    """The polynomial with these coefficients, from the constant on, at `x`."""
    value = load(table, first + count - 1)
    for k in range(first + count - 2, first - 1, -1):
        value = add(multiply(value, x), load(table, k))
    return value


@helper
def speak(speech, number):
    """Mask the polynomial of round `number`, tell its values, hear the challenge, bind the mask's variable to it."""
    polynomial, mask, first = speech.polynomial, speech.mask, TOLD * number + 1
    scale, later = load(speech.scale, CONSTANT), ZERO
    for row in range(first + TOLD, len(mask)):
        later = add(later, load(mask, row))
    # Each later variable is 1 in half of the cube.
    hidden = add(load(speech.bound, CONSTANT), multiply(later, HALF))
    for k in range(COEFFICIENTS):
        store(polynomial, k, add(load(polynomial, k), multiply(hidden, scale)))
        hidden = load(mask, first + k)
    for k in range(TOLD):
        value = value_at(polynomial, CONSTANT, COEFFICIENTS, load(TOLD_AT, k))
        store(speech.messages, TOLD * number + k, multiply(value, PLAIN_ONE))
    hear(speech, number)
    x = load(speech.heard, number)
    store(speech.bound, CONSTANT, add(load(speech.bound, CONSTANT), multiply(x, value_at(mask, first, TOLD, x))))
    # The next round's cube is half as large.
    store(speech.scale, CONSTANT, multiply(scale, HALF))
