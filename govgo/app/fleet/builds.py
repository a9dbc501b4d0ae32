# SPDX-License-Identifier: BSD-3-Clause
"""The build lists of one repository, for `govgo fleet list`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.core.findings import Finding
from govgo.core.fleet.builds import Builds
from govgo.core.resolution.resolution import Resolution
from govgo.load.targets.resolve import Unresolved, resolve_all

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def builds(session: Session, where: Sequence[str]) -> Builds:
    """The build list of each module and workspace.

    Raises:
        UsageError: an argument names nothing.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    found: list[Resolution] = []
    faults: list[Finding] = []
    for each in resolve_all(session, where):
        if isinstance(each, Unresolved):
            faults.append(each.fault.unchecked())
        else:
            found.append(each.resolution)
    return Builds(tuple(found), tuple(faults))
