"""Derive's PMRM_2: the published cases to 1e-8, proofs at the boundary, and the cheats the grid invites."""

from __future__ import annotations

from fractions import Fraction

import pytest
from derive_samples import CASES, sample
from model_samples import Case, forged, poorest, shown

from zkmargin.circuits import RequirementFailed
from zkmargin.circuits.documents import Snapshot
from zkmargin.circuits.errors import FalseStatement, InvalidInput
from zkmargin.circuits.models.grid_pricing import check_scenarios
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.predicates import meets
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.verify import verify


def case_of(number: int) -> Case:
    given = sample(number)
    return Case(given.model, given.market, given.units)


@pytest.mark.parametrize("number", CASES, ids=[f"{number}-{case['name']}" for number, case in CASES.items()])
def test_margins_as_published(number: int) -> None:
    case, expected = case_of(number), sample(number).expected
    for level, name in (("initial", "IM"), ("maintenance", "MM")):
        published = Fraction(expected[name])
        assert abs(case.margin(level) - published) <= abs(published) * Fraction(1, 10**8)


@pytest.mark.parametrize("number", CASES)
def test_worst_losses_as_published(number: int) -> None:
    """The worst of all scenario results and the basis contingency, which the file lists one by one."""
    given = sample(number)
    pnl = [Fraction(one) for one in given.expected["scenario_pnl_in_scenario_order"]]
    worst = min([Fraction(0), Fraction(given.expected["ForwardContingency"]), *pnl])
    names = [name for name in case_of(number).numbers() if name.startswith("worst loss")]
    assert names == ["worst loss UND"]
    assert float(case_of(number).numbers()[names[0]]) == pytest.approx(float(-worst), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("number", [12, 33, 61], ids=["naked call", "low confidence", "everything"])
def test_constraints_agree_with_the_calculator_at_the_boundary(number: int) -> None:
    """The least cash that passes has a witness that satisfies every row; one unit less has none."""
    case = case_of(number)
    compiled = case.compiled(meets("initial"))
    edge = poorest(case, compiled)
    assert edge.margin("initial") >= 0
    assert edge.changed(0, -1).margin("initial") < 0
    for more in (0, 1):
        assert compiled.system.satisfied(compiled.witness([list(edge.changed(0, more).units)]))
    with pytest.raises(RequirementFailed):
        compiled.witness([list(edge.changed(0, -1).units)])


def test_proofs_at_the_boundary() -> None:
    case = case_of(12)
    compiled = case.compiled(meets("initial"))
    edge = poorest(case, compiled)
    assert shown(compiled, edge.units)
    assert shown(compiled, edge.changed(0, 1).units)
    statement, proof, policy = forged(compiled, edge.units, edge.changed(0, -1).units)
    with pytest.raises(FalseStatement):
        verify(statement, proof, policy, select("portable"))


def test_a_hedge_that_is_not_there() -> None:
    """The committed account is one leg of a call spread; the lanes are those of the whole spread."""
    case = case_of(18)
    place = next(place for place, amount in enumerate(case.units) if place and amount > 0)
    compiled = case.compiled(meets("initial"))
    spread = poorest(case, compiled)
    bare = spread.changed(place, -spread.units[place])
    assert not compiled.evaluate([list(bare.units)]).holds[0]
    statement, proof, policy = forged(compiled, spread.units, bare.units)
    with pytest.raises(FalseStatement):
        verify(statement, proof, policy, select("portable"))


def test_a_short_posing_as_a_long() -> None:
    case = case_of(12)
    place = len(case.units) - 1
    compiled = case.compiled(meets("initial"))
    short = poorest(case, compiled).changed(0, -1)
    long = short.changed(place, -2 * short.units[place])
    assert compiled.evaluate([list(long.units)]).holds[0]
    statement, proof, policy = forged(compiled, long.units, short.units)
    with pytest.raises(FalseStatement):
        verify(statement, proof, policy, select("portable"))


def test_another_grid_is_another_system() -> None:
    """Scenario values of a calmer market give another digest, so a proof over them is about something else."""
    case = case_of(12)
    given = case.market.snapshot
    assert given.scenarios is not None
    values = given.scenarios.matrix.copy()
    values[0, -1] -= 1
    fields = given.model_dump(mode="json", exclude_none=True, exclude={"format", "version"})
    fields["scenarios"]["values"] = values.tolist()
    calmer = Case(case.model, Market(case.market.book, Snapshot.build(**fields)), case.units)
    compiled, other = (one.compiled(meets("initial")) for one in (case, calmer))
    assert compiled.digest != other.digest
    edge = poorest(calmer, other)
    assert not compiled.evaluate([list(edge.units)]).holds[0]


def test_negative_collateral_is_no_collateral() -> None:
    """A haircut is charged on what is there; below zero it would be paid out."""
    case = case_of(13)
    place = case.market.book.index("BTC")
    compiled = case.compiled(meets("initial"))
    rich = case.changed(0, 10**24)
    assert compiled.evaluate([list(rich.units)]).holds[0]
    with pytest.raises(RequirementFailed, match="collateral is not negative"):
        compiled.witness([list(rich.changed(place, -rich.units[place] - 1).units)])


@pytest.mark.parametrize("number", [12, 60, 61])
def test_scenario_values_follow_from_the_market(number: int) -> None:
    given = sample(number)
    check_scenarios(given.model, given.market.book, given.market.snapshot)
    fields = given.market.snapshot.model_dump(mode="json", exclude_none=True, exclude={"format", "version"})
    for change, accepted in ((1, True), (2, False), (-2, False)):
        values = [list(row) for row in fields["scenarios"]["values"]]
        values[3][-1] += change
        moved = Snapshot.build(**(fields | {"scenarios": fields["scenarios"] | {"values": values}}))
        if accepted:
            check_scenarios(given.model, given.market.book, moved)
        else:
            with pytest.raises(
                InvalidInput, match=r"scenarios.values\[3\]\[\d+\]: .* is priced otherwise by this market"
            ):
                check_scenarios(given.model, given.market.book, moved)
