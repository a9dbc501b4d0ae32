# SPDX-License-Identifier: BSD-3-Clause
"""Files whose changes stay in memory, for commands that say what would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govgo.adapters.workspace.planned import PlannedWorkspace

if TYPE_CHECKING:
    from govgo.ports.files import PlannedFiles, Workspace


def planned(files: Workspace) -> PlannedFiles:
    """`files` with writes that stay in memory."""
    return PlannedWorkspace(files)
