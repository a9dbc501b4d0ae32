# SPDX-License-Identifier: BSD-3-Clause
"""`govgo publish`: a version of a module, sent to a server where it lives from then on."""

from __future__ import annotations

from govgo.cli.call import show
from govgo.cli.exitcodes import EXIT_DONE
from govgo.cli.options import (
    CommandLineError,
    argument,
    command,
    dry_run_option,
    flag_options,
    json_option,
    option,
    remote_options,
)
from govgo.cli.session import change_directory, environment, network_options
from govgo.core.typehints import Any
from govgo.errors import GovgoError, UsageError, faults_of
from govgo.report.publish import publish_json, publish_text

_own_options = flag_options(
    option("-to", "url", metavar="URL", help="The server (default $GOVGO_PUBLISH)."),
    option("-worktree", "worktree", is_flag=True, help="Take the files as they are, not those of the git tag."),
    json_option,
    dry_run_option,
)


@command(own=True, usage="[-n] [-to=URL] [-worktree] version [directory | zip]")
@_own_options
@remote_options
@argument("words")
def publish(words: tuple[str, ...], url: str, worktree: bool, as_json: bool, dry_run: bool, **flags: Any) -> int:
    """Publish a version of a module on a server (`govgo serve` with [publish]); it never changes after that.

    In a git repository the files are those under the tag of the version, `v1.2.3`, or `sub/v1.2.3` for the module in
    the directory sub; elsewhere they are those of the directory. A zip is sent as it is. The server is asked first
    what it has: to publish the same bytes again changes nothing, and other bytes are refused.

    The token is $GOVGO_PUBLISH_TOKEN, else the login in the URL, else that of the netrc file. Nothing secret is sent
    to another machine over plain HTTP.

    \b
    govgo publish -to https://go.corp.example v1.4.0
    govgo publish -n v1.4.0 ./lib              what would that be?
    govgo publish v1.4.0 lib.zip

    Exit codes: 0 published, or there already; 1 the version is there with other bytes, or there is no such tag; 3 the
    server refuses.
    """
    if not 1 <= len(words) <= 2:
        raise CommandLineError("want a version, and perhaps a directory or a zip")
    from govgo.wiring.publish import run_publish

    change_directory(flags)
    env = environment()
    url = url or env.process.get("GOVGO_PUBLISH", "")
    if not url:
        raise UsageError("where to? name the server with -to or GOVGO_PUBLISH")
    try:
        sent = run_publish(
            env,
            words[0],
            words[1] if len(words) > 1 else ".",
            url,
            network_options(flags).limits,
            worktree=worktree,
            dry_run=dry_run,
        )
    except GovgoError as error:
        if as_json:
            show(publish_json(None, faults_of(error)))
        raise
    show(publish_json(sent) if as_json else publish_text(sent))
    return EXIT_DONE
