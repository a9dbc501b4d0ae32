# SPDX-License-Identifier: BSD-3-Clause
"""`govgo list -m`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from govgo.app.list.info import ListMode
from govgo.app.list.list import Listing, check_build_flags, module_by_path, start_listing
from govgo.cli.call import show
from govgo.cli.options import (
    FALSE,
    TRUE,
    argument,
    build_options,
    command,
    cover_options,
    mod_option,
    module_options,
    option,
    verbose_option,
)
from govgo.cli.session import open_session
from govgo.core.module.info import ModuleInfo
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import QueryError, ReportedError, UsageError, VerbFlagsError
from govgo.load.session.session import Session
from govgo.report.list.text import module_line

if TYPE_CHECKING:
    from govgo.report.list.template import BuildContext

_VERSIONS_FORMAT = "{{.Path}}{{range .Versions}} {{.}}{{end}}{{if .Deprecated}} (deprecated){{end}}"
_PACKAGE_FLAGS = ("compiled", "deps", "export", "find", "test")


@command(usage="[-f format] [-json] [-m] [list flags] [build flags] [packages]")
@option("-m", "modules", is_flag=True, help="List modules; govgo lists nothing else.")
@option("-u", "upgrades", is_flag=True, help="Show available upgrades, retractions and deprecations.")
@option("-versions", "versions", is_flag=True, help="Show the known versions of each module.")
@option("-retracted", "retracted", is_flag=True, help="Show retracted versions too.")
@option(
    "-json",
    "json_fields",
    bare="true",
    multiple=True,
    metavar="FIELDS",
    help="Print JSON objects; -json=Path,Version prints only these fields.",
)
@option("-f", "template", metavar="TEMPLATE", help="Print by a template in Go's syntax.")
@option("-e", "tolerant", is_flag=True, help="Put errors into the output, and go on.")
@option("-reuse", "reuse", metavar="FILE", help="JSON output of an earlier run, to reuse.")
@option("-compiled", "compiled", is_flag=True, hidden=True)
@option("-deps", "deps", is_flag=True, hidden=True)
@option("-export", "export", is_flag=True, hidden=True)
@option("-find", "find", is_flag=True, hidden=True)
@option("-test", "test", is_flag=True, hidden=True)
@verbose_option
@mod_option
@module_options
@build_options
@cover_options
@argument("patterns")
def list_command(patterns: tuple[str, ...], **flags: Any) -> None:
    """List modules of the build list, or answer version queries.

    \b
    govgo list -m all                      the build list
    govgo list -m -u all                   with available upgrades
    govgo list -m -versions rsc.io/quote   the known versions
    govgo list -m -json rsc.io/quote@v1    the version that a query selects
    govgo list -m -f '{{.Path}} {{.Dir}}' all
    """
    fields = _json_fields(flags["json_fields"])
    session = open_session(flags)
    _check_flags(flags, is_json=fields is not None)
    fault = check_build_flags(session, flags["reuse"])
    if fault:
        raise _reported(session, fault)
    print_modules = _printer(session, flags, fields)
    listing = start_listing(
        session,
        patterns,
        _mode(flags, fields),
        flags["reuse"],
        retracted=flags["retracted"],
        package_flag=next((name for name in _PACKAGE_FLAGS if flags[name]), ""),
    )
    if not flags["tolerant"]:
        _report_errors(session, listing)
    print_modules(listing.modules)


def _reported(session: Session, line: str) -> ReportedError:
    """Report a mistake in a flag, in a line without the program's name as go does; raise what this returns."""
    session.report.raw(line)
    return ReportedError((UsageError(line),))


def _json_fields(values: Sequence[str]) -> frozenset[str] | None:
    """The fields to print, an empty set for all; None where no JSON is asked for."""
    as_json = False
    fields: set[str] = set()
    for value in values:
        if value in TRUE or value in FALSE:
            as_json = value in TRUE
        else:
            as_json = True
            fields.update(value.split(","))
    return frozenset(fields) if as_json else None


