# SPDX-License-Identifier: BSD-3-Clause
"""What services that fill and check mirrors need of local files: zips are hashed as files."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from govgo.core.mirror.manifest import Content
from govgo.core.module.moduleversion import ModuleVersion


class LocalCopy(Protocol):
    """A temporary local file; it is removed at the end of the context that gave it.

    Attributes:
        path: where it is.
        content: its hash and size.
    """

    @property
    def path(self) -> str: ...

    @property
    def content(self) -> Content: ...

    def zip_hash(self, mod: ModuleVersion, gomod: bytes | None = None) -> str:
        """Its `h1:` as the zip of a module version, checked by every rule of module zips.

        Raises:
            BadZipError: it breaks one, or its go.mod is not `gomod`.
            DiskError: it cannot be read.
        """
        ...

    def gomod(self, mod: ModuleVersion) -> bytes:
        """The go.mod in the root of such a zip.  Raises as `zip_hash`, and InputError where there is none."""
        ...


class Staging(Protocol):
    """Where files lie on their way into a mirror (`adapters.storage.staging`)."""

    def copy_file(self, path: str) -> AbstractContextManager[LocalCopy]:
        """A copy of a local file.  Raises DiskError."""
        ...

    def copy_pieces(self, pieces: Iterable[bytes]) -> AbstractContextManager[LocalCopy]:
        """A copy of a file that comes in pieces.  Raises DiskError, and what `pieces` raises."""
        ...
