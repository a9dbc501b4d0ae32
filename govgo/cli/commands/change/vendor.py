# SPDX-License-Identifier: BSD-3-Clause
"""`govgo vendor`."""

from __future__ import annotations

from govgo.app.vendor.vendor import vendor as vendor_service
from govgo.cli.options import (
    argument,
    command,
    option,
    plan_options,
    tolerant_option,
    traceless_options,
    verbose_option,
)
from govgo.cli.planning import run_or_plan
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import UsageError
from govgo.load.mainmodule.gowork import init_workfile

if TYPE_CHECKING:
    from govgo.load.session.session import Session


@command(usage="[-e] [-v] [-o outdir]")
@tolerant_option
@verbose_option
@option("-o", "output", metavar="DIR", help="Write to DIR in place of vendor.")
@plan_options
@traceless_options
@argument("args")
def vendor(args: tuple[str, ...], tolerant: bool, output: str, **flags: Any) -> int:
    """Copy the packages that the main module needs to build and test into vendor/.

    \b
    govgo vendor             write vendor/ again
    govgo vendor -o third    somewhere else, for other tools
    govgo vendor --dry-run   how many files would change
    """

    def run(session: Session) -> None:
        init_workfile(session)
        if session.in_workspace:
            raise UsageError(
                "'go mod vendor' cannot be run in workspace mode. Run 'go work vendor' to vendor the workspace or set"
                " 'GOWORK=off' to exit workspace mode."
            )
        if args:
            raise UsageError("'go mod vendor' accepts no arguments")
        vendor_service(session, output=output, tolerant=tolerant)

    return run_or_plan({**flags, "tolerant": tolerant}, "vendor", run)
