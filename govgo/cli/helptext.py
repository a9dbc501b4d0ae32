# SPDX-License-Identifier: BSD-3-Clause
"""Help texts, laid out by click from the declarations of `cli.options` and the tables of `cli.group`."""

from __future__ import annotations

import inspect

import click

from govgo.cli.group import Group
from govgo.cli.options import Command, Flag

_HELP_NAMES = ["-h", "-help", "--help"]
# Stands for a hyphen while lines are filled, since a line may not end within `-min-age`.
_UNBROKEN = "\N{NON-BREAKING HYPHEN}"


def help_text(path: str, target: Command | Group) -> str:
    """The help of a command or group that is called as `path`."""
    text = target.help if isinstance(target, Group) else target.function.__doc__ or ""
    text = inspect.cleandoc(text).replace("-", _UNBROKEN)
    rendered: click.Command
    if isinstance(target, Group):
        rendered = _RenderedGroup(path, target, text)
    else:
        shown = dict.fromkeys(flag for flag in target.flags_under(path).values())
        rendered = _RenderedCommand(path, target.usage, text, [_option(flag) for flag in shown])
    filled = rendered.get_help(click.Context(rendered, info_name=path, help_option_names=_HELP_NAMES))
    return filled.replace(_UNBROKEN, "-")


def _option(flag: Flag) -> click.Option:
    names = [f"-{name}" for name in flag.names]
    text = flag.help.replace("-", _UNBROKEN)
    if flag.is_switch or (flag.bare and not flag.metavar):
        return click.Option([*names, flag.dest or "ignored"], is_flag=True, help=text, hidden=flag.is_hidden)
    metavar = flag.metavar or "TEXT"
    return click.Option([*names, flag.dest or "ignored"], metavar=metavar, help=text, hidden=flag.is_hidden)


class _RenderedCommand(click.Command):
    """A command as click shows it, with go's usage line: one line, however long."""

    def __init__(self, path: str, usage: str, text: str, options: list[click.Option]) -> None:
        super().__init__(path, help=text, params=[*options])
        self._usage = f"usage: {path} {usage}".rstrip()

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The usage line."""
        formatter.write(self._usage + "\n")


class _RenderedGroup(_RenderedCommand):
    """A group as click shows it: its commands by task, from the table alone."""

    def __init__(self, path: str, group: Group, text: str) -> None:
        version = [click.Option(["-version", "--version"], is_flag=True, help="Show the version and exit.")]
        super().__init__(path, "<command> [arguments]", text, version if path == "govgo" else [])
        self._table = group.table

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, under a heading for each task."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self._table.items():
            sections.setdefault(entry.section, []).append((name, entry.purpose))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)
