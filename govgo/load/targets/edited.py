# SPDX-License-Identifier: BSD-3-Clause
"""The graph of a module or workspace after edits of its go.mod files, which stay in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from govgo.core.modfile import parse
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.resolution import Resolution
from govgo.load.targets.resolve import Resolved, resolve

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import PlannedFiles, Workspace


def resolve_edited(
    session: Session,
    resolved: Resolved,
    edits: Mapping[tuple[ModuleVersion, str], str],
    plan: Callable[[Workspace], PlannedFiles],
) -> Resolution:
    """Select versions anew after edits.

    Args:
        session: the session of the command.
        resolved: what is edited.
        edits: for a main module and a path that it requires, the version that it is to require; "none" drops it.
        plan: makes files whose changes stay in memory.

    Raises:
        GovgoError: the graph cannot be loaded at all; where a part is missing, `Resolution.error` says why.
    """
    known, target = resolved.session, resolved.target
    files = plan(session.files)
    for main in {main: None for main, _ in edits}:
        path = known.mod_file_path(known.main.root(main))
        file = parse(path, session.files.read(path) or b"")
        for (source, required), version in edits.items():
            if source == main and version == NONE:
                file.drop_require(required)
            elif source == main:
                file.add_require(required, version)
        file.cleanup()
        files.write(path, file.format())
    return resolve(session, target, files, known).resolution
