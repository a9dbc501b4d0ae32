# SPDX-License-Identifier: BSD-3-Clause
"""`govgo tidy`."""

from __future__ import annotations

from govgo.app.tidy import TidyResult
from govgo.app.tidy import tidy as tidy_service
from govgo.cli.call import show
from govgo.cli.exitcodes import EXIT_DONE, EXIT_NO
from govgo.cli.options import (
    argument,
    command,
    dry_run_option,
    format_option,
    horizon_options,
    module_options,
    option,
    record_options,
    tolerant_option,
    verbose_option,
)
from govgo.cli.session import check_go_version, go_version_fault, open_session, run_session
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import UsageError
from govgo.load.session.policy import TIDY

if TYPE_CHECKING:
    from govgo.load.session.session import Session


@command(usage="[-e] [-v] [-x] [-diff] [-go=version] [-compat=version]")
@tolerant_option
@verbose_option
@option("-diff", "diff", is_flag=True, help="Change nothing; print the difference, and exit 1 if there is one.")
@option(
    *("-go", "go_version"),
    metavar="VERSION",
    help="Set the go line to VERSION.",
    fault_in=go_version_fault,
)
@option(
    *("-compat", "compat"),
    metavar="VERSION",
    help="Keep the sums that this older go version needs.",
    fault_in=go_version_fault,
)
@horizon_options
@record_options
@dry_run_option
@format_option
@module_options
@argument("args")
def tidy(args: tuple[str, ...], tolerant: bool, diff: bool, go_version: str, compat: str, **flags: Any) -> int:
    """Match go.mod and go.sum to the imports of the source.

    \b
    govgo tidy               add missing modules, drop unused ones
    govgo tidy -diff         what would change, for CI
    govgo tidy -go=1.24      move to another go version
    govgo tidy -min-age 14d  refuse a build list with a version that is younger than two weeks
    govgo tidy --dry-run     what would change, with reasons
    """
    if flags["dry_run"]:

        def run(session: Session) -> None:
            _check_arguments(args)
            _check(session, go_version, compat)
            tidy_service(session, go_version=go_version, compat=compat)

        given = {**flags, "tolerant": tolerant, "diff": diff}
        from govgo.cli.planning import dry_run

        return dry_run(given, "tidy", run, requested=tuple, follows_imports=True)
    _check_arguments(args)
    session = open_session({**flags, "tolerant": tolerant}, policy=TIDY)
    _check(session, go_version, compat)

    def run_tidy(each: Session) -> TidyResult:
        return tidy_service(each, diff=diff, go_version=go_version, compat=compat)

    result = run_session(session, flags, run_tidy)
    if not result.diff:
        return EXIT_DONE
    show(result.diff)
    return EXIT_NO


def _check_arguments(args: tuple[str, ...]) -> None:
    if args:
        raise UsageError("'go mod tidy' accepts no arguments")


def _check(session: Session, go_version: str, compat: str) -> None:
    check_go_version(session, "go", go_version)
    check_go_version(session, "compat", compat)
