"""What is claimed (`Statement`), in which context, and what a verifier is ready to believe (`Policy`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from hashlib import sha256
from typing import Final

from zkmargin.circuits.errors import InvalidInput, PolicyRefused
from zkmargin.circuits.system import System
from zkmargin.verifier.shape import Shape

DIGEST_BYTES = 32
MAX_TEXT = 256
MAX_TIME = 1 << 53
"""Times are whole seconds since 1970 and fit the integers of every JSON reader."""


@dataclass(frozen=True)
class Context:
    """Who shows something to whom, when, and on the basis of which documents. Absorbed before anything else."""

    venue: str
    account: str
    nonce: str
    issued_at: int
    expires_at: int
    documents: bytes
    """Digest of the public documents from which the system was compiled."""

    def __post_init__(self) -> None:
        for name in ("venue", "account", "nonce"):
            _check_text(name, getattr(self, name))
        for name in ("issued_at", "expires_at"):
            _check_time(f"context.{name}", getattr(self, name))
        if self.expires_at < self.issued_at:
            raise InvalidInput("context.expires_at: lies before issued_at")
        _check_digest("context.documents", self.documents)

    def to_bytes(self) -> bytes:
        """Every field behind its length: no two contexts share an encoding."""
        texts = [text.encode() for text in (self.venue, self.account, self.nonce)]
        times = [moment.to_bytes(8, "little") for moment in (self.issued_at, self.expires_at)]
        return b"".join(len(part).to_bytes(8, "little") + part for part in [*texts, *times, self.documents])


@dataclass(frozen=True)
class Statement:
    """Each of the accounts behind `commitments` satisfies `system`; `context` says for whom and when."""

    system: System
    commitments: tuple[bytes, ...]
    context: Context

    def __post_init__(self) -> None:
        if not isinstance(self.commitments, tuple):
            raise InvalidInput("statement.commitments: a tuple of bytes is needed")
        size = self.shape.account.commitment_bytes
        for index, commitment in enumerate(self.commitments):
            if not isinstance(commitment, bytes) or len(commitment) != size:
                raise InvalidInput(f"statement.commitments[{index}]: {size} bytes are needed")

    @cached_property
    def shape(self) -> Shape:
        return Shape(self.system, len(self.commitments))

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over system, context and commitments: the statement's short name."""
        parts = [self.system.digest, self.context.to_bytes(), b"".join(self.commitments)]
        framed = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
        return sha256(b"zkmargin statement v1" + framed).digest()


class Anything(Enum):
    """The type of `ANY`."""

    ANY = "any"


ANY: Final = Anything.ANY
"""Says in so many words that a policy does not look at something."""


@dataclass(frozen=True)
class Policy:
    """What a verifier accepts. Every field must be given; `ANY` is explicit."""

    system: bytes | Anything
    documents: bytes | Anything
    venue: str | Anything
    account: str | Anything
    nonce: str | Anything
    now: int
    """Seconds since 1970 by the verifier's own clock."""
    max_age: int
    """Oldest acceptable `issued_at`, in seconds before `now`."""
    clock_skew: int = 0
    """How far `issued_at` may lie in the future."""

    def __post_init__(self) -> None:
        for name in ("now", "max_age", "clock_skew"):
            _check_time(f"policy.{name}", getattr(self, name))

    def check(self, statement: Statement) -> None:
        """Raise `PolicyRefused` with the first reason, if there is one."""
        context = statement.context
        if self.system is not ANY and statement.system.digest != self.system:
            raise PolicyRefused("policy: the statement is about another system")
        for name in ("documents", "venue", "account", "nonce"):
            wanted = getattr(self, name)
            if wanted is not ANY and getattr(context, name) != wanted:
                raise PolicyRefused(f"policy: the statement carries another {name}")
        if context.issued_at > self.now + self.clock_skew:
            raise PolicyRefused("policy: the statement is dated in the future")
        if context.issued_at < self.now - self.max_age:
            raise PolicyRefused("policy: the statement is too old")
        if context.expires_at < self.now:
            raise PolicyRefused("policy: the statement has expired")


@dataclass(frozen=True)
class Shown:
    """What an accepted proof has shown, in the verifier's words."""

    statement: bytes
    """Digest of the statement."""
    system: bytes
    context: Context
    accounts: int
    arithmetic: str


def _check_text(name: str, value: object) -> None:
    if type(value) is not str or not 1 <= len(value) <= MAX_TEXT or not value.isprintable():
        raise InvalidInput(f"context.{name}: 1 to {MAX_TEXT} printable characters are needed")


def _check_time(name: str, value: object) -> None:
    if type(value) is not int or not 0 <= value < MAX_TIME:
        raise InvalidInput(f"{name}: whole seconds since 1970 are needed")


def _check_digest(name: str, value: object) -> None:
    if type(value) is not bytes or len(value) != DIGEST_BYTES:
        raise InvalidInput(f"{name}: a digest of {DIGEST_BYTES} bytes is needed")
