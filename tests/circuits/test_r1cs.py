"""The export: read back by an independent parser, checked constraint by constraint, and taken to snarkjs."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from circuit_models import BY_NAME

import zkmargin.circuits as zk
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.r1cs import MODULI, Export

SNARKJS = "snarkjs@0.7.6"


@dataclass
class Reader:
    data: bytes
    at: int = 0

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")

    def sections(self, magic: bytes, version: int) -> dict[int, Reader]:
        assert self.take(4) == magic
        assert self.number() == version
        found = {}
        for _ in range(self.number()):
            kind, size = self.number(), self.number(8)
            found[kind] = Reader(self.take(size))
        assert self.at == len(self.data)
        return found


def read_constraints(data: bytes) -> tuple[int, int, int, list[list[dict[int, int]]]]:
    """Modulus, signals, public signals, and the three sides of each constraint."""
    sections = Reader(data).sections(b"r1cs", 1)
    header, body = sections[1], sections[2]
    assert header.number() == 32
    modulus, signals = header.number(32), header.number()
    outputs, public, private, labels, count = (header.number(size) for size in (4, 4, 4, 8, 4))
    assert outputs == 0
    assert 1 + public + private == signals == labels
    assert struct.unpack(f"<{signals}Q", sections[3].data) == tuple(range(signals))
    rows = []
    for _ in range(count):
        sides = [{body.number(): body.number(32) for _ in range(body.number())} for _ in range(3)]
        assert all(list(side) == sorted(side) and all(0 < c < modulus for c in side.values()) for side in sides)
        rows.append(sides)
    assert body.at == len(body.data)
    return modulus, signals, public, rows


def read_witness(data: bytes) -> tuple[int, list[int]]:
    sections = Reader(data).sections(b"wtns", 2)
    header, body = sections[1], sections[2]
    assert header.number() == 32
    modulus, count = header.number(32), header.number()
    return modulus, [body.number(32) for _ in range(count)]


def broken(modulus: int, rows: list[list[dict[int, int]]], witness: list[int]) -> list[int]:
    """The constraints that a witness violates."""

    def value(side: dict[int, int]) -> int:
        return sum(c * witness[signal] for signal, c in side.items()) % modulus

    return [i for i, (a, b, c) in enumerate(rows) if (value(a) * value(b) - value(c)) % modulus]


def tiny_rule(holdings: zk.Holdings) -> None:
    zk.require(holdings["A"] * holdings["A"] <= 50 + holdings["B"], "cap")
    zk.require(abs(holdings["B"]) <= 100, "size")


def tiny() -> zk.Compiled:
    return zk.compile_rule(tiny_rule, [zk.Entry("A", 1), zk.Entry("B", 1)])


@pytest.mark.parametrize("field", MODULI)
@pytest.mark.parametrize("name", ["tiny", *BY_NAME])
def test_the_export_says_what_the_system_says(name: str, field: str) -> None:
    if name == "tiny":
        compiled, account = tiny(), [7, -1]
    else:
        model = BY_NAME[name]
        compiled = zk.compile_rule(model.rule, model.entries)
        account = [-model.plain([0, 3, -2]) * (1 if name != "liquidatable" else -1), 3, -2]
    lanes = compiled.witness(account)[0]
    export = Export.of(compiled.system, field)
    modulus, signals, public, rows = read_constraints(export.r1cs())
    assert modulus == MODULI[field]
    assert public == 0
    system = compiled.system
    assert len(rows) == 16 * system.lane_count + system.entries + system.linear.rows + system.products
    other, witness = read_witness(export.wtns(lanes))
    assert other == modulus
    assert len(witness) == signals
    assert witness[1 : 1 + len(account)] == [value % modulus for value in account]
    assert broken(modulus, rows, witness) == []
    for signal in range(1, signals):
        # Every signal is held: flipping a bit or moving an entry breaks some constraint.
        changed = list(witness)
        changed[signal] = (1 - changed[signal]) % modulus if signal > len(account) else changed[signal] + 1
        assert broken(modulus, rows, changed)
    doubled = list(witness)
    doubled[-1] = 2
    assert broken(modulus, rows, doubled)


def test_entries_can_be_public() -> None:
    assert read_constraints(Export.of(tiny().system, "bn254", public_entries=True).r1cs())[2] == 2


def test_the_export_is_the_same_bytes_every_time() -> None:
    assert Export.of(tiny().system, "bn254").r1cs() == Export.of(tiny().system, "bn254").r1cs()


def test_refusals() -> None:
    with pytest.raises(InvalidInput, match="has to be one of bls12-381, bn254"):
        Export.of(tiny().system, "pasta")
    with pytest.raises(InvalidInput, match="lanes of one account"):
        Export.of(tiny().system).wtns(tiny().witness([[7, 3], [1, 1]]))


def test_a_smaller_field_takes_fewer_systems() -> None:
    """2^253 fits the scalar field of BLS12-381 and could wrap in that of BN254."""
    wide = zk.compile_rule(
        lambda h: zk.require(h["A"] * (1 << 206) + h["B"] * 3 == 0), [zk.Entry("A", 3), zk.Entry("B", 1)]
    )
    Export.of(wide.system, "bls12-381")
    with pytest.raises(InvalidInput, match="could wrap in the field of bn254"):
        Export.of(wide.system, "bn254")


# snarkjs: where Node is present. It is installed once, outside the repository.


@pytest.fixture(scope="session")
def snarkjs(tmp_path_factory: pytest.TempPathFactory) -> str:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node and npm are not installed")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "zkmargin-tests" / SNARKJS
    program = home / "node_modules" / ".bin" / "snarkjs"
    if not program.exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(home), SNARKJS]
        try:
            home.mkdir(parents=True, exist_ok=True)
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError):
            pytest.skip("snarkjs could not be installed")
    return str(program)


def run(program: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.node
@pytest.mark.parametrize("field", MODULI)
def test_snarkjs_accepts_the_witness_and_no_other(snarkjs: str, tmp_path: Path, field: str) -> None:
    compiled = tiny()
    export = Export.of(compiled.system, field)
    lanes = compiled.witness([7, 3])[0]
    (tmp_path / "rule.r1cs").write_bytes(export.r1cs())
    (tmp_path / "good.wtns").write_bytes(export.wtns(lanes))
    wrong = lanes.copy()
    wrong[-1] ^= 1
    (tmp_path / "wrong.wtns").write_bytes(export.wtns(wrong))
    assert "WITNESS IS CORRECT" in run(snarkjs, tmp_path, "wtns", "check", "rule.r1cs", "good.wtns").stdout
    assert "WITNESS IS CORRECT" not in run(snarkjs, tmp_path, "wtns", "check", "rule.r1cs", "wrong.wtns").stdout


@pytest.mark.node
@pytest.mark.parametrize(("field", "curve"), [("bn254", "bn128")])
def test_a_full_groth16_proof(snarkjs: str, tmp_path: Path, field: str, curve: str) -> None:
    """Setup, proof and verification of a small rule, with the account's entries as public inputs."""
    compiled = zk.compile_rule(lambda h: zk.require(h["A"] * h["A"] <= 50, "cap"), [zk.Entry("A", 1)])
    export = Export.of(compiled.system, field, public_entries=True)
    (tmp_path / "rule.r1cs").write_bytes(export.r1cs())
    (tmp_path / "good.wtns").write_bytes(export.wtns(compiled.witness([7])[0]))
    steps = [
        ("powersoftau", "new", curve, "8", "first.ptau"),
        ("powersoftau", "beacon", "first.ptau", "beacon.ptau", "0102030405060708090a0b0c0d0e0f10", "10"),
        ("powersoftau", "prepare", "phase2", "beacon.ptau", "final.ptau"),
        ("groth16", "setup", "rule.r1cs", "final.ptau", "rule.zkey"),
        ("zkey", "export", "verificationkey", "rule.zkey", "key.json"),
        ("groth16", "prove", "rule.zkey", "good.wtns", "proof.json", "public.json"),
    ]
    for step in steps:
        done = run(snarkjs, tmp_path, *step)
        assert done.returncode == 0, f"{step[:2]}: {done.stdout}{done.stderr}"
    assert (tmp_path / "public.json").read_text(encoding="utf-8").split() == ["[", '"7"', "]"]
    verify = ("groth16", "verify", "key.json", "public.json", "proof.json")
    assert "OK!" in run(snarkjs, tmp_path, *verify).stdout
    (tmp_path / "public.json").write_text('["8"]', encoding="utf-8")
    assert "OK!" not in run(snarkjs, tmp_path, *verify).stdout
