# SPDX-License-Identifier: BSD-3-Clause
"""`govgo graph`."""

from __future__ import annotations

from govgo.app.graph import load_graph
from govgo.cli.call import show
from govgo.cli.options import argument, command, module_options, option
from govgo.cli.session import check_go_version, go_version_fault, open_session
from govgo.core.typehints import Any
from govgo.errors import UsageError
from govgo.report.graph import graph_text

_DRAWING = ("form", "as_json", "outputs", "selected", "focus", "depth", "offline")
_MOST_STEPS = 100_000


@command(usage="[-go=version] [-x]")
@option(
    *("-go", "go_version"),
    metavar="VERSION",
    help="Load the graph as this Go version would.",
    fault_in=go_version_fault,
)
@option(
    *("-format", "form"),
    own=True,
    metavar="FORMAT",
    help="Print text, dot, mermaid, json or html.",
    values=("text", "dot", "mermaid", "json", "html"),
)
@option("-json", "as_json", own=True, is_flag=True, help="The same as -format json.")
@option(
    *("-o", "outputs"),
    own=True,
    multiple=True,
    metavar="FORMAT:FILE",
    help="Write FORMAT to FILE, - to print it.",
    values=("text", "dot", "mermaid", "json", "html"),
)
@option("-selected", "selected", own=True, is_flag=True, help="Only selected versions, and what they require.")
@option(
    "-focus", "focus", own=True, multiple=True, metavar="MODULE", help="Only what leads to MODULE and what it leads to."
)
@option("-depth", "depth", own=True, bounds=(0, _MOST_STEPS), default=-1, metavar="N", help="Only N steps from there.")
@option("-offline", "offline", own=True, is_flag=True, help="Make no request: use what is in the module cache.")
@module_options
@argument("args")
def graph(args: tuple[str, ...], go_version: str, **flags: Any) -> int | None:
    """Print the module requirement graph: on each line a module and one of its requirements.

    \b
    govgo graph                                as go prints it
    govgo graph -go=1.16                       as a Go version without graph pruning loads it
    govgo graph -format html > graph.html      a page to look around in, which needs no network
    govgo graph -selected -focus golang.org/x/net -depth 2 -format mermaid

    Mermaid draws no more than 500 requirements; a diagram that is cut says so. Go itself and its toolchain are only in
    go's own text. With flags that go lacks, a directory may be named.
    """
    if any(flags[name] for name in _DRAWING if name != "depth") or flags["depth"] >= 0:
        from govgo.cli.drawing import draw

        return draw(args, go_version, flags)
    session = open_session(flags)
    check_go_version(session, "go", go_version)
    if args:
        raise UsageError("'go mod graph' accepts no arguments")
    for piece in graph_text(load_graph(session, go_version).edge_names(str)):
        show(piece)
    session.finish()
    return None
