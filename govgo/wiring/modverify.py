# SPDX-License-Identifier: BSD-3-Clause
"""The work of `govgo mod verify` once the build list is known: zips and trees are hashed each time."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.intact import CacheAudit
from govgo.core.module.moduleversion import ModuleVersion


def check_cache(mods: Iterable[ModuleVersion], mod_cache: str) -> int:
    """Hash what the module cache holds of `mods`, tell what was modified, and return the exit code."""
    audit = CacheAudit(ModCache(mod_cache, writable_dirs=False))
    sentences = [sentence for faults in audit.faults(list(mods)) for sentence in faults]
    if sentences:
        sys.stderr.write("".join(f"{sentence}\n" for sentence in sentences))
        return 1
    sys.stdout.write("all modules verified\n")
    return 0
