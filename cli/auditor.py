"""What an auditor does: look at any file, and verify everything in a folder."""

from __future__ import annotations

import click

from zkmargin.cli.balances import audit_books
from zkmargin.cli.groups import OrCommand, Several
from zkmargin.cli.manners import Answer, Moment, answering, clock, printable, short
from zkmargin.cli.papers import FILE, arithmetic_option, choose_arithmetic, force_option


@click.command()
@click.argument("path", metavar="FILE", type=FILE)
@answering
def inspect(path: str) -> Answer:
    """Say what a file claims, what it is bound to, and what it does not say. Nothing is verified by looking.

    \b
    Example:
      zkmargin inspect proof.json
    """
    from zkmargin.cli.descriptions import describe
    from zkmargin.cli.files import about, read
    from zkmargin.cli.kinds import PRIVATE, parse_any

    data = read(path)
    with about(path):
        document = parse_any(data)
        found = describe(document)
    is_private = isinstance(document, PRIVATE)
    # The digest of a private file would let anyone test guesses of what is in it.
    digest = None if is_private else document.digest
    answer = {
        "format": document.format,
        "version": document.version,
        "private": is_private,
        "digest": digest,
        "claims": found.claims,
        "bound_to": found.bound_to,
        "does_not_say": list(found.silent),
    }

    def text() -> str:
        title = f"{document.format}, version {document.version}" + (f", digest {digest}" if digest else ", private")
        lines = [title, "claims", *(f"  {name:<12} {printable(value)}" for name, value in found.claims.items())]
        if found.bound_to:
            lines += ["is bound to", *(f"  {name:<12} {short(value)}" for name, value in found.bound_to.items())]
        if found.silent:
            lines += ["does not say", *(f"  {line}" for line in found.silent)]
        return "\n".join(lines)

    return Answer("inspect", answer, text)


@click.command(cls=Several)
@click.argument("folder", type=click.Path(), cls=OrCommand)
@click.option("--policy", "policy_path", type=FILE, required=True, help="What to ask of every proof.")
@click.option("--html", "html_path", type=click.Path(), help="Write a report that stands by itself.")
@click.option("--at", type=Moment(), help="Verify as of this moment, instead of now.")
@force_option
@arithmetic_option
@answering
def audit(
    folder: str, policy_path: str, html_path: str | None, at: int | None, force: bool, arithmetic: str | None
) -> Answer:
    """Verify everything in FOLDER under a policy, and keep going: documents, signatures, scenario values, proofs.

    Folders in it belong to it. Documents are found by their digests, so names of files do not matter. Parts of a
    venue's proof are verified with their index, a proof about a sum with its combination; receipts, balances, updates,
    mappings and quotes are held against the documents they name. With --json, one object a line.

    \b
    Examples:
      zkmargin audit zkmargin-demo/public --policy zkmargin-demo/public/policy.json \\
        --at 2026-11-20T08:01:00Z
      zkmargin audit evidence --policy policy.json --arithmetic reference --html report.html
      zkmargin audit books balance.json --index index.json --book book.json --total USDC=1200000
    """
    from zkmargin.cli.auditing import audit_folder
    from zkmargin.cli.files import check_target, read_document, write
    from zkmargin.verifier.documents import PolicyFile

    if html_path:
        check_target(html_path, force)
    policy, now = read_document(policy_path, PolicyFile), clock(at)
    done = audit_folder(folder, policy, now, choose_arithmetic(arithmetic))
    if html_path:
        from zkmargin.cli.report import html_report

        write(html_path, html_report(done, folder, policy_path).encode(), force=force)
    rows = [("audit-line", line.ok, line.data()) for line in done.lines]
    return Answer("audit", done.data(), done.text, done.exit_code, rows)


audit.add_command(audit_books)
