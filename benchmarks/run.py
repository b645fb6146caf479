"""How fast, and how far from the work that must be done: a table, or JSON. See docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cases import ALL, Case, parse_case
from peers import PeerUnavailable, time_snarkjs

from zkmargin.circuits.errors import InvalidInput

Row = dict[str, Any]
WARM_UP = Case(2, 4, 2)


def main() -> int:
    options = _options()
    cases = options.case or list(ALL)
    # A first process compiles the kernels if they are not cached, so that `cold` below means a cold process.
    _measured(WARM_UP, options.arithmetic, 0.01)
    rows = []
    for case in cases:
        row = _measured(case, options.arithmetic, options.seconds)
        if options.peers and case.accounts == 1:
            try:
                row["peers"]["snarkjs"] = _rounded(time_snarkjs(case, options.seconds))
            except PeerUnavailable as error:
                print(f"peers: {case.name}: {error}", file=sys.stderr)
                return 1
        rows.append(row)
        if not options.json:
            _print_row(row, first=len(rows) == 1)
    if options.json:
        print(json.dumps({"rows": rows}, indent=2))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", action="append", type=_case, metavar="NxS", help="only this case; may be repeated")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    parser.add_argument("--peers", action="store_true", help="the same rows by circom and snarkjs; needs Node.js")
    parser.add_argument("--arithmetic", default="", help="portable, reference, ...; the fastest if not given")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each number is measured (default 4)")
    return parser.parse_args()


def _case(text: str) -> Case:
    try:
        return parse_case(text)
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _measured(case: Case, arithmetic: str, seconds: float) -> Row:
    """The numbers of one case, from a process of its own."""
    script = Path(__file__).with_name("measure.py")
    command = [sys.executable, str(script), case.name, arithmetic, str(seconds), repr(time.time())]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    row: Row = json.loads(done.stdout)
    return row


def _rounded(times: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in times.items()}


COLUMNS = (
    ("case", "case", "{}"),
    ("prove ms", "prove_ms", "{:.2f}"),
    ("verify ms", "verify_ms", "{:.2f}"),
    ("each of 64", "verify_each_of_64_ms", "{:.2f}"),
    ("proof B", "proof_bytes", "{}"),
    ("peak MiB", "peak_mib", "{:.0f}"),
    ("cold ms", "cold_ms", "{:.0f}"),
    ("floor ms", "floor_ms", "{:.2f}"),
    ("x floor", "prove_over_floor", "{:.2f}"),
    ("x kept", "prove_over_floor_with_kept_multiples", "{:.2f}"),
)
WIDTH = 11


def _print_row(row: Row, first: bool) -> None:
    """One line a case, as soon as it is known; the peers on a line below."""
    if first:
        print(f"arithmetic: {row['arithmetic']}\n")
        print("".join(title.rjust(WIDTH) for title, _, _ in COLUMNS))
    cells = ("-" if row[key] is None else form.format(row[key]) for _, key, form in COLUMNS)
    print("".join(cell.rjust(WIDTH) for cell in cells))
    print(
        f"{'':{WIDTH}}  floor: {row['group_additions']:,} additions of {row['addition_ns']:.0f} ns, "
        f"{row['field_products']:,} products of {row['product_ns']:.1f} ns"
    )
    for peer, times in row["peers"].items():
        proving, verifying = times["prove_ms"] / row["prove_ms"], times["verify_ms"] / row["verify_ms"]
        print(
            f"{'':{WIDTH}}  {peer}: prove {times['prove_ms']:.0f} ms ({proving:.0f} x ours), "
            f"verify {times['verify_ms']:.1f} ms ({verifying:.1f} x ours)"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
