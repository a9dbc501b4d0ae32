# SPDX-License-Identifier: BSD-3-Clause
"""`mod graph`: load the module requirement graph (cmd/go/internal/modcmd/graph.go)."""

from __future__ import annotations

from govgo.core.typehints import TYPE_CHECKING
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
