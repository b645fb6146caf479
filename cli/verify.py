"""`zkmargin verify`: one proof, about one account or about the sum of several, under a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from zkmargin.cli.manners import Answer, Usage, answering, clock
from zkmargin.cli.papers import (
    FILE,
    arithmetic_option,
    choose_arithmetic,
    only_one_stdin,
    read_attestations,
    read_papers,
    read_signatures,
)
from zkmargin.cli.sums import read_sum, sum_files, sum_options
from zkmargin.cli.verifying import policy_options, read_policy, verdict_data

if TYPE_CHECKING:
    from zkmargin.cli.sums import Sum
    from zkmargin.verifier.arithmetic import Arithmetic
    from zkmargin.verifier.checking import Checked, Papers
    from zkmargin.verifier.documents import PolicyFile, ProofFile


@click.command()
@click.argument("proof_path", metavar="PROOF", type=FILE)
@policy_options
@click.option("--seen", type=click.Path(dir_okay=False), help="Accept a statement once; remember it in this file.")
@sum_options
@click.option("--latest", type=click.Path(dir_okay=False), help="Remember the legs' sequence numbers in this file.")
@arithmetic_option
@answering
def verify(proof_path: str, arithmetic: str | None, **options: Any) -> Answer:
    """Verify a proof. Nothing is accepted by default: every question is answered, or waived by --any.

    The circuit is compiled here from your book, snapshot and model; nothing of it is taken from the prover. A proof
    about a --sum comes with the attestation of every leg, and the signatures beside those.

    \b
    Examples:
      zkmargin verify proof.json -b book.json -s snapshot.json -m model.json --show 'meets initial' \\
        --venue exchange --account alice --nonce 7d21 --max-age 10m --snapshot-max-age 10m \\
        --signer exchange.pub.json --any attesters
      zkmargin verify proof.json -b book.json -s snapshot.json -m model.json --policy policy.json --seen seen.db
      zkmargin verify proof.json -b book.json -s snapshot.json -m model.json --policy policy.json --sum both.json \\
        --attestation north.attestation.json --attestation south.attestation.json
    """
    from zkmargin.cli.files import about, read_document
    from zkmargin.verifier.documents import ProofFile

    papers, policy = _read(proof_path, options)
    file, summed = read_document(proof_path, ProofFile), read_sum(options, papers.book)
    now, ready = clock(options["at"]), choose_arithmetic(arithmetic)
    with about(proof_path):
        checked = _accepted(file, summed, papers, policy, now, ready, options)

    def text() -> str:
        from zkmargin.cli import render

        return "\n".join([render.verdict(file.statement, checked), *(_sum_lines(summed) if summed else [])])

    return Answer("verify", verdict_data(checked) | (_sum_data(summed) if summed else {}), text)


def _sum_data(summed: Sum) -> dict[str, Any]:
    chosen = summed.combination
    return {"combination": chosen.digest, "for": chosen.account, "legs": len(chosen.legs)}


def _sum_lines(summed: Sum) -> list[str]:
    legs = [f"  {leg.venue}: {leg.account}, attestation {leg.sequence}" for leg in summed.combination.legs]
    return [f"for {summed.combination.account}, the sum of", *legs]


def _read(proof_path: str, options: dict[str, Any]) -> tuple[Papers, PolicyFile]:
    """The papers around the proof, and what is asked of it."""
    from zkmargin.verifier import checking

    if options["latest"] and options["sum_path"] is None:
        raise Usage("--latest goes with --sum")
    paths = [options[name] for name in ("book_path", "snapshot_path", "model_name")]
    given = options["attestations"]
    only_one_stdin(proof_path, *paths, *given, *sum_files(options), options["policy_path"] or "")
    papers = read_papers(*paths)
    policy = read_policy(papers.model.digest, options)
    signatures = read_signatures(options["signatures"], [options["snapshot_path"], *given])
    attestations = read_attestations(given)
    return checking.Papers(papers.book, papers.snapshot, papers.model, signatures, attestations), policy


def _accepted(
    file: ProofFile,
    summed: Sum | None,
    papers: Papers,
    policy: PolicyFile,
    now: int,
    arithmetic: Arithmetic,
    options: dict[str, Any],
) -> Checked:
    """Checked and, with --seen and --latest, written down: only what is on disk has been accepted."""
    from zkmargin.verifier.checking import check_proof
    from zkmargin.verifier.replay import SeenStatements
    from zkmargin.verifier.sequence import LatestAttestations

    seen = SeenStatements(options["seen"]) if options["seen"] else None
    latest = LatestAttestations(options["latest"]) if options["latest"] else None
    if seen is not None:
        seen.check_new(file.statement.context)
    around = (file, papers, policy, now, arithmetic)
    checked = summed.check(*around, latest) if summed else check_proof(*around)
    if seen is not None:
        seen.register(checked.shown, file.proof_bytes, now)
    return checked
