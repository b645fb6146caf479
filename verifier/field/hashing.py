"""SHA-256 and SHAKE-256 inside kernels, for the rounds that a kernel takes by itself (FIPS 180-4 and FIPS 202).

Messages here are short, a few hundred bytes at most, so a kernel hashes an array of bytes in one go. The tests compare
with hashlib at every length around the edges of blocks.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from math import isqrt

import numpy as np

from zkmargin.verifier.field.compiler import helper

SHA_BLOCK = 64
SHA_BYTES = 32
SHAKE_RATE = 136
SHAKE_SUFFIX = 0x1F
WORD32 = np.uint64(0xFFFFFFFF)


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _root_bits(prime: int, root: int) -> int:
    """The first 32 bits of the fractional part of a square or cube root."""
    if root == 2:
        return isqrt(prime << 64) & 0xFFFFFFFF
    low, high = 0, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= prime << 96 else (low, middle)
    return low & 0xFFFFFFFF


ROUND_CONSTANTS = np.array([_root_bits(prime, 3) for prime in _primes(64)], dtype=np.uint64)
START = np.array([_root_bits(prime, 2) for prime in _primes(8)], dtype=np.uint64)


def _keccak_constants() -> list[int]:
    """Bits of a shift register with the polynomial x^8 + x^6 + x^5 + x^4 + 1, at places 2^j - 1."""
    register, constants = 1, []
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


def _keccak_path() -> tuple[list[int], list[int]]:
    """Along the cycle of the positions that the step pi permutes: where each goes, and by how much rho turns it."""
    places, turns, x, y = [], [], 1, 0
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        places.append(x + 5 * y)
        turns.append((step + 1) * (step + 2) // 2 % 64)
    return places, turns


KECCAK_CONSTANTS = np.array(_keccak_constants(), dtype=np.uint64)
KECCAK_PLACES = np.array(_keccak_path()[0], dtype=np.int64)
KECCAK_TURNS = np.array(_keccak_path()[1], dtype=np.uint64)


@helper
def doubled(word):
    """A 32-bit word twice: in the lower half of what is shifted to the right it appears rotated."""
    return word | (word << np.uint64(32))


@helper
def sha_block(state, data, start, schedule):
    for i in range(16):
        word = np.uint64(0)
        for k in range(start + 4 * i, start + 4 * i + 4):
            word = (word << np.uint64(8)) | np.uint64(data[k])
        schedule[i] = word
    for i in range(16, 64):
        early, late = doubled(schedule[i - 15]), doubled(schedule[i - 2])
        first = (early >> np.uint64(7)) ^ (early >> np.uint64(18)) ^ (schedule[i - 15] >> np.uint64(3))
        second = (late >> np.uint64(17)) ^ (late >> np.uint64(19)) ^ (schedule[i - 2] >> np.uint64(10))
        schedule[i] = (schedule[i - 16] + first + schedule[i - 7] + second) & WORD32
    a, b, c, d, e, f, g, h = state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
    for i in range(64):
        low, high = doubled(e), doubled(a)
        low = (low >> np.uint64(6)) ^ (low >> np.uint64(11)) ^ (low >> np.uint64(25))
        high = (high >> np.uint64(2)) ^ (high >> np.uint64(13)) ^ (high >> np.uint64(22))
        total = h + (low & WORD32) + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[i] + schedule[i]
        other = (high & WORD32) + ((a & b) ^ (a & c) ^ (b & c))
        h, g, f, e, d, c, b, a = g, f, e, (d + total) & WORD32, c, b, a, (total + other) & WORD32
    for i, word in enumerate((a, b, c, d, e, f, g, h)):
        state[i] = (state[i] + word) & WORD32


@helper
def sha256(result, data, length, room):
    """The digest of `data[:length]` into `result[:32]`; `data` has room for the padding, `room` for 72 words."""
    end = (length + 9 + SHA_BLOCK - 1) // SHA_BLOCK * SHA_BLOCK
    for at in range(length, end):
        data[at] = 0
    data[length] = 0x80
    for k in range(8):
        data[end - 1 - k] = np.uint8((np.uint64(8 * length) >> np.uint64(8 * k)) & np.uint64(0xFF))
    state, schedule = room[:8], room[8:72]
    for i in range(8):
        state[i] = START[i]
    for start in range(0, end, SHA_BLOCK):
        sha_block(state, data, start, schedule)
    for at in range(SHA_BYTES):
        result[at] = np.uint8((state[at // 4] >> np.uint64(24 - 8 * (at % 4))) & np.uint64(0xFF))


@helper
def keccak(state, parity):
    """Keccak-f[1600] on 25 words."""
    for step in range(24):
        for x in range(5):
            parity[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
        for x in range(5):
            right = parity[(x + 1) % 5]
            change = parity[(x + 4) % 5] ^ ((right << np.uint64(1)) | (right >> np.uint64(63)))
            for y in range(0, 25, 5):
                state[y + x] ^= change
        carried = state[1]
        for i in range(24):
            place, turn = KECCAK_PLACES[i], KECCAK_TURNS[i]
            carried, state[place] = state[place], (carried << turn) | (carried >> (np.uint64(64) - turn))
        for y in range(0, 25, 5):
            a, b, c, d, e = state[y], state[y + 1], state[y + 2], state[y + 3], state[y + 4]
            state[y], state[y + 1], state[y + 2] = a ^ (~b & c), b ^ (~c & d), c ^ (~d & e)
            state[y + 3], state[y + 4] = d ^ (~e & a), e ^ (~a & b)
        state[0] ^= KECCAK_CONSTANTS[step]


@helper
def shake256(data, length, room):
    """The first 17 words of the stream after `data[:length]`, in `room`, which has room for 30; little-endian."""
    state, parity = room[:25], room[25:30]
    for i in range(25):
        state[i] = np.uint64(0)
    at = 0
    for i in range(length):
        state[at // 8] ^= np.uint64(data[i]) << np.uint64(8 * (at % 8))
        at += 1
        if at == SHAKE_RATE:
            keccak(state, parity)
            at = 0
    state[at // 8] ^= np.uint64(SHAKE_SUFFIX) << np.uint64(8 * (at % 8))
    state[SHAKE_RATE // 8 - 1] ^= np.uint64(1) << np.uint64(63)
    keccak(state, parity)
