# SPDX-License-Identifier: BSD-3-Clause
"""The build lists of one repository."""

from __future__ import annotations

from govgo.core.findings import Finding
from govgo.core.records import NamedTuple
from govgo.core.resolution.resolution import Resolution


class Builds(NamedTuple):
    """The modules and workspaces of a repository.

    Attributes:
        modules: those whose graph is whole.
        faults: why others are missing.
    """

    modules: tuple[Resolution, ...]
    faults: tuple[Finding, ...] = ()
