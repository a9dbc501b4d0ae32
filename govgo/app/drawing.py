# SPDX-License-Identifier: BSD-3-Clause
"""`govgo graph` in other formats than go's: the part of the requirement graph to draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.core.resolution.view import View, ViewOptions, view_of
from govgo.load.targets.dependencies import check_names, only_dependencies

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
    dependencies = only_dependencies(session, where)
    check_names([dependencies], options.focus)
    return view_of(dependencies, options)
