"""Every refusal of the project is one of these eight, each with a code that never changes.

The library raises them, the command line turns them into exit codes, reports print `code`. A message says what was
wrong, where, and what to do next, and never contains a private value.
"""

from __future__ import annotations


class ZkMarginError(Exception):
    """Root of the tree; `code` is stable across versions."""

    code = "internal"
    exit_code = 70


class InvalidInput(ZkMarginError):
    """A document, number or argument that is not what the interface asks for; names the field."""

    code = "invalid-input"
    exit_code = 3


class MalformedProof(ZkMarginError):
    """Bytes that are not the encoding of a proof: wrong length, a scalar out of range, a point outside the group."""

    code = "malformed-proof"
    exit_code = 3


class UnsupportedVersion(ZkMarginError):
    """A version of a format or of the protocol that this release does not speak."""

    code = "unsupported-version"
    exit_code = 3


class FalseStatement(ZkMarginError):
    """Well-formed, but not true: the proof does not show what the statement says, or the rule does not hold."""

    code = "false-statement"
    exit_code = 1


class PolicyRefused(ZkMarginError):
    """True or not, the verifier's policy does not admit it: another system, another context, too old, seen before."""

    code = "policy-refused"
    exit_code = 4


class TooLarge(ZkMarginError):
    """Beyond a published limit of size or memory."""

    code = "too-large"
    exit_code = 5


class InternalError(ZkMarginError):
    """A fault of this program; nothing was accepted."""
