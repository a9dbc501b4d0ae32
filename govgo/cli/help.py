# SPDX-License-Identifier: BSD-3-Clause
"""`govgo help [COMMAND … | TOPIC]`."""

from __future__ import annotations

import click

from govgo.cli.topics import TOPICS
from govgo.errors import UsageError


@click.command("help", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
@click.pass_context
def help_command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command, or one of the topics: environment, exit-codes, formats, module-auth, private."""
    assert ctx.parent is not None
    if len(words) == 1 and words[0] in TOPICS:
        click.echo(TOPICS[words[0]], nl=False)
        return
    context = ctx.parent
    for word in words:
        command = context.command
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is None:
            topics = ", ".join(TOPICS)
            raise UsageError(f"help {' '.join(words)}: unknown help topic (there are commands, and {topics})")
        context = click.Context(found, info_name=word, parent=context)
    click.echo(context.get_help())
    if not words:
        click.echo(f"\nTopics (govgo help TOPIC): {', '.join(TOPICS)}")
