"""What all implementations of the field share: how axes are padded, and how a wrong shape is refused."""

from __future__ import annotations

from zkmargin.circuits.errors import InternalError


def padded(length: int) -> int:
    """The least power of two that is not below `length`."""
    return 1 << (length - 1).bit_length() if length else 1


def require(condition: bool, fault: str) -> None:
    """Refuse shapes that the protocol code never asks for."""
    if not condition:
        raise InternalError(f"field: {fault}")