def _check_flags(flags: dict[str, Any], *, is_json: bool) -> None:
    if flags["template"] and is_json:
        raise VerbFlagsError("list -f cannot be used with -json")
    if not flags["modules"]:
        if flags["reuse"]:
            raise VerbFlagsError("list -reuse cannot be used without -m")
        if flags["upgrades"]:
            raise VerbFlagsError("list -u can only be used with -m")
        if flags["versions"]:
            raise VerbFlagsError("list -versions can only be used with -m")
        raise UsageError(
            "govgo lists modules, not packages; use 'govgo list -m'",
            hint="packages are listed by the go command",
        )


def _mode(flags: dict[str, Any], fields: frozenset[str] | None) -> ListMode:
    upgrades, retracted, versions = flags["upgrades"], flags["retracted"], flags["versions"]
    return ListMode(
        updates=upgrades,
        retracted=upgrades or retracted,
        deprecated=upgrades,
        versions=versions,
        retracted_versions=versions and retracted,
        names=not flags["template"] and fields is None,
    )


def _report_errors(session: Session, listing: Listing) -> None:
    """Report every error; raise ReportedError when there was one."""
    for info in listing.modules:
        if info.error is not None:
            session.fail(QueryError(info.error, inner=info.failure))
    if listing.error is not None:
        session.fail(listing.error)
    session.finish()


def _printer(
    session: Session, flags: dict[str, Any], fields: frozenset[str] | None
) -> Callable[[Iterable[ModuleInfo]], None]:
    """The function that prints modules. A malformed template is refused here, before anything is fetched."""
    if fields is not None:
        return lambda modules: _print_json(modules, fields)
    if flags["template"] or flags["versions"]:
        return _template_printer(session, flags["template"] or _VERSIONS_FORMAT)
    return _print_lines


def _print_lines(modules: Iterable[ModuleInfo]) -> None:
    # The argument @ names a module with neither path nor version, which has no line, in a template either.
    show("".join(f"{line}\n" for info in modules if (line := module_line(info))))


def _print_json(modules: Iterable[ModuleInfo], fields: frozenset[str]) -> None:
    from govgo.report.list.json import module_json

    show("".join(f"{module_json(info, fields)}\n" for info in modules))


def _template_printer(session: Session, text: str) -> Callable[[Iterable[ModuleInfo]], None]:
    from functools import partial

    from govgo.core.golib.template.execute import Template
    from govgo.core.golib.template.values import TemplateError
    from govgo.report.list.deep import run_deep
    from govgo.report.list.template import list_functions, module_record

    functions = list_functions(lambda: _context(session), lambda path: module_by_path(session, path))
    try:
        template = run_deep(lambda: Template(text, functions))
    except TemplateError as error:
        raise _reported(session, str(error)) from None

    def print_modules(modules: Iterable[ModuleInfo]) -> None:
        out: list[str] = []
        last = "\n"
        try:
            for info in modules:
                piece = run_deep(partial(template.execute, module_record(info)))
                last = piece[-1:] or last
                if last != "\n":
                    piece += "\n"
                    last = "\n"
                out.append(piece)
        except TemplateError as error:
            out.append(error.partial)
            raise _reported(session, str(error)) from None
        finally:
            show("".join(out))

    return print_modules


def _context(session: Session) -> BuildContext:
    from govgo.report.list.template import BuildContext

    env = session.settings.env
    release = int(session.local_go.split(".")[1])
    return BuildContext(
        goarch=env.goarch,
        goos=env.goos,
        goroot=env.goroot,
        gopath=env.gopath,
        cgo_enabled=env.cgo_enabled,
        build_tags=session.settings.tags,
        tool_tags=(),
        release_tags=tuple(f"go1.{minor}" for minor in range(1, release + 1)),
    )
