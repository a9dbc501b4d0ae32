# SPDX-License-Identifier: BSD-3-Clause
"""All commands with their flags in a form that loads in a millisecond, for completion.

The declarations stand in the modules of the commands, and to load one takes longer than a completion may. So the table
is made once for each version of govgo, and kept in the user's own cache directory (`adapters.disk.kept`).
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterator, Mapping, Sequence

import govgo
from govgo.adapters.disk.usercache import KeptFiles
from govgo.core.records import NamedTuple


class FlagRow(NamedTuple):
    """A flag: its names, whether it stands alone, what it means alone ("" for nothing), and the rest of its `Flag`."""

    names: Sequence[str]
    is_switch: bool
    bare: str
    metavar: str
    values: Sequence[str]
    help: str
    is_hidden: bool


class CommandRow(NamedTuple):
    """A command or a group.

    Attributes:
        children: name and purpose of the commands of a group.
        flags: of a command.
        arguments: the keyword of its arguments, which says what they are.
    """

    children: Sequence[tuple[str, str]]
    flags: Sequence[FlagRow]
    arguments: str

    @property
    def is_group(self) -> bool:
        """Whether a command must follow."""
        return bool(self.children)


Table = Mapping[str, CommandRow]
"""By the full name: "govgo mod graph"."""


def command_table(environ: Mapping[str, str]) -> Table:
    """The table of this govgo, kept from an earlier completion or made now."""
    kept = KeptFiles(environ, "completion")
    key = _stamp()
    data = kept.read(key)
    if data is None:
        data = marshal.dumps(_plain(make_table()))
        kept.write(key, data)
    return _Kept(marshal.loads(data))


class _Kept(Mapping[str, CommandRow]):
    """A table whose rows are made when they are asked for: a line needs two or three of eighty."""

    def __init__(self, rows: Mapping[str, bytes]) -> None:
        self._rows = rows

    def __getitem__(self, path: str) -> CommandRow:
        children, flags, arguments = marshal.loads(self._rows[path])
        return CommandRow(children, [FlagRow._make(flag) for flag in flags], arguments)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def make_table() -> Table:
    """The table, from the declarations. Loads every command."""
    from govgo.cli.group import Group
    from govgo.cli.reference.pages import all_pages, values_of

    table: dict[str, CommandRow] = {}
    for page in all_pages():
        if isinstance(page.target, Group):
            children = [(name, entry.purpose) for name, entry in page.target.table.items()]
            table[page.path] = CommandRow(children, (), "")
            continue
        declared = dict.fromkeys(page.target.flags_under(page.path).values())
        rows = [
            FlagRow(
                flag.names,
                flag.is_switch,
                flag.bare,
                flag.metavar,
                values_of(flag, page.formats),
                flag.help,
                flag.is_hidden,
            )
            for flag in declared
        ]
        table[page.path] = CommandRow((), rows, page.target.arguments)
    return table


def _plain(table: Table) -> dict[str, bytes]:
    """The table of built-in types, as `marshal` takes it, row by row."""
    return {
        path: marshal.dumps(
            (
                [tuple(child) for child in row.children],
                [(*map(_built_in, flag),) for flag in row.flags],
                row.arguments,
            )
        )
        for path, row in table.items()
    }


def _built_in(value: object) -> object:
    return [str(each) for each in value] if isinstance(value, tuple | list) else value


def _stamp() -> str:
    """What changes when a command changes: in a checkout the times of the files."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return repr((govgo.__version__, sys.hexversion, here, sorted(_facts(here))))


def _facts(directory: str) -> Iterator[tuple[str, int, int]]:
    try:
        found = list(os.scandir(directory))
    except NotADirectoryError:  # inside of a zip archive
        return
    for entry in found:
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _facts(entry.path)
        elif entry.name.endswith(".py"):
            facts = entry.stat()
            yield entry.path, facts.st_mtime_ns, facts.st_size
