"""Completion scripts for shells."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script.

    \b
    Example:
      zkmargin completion bash > ~/.local/share/bash-completion/completions/zkmargin
    """
    from click.shell_completion import get_completion_class

    from zkmargin.cli.main import cli

    made = get_completion_class(shell)
    if made is not None:
        click.echo(made(cli, {}, "zkmargin", "_ZKMARGIN_COMPLETE").source())
