# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `mod verify`: the module cache, compared with what was downloaded."""

from __future__ import annotations

from collections.abc import Sequence

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CacheAudit
from govgo.core.module.moduleversion import ModuleVersion
from govgo.ports.reporter import Reporter


def check_cache(mods: Sequence[ModuleVersion], mod_cache: str, report: Reporter) -> tuple[str, ...]:
    """Hash the zips and extracted trees of `mods` again; `report` gets the progress.

    Returns:
        go's sentence for each that was modified, in the order of `mods`; () when all are as they were downloaded.
    """
    audit = CacheAudit(ModCache(mod_cache, writable_dirs=False))
    report.event("step", {"name": "cache", "count": len(mods)})

    def advanced(count: int) -> None:
        report.event("advanced", {"name": "cache", "count": count})

    return tuple(sentence for faults in audit.faults(mods, advanced) for sentence in faults)
