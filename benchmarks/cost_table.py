"""The cost table of docs/models.md: `python benchmarks/cost_table.py` prints it, `--write` puts it into the document.

Wires, lanes and rows follow from the model alone and are checked by a test; times are of the machine it ran on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from cases import DAY, NOW, POLICY
from floor import count
from measure import prices, repeated, timed
from model_cases import ModelCase, all_cases

from zkmargin.circuits import Compiled
from zkmargin.circuits.inspection import Inspection
from zkmargin.prover.account import open_account
from zkmargin.prover.prove import prove
from zkmargin.verifier.arithmetics import select
from zkmargin.verifier.statement import Context, Statement
from zkmargin.verifier.verify import verify

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "models.md"
BEGIN, END = "<!-- cost table: begin -->", "<!-- cost table: end -->"
SECONDS = 1.0
CONTEXT = Context("venue", "account", "0", NOW, NOW + DAY, bytes(32))


def counts(case: ModelCase, compiled: Compiled) -> list[str]:
    """What does not depend on the machine."""
    system = compiled.system
    numbers = (system.entries, system.wires, system.lane_count, system.linear.rows, system.products)
    return [case.title, *(str(number) for number in numbers)]


def components(compiled: Compiled) -> Iterator[str]:
    """Where the cost comes from, largest first."""
    costs = sorted(Inspection(compiled.lowering, compiled.system).costs.items(), key=lambda one: -one[1].lanes)
    for name, cost in costs:
        rows = cost.linear_rows + cost.product_rows
        yield f"| | {name or 'other'} | {cost.wires} | {cost.lanes} | {rows} |"


def times(case: ModelCase, compiled: Compiled) -> list[str]:
    """Compile, witness, prove and verify, warm, and the ratio of proving to its counted floor."""
    arithmetic = select(None)
    account = open_account(case.units, arithmetic)
    statement = Statement(compiled.system, (account.commitment,), CONTEXT)
    lanes = compiled.witness([list(case.units)])
    proof = prove(statement, (account,), lanes, arithmetic)
    verify(statement, proof, POLICY, arithmetic)
    compiling = timed(case.compile)
    witness = median(repeated(lambda: compiled.witness([list(case.units)]), SECONDS))
    proving = median(repeated(lambda: prove(statement, (account,), lanes, arithmetic), SECONDS))
    verifying = median(repeated(lambda: verify(statement, proof, POLICY, arithmetic), SECONDS))
    floor = count(statement.shape).milliseconds(*prices(arithmetic, SECONDS / 4))
    shown = [f"{one:.0f}" for one in (compiling, witness, proving, verifying)]
    return [f"{len(proof):,}", *shown, f"{proving / floor:.2f}"]


def table() -> Iterator[str]:
    """The text between the markers."""
    made = [(case, case.compile()) for case in all_cases()]
    yield "| account and model | entries | wires | lanes | linear rows | product rows |"
    yield "|---|---|---|---|---|---|"
    for case, compiled in made:
        yield f"| {' | '.join(counts(case, compiled))} |"
    yield ""
    yield f"Milliseconds, warm, one process, arithmetic `{select(None).name}`:"
    yield ""
    yield "| account and model | proof bytes | compile | witness | prove | verify | prove / floor |"
    yield "|---|---|---|---|---|---|---|"
    for case, compiled in made:
        yield f"| {' | '.join([case.title, *times(case, compiled)])} |"
    yield ""
    yield "Lanes by component:"
    yield ""
    yield "| account and model | component | wires | lanes | rows |"
    yield "|---|---|---|---|---|"
    for case, compiled in made:
        yield f"| {case.title} | | | | |"
        yield from components(compiled)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/models.md")
    text = "\n".join(table())
    if not parser.parse_args().write:
        print(text)
        return
    document = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
