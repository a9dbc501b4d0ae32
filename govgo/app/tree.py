# SPDX-License-Identifier: BSD-3-Clause
"""`govgo tree`: the requirements of the selected versions, of one or many modules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from govgo.core.findings import Finding
from govgo.core.resolution.dependencies import Audited, Dependencies
from govgo.load.targets.dependencies import check_names, dependencies_of
from govgo.load.targets.resolve import Unresolved, resolve_all

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def dependencies(
    session: Session, where: Sequence[str], named: Iterable[str] = (), *, retracted: bool = False
) -> Audited:
    """Resolve each module and workspace that `where` names, and find who requires whom among the selected versions.

    Args:
        session: the command.
        where: directories, or `DIR/...`; none for the main module or the workspace.
        named: module paths that at least one build list must have.
        retracted: ask for the retractions of every module (`dependencies_of`).

    Raises:
        UsageError: an argument names nothing, or there is no main module.
        NotFoundError: one of `named` is in no build list.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    modules: list[Dependencies] = []
    faults: list[Finding] = []
    for found in resolve_all(session, where):
        if isinstance(found, Unresolved):
            faults.append(found.fault)
        else:
            modules.append(dependencies_of(found, faults, retracted=retracted))
    if modules or not faults:
        check_names(modules, named)
    return Audited(tuple(modules), tuple(faults))
