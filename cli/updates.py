"""An account and its attestation after a change."""

from __future__ import annotations

from typing import Any

import click

from zkmargin.cli.manners import Answer, Moment, Usage, answering, clock, short, timestamp
from zkmargin.cli.papers import (
    FILE,
    arithmetic_option,
    book_option,
    choose_arithmetic,
    force_option,
    key_option,
    only_one_stdin,
    out_file_option,
    read_account,
    read_book,
    read_secret,
)


@click.group()
def update() -> None:
    """After a fill, a deposit, a payment: commitment plus committed change is the new commitment, on both sides.

    The change is an account file too; its amounts are differences. Both parties know it, nobody else does.

    \b
    Example:
      zkmargin account import alice fill.csv --book book.json --out fill.json
      zkmargin commit fill.json --book book.json --out fill.commitment.json
      zkmargin update account alice.json fill.json --book book.json --out alice.2.json
    """


@update.command("account")
@click.argument("account_path", metavar="ACCOUNT", type=FILE)
@click.argument("change_path", metavar="CHANGE", type=FILE)
@book_option
@out_file_option
@force_option
@answering
def update_account(account_path: str, change_path: str, book_path: str, out: str, force: bool) -> Answer:
    """The account after a change, for its owner.

    \b
    Example:
      zkmargin update account alice.json fill.json --book book.json --out alice.2.json
    """
    from zkmargin.prover.joining import changed_account

    only_one_stdin(account_path, change_path, book_path)
    book = read_book(book_path)
    return _keep(changed_account(read_account(account_path), read_account(change_path), book), out, force)


@update.command("attest")
@click.argument("attestation_path", metavar="ATTESTATION", type=FILE)
@click.argument("commitment_path", metavar="COMMITMENT", type=FILE)
@key_option
@click.option("--at", type=Moment(), help="Date of the new attestation, instead of now.")
@click.option("--update", "update_path", type=click.Path(), help="Write down how one follows from the other.")
@out_file_option
@force_option
@arithmetic_option
@answering
def update_attest(
    attestation_path: str,
    commitment_path: str,
    key_path: str,
    at: int | None,
    update_path: str | None,
    out: str,
    force: bool,
    arithmetic: str | None,
) -> Answer:
    """Attest what follows from an attestation and the commitment to a change, under the next sequence number.

    \b
    Example:
      zkmargin update attest alice.attestation.json fill.commitment.json --key exchange.key.json \\
        --out alice.2.attestation.json --update alice.2.update.json
    """
    from zkmargin.circuits.errors import InvalidInput
    from zkmargin.cli.files import check_target, put, read_document, signature_beside
    from zkmargin.verifier import update as updates
    from zkmargin.verifier.documents import Attestation, Commitment

    only_one_stdin(attestation_path, commitment_path, key_path)
    if out == "-":
        raise Usage("an attestation and its signature are two files", "give a name with --out")
    beside = signature_beside(out)
    for path in (out, beside, *([update_path] if update_path else [])):
        check_target(path, force)
    before, change = read_document(attestation_path, Attestation), read_document(commitment_path, Commitment)
    secret = read_secret(key_path)
    if (change.account, change.book) != (before.account, before.book):
        raise InvalidInput("commitment: the change is of another account or book than the attestation")
    moment = timestamp(clock(at))
    made = updates.update(before, bytes.fromhex(change.commitment), moment, choose_arithmetic(arithmetic))
    signed = secret.sign(made.attestation)
    put(out, made.attestation, force=force)
    put(beside, signed, force=force)
    if update_path:
        put(update_path, made, force=force)
    data = {"digest": made.attestation.digest, "sequence": made.sequence, "out": out, "signature": beside}
    text = f"attested: account {made.account}, sequence {made.sequence}, signed by {short(signed.key)}"
    return Answer("update", data, f"{text}\nwritten: {out}, {beside}")


@update.command("check")
@click.argument("update_path", metavar="UPDATE", type=FILE)
@click.argument("attestation_path", metavar="ATTESTATION", type=FILE)
@arithmetic_option
@answering
def update_check(update_path: str, attestation_path: str, arithmetic: str | None) -> Answer:
    """Check that an update follows from the attestation it names.

    \b
    Example:
      zkmargin update check alice.2.update.json alice.attestation.json
    """
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.documents import Attestation
    from zkmargin.verifier.update import Update, check_update

    only_one_stdin(update_path, attestation_path)
    made, before = read_document(update_path, Update), read_document(attestation_path, Attestation)
    check_update(made, before, choose_arithmetic(arithmetic))
    data = {"account": made.account, "sequence": made.sequence, "commitment": made.commitment}
    return Answer("update", data, f"follows: account {made.account}, sequence {made.sequence} after {before.sequence}")


def _keep(file: Any, out: str, force: bool) -> Answer:
    """Write an account file that was made from others."""
    from zkmargin.cli.files import put

    if out == "-":
        raise Usage("an account is private and is written to a file only", "give its name with --out")
    put(out, file, private=True, force=force)
    data = {"account": file.account, "book": file.book, "out": out}
    return Answer("account", data, f"account {file.account} in {out}, which only you can read; keep it")
