"""The same rows proved by others: circom and Groth16 by snarkjs, warm and in one process.

Everything is prepared once and kept in the user's cache folder: the packages, phase 1, circuits and keys. Phase 1 comes
from a random tau. With tau = 1 all would seem to work, but nearly every point of the proving key would be the identity
and the timing mean nothing, so each key is looked at before it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from binfile import sections
from cases import Case
from circom import circuit, inputs

HERE = Path(__file__).parent / "peers"
POINT_BYTES = 64
SECTION_CONSTRAINTS = 1
SECTION_A = 5
SECTION_H = 9


class PeerUnavailable(Exception):
    """A tool is missing, or what it made cannot be used; the message says which."""


def time_snarkjs(case: Case, seconds: float) -> dict[str, float]:
    """Medians of proving (from a finished witness) and verifying one account of `case`, in milliseconds."""
    tools = _tools()
    folder = _prepared(case, tools)
    (folder / "input.json").write_text(json.dumps(inputs(case)), encoding="utf-8")
    timed: dict[str, float] = json.loads(_node(tools, "time", folder, seconds))
    return timed


def check_key(key: bytes) -> None:
    """Refuse a proving key made with a degenerate tau: its points must differ from each other and from the identity.

    Of the points for A, one a wire, a few may be the identity: those of wires that stand on no left side.
    """
    found = sections(key)
    h, a = (np.frombuffer(found[number], np.uint8).reshape(-1, POINT_BYTES) for number in (SECTION_H, SECTION_A))
    if len(np.unique(h, axis=0)) != len(h) or not h.any(axis=1).all():
        raise PeerUnavailable("the peer's key is degenerate: points for H repeat, or are the identity")
    if a.any(axis=1).mean() < 0.9:
        raise PeerUnavailable("the peer's key is degenerate: most points for A are the identity")


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "zkmargin" / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _tools() -> Path:
    """The installed packages and the script that drives them."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        raise PeerUnavailable(f"{' and '.join(missing)} not found; --peers needs Node.js 18 or newer")
    sources = {path.name: path.read_bytes() for path in sorted(HERE.iterdir()) if path.is_file()}
    folder = _cache() / f"tools-{_short(sources['package-lock.json'])}"
    for name, data in sources.items():
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    if not (folder / "node_modules" / ".package-lock.json").exists():
        _say("installing circom2 and snarkjs")
        _run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    return folder


def _prepared(case: Case, tools: Path) -> Path:
    """The folder of a compiled circuit with its keys; made under another name, so that half a key is never used."""
    source = circuit(case)
    folder = _cache() / f"{case.name}-{_short(source.encode())}"
    if not folder.exists():
        fresh = folder.with_suffix(".fresh")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        (fresh / "circuit.circom").write_text(source, encoding="utf-8")
        _say(f"{case.name}: compiling the circuit (what is prepared is kept; the largest case takes minutes)")
        circom = tools / "node_modules" / "circom2" / "cli.js"
        _run(["node", str(circom), "circuit.circom", "--r1cs", "--wasm", "--O1"], fresh)
        phase1 = _phase1(_power((fresh / "circuit.r1cs").read_bytes()), tools)
        _say(f"{case.name}: making keys")
        _node(tools, "keys", fresh, phase1)
        fresh.rename(folder)
    check_key((folder / "circuit.zkey").read_bytes())
    return folder


def _phase1(power: int, tools: Path) -> Path:
    file = _cache() / f"phase1-{power}.ptau"
    if not file.exists():
        _say(f"phase 1 for 2^{power} constraints")
        _node(tools, "phase1", power, file)
    return file


def _power(r1cs: bytes) -> int:
    """The domain that the circuit needs: its constraints and public values, rounded up to a power of two."""
    header = sections(r1cs)[SECTION_CONSTRAINTS]
    after_prime = 4 + int.from_bytes(header[:4], "little")
    words = np.frombuffer(header[after_prime:], "<u4")
    outputs, publics, constraints = int(words[1]), int(words[2]), int(words[6])
    return (constraints + outputs + publics).bit_length()


def _node(tools: Path, *arguments: object) -> str:
    return _run(["node", "peer.mjs", *(str(argument) for argument in arguments)], tools)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerUnavailable(f"{command[0]} {command[1]} failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _say(message: str) -> None:
    print(f"peers: {message}", file=sys.stderr, flush=True)
