"""Numbers and forms on which the implementations of the field are compared."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import strategies as st

from zkmargin.circuits.system import MODULUS, Block, LaneArray, LinearForms, Scatter
from zkmargin.verifier.field.portable import PortableField
from zkmargin.verifier.reference_field import ReferenceField

both_fields = pytest.mark.parametrize("field", [ReferenceField(), PortableField()], ids=["reference", "portable"])

EDGES = [0, 1, 2, MODULUS - 1, MODULUS, MODULUS + 1, -1, 2**64 - 1, 2**64, 2**255, 2**256 - 1, -(2**300)]
"""Ends of limbs, of the field and of the bytes."""

COEFFICIENT_EDGES = [0, 1, -1, -(2**63), 2**63 - 1, 2**32]

scalars = st.one_of(st.sampled_from(EDGES), st.integers(-(2**260), 2**260))
scalar_lists = st.lists(scalars, max_size=12)


def some_scalars(rng: random.Random, count: int) -> list[int]:
    """Every third one an edge."""
    return [rng.choice(EDGES) if rng.random() < 0.3 else rng.randrange(MODULUS) for _ in range(count)]


def some_lanes(rng: random.Random, accounts: int, lanes: int) -> LaneArray:
    """Random words between words of zeros and of ones."""
    words = [rng.choice([0, 0xFFFF, 1, 0x8000, rng.getrandbits(16)]) for _ in range(accounts * lanes)]
    return np.array(words, dtype=np.uint16).reshape(accounts, lanes)


def some_forms(rng: random.Random, rows: int, wires: int) -> LinearForms:
    """Two blocks that may overlap or be empty, scattered coefficients of any size, some of them at the same place."""
    coefficients = [rng.choice([*EDGES, rng.randrange(MODULUS)]) for _ in range(5 if rows and wires else 0)]
    scatter = Scatter(
        np.array([rng.randrange(rows) for _ in coefficients], dtype=np.int64),
        np.array([rng.randrange(wires) for _ in coefficients], dtype=np.int64),
        tuple(coefficients),
    )
    blocks = tuple(_some_block(rng, rows, wires) for _ in range(2))
    return LinearForms(rows, tuple(some_scalars(rng, rows)), blocks, scatter)


def _some_block(rng: random.Random, rows: int, wires: int) -> Block:
    height, width = rng.randint(0, rows), rng.randint(0, wires)
    entries = [rng.choice([*COEFFICIENT_EDGES, rng.randrange(-(2**63), 2**63)]) for _ in range(height * width)]
    return Block(
        rng.randint(0, rows - height),
        np.array(rng.sample(range(wires), width), dtype=np.int64),
        np.array(entries, dtype=np.int64).reshape(height, width),
    )


def variables(length: int) -> int:
    """Of an axis of this length, padded."""
    return (length - 1).bit_length()
