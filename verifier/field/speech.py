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
from zkmargin.verifier.field.limbs import LIMBS, PLAIN_ONE, RADIX, WORD_MASK, add, load, multiply, store

TOLD, COEFFICIENTS = 3, 4
RADIX_SQUARED = tuple(np.uint64(RADIX * RADIX % MODULUS >> 64 * k & WORD_MASK) for k in range(LIMBS))
HALF = tuple(np.uint64(pow(2, -1, MODULUS) * RADIX % MODULUS >> 64 * k & WORD_MASK) for k in range(LIMBS))
LONGEST = 512
HASH_ROOM = 80


class Speech(NamedTuple):
    """A conversation as kernels take it. `messages` are plain numbers, other elements are in Montgomery form."""

    state: Any
    said: Any
    asked: Any
    masks: Any
    bound: Any
    messages: Any
    heard: Any
    data: Any
    room: Any


@helper
def appended(data, length, text):
    for k in range(len(text)):
        data[length + k] = text[k]
    return length + len(text)


@helper
def hear(speech, number):
    """Absorb the three scalars of message `number`; the challenge is 512 bits of the stream, modulo r."""
    data, length = speech.data, appended(speech.data, appended(speech.data, 0, speech.state), speech.said)
    for row in range(TOLD * number, TOLD * number + TOLD):
        for at in range(8 * LIMBS):
            data[length + at] = np.uint8((speech.messages[row, at // 8] >> np.uint64(8 * (at % 8))) & np.uint64(0xFF))
        length += 8 * LIMBS
    sha256(speech.state, data, length, speech.room)
    length = appended(data, appended(data, 0, speech.state), speech.asked)
    shake256(data, length, speech.room)
    words = speech.room
    low = multiply((words[0], words[1], words[2], words[3]), RADIX_SQUARED)
    high = multiply(multiply((words[4], words[5], words[6], words[7]), RADIX_SQUARED), RADIX_SQUARED)
    sha256(speech.state, data, length, speech.room)
    store(speech.heard, number, add(low, high))


@helper
def twice(a):
    return add(a, a)


@helper
def thrice(a):
    return add(a, add(a, a))


@helper
def speak(speech, number, polynomial):
    """Mask round `number`, tell its values at 0, 2 and 3, hear the challenge, and bind the mask's variable to it."""
    first = COEFFICIENTS * number
    a = add(polynomial[0], add(load(speech.bound, 0), load(speech.masks, first)))
    b = add(polynomial[1], load(speech.masks, first + 1))
    c = add(polynomial[2], load(speech.masks, first + 2))
    d = add(polynomial[3], load(speech.masks, first + 3))
    at_two = add(a, twice(add(b, twice(add(c, twice(d))))))
    at_three = add(a, thrice(add(b, thrice(add(c, thrice(d))))))
    store(speech.messages, TOLD * number, multiply(a, PLAIN_ONE))
    store(speech.messages, TOLD * number + 1, multiply(at_two, PLAIN_ONE))
    store(speech.messages, TOLD * number + 2, multiply(at_three, PLAIN_ONE))
    hear(speech, number)
    x, value = load(speech.heard, number), load(speech.masks, first + 3)
    for k in range(2, 0, -1):
        value = add(multiply(value, x), load(speech.masks, first + k))
    # The next round's cube is half as large.
    store(speech.bound, 0, multiply(add(load(speech.bound, 0), multiply(value, x)), HALF))
