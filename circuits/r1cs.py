"""Export to the iden3 binary formats `.r1cs` and `.wtns`, so that any Groth16 or PLONK prover can take a circuit.

Signals, in this order: the constant 1; the account's entries; the bits of all wires, wire by wire, lane by lane, least
significant first. Constraints over the chosen field:

    bit * (bit - 1)                      = 0          for every bit
    1 * (bits of the entry - offset)     = entry      for every account entry
    1 * (linear row)                     = 0
    left * right                         = output     for every product row

where a wire stands for `sum_k 2^k bit_k - offset`. All signals are private inputs, or the entries public ones. The
formats are described in iden3/r1csfile and in snarkjs; numbers are little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.system import LANE_BITS, MODULUS, LaneArray, LinearForms, System

BN254_MODULUS = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
"""Order of the scalar field of BN254, the curve of Ethereum's precompiles."""

MODULI = {"bls12-381": MODULUS, "bn254": BN254_MODULUS}

Terms = dict[int, int]
"""Coefficients by signal."""

ONE = 0
FIELD_BYTES = 32


@dataclass(frozen=True, eq=False)
class Export:
    """A system as rank-one constraints over one field, for one account."""

    system: System
    modulus: int
    public_entries: bool

    @staticmethod
    def of(system: System, field: str = "bls12-381", public_entries: bool = False) -> Export:
        """Refuses fields that are unknown, or so small that a row of this system could wrap in them."""
        if field not in MODULI:
            raise InvalidInput(f"export: the field has to be one of {', '.join(MODULI)}")
        export = Export(system, MODULI[field], public_entries)
        export._check_magnitudes(field)
        return export

    @property
    def signals(self) -> int:
        return 1 + self.system.entries + LANE_BITS * self.system.lane_count

    def r1cs(self) -> bytes:
        """The constraints as an `.r1cs` file."""
        rows = [_linear(a) + _linear(b) + _linear(c) for a, b, c in self._constraints()]
        public = self.system.entries if self.public_entries else 0
        header = _integer(self.modulus, FIELD_BYTES, length=True) + struct.pack(
            "<IIIIQI", self.signals, 0, public, self.signals - 1 - public, self.signals, len(rows)
        )
        labels = np.arange(self.signals, dtype="<u8").tobytes()
        return _file(b"r1cs", 1, [(1, header), (2, b"".join(rows)), (3, labels)])

    def wtns(self, lanes: LaneArray) -> bytes:
        """A witness (the lanes of one account) as a `.wtns` file."""
        if lanes.shape != (self.system.lane_count,):
            raise InvalidInput("export: the lanes of one account are needed")
        wires = self.system.join(lanes[None, :])[0]
        bits = np.unpackbits(lanes.astype("<u2").view(np.uint8), bitorder="little")
        values = [1, *(int(wires[i]) % self.modulus for i in range(self.system.entries)), *bits.tolist()]
        body = b"".join(_integer(value, FIELD_BYTES) for value in values)
        header = _integer(self.modulus, FIELD_BYTES, length=True) + struct.pack("<I", len(values))
        return _file(b"wtns", 2, [(1, header), (2, body)])

    def _constraints(self) -> Iterator[tuple[Terms, Terms, Terms]]:
        for bit in range(1 + self.system.entries, self.signals):
            yield {bit: 1}, {bit: 1, ONE: self.modulus - 1}, {}
        for entry in range(self.system.entries):
            yield {ONE: 1}, self._expand([(entry, 1)], 0), {1 + entry: 1}
        linear, left, right, output = map(self._rows, self._forms)
        for row in linear:
            yield {ONE: 1}, row, {}
        yield from zip(left, right, output, strict=True)

    @property
    def _forms(self) -> tuple[LinearForms, LinearForms, LinearForms, LinearForms]:
        return self.system.linear, self.system.left, self.system.right, self.system.output

    def _rows(self, forms: LinearForms) -> Iterator[Terms]:
        for row in range(forms.rows):
            yield self._expand(forms.terms(row), forms.constants[row])

    def _expand(self, terms: Sequence[tuple[int, int]], constant: int) -> Terms:
        """A form of wires as a form of bits."""
        result: Terms = {}
        for wire, coefficient in terms:
            first = 1 + self.system.entries + LANE_BITS * int(self.system.lane_starts[wire])
            for bit in range(LANE_BITS * self.system.lanes[wire]):
                result[first + bit] = coefficient << bit
            constant -= coefficient * self.system.offsets[wire]
        if constant:
            result[ONE] = constant
        return {signal: value % self.modulus for signal, value in result.items()}

    def _check_magnitudes(self, field: str) -> None:
        """`System` has done this for its own field; another one may be smaller."""
        system = self.system
        pairs = [max(-system.lower(wire), system.upper(wire)) for wire in range(system.wires)]
        sizes = np.array(pairs, dtype=object)
        linear, left, right, output = (forms.magnitudes(sizes) for forms in self._forms)
        reach = max([*linear.tolist(), *(left * right + output).tolist()], default=0)
        if reach >= self.modulus // 2:
            raise InvalidInput(
                f"export: a row reaches {reach.bit_length()} bits and could wrap in the field of {field}"
            )


def _linear(terms: Terms) -> bytes:
    body = [struct.pack("<I", signal) + _integer(terms[signal], FIELD_BYTES) for signal in sorted(terms)]
    return struct.pack("<I", len(body)) + b"".join(body)


def _integer(value: int, size: int, length: bool = False) -> bytes:
    return (struct.pack("<I", size) if length else b"") + value.to_bytes(size, "little")


def _file(magic: bytes, version: int, sections: Sequence[tuple[int, bytes]]) -> bytes:
    parts = [magic, struct.pack("<II", version, len(sections))]
    for kind, body in sections:
        parts += [struct.pack("<IQ", kind, len(body)), body]
    return b"".join(parts)
