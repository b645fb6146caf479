"""A command that has further commands under its own name: `commit ACCOUNT`, and `commit add`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Several(click.Group):
    """A first word that names a further command calls that one; anything else is the command's own.

    A file called like a further command is written with its folder: `./add`.
    """

    allow_extra_args = False
    allow_interspersed_args = True

    def __init__(self, name: str | None = None, **settings: Any) -> None:
        super().__init__(name, invoke_without_command=True, **settings)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        further = self.commands.get(args[0]) if args else None
        if further is None:
            return super().make_context(info_name, args, parent, **extra)
        return further.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Those of the command itself; a group would name its commands here too."""
        return click.Command.collect_usage_pieces(self, ctx)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every form, each on a line of its own."""
        super().format_usage(ctx, formatter)
        for name, command in self.commands.items():
            pieces = command.collect_usage_pieces(click.Context(command, parent=ctx.parent))
            formatter.write_usage(f"{ctx.command_path} {name}", " ".join(pieces), prefix="   or: ")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """After the arguments only options are left; further commands are offered by the first argument."""
        return click.Command.shell_complete(self, ctx, incomplete)


class OrCommand(click.Argument):
    """The first argument of such a command; a shell completes it to a further command too."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        group = ctx.command
        names = group.list_commands(ctx) if isinstance(group, Several) else []
        further = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return [*further, *super().shell_complete(ctx, incomplete)]
