# SPDX-License-Identifier: BSD-3-Clause
"""Makes the man pages when a wheel is built, from the same declarations as `govgo help`."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPages(BuildHookInterface):  # type: ignore[type-arg]
    """Adds govgo.1, govgo-get.1, … below share/man of the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages, unless the build is of a link to a checkout (`pip install -e`)."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from govgo.cli.reference.man import man_pages
        finally:
            sys.path.remove(self.root)
        self._directory = Path(mkdtemp(prefix="govgo-man-"))
        for name, text in man_pages(self.metadata.version):
            page = self._directory / name
            page.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(page)] = f"share/man/man{name[-1]}/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written for the build."""
        if version != "editable":
            rmtree(self._directory)
