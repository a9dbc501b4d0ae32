# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mod verify`, the strict mimic of `go mod verify`."""

from __future__ import annotations

from typing import Any

import click

from govgo.app.modverify import modules_to_verify
from govgo.cli.options import GoCommand, traceless_options
from govgo.cli.session import open_session
from govgo.wiring.modverify import check_cache


@click.command(cls=GoCommand)
@traceless_options
@click.argument("args", nargs=-1)
def verify(args: tuple[str, ...], **flags: Any) -> int:
    """Check that the dependencies in the module cache are as they were downloaded."""
    session = open_session(flags)
    mods = modules_to_verify(session, args)
    mod_cache = session.settings.env.gomodcache
    code = check_cache(mods, mod_cache)
    session.finish()
    return code
