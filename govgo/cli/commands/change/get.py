# SPDX-License-Identifier: BSD-3-Clause
"""`govgo get`."""

from __future__ import annotations

from govgo.app.get.get import GetOptions
from govgo.app.get.get import get as get_service
from govgo.cli.call import reporter
from govgo.cli.exitcodes import EXIT_DONE
from govgo.cli.options import (
    argument,
    build_options,
    command,
    horizon_options,
    module_options,
    option,
    plan_options,
    record_options,
    verbose_option,
)
from govgo.cli.session import open_session, run_session
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import UsageError
from govgo.load.session.policy import GET

if TYPE_CHECKING:
    from collections.abc import Callable

    from govgo.load.session.session import Session


@command(usage="[-t] [-u] [-tool] [build flags] [packages]")
@option(
    "-u",
    "upgrade",
    bare="true",
    help="Also upgrade dependencies; -u=patch to new patch versions only.",
)
@option("-t", "tests", is_flag=True, help="Also add what the tests of the named packages need.")
@option("-tool", "tool", is_flag=True, help="Add a tool line to go.mod for each named package.")
@option("-d", "d", is_flag=True, default="", hidden=True)
@option("-f", "force", is_flag=True, hidden=True)
@option("-fix", "fix", is_flag=True, hidden=True)
@option("-m", "m", is_flag=True, hidden=True)
@option("-insecure", "insecure", is_flag=True, hidden=True)
@horizon_options
@record_options
@verbose_option
@plan_options
@module_options
@build_options
@option("-json", "build_json", is_flag=True, hidden=True)
@argument("packages")
def get(packages: tuple[str, ...], upgrade: str, tests: bool, tool: bool, **flags: Any) -> int:
    """Add, upgrade, downgrade or remove requirements of the current module.

    \b
    govgo get rsc.io/quote                 the newest version
    govgo get rsc.io/quote@v1.5.2          a version, a prefix such as @v1, a branch or a commit
    govgo get rsc.io/quote@none            remove it, and lower what needs it
    govgo get -u ./...                     also upgrade everything that the packages need
    govgo get -u ./... --dry-run --diff    what that would change
    govgo get -tool golang.org/x/tools/cmd/stringer
    govgo get -min-age 14d -u ./...        no version that is younger than two weeks
    govgo get -record FILE rsc.io/quote    then -replay FILE does the same again, and asks nobody

    With -min-age a younger version is not chosen, and a build list that needs one is refused, also where only the
    requirements of a dependency ask for it. A version without a date counts as too young. With -as-of, versions that
    were published later do not exist.
    """
    upgrade = {"true": "upgrade", "false": ""}.get(upgrade, upgrade)
    if upgrade not in ("", "upgrade", "patch"):
        raise UsageError(f"unknown upgrade flag -u={upgrade}")
    _retired(flags, reporter().note)
    options = GetOptions(upgrade, tests, tool)
    if flags["dry_run"]:
        return _dry_run(packages, options, flags)
    session = open_session(flags, policy=GET)
    result = run_session(session, flags, lambda each: get_service(each, packages, options))
    for change in result.changes:
        session.report.note(str(change))
        if change.note:
            session.report.raw(change.note)
    return EXIT_DONE


def _dry_run(packages: tuple[str, ...], options: GetOptions, flags: dict[str, Any]) -> int:
    requested: list[str] = []

    def run(session: Session) -> None:
        requested[:] = get_service(session, packages, options).requested

    given = flags if flags["plan_format"] or not flags["build_json"] else {**flags, "plan_format": "json"}
    from govgo.cli.planning import dry_run

    return dry_run(given, "get", run, requested=lambda: requested)


def _retired(flags: dict[str, Any], note: Callable[[str], object]) -> None:
    """Warn of flags that older releases of go had, or refuse them, in go's words."""
    if flags["d"] is False:
        raise UsageError("-d flag may not be set to false")
    if flags["d"]:
        note("-d flag is deprecated. -d=true is a no-op")
    if flags["force"]:
        note("-f flag is a no-op")
    if flags["fix"]:
        note("-fix flag is a no-op")
    if flags["m"]:
        raise UsageError("-m flag is no longer supported")
    if flags["insecure"]:
        raise UsageError("-insecure flag is no longer supported; use GOINSECURE instead")
