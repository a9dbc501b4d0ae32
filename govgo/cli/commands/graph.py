# SPDX-License-Identifier: BSD-3-Clause
"""`govgo graph`."""

from __future__ import annotations

from typing import Any

from govgo.app.graph import check_go_flag, load_graph
from govgo.cli.call import show
from govgo.cli.options import argument, command, flag_values, module_options, option
from govgo.cli.session import open_session
from govgo.errors import UsageError
from govgo.report.graph import graph_text


@command(usage="[-go=version] [-x]")
@option("-go", "go_version", metavar="VERSION", help="Load the graph as this Go version would.")
@module_options
@argument("args")
def graph(args: tuple[str, ...], go_version: str, **flags: Any) -> None:
    """Print the module requirement graph: on each line a module and one of its requirements.

    \b
    govgo graph              the graph, with replacements applied
    govgo graph -go=1.16     as a Go version without graph pruning loads it
    """
    session = open_session(flags)
    if args:
        raise UsageError("'go mod graph' accepts no arguments")
    with flag_values():
        check_go_flag(session, go_version)
    show(graph_text(load_graph(session, go_version).edge_names(str)))
    session.finish()
