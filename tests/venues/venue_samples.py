"""A small market with two perpetuals, a margin model of three scenarios, and what venues and traders make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from zkmargin.circuits.compiler import Compiled
from zkmargin.circuits.documents import Book, Snapshot
from zkmargin.circuits.documents.base import Document, epoch_seconds
from zkmargin.circuits.models.grid_pricing import with_scenarios
from zkmargin.circuits.models.scenario_grid import ScenarioGrid
from zkmargin.prover.account import Account, open_account
from zkmargin.prover.keys import SecretKey
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.checking import Papers
from zkmargin.verifier.documents.claim import compile_claim
from zkmargin.verifier.documents.policy import PolicyFile
from zkmargin.verifier.documents.shows import Shows, parse_shows
from zkmargin.verifier.statement import Context, Policy, Statement

TIME = "2026-11-21T08:00:00Z"
NOW = epoch_seconds(TIME) + 60
BTC, ETH = "BTC/USDC:USDC", "ETH/USDC:USDC"
HEALTHY = parse_shows("healthy")


def entries() -> list[dict[str, Any]]:
    return [
        {"kind": "cash", "symbol": "USDC", "decimals": 2},
        {"kind": "collateral", "symbol": "BTC", "decimals": 4},
        {"kind": "perpetual", "symbol": BTC, "decimals": 4},
        {"kind": "perpetual", "symbol": ETH, "decimals": 4},
    ]


def book(**changes: Any) -> Book:
    return Book.build(**({"name": "shared", "currency": "USDC", "entries": entries()} | changes))


def model() -> ScenarioGrid:
    scenarios = [{"name": name, "move": move} for name, move in (("down", "-0.1"), ("none", "0"), ("up", "0.1"))]
    level = {"loss_factor": "1", "linear": "0.01"}
    return ScenarioGrid.build(
        family="scenario-grid",
        name="three moves",
        engine="tests",
        source="made up",
        as_of="2026-01-01",
        scenarios=scenarios,
        levels=[{"name": "initial", **level}, {"name": "maintenance", **level, "linear": "0"}],
        collateral=[{"asset": "BTC", "underlying": "BTC", "offsets": True, "haircuts": ["0.1", "0.05"]}],
    )


def snapshot(of: Book | None = None, time: str = TIME) -> Snapshot:
    prices = {"USDC": "1", "BTC": "100000", BTC: "100000", ETH: "4000"}
    chosen = of or book()
    plain = Snapshot.build(
        book=chosen.digest,
        time=time,
        source="a test",
        instruments=[{"symbol": symbol, "price": prices[symbol]} for symbol in chosen.symbols],
        underlyings=[{"asset": "BTC", "index": "100000"}, {"asset": "ETH", "index": "4000"}],
    )
    return with_scenarios(model(), chosen, plain)


@cache
def compiled(shows: Shows = HEALTHY) -> Compiled:
    return compile_claim(book(), snapshot(), model(), shows)


def units(cash: int, collateral: float = 0, btc: float = 0, eth: float = 0) -> tuple[int, ...]:
    """An account vector from whole amounts."""
    return (cash * 100, round(collateral * 10_000), round(btc * 10_000), round(eth * 10_000))


RICH = units(50_000, btc=1)


def context(nonce: str = "n-1", venue: str = "venue", account: str = "alice", lasts: int = 600) -> Context:
    return Context(venue, account, nonce, NOW - 10, NOW + lasts, bytes(32))


def policy(now: int = NOW) -> Policy:
    from zkmargin.verifier.statement import ANY

    return Policy(compiled().digest, bytes(32), "venue", ANY, ANY, now, 3600)


@dataclass(frozen=True)
class Shown:
    """A statement about accounts, and its proof."""

    statement: Statement
    accounts: tuple[Account, ...]
    proof: bytes


def proven(arithmetic: Arithmetic, vectors: Sequence[Sequence[int]] = (RICH,), at: Context | None = None) -> Shown:
    accounts = tuple(open_account(vector, arithmetic) for vector in vectors)
    rule = compiled()
    statement = Statement(rule.system, tuple(account.commitment for account in accounts), at or context())
    lanes = rule.witness([list(vector) for vector in vectors])
    return Shown(statement, accounts, prove(statement, accounts, lanes, arithmetic))


KEY = SecretKey.build(name="venue key", seed="11" * 32)
STRANGER = SecretKey.build(name="stranger", seed="22" * 32)
ISSUED, EXPIRES = "2026-11-21T08:00:30Z", "2026-11-21T09:00:00Z"


def policy_file(**changes: Any) -> PolicyFile:
    """Asks for everything but account and nonce; a change to `None` removes a field."""
    key = KEY.public.key
    fields = {
        "any": ["account", "nonce"],
        "venue": "venue",
        "shows": HEALTHY,
        "model": model().digest,
        "max_age": 3600,
        "snapshot_signers": [key],
        "snapshot_max_age": 3600,
        "attesters": [{"venue": "venue", "key": key}],
        "attestation_max_age": 3600,
    }
    return PolicyFile.build(**{name: value for name, value in (fields | changes).items() if value is not None})


def papers(*signed: Document, **changes: Any) -> Papers:
    """The papers, with signatures of the venue on the snapshot and on these documents."""
    signatures = [KEY.sign(document) for document in (snapshot(), *signed)]
    return Papers(**({"book": book(), "snapshot": snapshot(), "model": model(), "signatures": signatures} | changes))


def accounts_of(arithmetic: Arithmetic, vectors: Sequence[Sequence[int]]) -> list[Account]:
    return [open_account(vector, arithmetic) for vector in vectors]
