# SPDX-License-Identifier: BSD-3-Clause
"""`govgo tidy`."""

from __future__ import annotations

import re
from typing import Any

import click

from govgo.app.tidy import tidy as tidy_service
from govgo.cli.console import EXIT_DONE, EXIT_NO
from govgo.cli.options import (
    GoCommand,
    chdir_option,
    flag_options,
    jobs_option,
    modcacherw_option,
    modfile_option,
    overlay_option,
    trace_option,
    verbose_option,
)
from govgo.cli.wiring import open_session
from govgo.core.goquote import quote
from govgo.core.goversion import compare
from govgo.errors import UsageError

_GO_VERSION = re.compile(r"([1-9][0-9]*)\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?([a-z]+[0-9]+)?", re.ASCII)
"""What a go line may say (x/mod's modfile.GoVersionRE)."""


def check_go_version_flag(name: str, value: str, local_go: str) -> None:
    """Refuse what is no Go version, or a newer one than is answered for.

    Raises:
        UsageError: with go's sentence.
    """
    if not value:
        return
    if not _GO_VERSION.fullmatch(value):
        reason = f'expecting a Go version like "{local_go}"'
    elif compare(value, local_go) > 0:
        reason = f"maximum supported Go version is {local_go}"
    else:
        return
    raise UsageError(f"invalid value {quote(value)} for flag -{name}: {reason}")


@click.command(cls=GoCommand)
@click.option("-e", "tolerant", is_flag=True, help="Go on in spite of errors in packages.")
@verbose_option
@click.option("-diff", "diff", is_flag=True, help="Change nothing; print the difference, and exit 1 if there is one.")
@click.option("-go", "go_version", default="", metavar="VERSION", help="Set the go line to VERSION.")
@click.option("-compat", "compat", default="", metavar="VERSION", help="Keep what this older go version needs.")
@flag_options(chdir_option, modfile_option, modcacherw_option, overlay_option, trace_option, jobs_option)
@click.argument("args", nargs=-1)
def tidy(args: tuple[str, ...], tolerant: bool, diff: bool, go_version: str, compat: str, **flags: Any) -> int:
    """Match go.mod and go.sum to the imports of the source.

    \b
    govgo tidy               add missing modules, drop unused ones
    govgo tidy -diff         what would change, for CI
    govgo tidy -go=1.24      move to another go version
    """
    session = open_session({**flags, "tolerant": tolerant, "command": "mod tidy"})
    check_go_version_flag("go", go_version, session.local_go)
    check_go_version_flag("compat", compat, session.local_go)
    if args:
        raise UsageError("'go mod tidy' accepts no arguments")
    result = tidy_service(session, diff=diff, go_version=go_version, compat=compat)
    if not result.diff:
        return EXIT_DONE
    click.echo(result.diff, nl=False)
    return EXIT_NO
