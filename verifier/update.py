"""An `Update` changes an attested account: commitment plus delta is the new commitment, and both sides compute it.

A fill, a deposit or a funding payment is an account vector of its own, the *delta*. Whoever knows it commits to it; the
venue adds that commitment to the attested one and signs what comes out under the next sequence number.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from zkmargin.circuits.documents.base import Digest, Document, Timestamp, epoch_seconds
from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused
from zkmargin.verifier.accounts import add_commitments
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.documents.commitment import MAX_SEQUENCE, Attestation, Label, Points


class Update(Document):
    """From one attestation of an account to the next."""

    FORMAT: ClassVar[str] = "zkmargin update"

    format: Literal["zkmargin update"]
    venue: Label
    account: Label
    book: Digest
    before: Digest
    """Digest of the attestation that this one follows."""
    delta: Points
    commitment: Points
    """The sum: what the account is committed to from now on."""
    time: Timestamp
    sequence: Annotated[int, Field(ge=1, le=MAX_SEQUENCE)]

    @property
    def attestation(self) -> Attestation:
        """What the venue signs."""
        names = ("venue", "account", "book", "commitment", "time", "sequence")
        return Attestation.build(**{name: getattr(self, name) for name in names})


def update(before: Attestation, delta: bytes, time: str, arithmetic: Arithmetic) -> Update:
    """The update by a committed delta."""
    if before.sequence == MAX_SEQUENCE:
        raise InvalidInput("attestation.sequence: no number follows it")
    made = Update.build(
        venue=before.venue,
        account=before.account,
        book=before.book,
        before=before.digest,
        delta=delta.hex(),
        commitment=add_commitments([bytes.fromhex(before.commitment), delta], arithmetic).hex(),
        time=time,
        sequence=before.sequence + 1,
    )
    check_update(made, before, arithmetic)
    return made


def check_update(made: Update, before: Attestation, arithmetic: Arithmetic) -> None:
    """Refuse an update that does not follow this attestation, or whose sum is wrong."""
    if made.before != before.digest:
        raise PolicyRefused("policy: the update follows another attestation")
    if (made.venue, made.account, made.book) != (before.venue, before.account, before.book):
        raise FalseStatement("update: it is of another venue, account or book than the attestation it follows")
    if made.sequence != before.sequence + 1:
        raise FalseStatement(f"update: number {made.sequence} does not follow {before.sequence}")
    if epoch_seconds(made.time) < epoch_seconds(before.time):
        raise FalseStatement("update: it is dated before the attestation it follows")
    parts = [bytes.fromhex(before.commitment), bytes.fromhex(made.delta)]
    if add_commitments(parts, arithmetic).hex() != made.commitment:
        raise FalseStatement("update: its commitment is not the sum of the two")
