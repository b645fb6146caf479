"""Helpers of the model tests: calculators, and proofs at the boundary of a level."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from zkmargin.circuits import Compiled, compile_rule, trace_rule
from zkmargin.circuits.models.base import MarginModel
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.predicates import Predicate, meets, rule
from zkmargin.prover.account import open_account
from zkmargin.prover.prove import Argument, prove
from zkmargin.prover.randomness import SYSTEM, Secrets
from zkmargin.prover.witness import Witness
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.statement import Context, Policy, Statement
from zkmargin.verifier.verify import verify

NOW = 1_800_000_000
CONTEXT = Context("venue", "account", "nonce", NOW - 5, NOW + 60, hashlib.sha256(b"documents").digest())


@dataclass(frozen=True)
class Case:
    """A model, a market of it, and an account."""

    model: MarginModel
    market: Market
    units: tuple[int, ...]

    def numbers(self) -> dict[str, Fraction]:
        """Every named component that is one number."""
        traced = trace_rule(rule(self.model, self.market, meets("initial")), self.market.book.entries)
        values = traced.evaluate([list(self.units)]).components
        scales = {one.name: 10**one.quantity.decimals for one in traced.components}
        return {
            name: Fraction(int(value.ravel()[0]), scales[name]) for name, value in values.items() if value.size == 1
        }

    def margin(self, level: str) -> Fraction:
        numbers = self.numbers()
        return numbers[f"{level} equity"] - numbers[f"{level} requirement"]

    def holds(self, predicate: Predicate) -> bool:
        traced = trace_rule(rule(self.model, self.market, predicate), self.market.book.entries)
        return bool(traced.evaluate([list(self.units)]).holds[0])

    def compiled(self, predicate: Predicate) -> Compiled:
        return compile_rule(rule(self.model, self.market, predicate), self.market.book.entries)

    def changed(self, place: int, amount: int) -> Case:
        units = list(self.units)
        units[place] += amount
        return Case(self.model, self.market, tuple(units))


def poorest(case: Case, compiled: Compiled, cash: int = 0) -> Case:
    """The same positions with the least cash with which the rule still holds, found by bisection."""
    entry = case.market.book.entries[cash]
    low, high = -entry.offset, entry.offset - 1
    while low < high:
        middle = (low + high) // 2
        units = [*case.units[:cash], middle, *case.units[cash + 1 :]]
        if compiled.evaluate([units]).holds[0]:
            high = middle
        else:
            low = middle + 1
    return case.changed(cash, low - case.units[cash])


def statement_of(compiled: Compiled, units: Sequence[int]) -> tuple[Statement, Witness, Policy]:
    arithmetic = select("portable")
    account = open_account(units, arithmetic)
    statement = Statement(compiled.system, (account.commitment,), CONTEXT)
    policy = Policy(
        system=compiled.digest,
        documents=CONTEXT.documents,
        venue=CONTEXT.venue,
        account=CONTEXT.account,
        nonce=CONTEXT.nonce,
        now=NOW,
        max_age=30,
    )
    return statement, Witness((account,), compiled.witness([list(units)])), policy


def shown(compiled: Compiled, units: Sequence[int]) -> bool:
    """Prove, verify."""
    statement, witness, policy = statement_of(compiled, units)
    proof = prove(statement, witness.accounts, witness.lanes, select("portable"))
    return verify(statement, proof, policy, select("portable")).accounts == 1


def forged(compiled: Compiled, honest: Sequence[int], claimed: Sequence[int]) -> tuple[Statement, bytes, Policy]:
    """The proof of a cheat: the lanes of an account that passes, under the commitment of one that does not."""
    arithmetic = select("portable")
    _, witness, policy = statement_of(compiled, honest)
    account = open_account(claimed, arithmetic)
    statement = Statement(compiled.system, (account.commitment,), CONTEXT)
    proof = Argument(statement, Witness((account,), witness.lanes), arithmetic, Secrets(SYSTEM)).run()
    if proof is None:
        raise RuntimeError("a mask vanished, which happens once in 2^240 runs")
    return statement, proof.to_bytes(), policy
