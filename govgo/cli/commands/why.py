# SPDX-License-Identifier: BSD-3-Clause
"""`govgo why`."""

from __future__ import annotations

from typing import Any

from govgo.app.why import why as why_service
from govgo.cli.call import show
from govgo.cli.options import argument, command, option, traceless_options
from govgo.cli.session import open_session
from govgo.report.why import why_text


@command(usage="[-m] [-vendor] packages...")
@option("-m", "modules", is_flag=True, help="The arguments are modules: find a chain to any of their packages.")
@option("-vendor", "vendor", is_flag=True, help="Leave the tests of dependencies out.")
@traceless_options
@argument("targets")
def why(targets: tuple[str, ...], modules: bool, vendor: bool, **flags: Any) -> None:
    """Explain why packages or modules are needed: a shortest chain of imports from the main module.

    \b
    govgo why golang.org/x/text/language
    govgo why -m golang.org/x/text rsc.io/sampler
    """
    session = open_session(flags)
    reasons = why_service(session, targets, modules=modules, vendor=vendor)
    show(why_text(reasons, modules=modules, vendor=vendor))
