# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `mod verify`: the module cache, compared with what was downloaded."""

from __future__ import annotations

from collections.abc import Iterable

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.intact import CacheAudit
from govgo.core.module.moduleversion import ModuleVersion


def check_cache(mods: Iterable[ModuleVersion], mod_cache: str) -> tuple[str, ...]:
    """Hash the zips and extracted trees of `mods` again.

    Returns:
        go's sentence for each that was modified, in the order of `mods`; () when all are as they were downloaded.
    """
    audit = CacheAudit(ModCache(mod_cache, writable_dirs=False))
    return tuple(sentence for faults in audit.faults(list(mods)) for sentence in faults)
