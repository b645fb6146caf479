"""Keys, and the attestations that are signed with them."""

from __future__ import annotations

import click

from zkmargin.cli.manners import Answer, Moment, Usage, answering, clock, short, timestamp
from zkmargin.cli.papers import (
    FILE,
    force_option,
    key_option,
    only_one_stdin,
    out_file_option,
    out_option,
    read_secret,
)
from zkmargin.cli.publishing import published


@click.group()
def key() -> None:
    """Ed25519 keys: the secret half in a file that only its owner can read, the public half for everybody.

    \b
    Example:
      zkmargin key new exchange --out exchange.key.json
    """


@key.command("new")
@click.argument("name")
@out_file_option
@force_option
@answering
def key_new(name: str, out: str, force: bool) -> Answer:
    """Make a key. The public half goes next to it: exchange.key.json, exchange.pub.json.

    \b
    Example:
      zkmargin key new exchange --out exchange.key.json
    """
    from zkmargin.cli.files import check_target, put
    from zkmargin.prover.keys import new_key

    if out == "-":
        raise Usage("a secret key is written to a file only", "give its name with --out")
    made = new_key(name)
    public = _public_beside(out)
    check_target(public, force)
    put(out, made, private=True, force=force)
    put(public, made.public, force=force)
    data = {"name": name, "key": made.public.key, "out": out, "public": public}
    return Answer("key", data, f"key {short(made.public.key)} of {name}: secret in {out}, public in {public}")


@key.command("public")
@click.argument("key_path", metavar="KEY", type=FILE)
@out_option
@force_option
@answering
def key_public(key_path: str, out: str, force: bool) -> Answer:
    """The public half of a secret key.

    \b
    Example:
      zkmargin key public exchange.key.json > exchange.pub.json
    """
    made = read_secret(key_path).public
    return published("key", made, out, force, f"key {short(made.key)} of {made.name}", {"key": made.key})


@click.command()
@click.argument("commitment_path", metavar="COMMITMENT", type=FILE)
@key_option
@click.option("--venue", required=True, help="In whose name.")
@click.option("--sequence", type=click.IntRange(0, (1 << 53) - 1), required=True, help="Grows with every attestation.")
@click.option("--at", type=Moment(), help="Date of the attestation, instead of now.")
@out_file_option
@force_option
@answering
def attest(
    commitment_path: str, key_path: str, venue: str, sequence: int, at: int | None, out: str, force: bool
) -> Answer:
    """Say, and sign, that a commitment is to what an account holds. The signature goes next to it (.sig.json).

    Sign only commitments that you have made or opened yourself: a proof is worth no more than this word.

    \b
    Example:
      zkmargin attest alice.commitment.json --key exchange.key.json --venue exchange --sequence 1 \\
        --out alice.attestation.json
    """
    from zkmargin.cli.files import check_target, put, read_document, signature_beside
    from zkmargin.verifier.documents import Attestation, Commitment

    only_one_stdin(commitment_path, key_path)
    if out == "-":
        raise Usage("an attestation and its signature are two files", "give a name with --out")
    beside = signature_beside(out)
    for path in (out, beside):
        check_target(path, force)
    given, secret = read_document(commitment_path, Commitment), read_secret(key_path)
    fields = {name: getattr(given, name) for name in ("account", "book", "commitment")}
    made = Attestation.build(venue=venue, time=timestamp(clock(at)), sequence=sequence, **fields)
    signed = secret.sign(made)
    put(out, made, force=force)
    put(beside, signed, force=force)
    text = f"attested: account {given.account}, sequence {sequence}, signed by {short(signed.key)}"
    return Answer(
        "attest",
        {"digest": made.digest, "key": signed.key, "out": out, "signature": beside},
        f"{text}\nwritten: {out}, {beside}",
    )


def _public_beside(path: str) -> str:
    stem = path.removesuffix(".json").removesuffix(".key")
    return f"{stem}.pub.json"
