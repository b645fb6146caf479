"""Improving trades: what an unhealthy account may still do, through calculator, rows and proof."""

from __future__ import annotations

from dataclasses import replace

import pytest
from linear_samples import case, model
from model_samples import Case, forged, shown

from zkmargin.circuits import RequirementFailed, compile_rule, trace_rule
from zkmargin.circuits.errors import FalseStatement, InvalidInput
from zkmargin.circuits.models.transitions import Improvement, Transition
from zkmargin.circuits.system import LaneArray
from zkmargin.prover.account import Account, chain_accounts, commit_account, open_account
from zkmargin.prover.prove import prove
from zkmargin.verifier.accounts import chain_commitments
from zkmargin.verifier.arithmetics import available, select
from zkmargin.verifier.statement import Context, Policy, Statement
from zkmargin.verifier.verify import verify

HALF = model(markets=[{"symbol": "*", "rates": ["0.5"]}], levels=[{"name": "maintenance"}])


def account(cash: int, *balances: int) -> Case:
    """Positions at price one, half of which is required; few lanes, so that cross products fit."""
    shape = {"decimals": 0, "lanes": 2}
    return case(HALF, cash, list(balances), ["1"] * len(balances), shape, [shape] * len(balances))


def trade(how: Improvement, before: Case, after: Case, or_meets: bool = True) -> Transition:
    return Transition(HALF, (before.market, after.market), "maintenance", how, or_meets)


def allowed(how: Improvement, before: Case, after: Case, or_meets: bool = True) -> bool:
    given = trade(how, before, after, or_meets)
    return bool(trace_rule(given.rule(), given.entries).evaluate([given.double(before.units, after.units)]).holds[0])


# Before: equity 40, requirement 50. Ratio 0.8.
POOR = account(-60, 100)

IMPROVES = {
    "halved_at_no_cost": (account(-10, 50), True),
    "halved_at_the_same_ratio": (account(-30, 50), True),
    "halved_for_one_too_many": (account(-31, 50), False),
    "nothing_changes": (POOR, True),
    "deposit": (account(-59, 100), True),
    "withdrawal": (account(-61, 100), False),
    "larger_position_with_deposit": (account(-52, 101), False),
    "larger_position_a_little_short": (account(-51, 101), False),
    "healthy_again": (account(-45, 101), True),
    "closed_with_debt": (account(-1, 0), False),
    "closed_even": (account(0, 0), True),
    "turned_short_but_smaller": (account(60, -50), False),
    "turned_short_at_a_better_ratio": (account(80, -50), True),
}


@pytest.mark.parametrize("name", IMPROVES)
def test_improves(name: str) -> None:
    after, expected = IMPROVES[name]
    assert allowed("improves", POOR, after) is expected


def test_or_meets_is_a_choice() -> None:
    after = account(-45, 101)
    assert allowed("improves", POOR, after)
    assert not allowed("improves", POOR, after, or_meets=False)


def test_strictly_needs_a_smaller_requirement() -> None:
    assert not allowed("strictly", POOR, POOR)
    assert not allowed("strictly", POOR, account(-59, 100))
    assert allowed("strictly", POOR, account(-59, 99))


def test_only_smaller_needs_every_position_to_shrink() -> None:
    before = account(-60, 100, -20)
    assert allowed("only smaller", before, before)
    assert allowed("only smaller", before, account(-10, 50, -20))
    assert allowed("only smaller", before, account(-30, 50, 0))
    # The requirement falls and the ratio rises, but a position grows, or changes sides.
    assert allowed("improves", before, account(0, 50, -21))
    assert not allowed("only smaller", before, account(0, 50, -21))
    assert not allowed("only smaller", before, account(0, 50, 1))
    assert not allowed("only smaller", before, account(100, -1, -20))


def test_without_requirements_equity_decides() -> None:
    """dYdX lets equity rise only; StarkEx lets it stay."""
    debt = account(-5, 0)
    assert not allowed("improves", debt, debt)
    assert allowed("improves", debt, account(-4, 0))
    assert not allowed("improves", debt, account(-6, 0))
    assert allowed("only smaller", debt, debt)
    assert not allowed("only smaller", debt, account(-6, 0))


def test_a_trade_is_proved() -> None:
    after = account(-30, 50)
    given = trade("improves", POOR, after)
    compiled = compile_rule(given.rule(), given.entries)
    units = given.double(POOR.units, after.units)
    assert compiled.system.satisfied(compiled.witness([units]))
    assert shown(compiled, units)
    worse = given.double(POOR.units, account(-31, 50).units)
    with pytest.raises(RequirementFailed):
        compiled.witness([worse])
    statement, proof, policy = forged(compiled, units, worse)
    with pytest.raises(FalseStatement):
        verify(statement, proof, policy, select("portable"))


def between(first: Account, second: Account, given: Transition) -> tuple[Statement, LaneArray]:
    """The statement about two commitments of one account, and the lanes of what they hold."""
    compiled = compile_rule(given.rule(), given.entries)
    commitments = (chain_commitments([first.commitment, second.commitment]),)
    statement = Statement(compiled.system, commitments, Context("v", "a", "n", 10, 20, bytes(32)))
    return statement, compiled.witness([given.double(first.values, second.values)])


@pytest.mark.parametrize("name", ["ifma", "portable", "reference"])
def test_a_trade_is_proved_between_two_commitments(name: str) -> None:
    """Each commitment was made on its own; the verifier puts them side by side, and the order matters."""
    if name not in available():
        pytest.skip("this machine has no such arithmetic")
    arithmetic = select(name)
    before, after = (open_account(one.units, arithmetic) for one in (POOR, account(-10, 50)))
    statement, lanes = between(before, after, trade("strictly", POOR, account(-10, 50), or_meets=False))
    chained = chain_accounts([before, after])
    proof = prove(statement, [chained], lanes, arithmetic)
    policy = Policy(statement.system.digest, bytes(32), "v", "a", "n", 12, 5)
    assert verify(statement, proof, policy, arithmetic).accounts == 1
    swapped = replace(statement, commitments=(chain_commitments([after.commitment, before.commitment]),))
    with pytest.raises(FalseStatement):
        verify(swapped, proof, policy, arithmetic)


@pytest.mark.parametrize("entries", [[3], [127, 1], [128, 128], [129, 5], [2, 2, 2], [300]])
def test_a_chain_of_commitments_is_the_commitment_of_the_chain(entries: list[int]) -> None:
    fast = select("portable")
    accounts = [open_account(list(range(1, count + 1)), fast) for count in entries]
    chained = chain_accounts(accounts)
    assert commit_account(chained.values, chained.blinding, fast).commitment == chained.commitment
    assert chained.commitment.startswith(b"".join(account.commitment for account in accounts))


@pytest.mark.parametrize("commitments", [[], [b""], [bytes(47)], [bytes(48), bytes(20)]])
def test_a_chain_needs_whole_points(commitments: list[bytes]) -> None:
    with pytest.raises(InvalidInput, match="whole points"):
        chain_commitments(commitments)
