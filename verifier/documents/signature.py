"""Ed25519 signatures that stand beside a document, and the public keys that check them.

What is signed is `TAG || canonical form of the document`; the form begins with the document's kind and version, so a
signature of one kind of document is never one of another.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from zkmargin.circuits.documents.base import Digest, Document, Name
from zkmargin.circuits.errors import FalseStatement, PolicyRefused

TAG = b"zkmargin signature v1\x00"

Key = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""An Ed25519 public key, 32 bytes in hexadecimal."""


class PublicKey(Document):
    """A key and the name its owner gives it. The name is nobody's promise; trust is in the key."""

    FORMAT: ClassVar[str] = "zkmargin public key"

    format: Literal["zkmargin public key"]
    name: Name
    key: Key


class Signature(Document):
    """`key` has signed the document with this digest."""

    FORMAT: ClassVar[str] = "zkmargin signature"

    format: Literal["zkmargin signature"]
    kind: Annotated[str, Field(pattern=r"^zkmargin [a-z ]{1,40}$")]
    document: Digest
    key: Key
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]

    def check(self, document: Document) -> None:
        """Refuse a signature of something else, or one that its key did not make."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        if (self.kind, self.document) != (document.FORMAT, document.digest):
            raise FalseStatement(f"signature: it is not one of this {document.FORMAT.removeprefix('zkmargin ')}")
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
        try:
            key.verify(bytes.fromhex(self.signature), message(document))
        except InvalidSignature:
            raise FalseStatement("signature: the key it names did not make it") from None

    def check_trusted(self, document: Document, trusted: Collection[str], role: str) -> None:
        """`check`, by one of the keys the caller trusts in this role."""
        if self.key not in trusted:
            raise PolicyRefused(f"policy: the {role} {self.key[:12]} is not one that the policy trusts")
        self.check(document)


def message(document: Document) -> bytes:
    """The bytes that are signed."""
    return TAG + document.canonical()
