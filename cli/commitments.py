"""Commitments: to one account, and to the sum of several."""

from __future__ import annotations

import click

from zkmargin.cli.groups import OrCommand, Several
from zkmargin.cli.manners import Answer, Usage, answering, plural, short
from zkmargin.cli.papers import (
    FILE,
    arithmetic_option,
    book_option,
    choose_arithmetic,
    force_option,
    only_one_stdin,
    out_option,
    read_account,
    read_book,
)
from zkmargin.cli.publishing import published
from zkmargin.cli.sums import attested_sum, leg_options, plain_sum, read_leg_books, read_summands


@click.command(cls=Several)
@click.argument("account_path", metavar="ACCOUNT", type=FILE, cls=OrCommand)
@book_option
@out_option
@force_option
@arithmetic_option
@answering
def commit(account_path: str, book_path: str, out: str, force: bool, arithmetic: str | None) -> Answer:
    """Publish the commitment to an account. It hides the account perfectly, and binds its owner for good.

    \b
    Examples:
      zkmargin commit alice.json --book book.json --out alice.commitment.json
      zkmargin commit add alice north.attestation.json south.attestation.json --book book.json --out both.json
    """
    from zkmargin.cli.files import check_target

    only_one_stdin(account_path, book_path)
    if out != "-":
        check_target(out, force)
    book, file = read_book(book_path), read_account(account_path)
    made = file.commitment(book, choose_arithmetic(arithmetic))
    return published("commit", made, out, force, f"committed: account {made.account}, {short(made.digest)}")


@commit.command("add")
@click.argument("name")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILE)
@book_option
@leg_options
@out_option
@force_option
@arithmetic_option
@answering
def commit_add(
    name: str,
    paths: tuple[str, ...],
    book_path: str,
    leg_book_paths: tuple[str, ...],
    mapping_paths: tuple[str, ...],
    out: str,
    force: bool,
    arithmetic: str | None,
) -> Answer:
    """Add commitments, under NAME; they add up like the accounts.

    Attestations make a combination: it names them as its legs, and is the --sum of `prove` and `verify`.
    Plain commitments (parts of an account, an account and a change) make the commitment to their sum.

    \b
    Examples:
      zkmargin commit add alice north.attestation.json south.attestation.json --book book.json --out both.json
      zkmargin commit add alice alice.commitment.json fill.commitment.json --book book.json \\
        --out alice.2.commitment.json
    """
    from zkmargin.verifier.combination import Combination, combine
    from zkmargin.verifier.documents import Attestation, Commitment

    only_one_stdin(*paths, book_path, *leg_book_paths, *mapping_paths)
    given, book = read_summands(paths), read_book(book_path)
    attested = [one for one in given if isinstance(one, Attestation)]
    plain = [one for one in given if isinstance(one, Commitment)]
    if plain and (leg_book_paths or mapping_paths):
        raise Usage("--leg-book and --mapping are for attestations: plain commitments are of one book")
    ready = choose_arithmetic(arithmetic)
    made: Combination | Commitment
    if attested:
        made = combine(name, book, attested)
        total = attested_sum(attested, read_leg_books(book, leg_book_paths, mapping_paths), ready).hex()
        text = f"added: {plural(len(attested), 'attested account')} as {name}, combination {short(made.digest)}"
    else:
        total = plain_sum(plain, book, ready).hex()
        made = Commitment.build(account=name, book=book.digest, commitment=total)
        text = f"added: {plural(len(plain), 'commitment')} as {name}, {short(made.digest)}"
    return published("commit", made, out, force, text, {"sum": total})
