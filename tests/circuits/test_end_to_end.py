"""From a rule to an accepted proof: compile, witness, prove; the verifier compiles for itself and accepts."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from circuit_cases import CASES
from circuit_models import BY_NAME

import zkmargin.circuits as zk
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused
from zkmargin.circuits.system import LaneArray
from zkmargin.prover.account import open_account
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.statement import Context, Policy, Statement
from zkmargin.verifier.verify import verify

NOW = 1_800_000_000
DOCUMENTS = hashlib.sha256(b"the market of the day").digest()
CONTEXT = Context("venue", "account", "nonce", NOW, NOW + 60, DOCUMENTS)


def policy(compiled: zk.Compiled) -> Policy:
    return Policy(compiled.digest, DOCUMENTS, "venue", "account", "nonce", NOW, 30)


def proof_of(compiled: zk.Compiled, table: list[list[int]], lanes: LaneArray) -> tuple[Statement, bytes]:
    arithmetic = select()
    accounts = [open_account(account, arithmetic) for account in table]
    statement = Statement(compiled.system, tuple(account.commitment for account in accounts), CONTEXT)
    return statement, prove(statement, accounts, lanes, arithmetic)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_rule_is_proved_at_its_boundary(name: str) -> None:
    """Three accounts whose margin is exactly zero; one unit less has no witness."""
    model = BY_NAME[name]
    mine = zk.compile_rule(model.rule, model.entries)
    sign = 1 if model.plain([1000, 0, 0]) > 0 else -1
    table = [[-sign * model.plain([0, *positions]), *positions] for positions in ([3, -2], [0, 0], [-12, 15])]
    statement, proof = proof_of(mine, table, mine.witness(table))
    theirs = zk.compile_rule(model.rule, model.entries)
    shown = verify(Statement(theirs.system, statement.commitments, CONTEXT), proof, policy(theirs), select())
    assert shown.accounts == 3
    with pytest.raises(zk.RequirementFailed):
        mine.witness([[table[0][0] - sign, *table[0][1:]]])


def test_every_atom_in_one_proof() -> None:
    """All atoms, exact on both sides, with an entry for each result; and numbers beyond 64 bits."""

    def rule(holdings: zk.Holdings) -> None:
        x = holdings.units
        for place, case in enumerate(CASES, 4):
            zk.require(case.quantity(x[4 - case.inputs : 4]).as_decimals(0) == x[place], case.name)
        zk.require(zk.norm2(x[:4] * 10**15) <= (abs(x[:4]) * 10**15).sum(), "wide")

    compiled = zk.compile_rule(rule, [zk.Entry(f"x{i}", 1 if i < 4 else 3) for i in range(4 + len(CASES))])
    assert compiled.system.products > 15
    assert max(compiled.system.lanes) > 5
    inputs = [[5, 7, 30, 4], [1, -2, 17, 9]]
    table = [[*x, *(case.plain(x[4 - case.inputs :]) for case in CASES)] for x in inputs]
    statement, proof = proof_of(compiled, table, compiled.witness(table))
    verify(statement, proof, policy(compiled), select())
    table[1][-1] += 1
    with pytest.raises(zk.RequirementFailed):
        compiled.witness(table)


def test_a_proof_is_of_one_rule_with_its_public_numbers() -> None:
    def compiled(rate: int) -> zk.Compiled:
        return zk.compile_rule(lambda h: zk.require(h["cash"] >= rate * abs(h["A"])), [zk.Entry("cash"), zk.Entry("A")])

    statement, proof = proof_of(compiled(3), [[100, -20]], compiled(3).witness([100, -20]))
    verify(statement, proof, policy(compiled(3)), select())
    harder = Statement(compiled(6).system, statement.commitments, CONTEXT)
    with pytest.raises(FalseStatement):
        verify(harder, proof, policy(compiled(6)), select())
    with pytest.raises(PolicyRefused):
        verify(statement, proof, policy(compiled(6)), select())


@pytest.mark.parametrize("wire", range(3, 12))
def test_a_tampered_witness_is_not_proved(wire: int) -> None:
    model = BY_NAME["scenario grid with tiers"]
    compiled = zk.compile_rule(model.rule, model.entries)
    account = [-model.plain([0, 3, -2]), 3, -2]
    wires = compiled.wires(account)
    wires[:, wire] += 1
    with pytest.raises(FalseStatement):
        proof_of(compiled, [account], compiled.system.split(wires))


def test_the_witness_is_bound_to_the_committed_account() -> None:
    """Lanes of a richer account than the committed one."""
    compiled = zk.compile_rule(lambda h: zk.require(h["cash"] >= 0), [zk.Entry("cash")])
    with pytest.raises(InvalidInput, match="not those of its entries"):
        proof_of(compiled, [[-5]], compiled.witness([[5]]))


def test_many_accounts_at_once() -> None:
    model = BY_NAME["scenario grid with tiers"]
    compiled = zk.compile_rule(model.rule, model.entries)
    positions = np.random.default_rng(4).integers(-30, 30, (17, 2)).tolist()
    table = [[-model.plain([0, *pair]) + i, *pair] for i, pair in enumerate(positions)]
    statement, proof = proof_of(compiled, table, compiled.witness(table))
    assert verify(statement, proof, policy(compiled), select()).accounts == 17
