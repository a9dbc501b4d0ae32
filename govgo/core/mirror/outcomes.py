# SPDX-License-Identifier: BSD-3-Clause
"""What the commands of `govgo mirror` did and found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from govgo.core.findings import Finding
from govgo.core.mirror.closure import Closure
from govgo.core.mirror.manifest import Manifest
from govgo.core.module.moduleversion import ModuleVersion


class Added(NamedTuple):
    """What a run has added to a mirror, or would.

    Attributes:
        closure: all that was asked for.
        gomods, zips: the module versions that the mirror lacked, in order.
        sizes: of those zips, in bytes, as far as they are known.
        database: the name of the database that has proved them, "" where none is asked.
        proved: how many module versions it has proved.
        private: those that no database is asked about.
        before, after: the manifests.
        is_plan: nothing was stored.
        faults: what could not be had; the mirror is without it.
    """

    closure: Closure
    gomods: tuple[ModuleVersion, ...]
    zips: tuple[ModuleVersion, ...]
    sizes: Mapping[ModuleVersion, int]
    database: str
    proved: int
    private: tuple[ModuleVersion, ...]
    before: Manifest
    after: Manifest
    is_plan: bool
    faults: tuple[Finding, ...]
