"""Receipts: what an account's owner needs to find it in a venue's index, and the look that finds it."""

from __future__ import annotations

import click

from zkmargin.cli.manners import Answer, answering
from zkmargin.cli.papers import FILE, force_option, index_option, key_option, only_one_stdin, out_option, read_secret
from zkmargin.cli.publishing import published


@click.group()
def receipt() -> None:
    """An owner finds the account in a venue's index, and so knows that the venue's proof is about it too.

    \b
    Examples:
      zkmargin receipt new alice --index index.json --key exchange.key.json --out alice.receipt.json
      zkmargin receipt check alice.receipt.json alice.commitment.json --index index.json
    """


@receipt.command("new")
@click.argument("account")
@index_option
@key_option
@out_option
@force_option
@answering
def receipt_new(account: str, index_path: str, key_path: str, out: str, force: bool) -> Answer:
    """What ACCOUNT's owner needs to find it in the index. It is for the owner alone.

    \b
    Example:
      zkmargin receipt new alice --index index.json --key exchange.key.json --out alice.receipt.json
    """
    from zkmargin.cli.files import read_document
    from zkmargin.prover.venue import account_salt
    from zkmargin.verifier.index import Index

    only_one_stdin(index_path, key_path)
    index, secret = read_document(index_path, Index), read_secret(key_path)
    made = index.receipt(account, account_salt(bytes.fromhex(secret.seed), account))
    text = f"receipt: account {account} is leaf {made.position} of {made.count}"
    return published("receipt", made, out, force, text, private=True)


@receipt.command("check")
@click.argument("receipt_path", metavar="RECEIPT", type=FILE)
@click.argument("commitment_path", metavar="COMMITMENT", type=FILE)
@index_option
@answering
def receipt_check(receipt_path: str, commitment_path: str, index_path: str) -> Answer:
    """Check that an account, by its receipt, is in an index with exactly this commitment.

    \b
    Example:
      zkmargin receipt check alice.receipt.json alice.commitment.json --index index.json
    """
    from zkmargin.circuits.errors import FalseStatement
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.documents import Commitment
    from zkmargin.verifier.index import Index, Receipt

    only_one_stdin(receipt_path, commitment_path, index_path)
    given, own = read_document(receipt_path, Receipt), read_document(commitment_path, Commitment)
    index = read_document(index_path, Index)
    if own.book != index.book:
        raise FalseStatement("receipt: the index is of another book than the commitment")
    given.check(index.root, own.account, own.commitment)
    data = {"account": own.account, "position": given.position, "count": given.count, "root": index.root}
    text = f"found: account {own.account} is leaf {given.position} of {given.count} under root {index.root}"
    return Answer("receipt", data, text)
