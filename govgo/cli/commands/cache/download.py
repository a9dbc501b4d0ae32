# SPDX-License-Identifier: BSD-3-Clause
"""`govgo download` and `govgo mod download`."""

from __future__ import annotations

from govgo.app import download as service
from govgo.cli.call import show
from govgo.cli.options import argument, command, module_options, option
from govgo.cli.session import open_session
from govgo.core.typehints import Any


@command(usage="[-x] [-json] [-reuse=old.json] [modules]")
@option("-json", "as_json", is_flag=True, help="Print a JSON object for each module.")
@option("-reuse", "reuse", metavar="FILE", help="JSON output of an earlier run, to reuse.")
@module_options
@argument("modules")
def download(modules: tuple[str, ...], *, as_json: bool, reuse: str, **flags: Any) -> None:
    """Download modules to the module cache; by default what the main module needs to build and test.

    \b
    govgo download                          fill the cache, in CI for example
    govgo download rsc.io/quote@latest      one module, its hash entered in go.sum
    govgo download -json all                where everything lies
    """
    session = open_session(flags, announce=False)
    result = service.download(session, modules, reuse_file=reuse)
    if as_json:
        from govgo.report.download import download_json

        show("".join(f"{download_json(entry)}\n" for entry in result.entries))
    service.finish_download(session, result, modules, quiet=as_json)
