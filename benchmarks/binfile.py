"""The container of iden3's binary formats: `magic | version | count`, then `type | size | data` for each section."""

from __future__ import annotations

HEADER_BYTES = 12


def sections(data: bytes) -> dict[int, bytes]:
    """The sections of an .r1cs, .zkey or .ptau file by their type."""
    count = int.from_bytes(data[8:HEADER_BYTES], "little")
    found: dict[int, bytes] = {}
    at = HEADER_BYTES
    for _ in range(count):
        kind = int.from_bytes(data[at : at + 4], "little")
        size = int.from_bytes(data[at + 4 : at + 12], "little")
        found[kind] = data[at + 12 : at + 12 + size]
        at += 12 + size
    return found
