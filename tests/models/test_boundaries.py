"""Every preset, through the whole machine: the least cash that passes is proved, one unit more too, one less refused.

The calculator, the constraints and the argument have to agree on that line to the unit.
"""

from __future__ import annotations

from decimal import ROUND_UP, localcontext

import pytest
import z3
from linear_samples import case as linear_account
from linear_samples import model as linear_model
from model_samples import Case, forged, poorest, shown
from preset_samples import SAMPLES, case_of

from zkmargin.circuits import RequirementFailed
from zkmargin.circuits.errors import FalseStatement, InvalidInput
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.predicates import STATES, State, fails, headroom, meets, ratio, requirement_between
from zkmargin.circuits.models.presets import PRESETS, preset
from zkmargin.circuits.system import LinearForms, System
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.verify import verify


def edge_of(case: Case, level: str = "initial") -> Case:
    return poorest(case, case.compiled(meets(level)))


def test_every_preset_has_a_sample() -> None:
    assert set(SAMPLES) == set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_documents(name: str) -> None:
    model: MarginModel = preset(name)
    assert model.name == name
    assert type(model).parse(model.canonical()) == model
    assert "not endorsed by" in model.notice
    assert model.source in model.notice


@pytest.mark.parametrize("name", PRESETS)
def test_the_line_is_sharp(name: str) -> None:
    """Rows are satisfied at the line and above it; below it there is no witness, and failing can be shown instead."""
    case = case_of(name)
    compiled = case.compiled(meets("initial"))
    edge = poorest(case, compiled)
    below = edge.changed(0, -1)
    for given in (edge, edge.changed(0, 1)):
        assert compiled.system.satisfied(compiled.witness([list(given.units)]))
    with pytest.raises(RequirementFailed):
        compiled.witness([list(below.units)])
    failing = case.compiled(fails("initial"))
    assert failing.system.satisfied(failing.witness([list(below.units)]))
    with pytest.raises(RequirementFailed):
        failing.witness([list(edge.units)])


@pytest.mark.parametrize("name", PRESETS)
def test_the_line_is_proved(name: str) -> None:
    case = case_of(name)
    compiled = case.compiled(meets("initial"))
    edge = poorest(case, compiled)
    assert shown(compiled, edge.units)
    assert shown(compiled, edge.changed(0, 1).units)
    statement, proof, policy = forged(compiled, edge.units, edge.changed(0, -1).units)
    with pytest.raises(FalseStatement):
        verify(statement, proof, policy, select("portable"))


@pytest.mark.parametrize("name", PRESETS)
def test_circuits_do_not_depend_on_the_callers_decimal_context(name: str) -> None:
    """Public factors are computed at 60 digits, whatever precision the program around them has set."""
    case = case_of(name)
    digest = case.compiled(meets("initial")).digest
    with localcontext(prec=3, rounding=ROUND_UP):
        assert case.compiled(meets("initial")).digest == digest
        assert type(case.model).parse(case.model.canonical()).digest == case.model.digest


def solutions(system: System, known: tuple[int, ...]) -> z3.CheckSatResult:
    """Whether any integers, honest or not, on the wires after those that are known satisfy all rows."""
    solver = z3.SolverFor("QF_NIA" if system.products else "QF_LIA")
    solver.set("rlimit", 50_000_000)  # the solver's own unit: a busy machine changes no answer
    free = range(len(known), system.wires)
    wires = [z3.IntVal(value) for value in known] + [z3.Int(f"wire {wire}") for wire in free]
    for wire in free:
        solver.add(wires[wire] >= system.lower(wire), wires[wire] <= system.upper(wire))

    def value(forms: LinearForms, row: int) -> z3.ArithRef:
        terms = [coefficient * wires[wire] for wire, coefficient in forms.terms(row)]
        return z3.simplify(z3.Sum(terms) + forms.constants[row])

    for row in range(system.linear.rows):
        solver.add(value(system.linear, row) == 0)
    for row in range(system.products):
        solver.add(value(system.left, row) * value(system.right, row) == value(system.output, row))
    return solver.check()


