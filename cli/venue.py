"""A whole venue: an index of all accounts, proofs over it, and the sum of all of them opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zkmargin.cli.folders import account_files, bar, claim_of_run, opened_accounts
from zkmargin.cli.manners import Answer, Duration, Moment, Usage, answering, clock, plural, timestamp
from zkmargin.cli.papers import (
    arithmetic_option,
    book_option,
    choose_arithmetic,
    force_option,
    index_option,
    key_option,
    market_options,
    only_one_stdin,
    out_file_option,
    out_option,
    read_book,
    read_papers,
    read_secret,
    read_signatures,
)
from zkmargin.cli.publishing import published
from zkmargin.cli.verifying import policy_options, read_policy

if TYPE_CHECKING:
    from zkmargin.prover.account import Account

accounts_argument = click.argument(
    "folder", metavar="ACCOUNTS", type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@click.group()
def venue() -> None:
    """Every account of a venue: in an index, proven in parts, their sum opened to show that the book balances.

    ACCOUNTS is a folder with an account file (.json) for each account; they are taken in the order of their names.

    \b
    Example:
      zkmargin venue index accounts --venue exchange --key exchange.key.json --book book.json --out index.json
      zkmargin venue prove-all accounts --index index.json -b book.json -s snapshot.json -m model.json \\
        --nonce 2026-11-21 --out parts
      zkmargin venue open-sum accounts --index index.json --book book.json --out balance.json
    """


@venue.command("index")
@accounts_argument
@book_option
@key_option
@click.option("--venue", "name", required=True, help="In whose name.")
@click.option("--at", type=Moment(), help="Date of the index, instead of now.")
@out_file_option
@force_option
@arithmetic_option
@answering
def venue_index(
    folder: Path,
    book_path: str,
    key_path: str,
    name: str,
    at: int | None,
    out: str,
    force: bool,
    arithmetic: str | None,
) -> Answer:
    """List the commitments of all accounts under one root, and sign the list. Names are hidden by the key's salt.

    \b
    Example:
      zkmargin venue index accounts --venue exchange --key exchange.key.json --book book.json --out index.json
    """
    from zkmargin.cli.files import check_target, put, signature_beside
    from zkmargin.prover.venue import build_index

    if out == "-":
        raise Usage("an index and its signature are two files", "give a name with --out")
    beside = signature_beside(out)
    for path in (out, beside):
        check_target(path, force)
    book, secret = read_book(book_path), read_secret(key_path)
    ready = choose_arithmetic(arithmetic)
    named = [
        (reference, account.commitment) for reference, account in opened_accounts(account_files(folder), book, ready)
    ]
    made = build_index(name, book, timestamp(clock(at)), bytes.fromhex(secret.seed), named)
    put(out, made, force=force)
    put(beside, secret.sign(made), force=force)
    data = {"root": made.root, "accounts": len(made), "out": out, "signature": beside}
    return Answer("index", data, f"indexed: {plural(len(made), 'account')}, root {made.root}\nwritten: {out}, {beside}")


@venue.command("prove-all")
@accounts_argument
@index_option
@market_options
@click.option("--show", "shows", default="healthy", show_default=True, help="What to prove of every account.")
@click.option("--nonce", required=True, help="Names this run; auditors may ask for it.")
@click.option("--valid", type=Duration(), default="1d", show_default=True, help="How long the statement is good.")
@click.option("--part", "size", type=click.IntRange(1), help="Accounts in one proof, instead of what fits memory.")
@click.option("--at", type=Moment(), help="Date of the statement, instead of now.")
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of parts.")
@arithmetic_option
@answering
def venue_prove_all(folder: Path, index_path: str, shows: str, out: Path, **options: Any) -> Answer:
    """Prove that every account of the index is as claimed. Interrupted, the same call goes on where it stopped.

    \b
    Example:
      zkmargin venue prove-all accounts --index index.json -b book.json -s snapshot.json -m model.json \\
        --nonce 2026-11-21 --out parts
    """
    from zkmargin.cli.files import read_document
    from zkmargin.prover.venue import prove_venue
    from zkmargin.verifier.index import Index

    index = read_document(index_path, Index)
    ready = choose_arithmetic(options["arithmetic"])
    out.mkdir(parents=True, exist_ok=True)
    claim, book = claim_of_run(shows, out, options)
    files = account_files(folder)
    if len(files) != len(index):
        raise Usage(f"{folder}: {plural(len(files), 'account')}, the index has {len(index)}")

    def source(start: int, stop: int) -> Sequence[Account]:
        return [account for _, account in opened_accounts(files[start:stop], book, ready)]

    with bar(len(index)) as shown:

        def progress(done: int, _: int) -> None:
            shown.update(done - shown.pos)

        written = prove_venue(claim, index, source, out, ready, options["size"], progress)
    data = {"root": index.root, "accounts": len(index), "parts": [str(path) for path in written]}
    text = f"proved: {claim.shows.sentence}, of {plural(len(index), 'account')} in {plural(len(written), 'part')}"
    return Answer("venue", data, f"{text}\nwritten: {out}")


@venue.command("verify")
@click.argument("folder", metavar="PARTS", type=click.Path(exists=True, file_okay=False, path_type=Path))
@index_option
@policy_options
@arithmetic_option
@answering
def venue_verify(folder: Path, index_path: str, arithmetic: str | None, **options: Any) -> Answer:
    """Verify all parts: that they are about every account of the index, each once, and that their proofs hold.

    \b
    Example:
      zkmargin venue verify parts --index index.json -b book.json -s snapshot.json -m model.json --show healthy \\
        --venue exchange --any account --nonce 2026-11-21 --max-age 1d --signer exchange.pub.json \\
        --snapshot-max-age 1d --attester exchange.pub.json --attestation-max-age 1d
    """
    from zkmargin.cli.files import read_document
    from zkmargin.verifier import checking
    from zkmargin.verifier.documents import ProofFile
    from zkmargin.verifier.index import Index
    from zkmargin.verifier.venue import check_venue

    paths = [options[name] for name in ("book_path", "snapshot_path", "model_name")]
    only_one_stdin(index_path, *paths)
    papers = read_papers(*paths)
    policy = read_policy(papers.model.digest, options)
    signatures = read_signatures(options["signatures"], [options["snapshot_path"], index_path])
    around = checking.Papers(papers.book, papers.snapshot, papers.model, signatures)
    index = read_document(index_path, Index)
    files = [read_document(str(path), ProofFile) for path in sorted(folder.glob("part-*.json"))]
    ready = choose_arithmetic(arithmetic)
    checked = check_venue(index, files, around, policy, clock(options["at"]), ready)
    data = {
        "accepted": True,
        "root": checked.root,
        "accounts": checked.accounts,
        "parts": len(checked.parts),
        "shows": checked.claim.shows.text,
        "snapshot_signer": checked.snapshot_signer,
        "attester": checked.attester,
        "not_asked": list(policy.any),
    }
    text = f"accepted: of all {plural(checked.accounts, 'account')} of {index.venue}, {checked.claim.shows.sentence}"
    return Answer("venue", data, f"{text}\nindex root {checked.root}, {plural(len(files), 'part')}")


@venue.command("open-sum")
@accounts_argument
@index_option
@book_option
@out_option
@force_option
@arithmetic_option
@answering
def venue_open_sum(
    folder: Path, index_path: str, book_path: str, out: str, force: bool, arithmetic: str | None
) -> Answer:
    """Open the sum of all commitments of the index. The totals become public, nothing else does.

    \b
    Example:
      zkmargin venue open-sum accounts --index index.json --book book.json --out balance.json
    """
    from zkmargin.cli.files import read_document
    from zkmargin.prover.venue import balance_of
    from zkmargin.verifier.index import Index

    only_one_stdin(index_path, book_path)
    index, book = read_document(index_path, Index), read_book(book_path)
    accounts = [account for _, account in opened_accounts(account_files(folder), book, choose_arithmetic(arithmetic))]
    made = balance_of(book, index, accounts)
    text = f"opened: the sum of {plural(len(index), 'account')}, {plural(len(made.totals), 'total')}"
    return published("balance", made, out, force, text)
