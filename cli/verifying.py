"""What a verifier asks: from options to a policy; and what it has accepted, for machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from zkmargin.cli.manners import Duration, Moment, Usage
from zkmargin.cli.papers import FILE, market_options, read_key

if TYPE_CHECKING:
    from zkmargin.verifier.checking import Checked
    from zkmargin.verifier.documents import PolicyFile

F = TypeVar("F", bound=Callable[..., Any])

WAIVERS = ("venue", "account", "nonce", "shows", "snapshot_signers", "snapshot_max_age", "attesters")
FLAGS = {
    "venue": "--venue NAME",
    "account": "--account NAME",
    "nonce": "--nonce TEXT",
    "shows": "--show CLAIM",
    "snapshot_signers": "--signer KEY",
    "snapshot_max_age": "--snapshot-max-age DURATION",
    "attesters": "--attester [VENUE=]KEY with --attestation-max-age",
    "max_age": "--max-age DURATION",
}


def policy_options(function: F) -> F:
    """Everything a verifier may ask of a proof."""
    options = [
        click.option("--policy", "policy_path", type=FILE, help="A policy document, instead of the options below."),
        click.option("--venue", help="The proof has to be for this venue,"),
        click.option("--account", help="about this account,"),
        click.option("--nonce", help="carry this nonce,"),
        click.option("--show", "shows", help="show this claim,"),
        click.option("--max-age", type=Duration(), help="be dated no longer ago than this,"),
        click.option("--signer", "signers", multiple=True, metavar="KEY", help="with prices signed by this key,"),
        click.option("--snapshot-max-age", type=Duration(), help="no older than this,"),
        click.option(
            "--attester",
            "attesters",
            multiple=True,
            metavar="[VENUE=]KEY",
            help="holdings attested by this key, which speaks for that venue or else for --venue,",
        ),
        click.option("--attestation-max-age", type=Duration(), help="no longer ago than this."),
        click.option("--any", "waived", multiple=True, type=click.Choice(WAIVERS), help="Do not ask this question."),
        click.option("--signature", "signatures", multiple=True, type=FILE, help="Besides those next to the files."),
        click.option(
            "--attestation", "attestations", multiple=True, type=FILE, help="What a venue says of the account."
        ),
        click.option("--at", type=Moment(), help="Verify as of this moment, instead of now."),
    ]
    for option in reversed([market_options, *options]):
        function = option(function)
    return function


def verdict_data(checked: Checked) -> dict[str, Any]:
    """An acceptance, for machines."""
    claim = checked.claim
    return {
        "accepted": True,
        "statement": checked.shown.statement.hex(),
        "shows": claim.shows.text,
        "sentence": claim.shows.sentence,
        "venue": claim.venue,
        "account": claim.account,
        "nonce": claim.nonce,
        "issued": claim.issued,
        "expires": claim.expires,
        "book": claim.book,
        "snapshot": claim.snapshot,
        "model": claim.model,
        "system": claim.system,
        "snapshot_signer": checked.snapshot_signer,
        "attester": checked.attester,
        "not_asked": list(checked.not_asked),
        "arithmetic": checked.shown.arithmetic,
    }


def read_policy(model: str, options: dict[str, Any]) -> PolicyFile:
    """The policy document, or the one that the options amount to."""
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.documents import PolicyFile, parse_shows

    named = {
        "venue": options["venue"],
        "account": options["account"],
        "nonce": options["nonce"],
        "shows": parse_shows(options["shows"]) if options["shows"] else None,
        "max_age": options["max_age"],
        "snapshot_signers": [read_key(one) for one in options["signers"]] or None,
        "snapshot_max_age": options["snapshot_max_age"],
        "attesters": [_attester(one, options["venue"]) for one in options["attesters"]] or None,
        "attestation_max_age": options["attestation_max_age"],
    }
    given = {name: value for name, value in named.items() if value is not None}
    if options["policy_path"]:
        if given or options["waived"]:
            raise Usage("--policy and the options of a policy exclude each other")
        return read_document(options["policy_path"], PolicyFile)
    _check_complete(given, options["waived"])
    return PolicyFile.build(any=list(dict.fromkeys(options["waived"])), model=model, **given)


def _attester(text: str, venue: str | None) -> dict[str, str]:
    """A key and the venue it speaks for: the one that is named with it, or the one that the policy asks for."""
    named, equals, key = text.partition("=")
    if equals:
        return {"venue": named, "key": read_key(key)}
    if venue is None:
        raise Usage("--attester does not say for which venue the key speaks", "--attester VENUE=KEY, or give --venue")
    return {"venue": venue, "key": read_key(text)}


def _check_complete(given: dict[str, Any], waived: tuple[str, ...]) -> None:
    """The questions of a policy, in terms of options."""
    for question, flag in FLAGS.items():
        if question in given and question in waived:
            raise Usage(f"{flag.partition(' ')[0]} and --any {question} exclude each other")
        if question not in given and question not in waived:
            waiver = "" if question == "max_age" else f", or --any {question} to accept any"
            raise Usage(f"the policy does not say what it wants: {flag} is missing", f"{flag}{waiver}")
    if ("attesters" in given) != ("attestation_max_age" in given):
        raise Usage("--attester and --attestation-max-age go together")
