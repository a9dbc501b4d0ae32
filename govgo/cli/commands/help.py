# SPDX-License-Identifier: BSD-3-Clause
"""`govgo help [COMMAND … | TOPIC]`."""

from __future__ import annotations

import click

from govgo.cli.console import EXIT_USAGE, invocation, show
from govgo.cli.options import GoCommand
from govgo.cli.topics import TOPICS


@click.command("help", cls=GoCommand, usage="[command | topic]")
@click.argument("words", nargs=-1)
@click.pass_context
def help_command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command, or one of the topics: environment, exit-codes, formats, module-auth, private."""
    assert ctx.parent is not None
    if len(words) == 1 and words[0] in TOPICS:
        show(TOPICS[words[0]])
        return
    context = ctx.parent
    for i, word in enumerate(words):
        command = context.command
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is None:
            known = " ".join(("govgo help", *ctx.parent.command_path.split()[1:]))
            asked, success = " ".join((known, *words)), " ".join((known, *words[:i]))
            invocation().reporter.raw(f"{asked}: unknown help topic. Run '{success}'.")
            ctx.exit(EXIT_USAGE)
        context = click.Context(found, info_name=word, parent=context)
    show(context.get_help() + "\n")
    if not words:
        show(f"\nTopics (govgo help TOPIC): {', '.join(TOPICS)}\n")
