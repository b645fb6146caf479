"""Public matrices stay arrays, whatever their shape and the size of their numbers, and are compiled quickly."""

from __future__ import annotations

import numpy as np
from compiler_samples import account_of, margin_rule
from measured import processor_seconds

import zkmargin.circuits as zk


def test_public_matrices_stay_arrays() -> None:
    rule, entries = margin_rule(27, 2048)
    system = zk.compile_rule(rule, entries).system
    shapes = [block.coefficients.shape for block in system.linear.blocks]
    assert (27, 2048) in shapes
    assert len(system.linear.scatter.coefficients) < 8 * 2048


def test_long_rows_of_sparse_matrices_are_arrays() -> None:
    """Scenario values by expiry: each row has the instruments of one expiry, too few for a dense matrix."""
    expiries, scenarios, each = 12, 5, 40
    values = np.zeros((expiries, scenarios, expiries * each), np.int64)
    for expiry in range(expiries):
        values[expiry, :, expiry * each : (expiry + 1) * each] = 1 + np.arange(scenarios * each).reshape(
            scenarios, each
        )

    def rule(holdings: zk.Holdings) -> None:
        zk.require(zk.max(-(values @ holdings.units), 1).sum() <= 10**9, "worst of each expiry")

    compiled = zk.compile_rule(rule, [zk.Entry(f"x{i}") for i in range(expiries * each)])
    # The instruments of one expiry and the wire of its worst scenario.
    shapes = [block.coefficients.shape for block in compiled.system.linear.blocks]
    assert shapes == [(scenarios, each + 1)] * expiries
    assert len(compiled.system.linear.scatter.coefficients) < 3 * compiled.system.linear.rows
    table = np.random.default_rng(5).integers(-1000, 1000, (9, expiries * each))
    assert compiled.system.satisfied(compiled.witness(table))


def test_coefficients_beyond_64_bits() -> None:
    """A wide public matrix is cut into a 64-bit rectangle and single coefficients; the rows stay exact."""
    matrix = np.array([[2**70 + 1, 3, -(2**63)], [5, -(2**90), 2**63]], dtype=object)

    def rule(holdings: zk.Holdings) -> None:
        zk.require(zk.max(matrix @ holdings.units) <= 2**100, "wide")

    compiled = zk.compile_rule(rule, [zk.Entry(f"x{i}", 1) for i in range(3)])
    assert max(abs(c) for c in compiled.system.linear.scatter.coefficients) >= 2**90
    table = np.random.default_rng(3).integers(-500, 500, (50, 3))
    assert compiled.system.satisfied(compiled.witness(table))
    values = np.max(table.astype(object) @ matrix.T, axis=1)
    assert compiled.evaluate(table).margins["wide"].tolist() == [2**100 - value for value in values]


COMPILING, WITNESSES = 0.3, 0.25
"""Seconds for 27 scenarios of 2048 instruments, and for 1024 accounts of 64: four times what was measured."""


def test_compiling_and_proving_data_stay_fast() -> None:
    rule, entries = margin_rule(27, 2048)
    assert processor_seconds(lambda: zk.compile_rule(rule, entries)) < COMPILING
    rule, entries = margin_rule(27, 64)
    compiled = zk.compile_rule(rule, entries)
    table = account_of(np.random.default_rng(2), 1024, len(entries))
    assert processor_seconds(lambda: compiled.witness(table)) < WITNESSES
