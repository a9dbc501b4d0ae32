# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `cache`: the module cache of a session, and who takes care of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.care import DiskCare

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def cache_care(session: Session) -> DiskCare:
    """The care of the module cache that a command uses."""
    settings = session.settings
    return DiskCare(ModCache(settings.env.gomodcache, writable_dirs=settings.modcacherw))
