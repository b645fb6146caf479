"""A margin rule of one's own, from the text to an accepted proof, with the library alone.

python examples/own_rule.py
"""

from __future__ import annotations

import hashlib
import time

import numpy as np

import zkmargin.circuits as zk
from zkmargin.prover.account import open_account
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.statement import Context, Policy, Statement
from zkmargin.verifier.verify import verify

ENTRIES = [zk.Entry("USD", decimals=2), zk.Entry("BTC-PERP"), zk.Entry("BTC-27DEC-60000-C")]

# Public: the price of one lot, what a lot gains in each scenario, and the cost of closing it.
PRICES = zk.Fixed.parse(["60000.00", "2500.00"], decimals=2)
SCENARIOS = zk.Fixed.parse([["-6000", "-1900"], ["0", "0"], ["6000", "4100"]], decimals=0)
FEES = zk.Fixed.parse(["1.50", "0.75"], decimals=2)


def rule(holdings: zk.Holdings) -> None:
    """Equity covers the worst scenario and the cost of closing everything."""
    positions = holdings[1:]
    equity = (holdings["USD"] + PRICES @ positions).named("equity")
    worst = zk.pos(zk.max(-(SCENARIOS @ positions))).named("worst scenario")
    costs = (FEES @ abs(positions)).named("closing costs")
    zk.require(equity >= (worst + costs).named("requirement"), "initial margin")


def main() -> None:
    compiled = zk.compile_rule(rule, ENTRIES)
    private = np.array([1_000_000, 2, -3])  # 10,000.00 USD, two perpetuals, three calls short
    for line in compiled.explain(private)[0].texts():
        print(line)

    # The trader: commits, and proves for one venue, one nonce, one minute.
    arithmetic = select()
    account = open_account(private.tolist(), arithmetic)
    now = int(time.time())
    documents = hashlib.sha256(b"the published prices, scenarios and fees").digest()
    context = Context("venue", "account 7", "nonce 1", issued_at=now, expires_at=now + 60, documents=documents)
    statement = Statement(compiled.system, (account.commitment,), context)
    proof = prove(statement, [account], compiled.witness(private), arithmetic)
    print(f"proof: {len(proof):,} bytes")

    # The venue: compiles the same rule itself, says what it expects, and checks.
    expected = Policy(
        system=zk.compile_rule(rule, ENTRIES).digest,
        documents=documents,
        venue="venue",
        account="account 7",
        nonce="nonce 1",
        now=now,
        max_age=60,
    )
    shown = verify(statement, proof, expected, arithmetic)
    print(f"accepted: {shown.accounts} account, statement {shown.statement.hex()[:12]}")


if __name__ == "__main__":
    main()
