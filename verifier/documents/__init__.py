"""The public papers of a proof: what is stated, who signed what, and what a verifier asks for. One file a kind."""

from zkmargin.verifier.documents.claim import Claim, ProofFile
from zkmargin.verifier.documents.commitment import Attestation, Commitment
from zkmargin.verifier.documents.policy import PolicyFile
from zkmargin.verifier.documents.shows import Shows, parse_shows
from zkmargin.verifier.documents.signature import PublicKey, Signature

__all__ = [
    "Attestation",
    "Claim",
    "Commitment",
    "PolicyFile",
    "ProofFile",
    "PublicKey",
    "Shows",
    "Signature",
    "parse_shows",
]
