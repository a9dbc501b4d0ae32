# SPDX-License-Identifier: BSD-3-Clause
"""Legal texts of modules, and what tells which licences they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from govgo.core.licenses.texts import LegalFiles, Match


class LegalReader(Protocol):
    """Reads the legal texts of a module (`adapters.licenses.files.LegalTexts`)."""

    def in_zip(self, path: str, prefix: str) -> LegalFiles:
        """Those in a module zip, whose names begin with `prefix`.

        Raises:
            BadZipError, DiskError: it cannot be read.
        """
        ...

    def in_directory(self, directory: str) -> LegalFiles:
        """Those below a directory that replaces a module.

        Raises:
            DiskError: it cannot be read.
        """
        ...


class TextMatcher(Protocol):
    """Tells which licences texts are (`adapters.licenses.matcher.SpdxMatcher`)."""

    @property
    def name(self) -> str:
        """The matcher and its version."""
        ...

    def match(self, texts: Mapping[str, bytes], go_on: Callable[[], object] = ...) -> Mapping[str, Match]:
        """The licences of texts by their SHA-256.

        `go_on` is called before each text that takes long; what it raises ends the work, and is raised.

        Raises:
            MissingExtraError: the package that matches is not installed.
        """
        ...
