# SPDX-License-Identifier: BSD-3-Clause
"""`govgo help [COMMAND … | TOPIC]`."""

from __future__ import annotations

import click

from govgo.cli.console import EXIT_USAGE
from govgo.cli.options import GoCommand
from govgo.cli.topics import TOPICS


@click.command("help", cls=GoCommand, usage="[command | topic]")
@click.argument("words", nargs=-1)
@click.pass_context
def help_command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command, or one of the topics: environment, exit-codes, formats, module-auth, private."""
    assert ctx.parent is not None
    if len(words) == 1 and words[0] in TOPICS:
        click.echo(TOPICS[words[0]], nl=False)
        return
    context = ctx.parent
    for i, word in enumerate(words):
        command = context.command
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is None:
            known = " ".join(("govgo help", *ctx.parent.command_path.split()[1:]))
            asked, success = " ".join((known, *words)), " ".join((known, *words[:i]))
            click.echo(f"{asked}: unknown help topic. Run '{success}'.", err=True)
            ctx.exit(EXIT_USAGE)
        context = click.Context(found, info_name=word, parent=context)
    click.echo(context.get_help())
    if not words:
        click.echo(f"\nTopics (govgo help TOPIC): {', '.join(TOPICS)}")
