# SPDX-License-Identifier: BSD-3-Clause
"""`govgo edit`."""

from __future__ import annotations

from typing import Any

import click

from govgo.app.edit.flags import MOD_EDITS, read_edit
from govgo.app.edit.gomod import edit_mod, write_mod
from govgo.cli.options import (
    FLAG_ORDER,
    GoCommand,
    chdir_option,
    flag_options,
    modcacherw_option,
    modfile_option,
    overlay_option,
    trace_option,
)
from govgo.cli.session import open_session
from govgo.errors import UsageError
from govgo.report.edit import mod_json

_EDITS = {
    "require": ("PATH@VERSION", "Add or change a requirement."),
    "droprequire": ("PATH", "Drop a requirement."),
    "exclude": ("PATH@VERSION", "Add an exclusion."),
    "dropexclude": ("PATH@VERSION", "Drop an exclusion."),
    "replace": ("OLD[@V]=NEW[@V]", "Add a replacement; NEW without a version is a directory."),
    "dropreplace": ("OLD[@V]", "Drop a replacement."),
    "retract": ("VERSION", "Add a retraction, of one version or of an interval [LOW,HIGH]."),
    "dropretract": ("VERSION", "Drop a retraction."),
    "tool": ("PATH", "Add a tool."),
    "droptool": ("PATH", "Drop a tool."),
    "ignore": ("PATH", "Add an ignored directory."),
    "dropignore": ("PATH", "Drop an ignored directory."),
    "godebug": ("KEY=VALUE", "Set a debug setting."),
    "dropgodebug": ("KEY", "Drop a debug setting."),
}


@click.command(cls=GoCommand, usage="[editing flags] [-fmt|-print|-json] [go.mod]")
@click.option("-module", "module", default="", metavar="PATH", help="Change the module path.")
@click.option("-go", "go_version", default="", metavar="VERSION", help='Set the go line; "none" drops it.')
@click.option("-toolchain", "toolchain", default="", metavar="NAME", help='Set the toolchain line; "none" drops it.')
@flag_options(*(click.option(f"-{name}", metavar=form, help=text) for name, (form, text) in _EDITS.items()))
@click.option("-fmt", "reformat", is_flag=True, help="Only put the file in standard layout.")
@click.option("-json", "as_json", is_flag=True, help="Print the result as JSON in place of writing it.")
@click.option("-print", "as_text", is_flag=True, help="Print the result in place of writing it.")
@click.option("-n", "unused", is_flag=True, hidden=True)
@flag_options(chdir_option, modfile_option, modcacherw_option, overlay_option, trace_option)
@click.argument("named_file", nargs=-1)
@click.pass_context
def edit(
    ctx: click.Context,
    /,
    named_file: tuple[str, ...],
    module: str,
    go_version: str,
    toolchain: str,
    reformat: bool,
    as_json: bool,
    as_text: bool,
    **flags: Any,
) -> None:
    """Edit go.mod from scripts; nothing is looked up. Editing flags may be repeated and count in the order given.

    \b
    govgo edit -require=rsc.io/quote@v1.5.2 -droprequire=rsc.io/sampler
    govgo edit -replace=rsc.io/quote=../quote
    govgo edit -json | jq -r .Module.Path
    """
    edits = [read_edit(name, text, MOD_EDITS) for name, text in ctx.meta[FLAG_ORDER] if name in MOD_EDITS]
    if not (module or go_version or toolchain or as_json or as_text or reformat or edits):
        raise UsageError("no flags specified (see 'go help mod edit').")
    if as_json and as_text:
        raise UsageError("cannot use both -json and -print")
    if len(named_file) > 1:
        raise UsageError("too many arguments")
    session = open_session({**flags, "command": "mod edit"})
    edited = edit_mod(
        session,
        named_file="".join(named_file),
        module=module,
        go=go_version,
        toolchain=toolchain,
        edits=edits,
    )
    if as_json:
        click.echo(mod_json(edited.file), nl=False)
    elif as_text:
        click.echo(edited.file.format(), nl=False)
    else:
        write_mod(session, edited)
