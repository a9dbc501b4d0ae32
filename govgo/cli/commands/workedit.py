# SPDX-License-Identifier: BSD-3-Clause
"""`govgo work edit`."""

from __future__ import annotations

from typing import Any

import click

from govgo.app.edit.flags import WORK_EDITS, read_edit
from govgo.app.edit.gowork import edit_work, find_work_file, write_work
from govgo.cli.options import FLAG_ORDER, GoCommand, chdir_option, flag_options
from govgo.cli.session import open_session
from govgo.errors import UsageError
from govgo.report.edit import work_json

_EDITS = {
    "use": ("DIR", "Add a module's directory."),
    "dropuse": ("DIR", "Drop a module's directory."),
    "replace": ("OLD[@V]=NEW[@V]", "Add a replacement; NEW without a version is a directory."),
    "dropreplace": ("OLD[@V]", "Drop a replacement."),
    "godebug": ("KEY=VALUE", "Set a debug setting."),
    "dropgodebug": ("KEY", "Drop a debug setting."),
}


@click.command(cls=GoCommand, usage="[editing flags] [go.work]")
@click.option("-go", "go_version", default="", metavar="VERSION", help='Set the go line; "none" drops it.')
@click.option("-toolchain", "toolchain", default="", metavar="NAME", help='Set the toolchain line; "none" drops it.')
@flag_options(*(click.option(f"-{name}", metavar=form, help=text) for name, (form, text) in _EDITS.items()))
@click.option("-fmt", "reformat", is_flag=True, help="Only put the file in standard layout.")
@click.option("-json", "as_json", is_flag=True, help="Print the result as JSON in place of writing it.")
@click.option("-print", "as_text", is_flag=True, help="Print the result in place of writing it.")
@chdir_option
@click.argument("named_file", nargs=-1)
@click.pass_context
def edit(
    ctx: click.Context,
    /,
    named_file: tuple[str, ...],
    go_version: str,
    toolchain: str,
    reformat: bool,
    as_json: bool,
    as_text: bool,
    **flags: Any,
) -> None:
    """Edit go.work from scripts; no module is read. Editing flags may be repeated and count in the order given.

    \b
    govgo work edit -use=./tools -dropuse=./old
    govgo work edit -json
    """
    edits = [read_edit(name, text, WORK_EDITS) for name, text in ctx.meta[FLAG_ORDER] if name in WORK_EDITS]
    if as_json and as_text:
        raise UsageError("cannot use both -json and -print")
    if len(named_file) > 1:
        raise UsageError("'go help work edit' accepts at most one argument")
    session = open_session({**flags, "command": "work edit"})
    name = find_work_file(session, "".join(named_file))
    if not (go_version or toolchain or as_json or as_text or reformat or edits):
        raise UsageError("no flags specified (see 'go help work edit').")
    edited = edit_work(session, name, go=go_version, toolchain=toolchain, edits=edits)
    if as_json:
        click.echo(work_json(edited.file), nl=False)
    elif as_text:
        click.echo(edited.file.format(), nl=False)
    else:
        write_work(session, edited)
