# SPDX-License-Identifier: BSD-3-Clause
"""The commands by name: `govgo`, `govgo mod`, and the groups of their own. A command is loaded when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence

from govgo.cli.options import HELP_FLAGS, Command, CommandLineError, FlagError, check_chdir
from govgo.core.records import NamedTuple


class Entry(NamedTuple):
    """Where a command is, and what the help of its group says of it, so that help loads none of them.

    Attributes:
        module, attribute: the place of the `Command` or `Group` below `govgo.cli.commands`.
        section, purpose: the heading in the help of the group, and the line there.
    """

    module: str
    attribute: str
    section: str
    purpose: str


CHANGE, INSPECT, TRUST, SERVE, CACHE = (
    "Change go.mod",
    "Inspect",
    "Trust and CI",
    "Serve and mirror",
    "Cache and environment",
)

COMMANDS: Mapping[str, Entry] = {
    "get": Entry("change.get", "get", CHANGE, "Add, upgrade, downgrade or remove requirements."),
    "tidy": Entry("change.tidy", "tidy", CHANGE, "Match go.mod and go.sum to the imports of the source."),
    "edit": Entry("change.edit", "edit", CHANGE, "Edit go.mod from scripts."),
    "init": Entry("change.init", "init", CHANGE, "Start a module in the current directory."),
    "vendor": Entry("change.vendor", "vendor", CHANGE, "Copy the packages that the build needs into vendor/."),
    "work": Entry("change.work", "work", CHANGE, "Keep a workspace: init, use, edit, sync, vendor."),
    "list": Entry("inspect.list", "list_command", INSPECT, "List the build list, or answer version queries."),
    "outdated": Entry("inspect.outdated", "outdated", INSPECT, "Tell which dependencies have newer versions."),
    "graph": Entry("inspect.graph", "graph", INSPECT, "Print the module requirement graph."),
    "tree": Entry("inspect.tree", "tree", INSPECT, "Show who requires whom among the selected versions."),
    "what-if": Entry("inspect.whatif", "whatif", INSPECT, "Say what changes of go.mod would come to."),
    "why": Entry("inspect.why", "why", INSPECT, "Explain why packages or modules are needed."),
    "diff": Entry("inspect.diff", "diff", INSPECT, "Compare the build list and go.mod of two states."),
    "hygiene": Entry("inspect.hygiene", "hygiene", INSPECT, "Report what go.mod says without effect."),
    "fleet": Entry("fleet.group", "fleet_group", INSPECT, "Run list, audit, licenses, … over many repositories."),
    "verify": Entry("trust.verify", "verify", TRUST, "Prove go.sum by the checksum database; check the cache."),
    "audit": Entry("trust.audit", "audit", TRUST, "Match the build list with advisories about vulnerabilities."),
    "check": Entry("trust.check", "check", TRUST, "Judge the build list by the rules of govgo.toml."),
    "licenses": Entry("trust.licenses", "licenses", TRUST, "Tell the licence of every module of the build list."),
    "sbom": Entry("trust.sbom", "sbom", TRUST, "Write a bill of materials: CycloneDX or SPDX."),
    "proxies": Entry("trust.proxies", "proxies", TRUST, "Compare what several proxies have for the same modules."),
    "sum": Entry("trust.sum", "sum_group", TRUST, "Explain, complete and merge go.sum; compare tree heads."),
    "log": Entry("trust.log", "log_group", TRUST, "Clone, audit and watch a whole checksum database."),
    "serve": Entry("serve.serve", "serve", SERVE, "Serve modules to go and govgo, proved and cached."),
    "publish": Entry("serve.publish", "publish", SERVE, "Publish a module version on a server."),
    "sumdb": Entry("serve.sumdb", "sumdb_group", SERVE, "Keep a checksum database of your own, and serve it."),
    "storage": Entry("serve.storage", "storage_group", SERVE, "List, check and shrink what a server keeps."),
    "mirror": Entry("serve.mirror", "mirror_group", SERVE, "Keep what builds need where there is no network."),
    "download": Entry("cache.download", "download", CACHE, "Download modules to the module cache."),
    "cache": Entry("cache.cache", "cache_group", CACHE, "Take care of the module cache: size, verify, prune, clean."),
    "env": Entry("cache.env", "env", CACHE, "Print or set the environment that go and govgo share."),
    "explain": Entry("cache.explain", "explain", CACHE, "Explain the code of a finding or an error."),
    "completion": Entry("cache.completion", "completion", CACHE, "Print a script for completion in bash, zsh or fish."),
    "version": Entry("cache.version", "version", CACHE, "Print govgo's version, or what Go binaries contain."),
    "help": Entry("cache.help", "help_command", CACHE, "Show the help of a command or a topic."),
}
"""The verbs, grouped as help shows them."""

MOD_COMMANDS: Mapping[str, Entry] = {
    **{name: COMMANDS[name] for name in ("download", "edit", "graph", "init", "tidy", "vendor", "why")},
    "verify": Entry("trust.modverify", "verify", TRUST, "Check that the module cache is unmodified, as go does."),
    "help": COMMANDS["help"],
}
"""`govgo mod …`: the strict mimic of `go mod …`."""


class Group(NamedTuple):
    """A command that consists of others.

    Attributes:
        table: the commands in it by name.
        help: its help text.
        unlisted: groups in it that its help does not list, and commands for programs.
    """

    table: Mapping[str, Entry]
    help: str
    unlisted: Mapping[str, Group | Entry] = {}

    def load(self, name: str) -> Command | Group | None:
        """The command called `name`, None where there is none."""
        entry = self.table.get(name) or self.unlisted.get(name)
        if entry is None or isinstance(entry, Group):
            return entry
        found = getattr(importlib.import_module(f"govgo.cli.commands.{entry.module}"), entry.attribute)
        assert isinstance(found, Command | Group)
        return found


MOD = Group(MOD_COMMANDS, "The verbs under the names that `go mod` gives them.")
MAIN = Group(
    COMMANDS,
    """Exact, proved and fast: the module side of the go command, without a Go toolchain.

    \b
    govgo get rsc.io/quote@latest      add or move a requirement
    govgo list -m all                  the build list
    govgo verify                       prove go.sum in CI
    """,
    {"mod": MOD, "__complete": Entry("cache.completion", "complete_command", CACHE, "Complete a line, for shells.")},
)


class UnknownCommandError(CommandLineError):
    """A word that names no command of a group.

    The sentence is go's, which names the word in the outermost group only. `meant` is the command of a close name.
    """

    code = "unknown-command"

    def __init__(self, path: str, word: str, meant: str) -> None:
        sentence = f"{path} {word}: unknown command" if path == "govgo" else f"{path}: unknown command"
        super().__init__(sentence, path, meant=f"{path} {meant}" if meant else "")


class Found(NamedTuple):
    """What a command line calls.

    Attributes:
        path: its full name, such as "govgo mod graph".
        target: the command; a group where the line names none of its commands.
        words: the rest of the line.
    """

    path: str
    target: Command | Group
    words: Sequence[str]


def find_command(words: Sequence[str]) -> Found:
    """The command that a line calls. A -C in front of a command's name is handed on to the command.

    Raises:
        UnknownCommandError: a word that names no command.
        FlagError: an unknown flag in front of a command's name.
        UsageError: the line calls no command, and there is no directory of the name that -C gives.
    """
    path, target = "govgo", MAIN
    while True:
        words, moved = _move_chdir(words)
        name, rest = (words[0], words[1:]) if words else ("", ())
        found = target.load(name)
        if found is None and moved:  # nobody else will look at the directory
            check_chdir(moved[0].partition("=")[2])
        if not words or (name.startswith("-") and _is_group_flag(path, name)):
            return Found(path, target, words)
        if found is None:
            from govgo.core.closest import closest

            shown = [each for each in (*target.table, *target.unlisted) if not each.startswith("_")]
            raise UnknownCommandError(path, name, closest(name, shown))
        path, words = f"{path} {name}", [*moved, *rest]
        if isinstance(found, Command):
            if moved and "C" not in found.flags_under(path):  # `help` reads no file: where it would be is looked at
                check_chdir(moved[0].partition("=")[2])
                words = rest
            return Found(path, found, words)
        target = found


def _move_chdir(words: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The line without the -C flag that it begins with, and that flag as one word."""
    if words and words[0] in ("-C", "--C") and len(words) > 1:
        return words[2:], [f"-C={words[1]}"]
    if words and words[0].startswith(("-C=", "--C=")):
        return words[1:], [words[0]]
    return words, []


def _is_group_flag(path: str, word: str) -> bool:
    """Whether a flag belongs to a group itself: the help of any, the version of govgo.

    Raises:
        UnknownCommandError: another flag in front of a command of `mod` or `work`, which is what go says there.
        FlagError: another flag elsewhere.
    """
    name = word.lstrip("-").partition("=")[0]
    if name in HELP_FLAGS or (name == "version" and path == "govgo"):
        return True
    if path in ("govgo mod", "govgo work"):
        raise UnknownCommandError(path, word, "")
    raise FlagError(f"flag provided but not defined: -{name}", path, "<command> [arguments]")
