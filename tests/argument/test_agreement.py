"""All arithmetics agree byte for byte, and with the frozen vectors of each released version (threat list: 36)."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from argument_samples import NOW, Sample, sample

from zkmargin.circuits.errors import ZkMarginError
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.arithmetics import available, select
from zkmargin.verifier.encoding import SUITE_DST
from zkmargin.verifier.generators import generators
from zkmargin.verifier.verify import verify

VECTORS = Path(__file__).parent.parent / "vectors" / "argument_v1.json"
SHAPES = {"one": (1, 1, 0, 1), "products": (3, 2, 2, 1), "batch": (2, 1, 1, 3)}


def vector_for(given: Sample, arithmetic: Arithmetic) -> dict[str, Any]:
    return {
        "system": given.system.digest.hex(),
        "statement": given.statement.digest.hex(),
        "commitments": [commitment.hex() for commitment in given.statement.commitments],
        "proof": base64.b64encode(given.prove(arithmetic)).decode(),
    }


def make_vectors(arithmetic: Arithmetic) -> dict[str, Any]:
    base = generators(arithmetic)
    points = {tag: base.family(tag.encode(), 4).to_bytes().hex() for tag in ("G", "K", "M")}
    points["H"] = base.blinding.to_bytes().hex()
    proofs = {name: vector_for(sample(arithmetic, *shape), arithmetic) for name, shape in SHAPES.items()}
    return {"protocol": "v1", "now": NOW, "dst": SUITE_DST.decode(), "generators": points, "proofs": proofs}


def test_36_vectors_regenerate_byte_for_byte(arithmetic: Arithmetic) -> None:
    assert make_vectors(arithmetic) == json.loads(VECTORS.read_text())


@pytest.mark.parametrize("name", SHAPES)
def test_36_frozen_proofs_still_verify(name: str, arithmetic: Arithmetic) -> None:
    frozen = json.loads(VECTORS.read_text())["proofs"][name]
    given = sample(arithmetic, *SHAPES[name])
    shown = verify(given.statement, base64.b64decode(frozen["proof"]), given.policy, arithmetic)
    assert shown.system.hex() == frozen["system"]


def test_36_errors_agree_as_well(honest: Sample, proof: bytes) -> None:
    """The same refusal, word for word, for a walk of changed bytes through the proof."""

    def outcome(changed: bytes, arithmetic: Arithmetic) -> tuple[str, str]:
        try:
            verify(honest.statement, changed, honest.policy, arithmetic)
        except ZkMarginError as error:
            return error.code, str(error)
        return "accepted", ""

    arithmetics = [select(name) for name in available()]
    digest = sha256(b"walk").digest()
    for step in range(24):
        at = int.from_bytes(sha256(digest + bytes([step])).digest(), "big") % len(proof)
        changed = proof[:at] + bytes([proof[at] ^ (1 << step % 8)]) + proof[at + 1 :]
        outcomes = {outcome(changed, arithmetic) for arithmetic in arithmetics}
        assert len(outcomes) == 1
        assert "accepted" not in {code for code, _ in outcomes}


def test_generators_are_distinct_and_of_the_group(fast: Arithmetic) -> None:
    base = generators(fast)
    data = b"".join(base.family(tag, 130).to_bytes() for tag in (b"G", b"K", b"M")) + base.blinding.to_bytes()
    points = {data[at : at + 48] for at in range(0, len(data), 48)}
    assert len(points) == 391
    assert fast.group.from_bytes(data).to_bytes() == data


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(make_vectors(select("portable")), indent=1) + "\n")
