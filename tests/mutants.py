"""Remove each refusal of the verifier in turn and see whether a test notices.

    python tests/mutants.py [FILE ...]

Every `if ...: raise` of the given files (by default: everything a verifier runs before it believes something) is
replaced by `if False: raise` in a copy of the package, and the tests named for that file run against the copy until
one fails. A refusal that no test misses is a survivor; survivors are listed and the exit code is 1.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("circuits", "verifier", "prover", "cli")
ARGUMENT = "tests/argument"
VENUES = "tests/venues"
TESTS: dict[str, list[str]] = {
    "circuits/system.py": [f"{ARGUMENT}/test_system.py"],
    "verifier/accounts.py": [f"{ARGUMENT}/test_accounts.py", "tests/models/test_transitions.py", "tests/venues"],
    "verifier/arithmetics.py": [f"{ARGUMENT}/test_arithmetics.py"],
    "verifier/encoding.py": [f"{ARGUMENT}/test_encoding.py", f"{ARGUMENT}/test_group.py"],
    "verifier/group.py": [f"{ARGUMENT}/test_group.py", f"{ARGUMENT}/test_encoding.py"],
    "verifier/proof.py": [f"{ARGUMENT}/test_encoding.py"],
    "verifier/reference_group.py": [f"{ARGUMENT}/test_group.py", f"{ARGUMENT}/test_encoding.py"],
    "verifier/shape.py": [f"{ARGUMENT}/test_shape.py", f"{ARGUMENT}/test_statement.py"],
    "verifier/statement.py": [f"{ARGUMENT}/test_statement.py"],
    "verifier/verify.py": [f"{ARGUMENT}/test_argument.py"],
    "verifier/checking.py": ["tests/cli/test_cli_verify.py"],
    "verifier/aligned.py": [f"{VENUES}/test_venue_mapping.py"],
    "verifier/balance.py": [f"{VENUES}/test_venue_balance.py"],
    "verifier/combination.py": [f"{VENUES}/test_venue_sums.py"],
    "verifier/feeds.py": [f"{VENUES}/test_venue_feeds.py"],
    "verifier/index.py": [f"{VENUES}/test_venue_index.py"],
    "verifier/medians.py": [f"{VENUES}/test_venue_feeds.py"],
    "verifier/replay.py": [f"{VENUES}/test_venue_replay.py"],
    "verifier/sequence.py": [f"{VENUES}/test_venue_sums.py"],
    "verifier/store.py": [f"{VENUES}/test_venue_replay.py"],
    "verifier/update.py": [f"{VENUES}/test_venue_sums.py"],
    "verifier/venue.py": [f"{VENUES}/test_venue_parts.py"],
    "circuits/alignment.py": [f"{VENUES}/test_venue_mapping.py"],
    "circuits/models/limits.py": [f"{VENUES}/test_venue_limits.py"],
    "prover/joining.py": [f"{VENUES}/test_venue_sums.py", f"{VENUES}/test_venue_mapping.py"],
    "prover/venue.py": [f"{VENUES}/test_venue_parts.py", f"{VENUES}/test_venue_balance.py"],
    "prover/account.py": [f"{ARGUMENT}/test_argument.py", f"{ARGUMENT}/test_accounts.py"],
    "prover/prove.py": [f"{ARGUMENT}/test_argument.py"],
    "prover/randomness.py": [f"{ARGUMENT}/test_randomness.py"],
    "prover/witness.py": [f"{ARGUMENT}/test_argument.py"],
}


def refusals(source: str) -> Iterator[ast.If]:
    """Every `if` whose body does nothing but raise."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise):
            yield node


def without(source: str, node: ast.If) -> str:
    """The source with the condition of one `if` replaced by `False`, all other lines where they were."""
    lines = source.splitlines(keepends=True)
    test = node.test
    assert test.end_lineno is not None
    assert test.end_col_offset is not None
    head = lines[test.lineno - 1].encode()[: test.col_offset].decode()
    tail = lines[test.end_lineno - 1].encode()[test.end_col_offset :].decode()
    return "".join([*lines[: test.lineno - 1], head + "False" + tail, *lines[test.end_lineno :]])


def survives(name: str, mutant: str, tests: list[str]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "zkmargin"
        for part in PACKAGES:
            shutil.copytree(ROOT / part, package / part, ignore=shutil.ignore_patterns("__pycache__"))
        (package / name).write_text(mutant)
        # The curve library has checks of its own, which would hide that ours are gone.
        tried = "reference" if name.endswith(("encoding.py", "reference_group.py")) else "portable"
        environment = {**os.environ, "PYTHONPATH": folder, "ZKMARGIN_TEST_ARITHMETICS": tried}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).returncode == 0


def main(names: list[str]) -> int:
    survivors = []
    count = 0
    for name in names or TESTS:
        source = (ROOT / name).read_text()
        for node in refusals(source):
            count += 1
            if survives(name, without(source, node), TESTS[name]):
                survivors.append(f"{name}:{node.lineno}: {ast.unparse(node.test)}")
                print("survived", survivors[-1], flush=True)
    print(f"{count} refusals removed one at a time, {len(survivors)} not missed by any test")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
