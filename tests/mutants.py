"""Remove each refusal of the verifier in turn and see whether a test notices.

    python tests/mutants.py [FILE ...]

Every `if ...: raise` of the given files (by default: everything a verifier runs before it believes something) is
replaced by `if False: raise` in a copy of the package, and the tests named for that file run against the copy until
one fails. A refusal that no test misses is a survivor; survivors are listed and the exit code is 1.
"""

from __future__ import annotations

import ast
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
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
    "verifier/sequence.py": [f"{VENUES}/test_venue_sequence.py"],
    "verifier/store.py": [f"{VENUES}/test_venue_replay.py"],
    "verifier/update.py": [f"{VENUES}/test_venue_updates.py"],
    "verifier/venue.py": [f"{VENUES}/test_venue_parts.py"],
    "circuits/alignment.py": [f"{VENUES}/test_venue_mapping.py"],
    "circuits/models/limits.py": [f"{VENUES}/test_venue_limits.py"],
    "prover/joining.py": [
        f"{VENUES}/test_venue_sums.py",
        f"{VENUES}/test_venue_updates.py",
        f"{VENUES}/test_venue_mapping.py",
    ],
    "prover/venue.py": [f"{VENUES}/test_venue_parts.py", f"{VENUES}/test_venue_balance.py"],
    "prover/account.py": [f"{ARGUMENT}/test_argument.py", f"{ARGUMENT}/test_accounts.py"],
    "prover/prove.py": [f"{ARGUMENT}/test_argument.py"],
    "prover/randomness.py": [f"{ARGUMENT}/test_randomness.py"],
    "prover/witness.py": [f"{ARGUMENT}/test_argument.py"],
    "cli/auditing.py": ["tests/cli/test_cli_audit.py", "tests/cli/test_cli_manners.py"],
    "cli/balances.py": [f"{VENUES}/test_venue_commands.py"],
    "cli/remarks.py": [
        "tests/cli/test_cli_audit.py",
        f"{VENUES}/test_venue_audit.py",
        f"{VENUES}/test_venue_audit_policy.py",
    ],
}
OVERSEEN = ("verifier/encoding.py", "verifier/reference_group.py")


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


@contextmanager
def copied() -> Iterator[Path]:
    """A folder with a copy of the package: one for all mutants, so that its kernels are compiled once."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "zkmargin"
        for part in PACKAGES:
            shutil.copytree(ROOT / part, package / part, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(folder, quiet=1)
        yield Path(folder)


def passes(folder: Path, name: str, source: str) -> bool:
    """Whether the tests named for a file pass when this stands in its place."""
    changed = folder / "zkmargin" / name
    whole = changed.read_text()
    changed.write_text(source)
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        # A mutant may have the size and the second of the one before it, which is all that cached bytecode is told by.
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_CACHE_DIR": str(folder / "kernels"),
        # The curve library has checks of its own, which would hide that ours are gone.
        "ZKMARGIN_TEST_ARITHMETICS": "reference" if name in OVERSEEN else "portable",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *TESTS[name]]
    try:
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).returncode == 0
    finally:
        changed.write_text(whole)


def survivors(folder: Path, name: str) -> Iterator[str]:
    """The refusals of a file that its tests do not miss."""
    source = (ROOT / name).read_text()
    if not passes(folder, name, source):
        raise SystemExit(f"{name}: its tests fail with every refusal in place")
    found = list(refusals(source))
    print(f"{name}: {len(found)} refusals", flush=True)
    for node in found:
        if passes(folder, name, without(source, node)):
            yield f"{name}:{node.lineno}: {ast.unparse(node.test)}"


def main(names: list[str]) -> int:
    with copied() as folder:
        count = 0
        for survivor in chain.from_iterable(survivors(folder, name) for name in names or TESTS):
            print("survived", survivor, flush=True)
            count += 1
    print(f"{count} refusals not missed by any test")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
