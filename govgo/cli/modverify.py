# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mod verify`, the strict mimic of `go mod verify`."""

from __future__ import annotations

from typing import Any

import click

from govgo.app.modverify import verify_cache
from govgo.cli.options import GoCommand, module_options
from govgo.cli.wiring import open_session
from govgo.errors import ReportedError


@click.command(cls=GoCommand)
@module_options
@click.argument("args", nargs=-1)
def verify(args: tuple[str, ...], **flags: Any) -> None:
    """Check that the dependencies in the module cache are as they were downloaded."""
    from govgo.modfetch.audit import CacheAudit
    from govgo.modfetch.cache import ModCache

    session = open_session(flags)
    audit = CacheAudit(ModCache(session.settings.env.gomodcache, writable_dirs=session.settings.modcacherw))
    sentences = verify_cache(session, audit, args)
    for sentence in sentences:
        session.report.raw(sentence)
    if sentences:
        raise ReportedError
    click.echo("all modules verified")
