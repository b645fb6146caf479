"""Small systems with every kind of row, honest witnesses for them, and a source of randomness that repeats a run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from zkmargin.circuits.system import Block, LaneArray, LinearForms, ObjectArray, Scatter, System
from zkmargin.prover.account import Account, open_account
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.statement import Context, Policy, Statement

NOW = 1_800_000_000
DOCUMENTS = hashlib.sha256(b"documents").digest()
CONTEXT = Context("venue-1", "account-7", "nonce-0001", NOW - 5, NOW + 60, DOCUMENTS)


class SeededRandomness:
    """The same bytes for the same seed: to compare two arithmetics on one run. Never used outside tests."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._calls = 0

    def bytes(self, count: int) -> bytes:
        self._calls += 1
        return hashlib.shake_256(self._seed + self._calls.to_bytes(8, "little")).digest(count)


def sample_system(entries: int, rows: int, products: int, seed: int = 1) -> System:
    """`rows` rows `M x + 5 = slack` and `products` rows `(x_k + 3)(x_k + 3) = square_k`."""
    matrix = np.random.default_rng(seed).integers(-(1 << 20), 1 << 40, size=(rows, entries), dtype=np.int64)
    index = np.arange(max(entries, rows, products), dtype=np.int64)
    slack = entries + index[:rows]
    square = entries + rows + index[:products]
    linear = LinearForms(
        rows, (5,) * rows, (Block(0, index[:entries], matrix),), Scatter(index[:rows], slack, (-1,) * rows)
    )
    factor = LinearForms(
        products, (3,) * products, (), Scatter(index[:products], index[:products] % entries, (1,) * products)
    )
    output = LinearForms(products, (0,) * products, (), Scatter(index[:products], square, (1,) * products))
    lanes = (3,) * entries + (6,) * rows + (7,) * products
    offsets = (1 << 47,) * entries + (0,) * (rows + products)
    if products == 0:
        return System(entries, lanes, offsets, linear)
    return System(entries, lanes, offsets, linear, factor, factor, output)


def sample_wires(system: System, accounts: int, seed: int = 2) -> ObjectArray:
    """Wires that satisfy a sample system."""
    values = np.random.default_rng(seed).integers(1 << 4, 1 << 21, size=(accounts, system.entries)).astype(object)
    rows, products = system.linear.rows, system.products
    empty = np.zeros((accounts, rows + products), dtype=object)
    wires = np.concatenate([values, empty], axis=1)
    slack = system.linear.evaluate(wires)
    wires[:, system.entries : system.entries + rows] = slack
    if products:
        wires[:, system.entries + rows :] = system.left.evaluate(wires) * system.right.evaluate(wires)
    return wires


@dataclass(frozen=True)
class Sample:
    """A statement, what proves it, and the policy that admits it."""

    statement: Statement
    accounts: tuple[Account, ...]
    lanes: LaneArray
    policy: Policy

    @property
    def system(self) -> System:
        return self.statement.system

    def prove(self, arithmetic: Arithmetic, seed: str = "proof") -> bytes:
        return prove(self.statement, self.accounts, self.lanes, arithmetic, SeededRandomness(seed))


def policy_for(statement: Statement) -> Policy:
    context = statement.context
    return Policy(
        system=statement.system.digest,
        documents=context.documents,
        venue=context.venue,
        account=context.account,
        nonce=context.nonce,
        now=NOW,
        max_age=30,
    )


def sample(
    arithmetic: Arithmetic, entries: int = 2, rows: int = 1, products: int = 1, accounts: int = 1, seed: int = 2
) -> Sample:
    system = sample_system(entries, rows, products)
    wires = sample_wires(system, accounts, seed)
    opened = tuple(
        open_account([int(value) for value in row[:entries]], arithmetic, SeededRandomness(f"account {seed} {index}"))
        for index, row in enumerate(wires)
    )
    statement = Statement(system, tuple(account.commitment for account in opened), CONTEXT)
    return Sample(statement, opened, system.split(wires), policy_for(statement))


def with_statement(given: Sample, **changes: object) -> Sample:
    """The same witness under a statement that differs in some fields, and the policy that admits it."""
    statement = replace(given.statement, **changes)  # type: ignore[arg-type]
    return Sample(statement, given.accounts, given.lanes, policy_for(statement))
