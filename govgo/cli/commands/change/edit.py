# SPDX-License-Identifier: BSD-3-Clause
"""`govgo edit` and `govgo work edit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from govgo.app.edit import edit as service
from govgo.app.edit.flags import MOD_EDITS, WORK_EDITS, Edit, read_edit
from govgo.cli.call import current_call, show
from govgo.cli.exitcodes import EXIT_DONE
from govgo.cli.options import (
    argument,
    chdir_option,
    command,
    flag_options,
    modcacherw_option,
    modfile_option,
    option,
    overlay_option,
    plan_options,
    trace_option,
)
from govgo.cli.session import open_session
from govgo.errors import UsageError
from govgo.load.session.policy import EDIT
from govgo.report.edit import mod_json, work_json

if TYPE_CHECKING:
    from govgo.app.edit.edit import EditedMod, EditedWork
    from govgo.load.session.session import Session

_F = TypeVar("_F", bound=Callable[..., Any])
_E = TypeVar("_E", "EditedMod", "EditedWork")

_EDITS = {
    "require": ("PATH@VERSION", "Add or change a requirement."),
    "droprequire": ("PATH", "Drop a requirement."),
    "exclude": ("PATH@VERSION", "Add an exclusion."),
    "dropexclude": ("PATH@VERSION", "Drop an exclusion."),
    "use": ("DIR", "Add a module's directory."),
    "dropuse": ("DIR", "Drop a module's directory."),
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
"""Flag to the form of its value and its help, in the order of the help texts; each command takes those it has."""


def _edit_options(edits_by_name: Mapping[str, Callable[[str], Edit[Any]]]) -> Callable[[_F], _F]:
    """The flags that both commands share, with those of the editing flags that are in `edits_by_name`.

    Their values are checked while the line is read: of several faults, the first one counts.
    """

    def fault_in(name: str) -> Callable[[str], str]:
        def check(text: str) -> str:
            read_edit(name, text, edits_by_name)
            return ""

        return check

    edits = [
        option(f"-{name}", "", metavar=form, help=help_text, fault_in=fault_in(name))
        for name, (form, help_text) in _EDITS.items()
        if name in edits_by_name
    ]
    return flag_options(
        option("-go", "go_version", metavar="VERSION", help='Set the go line; "none" drops it.'),
        option("-toolchain", "toolchain", metavar="NAME", help='Set the toolchain line; "none" drops it.'),
        *edits,
        option("-fmt", "reformat", is_flag=True, help="Only put the file in go's layout."),
        option("-json", "as_json", is_flag=True, help="Print the result as JSON instead of writing it."),
        option("-print", "as_text", is_flag=True, help="Print the result instead of writing it."),
    )


def _flags_in_order() -> list[tuple[str, str]]:
    call = current_call()
    return call.flags if call is not None else []


def _check_output(*, as_json: bool, as_text: bool) -> None:
    if as_json and as_text:
        raise UsageError("cannot use both -json and -print")


def _finish(
    command_name: str,
    flags: Mapping[str, Any],
    edit_in: Callable[[Session], _E],
    write: Callable[[Session, _E], None],
    document: Callable[[_E], str] | None,
    *,
    as_text: bool,
    **opening: Any,
) -> int:
    """Edit a file, and print it or write it, or print what would change; the exit code.

    Args:
        document: makes the document to print; None where none is asked for.
        opening: for `open_session`.
    """
    if flags["dry_run"] and document is None and not as_text:
        from govgo.cli.planning import dry_run

        return dry_run(flags, command_name, lambda session: write(session, edit_in(session)), **opening)
    session = open_session(flags, **opening)
    edited = edit_in(session)
    if document is not None:
        show(document(edited))
    elif as_text:
        show(edited.file.format())
    else:
        write(session, edited)
    return EXIT_DONE


@command(usage="[editing flags] [-fmt|-print|-json] [go.mod]")
@option("-module", "module", metavar="PATH", help="Change the module path.")
@_edit_options(MOD_EDITS)
@option("-n", "unused", is_flag=True, hidden=True)
@plan_options
@flag_options(chdir_option, modfile_option, modcacherw_option, overlay_option, trace_option)
@argument("named_file")
def edit(
    named_file: tuple[str, ...],
    module: str,
    go_version: str,
    toolchain: str,
    reformat: bool,
    as_json: bool,
    as_text: bool,
    **flags: Any,
) -> int:
    """Edit go.mod from scripts. Nothing is looked up. Editing flags may be repeated; they apply in the order given.

    \b
    govgo edit -require=rsc.io/quote@v1.5.2 -droprequire=rsc.io/sampler
    govgo edit -replace=rsc.io/quote=../quote
    govgo edit -json | jq -r .Module.Path
    govgo edit -droprequire=rsc.io/sampler --dry-run
    """
    edits = [read_edit(name, text, MOD_EDITS) for name, text in _flags_in_order() if name in MOD_EDITS]
    if not (module or go_version or toolchain or as_json or as_text or reformat or edits):
        raise UsageError("no flags specified (see 'go help mod edit').")
    _check_output(as_json=as_json, as_text=as_text)
    if len(named_file) > 1:
        raise UsageError("too many arguments")

    def edit_in(session: Session) -> EditedMod:
        return service.edit_mod(
            session,
            named_file=named_file[0] if named_file else None,
            module=module,
            go=go_version,
            toolchain=toolchain,
            edits=edits,
        )

    if named_file:  # is read as it is, through no overlay
        flags["overlay"] = ""
    document = (lambda edited: mod_json(edited.file)) if as_json else None
    return _finish("edit", flags, edit_in, service.write_mod, document, as_text=as_text, policy=EDIT)


@command(usage="[editing flags] [go.work]")
@_edit_options(WORK_EDITS)
@plan_options
@chdir_option
@argument("named_file")
def work_edit(
    named_file: tuple[str, ...],
    go_version: str,
    toolchain: str,
    reformat: bool,
    as_json: bool,
    as_text: bool,
    **flags: Any,
) -> int:
    """Edit go.work from scripts. No module is read. Editing flags may be repeated; they apply in the order given.

    \b
    govgo work edit -use=./tools -dropuse=./old
    govgo work edit -json
    """
    edits = [read_edit(name, text, WORK_EDITS) for name, text in _flags_in_order() if name in WORK_EDITS]
    _check_output(as_json=as_json, as_text=as_text)
    if len(named_file) > 1:
        raise UsageError("'go help work edit' accepts at most one argument")

    def edit_in(session: Session) -> EditedWork:
        name = service.find_work_file(session, named_file[0] if named_file else None)
        if not (go_version or toolchain or as_json or as_text or reformat or edits):
            raise UsageError("no flags specified (see 'go help work edit').")
        return service.edit_work(session, name, go=go_version, toolchain=toolchain, edits=edits)

    document = (lambda edited: work_json(edited.file)) if as_json else None
    return _finish("work edit", flags, edit_in, service.write_work, document, as_text=as_text)
