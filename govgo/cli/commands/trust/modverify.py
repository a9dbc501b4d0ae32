# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mod verify`, the strict mimic of `go mod verify`."""

from __future__ import annotations

from govgo.app.modverify import modules_to_verify
from govgo.cli.call import show
from govgo.cli.exitcodes import EXIT_DONE, EXIT_NO
from govgo.cli.options import argument, command, traceless_options
from govgo.cli.session import open_session
from govgo.core.typehints import Any
from govgo.wiring.modverify import check_cache


@command()
@traceless_options
@argument("args")
def verify(args: tuple[str, ...], **flags: Any) -> int:
    """Check that the modules in the module cache are as they were downloaded."""
    session = open_session(flags)
    faults = check_cache(modules_to_verify(session, args), session.settings.env.gomodcache, session.report)
    if not faults:
        show("all modules verified\n")
    for sentence in faults:
        session.report.raw(sentence)
    session.finish()
    return EXIT_NO if faults else EXIT_DONE
