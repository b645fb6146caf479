"""What a compiled rule promises: determinism, shared sub-expressions, refusals that name their cause, and speed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import zkmargin.circuits as zk
from zkmargin.circuits.atoms.base import use
from zkmargin.circuits.atoms.maximum import Maximum
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.errors import FalseStatement, InternalError, InvalidInput
from zkmargin.circuits.system import System

ROOT = Path(__file__).resolve().parents[2]


def margin_rule(scenarios: int, instruments: int) -> tuple[Callable[[zk.Holdings], None], list[zk.Entry]]:
    """A scenario grid with gross charges, public data from a fixed pattern."""
    pattern = np.arange(scenarios * instruments, dtype=np.int64).reshape(scenarios, instruments)
    values = zk.Fixed(pattern * 7919 % 2_000_003 - 1_000_001, 6)
    prices = zk.Fixed(np.arange(1, instruments + 1, dtype=np.int64) * 104_729 % 1_000_003, 6)

    def rule(holdings: zk.Holdings) -> None:
        positions = holdings[1:]
        equity = (holdings["cash"] + prices @ positions).named("equity")
        worst = zk.pos(zk.max(-(values @ positions))).named("worst scenario")
        gross = (prices * zk.Fixed(5, 2) @ abs(positions)).named("gross charge")
        zk.require(equity >= worst + gross, "initial margin")

    return rule, [zk.Entry("cash", decimals=6), *(zk.Entry(f"instrument {i}") for i in range(instruments))]


def account_of(rng: np.random.Generator, accounts: int, entries: int) -> np.ndarray:
    table = rng.integers(-(10**6), 10**6, (accounts, entries))
    table[:, 0] = 10**18
    return table


def assert_every_wire_is_used(system: System) -> None:
    used = [forms.wires_used() for forms in (system.linear, system.left, system.right, system.output)]
    assert set(range(system.entries, system.wires)) <= set(np.concatenate(used).tolist())


def test_a_whole_model() -> None:
    rule, entries = margin_rule(5, 7)
    compiled = zk.compile_rule(rule, entries)
    table = account_of(np.random.default_rng(1), 20, len(entries))
    lanes = compiled.witness(table)
    assert lanes.dtype == np.uint16
    assert lanes.shape == (20, compiled.system.lane_count)
    assert compiled.system.satisfied(lanes)
    assert compiled.system.join(lanes)[:, : len(entries)].tolist() == table.tolist()
    assert_every_wire_is_used(compiled.system)


def test_entries_come_first_and_signed() -> None:
    entries = [zk.Entry("A", 1), zk.Entry("B", 5), zk.Entry("C")]
    system = zk.compile_rule(lambda holdings: zk.require(holdings[1] >= 0), entries).system
    assert system.entries == 3
    assert system.lanes[:3] == (1, 5, 4)
    assert system.offsets[:3] == (1 << 15, 1 << 79, 1 << 63)


def test_extreme_holdings() -> None:
    """Every bound at once: the largest and the smallest number of each entry, of narrow and wide entries."""
    entries = [zk.Entry("A", 1), zk.Entry("B", 4), zk.Entry("C", 6)]

    def rule(holdings: zk.Holdings) -> None:
        x = holdings.units
        total = (
            abs(x).sum()
            + zk.max(x)
            - zk.min(x)
            + zk.sum_largest(x, 2)
            + zk.rescale(x.as_decimals(3), 0, zk.Rounding.UP).sum()
        )
        zk.require(total + (1 << 120) >= zk.norm2(x[:2]), "always true")
        zk.require(zk.kth_largest(x, 2) + (1 << 100) == zk.kth_largest(x, 2) + (1 << 100), "a tautology")

    compiled = zk.compile_rule(rule, entries)
    edges = [[sign * (1 << (16 * entry.lanes - 1)) - (sign > 0) for entry in entries] for sign in (-1, 1)]
    mixed = [[edges[(i >> k) & 1][k] for k in range(3)] for i in range(8)]
    lanes = compiled.witness(np.array(mixed, dtype=object))
    assert compiled.system.satisfied(lanes)


def test_holdings_that_do_not_fit_are_refused_without_their_number() -> None:
    compiled = zk.compile_rule(lambda holdings: zk.require(holdings[0] >= 0), [zk.Entry("A", 1), zk.Entry("B")])
    for table, where in (([[32_768, 0]], "'A'"), ([[0, 0], [0, 2**63]], "account 1, entry 'B'")):
        with pytest.raises(InvalidInput, match=where) as refusal:
            compiled.witness(np.array(table, dtype=object))
        assert "32768" not in str(refusal.value)
        assert str(2**63) not in str(refusal.value)
    for table in ([[0]], [[0, 0, 0]], [], [[0.5, 1]], [[True, 1]], [["1", 1]], np.zeros((1, 1, 2), np.int64)):
        with pytest.raises(InvalidInput, match="holdings"):
            compiled.witness(table)


def test_the_owner_learns_what_failed_and_nobody_else() -> None:
    def rule(holdings: zk.Holdings) -> None:
        zk.require(holdings["cash"] >= zk.Fixed.parse("5.00", 2), "minimum cash")
        zk.require(holdings["B"] > 7, "more than seven")
        zk.require(holdings[["B", "C"]] == [8, 9], "exact numbers")

    compiled = zk.compile_rule(rule, [zk.Entry("cash", decimals=2), zk.Entry("B"), zk.Entry("C")])
    cases = [
        ([400, 8, 9], "minimum cash", "missed by 1.00"),
        ([500, 7, 9], "more than seven", "missed by 1"),
        ([500, 8, 14], "exact numbers", "missed by 5 at entry 1"),
    ]
    for account, name, detail in cases:
        with pytest.raises(zk.RequirementFailed, match=f"requirement '{name}' does not hold for account 1$") as failure:
            compiled.witness([[500, 8, 9], account])
        assert isinstance(failure.value, FalseStatement)
        assert failure.value.code == "false-statement"
        assert failure.value.requirement == name
        assert failure.value.detail().endswith(detail)
        assert "missed" not in repr(failure.value)
        assert "missed" not in str(failure.value.args)
    assert compiled.evaluate([case[0] for case in cases]).holds.tolist() == [False] * 3


def test_explanations_form_a_tree() -> None:
    rule, entries = margin_rule(2, 2)
    (root,) = zk.trace_rule(rule, entries).explain([10_000_000, 3, -2])
    assert root.name == "initial margin"
    assert [part.name for part in root.parts] == ["equity", "worst scenario", "gross charge"]
    assert list(root.texts())[1] == f"  equity: {root.parts[0].numbers.item()}"
    assert root.parts[2].numbers.item() == "0.03665515"


def test_components_nest() -> None:
    def rule(holdings: zk.Holdings) -> None:
        inner = abs(holdings["A"]).named("inner")
        outer = (zk.pos(inner - 3) * 2).named("outer")
        zk.require(outer + inner <= 100, "limit")

    (root,) = zk.trace_rule(rule, [zk.Entry("A")]).explain([-5])
    assert list(root.texts()) == ["limit: 91", "  outer: 4", "    inner: 5", "  inner: 5"]


# Refusals when compiling.


def wide_product(holdings: zk.Holdings) -> None:
    x = holdings["A"]
    zk.require(x * x * x * x >= 0 * x, "fourth power")


REFUSED = [
    (wide_product, r"fourth power.*do not fit 15 lanes"),
    (lambda h: zk.require(h["A"] * 10**70 >= h["B"], "huge factor"), r"huge factor.*from 0 to 2\^"),
    (lambda h: zk.require(h["A"] * 10**59 == h["B"] * 10**58, "huge equality"), None),
    (lambda h: zk.require(h["A"] * 10**75 + h["B"] == 0, "wraps"), r"wraps.*could wrap in the field"),
    (lambda h: zk.require(h["A"] * (1 << 191) + h["B"] == 0, "just wraps"), r"just wraps: row 0 reaches 2\^255"),
    (lambda h: zk.require(zk.square(zk.max(h.units * (1 << 50))) <= 9, "square"), r"square, Square: row 0 reaches"),
    (lambda h: zk.require(h["A"] >= 1 << 63, "out of reach"), r"out of reach: cannot hold.*between -2\^64 and -1"),
    (lambda h: zk.require(h["A"] == 1 << 63, "unequal"), r"unequal: cannot hold"),
    (lambda h: zk.require(2 * h["A"] == 7, "odd"), r"can never hold"),
    (lambda h: None, r"requires nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "message"), REFUSED)
def test_refusals_name_the_expression_and_its_bounds(rule: Callable[[zk.Holdings], None], message: str | None) -> None:
    entries = [zk.Entry("A"), zk.Entry("B")]
    if message is None:
        assert zk.compile_rule(rule, entries).system.linear.rows == 1
        return
    with pytest.raises(InvalidInput, match=message):
        zk.compile_rule(rule, entries)


def test_what_always_holds_costs_nothing() -> None:
    system = zk.compile_rule(lambda h: zk.require(h["A"] + (1 << 70) >= abs(h["A"])), [zk.Entry("A")]).system
    assert system.wires == 1
    assert system.linear.rows == 0


def test_what_fails_for_a_single_number_is_proved() -> None:
    """Bounds to the last unit: x = -32768 is the only entry that breaks it."""
    compiled = zk.compile_rule(lambda h: zk.require(h["x"] + 32_767 >= 0), [zk.Entry("x", 1)])
    assert compiled.system.linear.rows == 1
    assert compiled.system.satisfied(compiled.witness([-32_767]))
    with pytest.raises(zk.RequirementFailed):
        compiled.witness([-32_768])


# Sharing, sides and cost.


@dataclass(frozen=True)
class Wasteful(Maximum):
    """An atom whose author chose a wire too many."""

    def upper(self, rows: Certificates, t: zk.Quantity, *arguments: zk.Quantity) -> None:
        rows.choose("spare", 0, 9, lambda v: v.max(axis=-1) * 0 + 7, arguments[0], shape=t.shape)
        super().upper(rows, t, *arguments)

    def overstated(self, rows: Certificates, t: zk.Quantity, *arguments: zk.Quantity) -> None:
        return None


def test_unused_wires_cannot_exist() -> None:
    def rule(holdings: zk.Holdings) -> None:
        worst = use(Wasteful(), holdings.units[None, :2], decimals=0, shape=(1,))
        zk.require(worst <= abs(holdings["y"]) * 2, "claim")

    compiled = zk.compile_rule(rule, [zk.Entry("a", 1), zk.Entry("b", 1), zk.Entry("y", 1)])
    assert_every_wire_is_used(compiled.system)
    assert not any("spare" in str(name) for name in compiled.inspect().names)
    assert compiled.system.satisfied(compiled.witness([[5, 9, 5], [-3, -4, 0]]))


@dataclass(frozen=True)
class Misjudged(Wasteful):
    """An atom whose honest prover chooses beyond the range that was declared."""

    def upper(self, rows: Certificates, t: zk.Quantity, *arguments: zk.Quantity) -> None:
        spare = rows.choose("spare", 0, 9, lambda v: v.max(axis=-1) * 0 + 10, arguments[0], shape=t.shape)
        rows.at_least(t, arguments[0][:, 0] - spare)


@dataclass(frozen=True)
class Secretive(Wasteful):
    """An atom that writes rows without saying on which side it uses its arguments."""

    def upper(self, rows: Certificates, t: zk.Quantity, *arguments: zk.Quantity) -> None:
        rows._add("at least", t - arguments[0][:, 0])


def test_faults_of_atoms_are_internal_errors() -> None:
    def rule_with(atom: Maximum) -> Callable[[zk.Holdings], None]:
        return lambda holdings: zk.require(
            use(atom, zk.square(holdings.units)[None, :], decimals=0, shape=(1,)) <= 10**9, "claim"
        )

    entries = [zk.Entry("a", 1), zk.Entry("b", 1)]
    with pytest.raises(InternalError, match="spare: the honest choice is outside its bounds"):
        zk.compile_rule(rule_with(Misjudged()), entries).witness([1, 2])
    with pytest.raises(InternalError, match="no certificate binds"):
        zk.compile_rule(rule_with(Secretive()), entries)


def test_common_expressions_are_shared() -> None:
    def once(holdings: zk.Holdings) -> None:
        worst = zk.max(holdings.units)
        zk.require(3 * worst <= holdings[0] + 100)

    def thrice(holdings: zk.Holdings) -> None:
        worst = [zk.max(1 * holdings.units) for _ in range(3)]
        zk.require(sum(worst[1:], worst[0]) <= holdings[0] + 100)

    entries = [zk.Entry(f"x{i}") for i in range(4)]
    assert zk.compile_rule(once, entries).digest == zk.compile_rule(thrice, entries).digest


def test_instances_take_only_the_side_they_need() -> None:
    """|a| and |b| are instances of one atom; each gets the certificate of its own side."""

    def wires(*claims: Callable[[zk.Quantity], zk.Comparison]) -> int:
        def rule(holdings: zk.Holdings) -> None:
            for claim in claims:
                zk.require(claim(abs(holdings.units)))

        return zk.compile_rule(rule, [zk.Entry("a", 1), zk.Entry("b", 1)]).system.wires

    entries, requirement = 2, 1
    over_stated, lower, upper = 2, 2 + 2, 2  # p, n; the choice and two slacks; two slacks
    assert wires(lambda size: size[0] <= 100) == entries + over_stated + requirement
    assert wires(lambda size: size[1] >= 100) == entries + 1 + lower + requirement
    different = wires(lambda size: size[0] <= 100, lambda size: size[1] >= 50)
    assert different == entries + over_stated + 1 + lower + 2 * requirement
    same = wires(lambda size: size[0] <= 100, lambda size: size[0] >= 50)
    assert same == entries + 1 + upper + lower + 2 * requirement


def test_bounds_spare_work() -> None:
    """What bounds decide takes no wire: the sign of a size, the larger of numbers that cannot meet."""

    def cost(quantity: Callable[[zk.Quantity], zk.Quantity]) -> int:
        rule = lambda h: zk.require(h["y"] >= quantity(h["x"]))  # noqa: E731
        return zk.compile_rule(rule, [zk.Entry("x", 1), zk.Entry("y", 2)]).system.wires

    plain = cost(abs)
    assert cost(lambda x: zk.pos(abs(x))) == plain
    assert cost(lambda x: abs(abs(x) + 1)) == plain
    assert cost(lambda x: zk.maximum(abs(x), -abs(x), -5)) == plain
    assert cost(lambda x: zk.where(abs(x) >= 0, abs(x), 5)) == plain
    assert cost(lambda x: zk.where(abs(x) < 0, 5, abs(x))) == plain
    assert cost(lambda x: zk.maximum(x, x - 100_000, 40_000)) == 2 + 1


def test_zeros_of_public_matrices_cost_nothing() -> None:
    """An instrument without a charge needs no certificate, though it stands in the matrix."""
    charges = np.array([[3, 0, 4], [5, 0, 6]])

    def rule(holdings: zk.Holdings) -> None:
        gross = charges @ abs(holdings[:3])
        zk.require(holdings["cash"] >= zk.max(gross), "inequality")
        zk.require(holdings["total"] == gross.sum() + (0 * gross).sum(), "equality")

    compiled = zk.compile_rule(rule, [zk.Entry(name, 1) for name in ("a", "b", "c", "cash", "total")])
    assert_every_wire_is_used(compiled.system)
    reports = compiled.inspect().wires
    assert reports[1].rows == ()
    assert sum("Absolute[" in str(report.name) for report in reports) == 2
    assert compiled.system.satisfied(compiled.witness([[3, 1000, -2, 40, 44]]))


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


# Determinism.

PROGRAM = """
import numpy as np, sys
sys.path.insert(0, {tests!r})
import zkmargin.circuits as zk
from test_compiler import margin_rule
from circuit_smt import NAMES, compiled_case
import hashlib
digests = [zk.compile_rule(*margin_rule(3, 40)).digest]
digests += [compiled_case(name, "exact").digest for name in NAMES]
print(hashlib.sha256(b"".join(digests)).hexdigest())
"""


def test_the_digest_does_not_depend_on_the_process() -> None:
    program = PROGRAM.format(tests=str(Path(__file__).parent))
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        ).stdout
        for seed in ("0", "4711")
    ]  # fmt: skip
    assert runs[0] == runs[1]
    assert len(runs[0].strip()) == hashlib.sha256().digest_size * 2


@pytest.mark.parametrize("change", ["value", "price", "rate", "strictness", "lanes", "name only"])
def test_the_digest_depends_on_every_public_number(change: str) -> None:
    def compiled(changed: str) -> zk.Compiled:
        value, price, rate = 7 + (changed == "value"), 11 + (changed == "price"), 3 + (changed == "rate")

        def rule(holdings: zk.Holdings) -> None:
            left, right = holdings["A"] * value + price, rate * abs(holdings["B"])
            zk.require(left > right if changed == "strictness" else left >= right)

        lanes = 3 if changed == "lanes" else 4
        return zk.compile_rule(rule, [zk.Entry("A"), zk.Entry("B", lanes)])

    assert (compiled("").digest == compiled(change).digest) == (change == "name only")


# Speed: generous multiples of what is measured, so that a slow machine does not fail; benchmarks hold the bars.


def test_compiling_and_proving_data_stay_fast() -> None:
    rule, entries = margin_rule(27, 2048)
    start = time.perf_counter()
    zk.compile_rule(rule, entries)
    compiling = time.perf_counter() - start
    rule, entries = margin_rule(27, 64)
    compiled = zk.compile_rule(rule, entries)
    table = account_of(np.random.default_rng(2), 1024, len(entries))
    start = time.perf_counter()
    compiled.witness(table)
    witness = time.perf_counter() - start
    assert compiling < 1.5
    assert witness < 2