@pytest.mark.parametrize("name", PRESETS)
def test_no_cheating_witness_exists_below_the_line(name: str) -> None:
    """Not that none was found: the solver shows that none exists. On the line it confirms the honest one."""
    case = case_of(name)
    compiled = case.compiled(meets("initial"))
    edge = poorest(case, compiled)
    honest = compiled.wires([list(edge.units)])[0].tolist()
    assert solutions(compiled.system, tuple(honest)) == z3.sat
    assert solutions(compiled.system, edge.changed(0, -1).units) == z3.unsat


@pytest.mark.parametrize("name", ["starkex", "dydx-v4", "derive-pmrm2"])
def test_states_follow_each_other(name: str) -> None:
    """From rich to poor: healthy, no new risk, liquidatable, bankrupt; the first and the third exclude each other."""
    case = case_of(name)
    edge, floor = edge_of(case), edge_of(case, "maintenance")
    assert edge.units[0] >= floor.units[0]
    assert edge.holds(STATES[State.HEALTHY])
    assert not edge.holds(STATES[State.NO_NEW_RISK])
    below = edge.changed(0, -1)
    assert not below.holds(STATES[State.HEALTHY])
    assert below.holds(STATES[State.NO_NEW_RISK]) is (edge.units[0] > floor.units[0])
    broke = floor.changed(0, -1)
    assert broke.holds(STATES[State.LIQUIDATABLE])
    assert not broke.holds(STATES[State.NO_NEW_RISK])
    debt = floor.changed(0, -(10**15))
    assert debt.holds(STATES[State.BANKRUPT])
    assert debt.holds(STATES[State.CLOSE_OUT])
    assert not broke.holds(STATES[State.BANKRUPT])


FIVE = {
    State.HEALTHY: (50, 1000),
    State.NO_NEW_RISK: (30, 49),
    State.LIQUIDATABLE: (-1000, 29),
    State.CLOSE_OUT: (-1000, 19),
    State.BANKRUPT: (-1000, -1),
}


@pytest.mark.parametrize("equity", [1000, 50, 49, 30, 29, 20, 19, 0, -1, -1000])
def test_five_states_of_three_levels(equity: int) -> None:
    """Requirements of 50, 30 and 20: each state holds on its own stretch of equity, to the unit."""
    shares = [("initial", "0.5"), ("maintenance", "0.3"), ("close out", "0.2")]
    levels = [{"name": name, "share": share} for name, share in shares]
    model = linear_model(markets=[{"symbol": "*", "rates": ["1"]}], levels=levels)
    given = linear_account(model, equity - 100, [100], ["1"])
    for state, predicate in STATES.items():
        low, high = FIVE[state]
        assert given.holds(predicate) is (low <= equity <= high), state


@pytest.mark.parametrize("name", ["starkex", "hyperliquid", "paradex-pm"])
def test_headroom_ratio_and_bounds(name: str) -> None:
    edge = edge_of(case_of(name))
    hundred = 100 * 10 ** edge.market.book.entries[0].decimals
    assert edge.changed(0, hundred).holds(headroom("initial", "100"))
    assert not edge.changed(0, hundred - 1).holds(headroom("initial", "100"))
    assert edge.holds(ratio("initial", "1"))
    assert not edge.holds(ratio("initial", "1.01"))
    assert edge.holds(requirement_between("initial", "0", "1000000000000"))
    assert not edge.holds(requirement_between("initial", "0", "1"))
    assert not edge.holds(requirement_between("initial", "1000000000000", "2000000000000"))


@pytest.mark.parametrize("amount", ["1e3", "NaN", "01", "1.", ""])
def test_numbers_in_statements_are_plain_decimals(amount: str) -> None:
    for make in (headroom, ratio):
        with pytest.raises(InvalidInput):
            make("initial", amount)
