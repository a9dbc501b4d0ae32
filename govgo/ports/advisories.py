# SPDX-License-Identifier: BSD-3-Clause
"""Where advisories come from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from govgo.core.advisory.osv import Advisory
from govgo.core.records import NamedTuple


class Snapshot(NamedTuple):
    """What a source knows at one time.

    Attributes:
        source: the source as reports name it: a URL without its password, a file, or a module version.
        advisories: those about the modules that were asked about, and perhaps others.
        size: how many the source has in all, -1 where that is not known.
        modified: when it was last changed, None where it does not say.
        is_kept: it was not asked now; this is what was kept of an earlier answer.
        is_proved: its bytes were proved by the checksum database.
    """

    source: str
    advisories: tuple[Advisory, ...]
    size: int = -1
    modified: datetime | None = None
    is_kept: bool = False
    is_proved: bool = False


class AdvisorySource(Protocol):
    """A database of advisories."""

    def about(self, paths: Collection[str]) -> Snapshot:
        """What it knows of module paths.

        Raises:
            UnavailableError: it cannot be asked; OfflineError where nobody may be.
            NotFoundError: there is no such source.
            AdvisoryError: an advisory is malformed.
            InputError: it is not a database of advisories.
        """
        ...
