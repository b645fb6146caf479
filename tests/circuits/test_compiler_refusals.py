"""What cannot be compiled is refused by name: rules beyond the field or without a claim, and faulty atoms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from compiler_samples import Wasteful

import zkmargin.circuits as zk
from zkmargin.circuits.atoms.base import use
from zkmargin.circuits.atoms.maximum import Maximum
from zkmargin.circuits.certificates import Certificates
from zkmargin.circuits.errors import InternalError, InvalidInput


def wide_product(holdings: zk.Holdings) -> None:
    x = holdings["A"]
    zk.require(x * x * x * x >= 0 * x, "fourth power")


REFUSED = [
    (wide_product, r"fourth power.*do not fit 15 lanes"),
    (lambda h: zk.require(h["A"] * 10**70 >= h["B"], "huge factor"), r"huge factor.*from 0 to 2\^"),
    (lambda h: zk.require(h["A"] * 10**75 + h["B"] == 0, "wraps"), r"wraps.*could wrap in the field"),
    (lambda h: zk.require(h["A"] * (1 << 191) + h["B"] == 0, "just wraps"), r"just wraps: row 0 reaches 2\^255"),
    (lambda h: zk.require(zk.square(zk.max(h.units * (1 << 50))) <= 9, "square"), r"square, Square: row 0 reaches"),
    (lambda h: zk.require(h["A"] >= 1 << 63, "out of reach"), r"out of reach: cannot hold.*between -2\^64 and -1"),
    (lambda h: zk.require(h["A"] == 1 << 63, "unequal"), r"unequal: cannot hold"),
    (lambda h: zk.require(2 * h["A"] == 7, "odd"), r"can never hold"),
    (lambda h: None, r"requires nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "message"), REFUSED)
def test_refusals_name_the_expression_and_its_bounds(rule: Callable[[zk.Holdings], None], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        zk.compile_rule(rule, [zk.Entry("A"), zk.Entry("B")])


def test_a_huge_equality_that_fits_the_field_is_one_row() -> None:
    def rule(holdings: zk.Holdings) -> None:
        zk.require(holdings["A"] * 10**59 == holdings["B"] * 10**58, "huge equality")

    assert zk.compile_rule(rule, [zk.Entry("A"), zk.Entry("B")]).system.linear.rows == 1


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
