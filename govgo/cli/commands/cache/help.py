# SPDX-License-Identifier: BSD-3-Clause
"""`govgo help [COMMAND … | TOPIC]`."""

from __future__ import annotations

from govgo.cli.call import current_call, reporter, show
from govgo.cli.exitcodes import EXIT_DONE, EXIT_USAGE
from govgo.cli.group import COMMANDS, Group, find_command
from govgo.cli.options import argument, command
from govgo.cli.topics import TOPICS


@command(usage="[command | topic]")
@argument("words")
def help_command(words: tuple[str, ...]) -> int:
    """Show the help of a command, the text of a code (as `explain`), or one of the topics: environment, exit-codes,
    formats, module-auth, private.
    """
    from govgo.cli.helptext import help_text

    if len(words) == 1 and words[0] in TOPICS:
        show(TOPICS[words[0]])
        return EXIT_DONE
    if len(words) == 1 and words[0] not in COMMANDS and (code := _explained(words[0])):
        show(code)
        return EXIT_DONE
    call = current_call()
    assert call is not None
    _, *groups, _ = call.path.split()  # `govgo mod help` is about the commands of the group
    path, target, _ = find_command(groups)
    for i, word in enumerate(words):
        found = target.load(word) if isinstance(target, Group) else None
        if found is None:
            known = " ".join(("govgo help", *groups))
            asked, success = " ".join((known, *words)), " ".join((known, *words[:i]))
            reporter().raw(f"{asked}: unknown help topic. Run '{success}'.")
            return EXIT_USAGE
        path, target = f"{path} {word}", found
    show(help_text(path, target) + "\n")
    if not words:
        show(f"\nTopics (govgo help TOPIC): {', '.join(TOPICS)}\n")
    return EXIT_DONE


def _explained(word: str) -> str:
    """The text of `govgo explain`, "" for what is not a code."""
    from govgo.core.codes.codes import EXPLANATIONS
    from govgo.report.explain import explanation_text

    return explanation_text(word, EXPLANATIONS[word]) if word in EXPLANATIONS else ""
