# SPDX-License-Identifier: BSD-3-Clause
"""`govgo completion`, and `govgo __complete`, which its scripts call."""

from __future__ import annotations

import os

from govgo.cli.call import show
from govgo.cli.completion.candidates import SHELLS
from govgo.cli.options import argument, command
from govgo.errors import UsageError


@command(own=True, usage="bash|zsh|fish")
@argument("shells")
def completion(shells: tuple[str, ...]) -> None:
    """Print a script by which a shell completes commands, flags, values, modules and versions.

    Modules are those of the nearest go.mod and of the module cache, versions those in the cache: no network is asked.

    \b
    source <(govgo completion bash)                                   in ~/.bashrc
    source <(govgo completion zsh)                                    in ~/.zshrc, below compinit
    govgo completion fish > ~/.config/fish/completions/govgo.fish     once
    """
    if len(shells) != 1 or shells[0] not in SHELLS:
        raise UsageError(f"completion: name one shell: {', '.join(SHELLS)}")
    import pkgutil

    script = pkgutil.get_data("govgo.cli.completion", f"scripts/govgo.{shells[0]}")
    assert script is not None
    show(script)
    from govgo.cli.completion.table import command_table

    command_table(os.environ)  # so that not even the first completion has to wait for it


@command(own=True, usage="shell -- words...")
@argument("shells", behind="line")
def complete_command(shells: tuple[str, ...], line: tuple[str, ...]) -> None:
    """Print what may stand at the cursor of a line, for the scripts of `govgo completion`."""
    from govgo.adapters.disk.diskerror import getwd
    from govgo.cli.completion.candidates import complete
    from govgo.cli.completion.knowledge import DiskKnowledge
    from govgo.cli.completion.protocol import answer_text, words_at_cursor
    from govgo.cli.completion.table import command_table

    def mod_cache() -> str:
        from govgo.adapters.workspace.goenvfile import load_env  # `cli.session` would load twice as much

        return load_env(os.environ).gomodcache

    words, left_out = words_at_cursor("".join(shells), line)
    answer = complete(command_table(os.environ), words, DiskKnowledge(getwd(), mod_cache))
    show(answer_text(answer, left_out))
