"""The command `zkmargin`: which commands there are, and how each of them ends.

Only click is imported here; a command brings its own libraries when it runs, so that help is quick.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from zkmargin.cli.manners import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_USAGE, complain, version_text

COMMANDS = {
    "demo": ("demo", "The whole story in one go, on made-up data."),
    "account": ("accounts", "Make, import and show private accounts."),
    "commit": ("commitments", "Publish the commitment to an account, or add commitments."),
    "margin": ("trader", "Explain an account's margin: components, scenarios, pictures."),
    "what-if": ("trader", "Add hypothetical trades and see what the margin becomes."),
    "backtest": ("backtest", "Hold an account through past snapshots: did the margin suffice?"),
    "prove": ("trader", "Prove that an account, or a sum of several, meets a margin rule."),
    "key": ("signing", "Make signing keys."),
    "book": ("market", "Make, extend and map the list of instruments."),
    "snapshot": ("market", "Build, sign and check market snapshots."),
    "model": ("market", "List and show margin models."),
    "verify": ("verify", "Verify a proof under a policy."),
    "attest": ("signing", "Sign an account's commitment."),
    "update": ("updates", "Carry an account and its attestation through a change."),
    "venue": ("venue", "Prove every account of a venue, and open their sum."),
    "receipt": ("receipts", "Let an owner find an account in a venue's index."),
    "feeds": ("feeds", "Take prices as medians of signed quotes."),
    "inspect": ("auditor", "Say what any file claims, what binds it, what it leaves open."),
    "audit": ("auditor", "Verify everything in a folder, or that a whole book balances."),
    "completion": ("shell", "Print a completion script for bash, zsh or fish."),
}

EPILOG = """\b
Exit codes: 0 done, 1 well-formed but false, 2 usage, 3 malformed or unsupported,
4 refused by policy, 5 resource limit, 70 internal fault, 130 interrupted.

\b
Examples:
  zkmargin demo
  zkmargin margin alice.json --book book.json --snapshot snapshot.json --model model.json
  zkmargin inspect proof.json
"""


class Commands(click.Group):
    """The commands of the table, imported when one of them is called."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"zkmargin.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, name.replace("-", "_"))
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The table itself: help for all commands imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(version_text())
        context.exit()


@click.command(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Version.")
def cli() -> None:
    """Prove that a private portfolio meets a public margin rule, and show nothing else."""


def run(arguments: Sequence[str]) -> int:
    """Run one command; every way it can end has an exit code, none of them a traceback."""
    as_json = "--json" in arguments
    try:
        if any("\0" in argument for argument in arguments):
            raise click.UsageError("an argument holds a zero byte")
        result = cli.main(args=list(arguments), prog_name="zkmargin", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except SystemExit as ending:
        # How shell completion ends.
        return ending.code if isinstance(ending.code, int) else 0
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; without this, Python complains once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except click.ClickException as error:
        return complain(error, as_json, EXIT_USAGE)
    except Exception as error:
        return complain(error, as_json, EXIT_INTERNAL)


def main() -> None:
    """The installed command."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
