"""`SecretKey`: the Ed25519 key by which a venue signs snapshots and attestations; private, like an account."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from zkmargin.circuits.documents.base import Document, Name
from zkmargin.prover.randomness import SYSTEM, Randomness
from zkmargin.verifier.documents.signature import PublicKey, Signature, message

SEED_BYTES = 32


class SecretKey(Document):
    """The seed of a key. Whoever has it signs in its owner's name."""

    FORMAT: ClassVar[str] = "zkmargin secret key"

    format: Literal["zkmargin secret key"]
    name: Name
    seed: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    def __repr__(self) -> str:
        return "SecretKey(private)"

    __str__ = __repr__

    @property
    def public(self) -> PublicKey:
        return PublicKey.build(name=self.name, key=self._key().public_key().public_bytes_raw().hex())

    def sign(self, document: Document) -> Signature:
        """The signature of a document's canonical form."""
        made = self._key().sign(message(document)).hex()
        key = self._key().public_key().public_bytes_raw().hex()
        return Signature.build(kind=document.FORMAT, document=document.digest, key=key, signature=made)

    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.seed))


def new_key(name: str, randomness: Randomness = SYSTEM) -> SecretKey:
    """A fresh key."""
    return SecretKey.build(name=name, seed=randomness.bytes(SEED_BYTES).hex())
