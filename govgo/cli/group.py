# SPDX-License-Identifier: BSD-3-Clause
"""The `govgo` command: a group whose commands are loaded when they are called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click

from govgo import __version__
from govgo.cli.options import FlagError


class Entry(NamedTuple):
    """Where a command lives and what help says of it, so that help loads none of them."""

    module: str
    attribute: str
    section: str
    purpose: str


CHANGE, INSPECT, TRUST, CACHE = (
    "Change go.mod",
    "Inspect",
    "Trust and CI",
    "Cache and environment",
)

COMMANDS: Mapping[str, Entry] = {
    "get": Entry("get", "get", CHANGE, "Add, upgrade, downgrade or remove requirements."),
    "tidy": Entry("tidy", "tidy", CHANGE, "Match go.mod and go.sum to the imports of the source."),
    "edit": Entry("edit", "edit", CHANGE, "Edit go.mod from scripts."),
    "init": Entry("init", "init", CHANGE, "Start a module in the current directory."),
    "vendor": Entry("vendor", "vendor", CHANGE, "Copy the packages that the build needs into vendor/."),
    "work": Entry("work", "work", CHANGE, "Keep a workspace: init, use, edit, sync, vendor."),
    "list": Entry("list", "list_command", INSPECT, "List the modules of the build list, or answer version queries."),
    "graph": Entry("graph", "graph", INSPECT, "Print the module requirement graph."),
    "why": Entry("why", "why", INSPECT, "Tell why packages or modules are needed."),
    "verify": Entry("verify", "verify", TRUST, "Prove go.sum by the checksum database; check the cache."),
    "sum": Entry("sum", "sum_group", TRUST, "Explain, complete and merge go.sum; compare tree heads."),
    "download": Entry("download", "download", CACHE, "Download modules to the module cache."),
    "env": Entry("env", "env", CACHE, "Print or set the environment that go and govgo share."),
    "version": Entry("version", "version", CACHE, "Print govgo's version."),
    "help": Entry("help", "help_command", CACHE, "Show the help of a command or a topic."),
}
"""The verbs, grouped as help shows them."""

MOD_COMMANDS: Mapping[str, Entry] = {
    **{name: COMMANDS[name] for name in ("download", "edit", "graph", "init", "tidy", "vendor", "why")},
    "verify": Entry("modverify", "verify", TRUST, "Check that the module cache is unmodified, as go does."),
    "help": COMMANDS["help"],
}
"""`govgo mod …`: the strict mimic of `go mod …`."""


class UnknownCommandError(click.UsageError):
    """A word that names no command of a group: go's line, which names the word at the top only; what was meant."""

    def __init__(self, ctx: click.Context, word: str, meant: str) -> None:
        name = ctx.command_path if ctx.parent is not None else f"{ctx.command_path} {word}"
        super().__init__(f"{name}: unknown command", ctx)
        self.meant = meant


class LazyGroup(click.Group):
    """A group that imports a command's file when the command is called, not when help is printed."""

    def __init__(self, *args: Any, table: Mapping[str, Entry], **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "-help", "--help"]})
        super().__init__(*args, **kwargs)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the table's order."""
        return [*self.table, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, None where the table has no such name."""
        entry = self.table.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"govgo.cli.commands.{entry.module}")
        command = getattr(module, entry.attribute)
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """A -C before the command's name is handed on to the command."""
        if args and args[0] in ("-C", "--C") and len(args) > 1:
            args = [f"-C={args[1]}", *args[2:]]
        if args and args[0].startswith(("-C=", "--C=")):
            args = [*args[1:2], args[0], *args[2:]] if args[1:] else []
        if args and args[0].startswith("-"):
            name = args[0].lstrip("-").partition("=")[0]
            if not any(name == opt.lstrip("-") for param in self.get_params(ctx) for opt in param.opts):
                raise FlagError(f"flag provided but not defined: -{name}", ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a typo."""
        name = args[0] if args else ""
        if name and self.get_command(ctx, name) is None:
            import difflib

            close = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            raise UnknownCommandError(ctx, name, "".join(close))
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The usage line, in go's words."""
        formatter.write(f"usage: {ctx.command_path} <command> [arguments]\n")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands by task, from the table alone."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.table.items():
            sections.setdefault(entry.section, []).append((name, entry.purpose))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)


@click.group(cls=LazyGroup, table=COMMANDS, invoke_without_command=False)
@click.version_option(__version__, "-version", "--version", message="govgo version %(version)s")
def main() -> None:
    """Exact, proved and fast: the module side of the go command, without a Go toolchain.

    \b
    govgo get rsc.io/quote@latest      add or move a requirement
    govgo list -m all                  the build list
    govgo verify                       prove go.sum in CI
    """


@main.command("mod", cls=LazyGroup, table=MOD_COMMANDS, hidden=True)
def mod() -> None:
    """The verbs under the names that `go mod` gives them."""
