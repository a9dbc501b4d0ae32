# SPDX-License-Identifier: BSD-3-Clause
"""`mod graph`: load the module requirement graph (cmd/go/internal/modcmd/graph.go)."""

from __future__ import annotations

from govgo.core.golib.quote import quote
from govgo.core.hints import TYPE_CHECKING
from govgo.core.modfile import is_go_version
from govgo.core.version import goversion
from govgo.errors import UsageError
from govgo.load.buildlist.graph import ModGraph
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.mainmodule.load import load_mod_graph
from govgo.load.session.policy import GRAPH

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def load_graph(session: Session, go_version: str = "") -> ModGraph:
    """The module graph of the main module or workspace.

    Args:
        session: the command.
        go_version: -go, "" when not given.

    Raises:
        UsageError: there is no main module.
        BuildListError: the graph cannot be loaded.
    """
    session.policy = GRAPH
    init_workfile(session)
    return load_mod_graph(session, go_version)


def check_go_flag(session: Session, go_version: str, name: str = "go") -> None:
    """Check the value of -go, or of the flag `name`, that asks to read the graph as some Go version would.

    Raises:
        UsageError: not a Go version, or newer than the one that is answered for.
    """
    if not go_version:
        return
    reason = ""
    if not is_go_version(go_version):
        reason = f"expecting a Go version like {quote(session.local_go)}"
    elif goversion.compare(go_version, session.local_go) > 0:
        reason = f"maximum supported Go version is {session.local_go}"
    if reason:
        raise UsageError(f"invalid value {quote(go_version)} for flag -{name}: {reason}")
