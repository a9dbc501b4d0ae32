# SPDX-License-Identifier: BSD-3-Clause
"""`govgo graph` in other formats than go's: the part of the requirement graph to draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.core.findings import Finding
from govgo.core.resolution.view import View, ViewOptions, view_of
from govgo.errors import UsageError
from govgo.load.targets.dependencies import check_names, dependencies_of
from govgo.load.targets.resolve import audited, resolve

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def draw(session: Session, where: Sequence[str], options: ViewOptions) -> View:
    """Resolve one module or workspace, and choose what of its graph is shown.

    Args:
        session: the command.
        where: a directory, or nothing for the main module or the workspace.
        options: what is shown; `focus` names module paths.

    Raises:
        UsageError: there is not exactly one module or workspace.
        NotFoundError: a module of `focus` is not in the build list.
        GovgoError: the graph cannot be loaded.
    """
    targets = audited(session, where)
    if len(targets) != 1:
        raise UsageError(f"graph draws one module or workspace, and there are {len(targets)}: name one")
    found = resolve(session, targets[0])
    if found.resolution.error is not None:
        raise found.resolution.error
    faults: list[Finding] = []  # only retractions that are asked for can add to them
    dependencies = dependencies_of(found, faults)
    check_names([dependencies], options.focus)
    return view_of(dependencies, options)
