# SPDX-License-Identifier: BSD-3-Clause
"""Temporary copies of files on their way between storages, hashed while they are copied (`ports.mirror.Staging`)."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from govgo.adapters.disk import atomic
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import pieces, write_all
from govgo.adapters.disk.temporary import make_file
from govgo.core.lazyregex import late
from govgo.core.mirror.manifest import Content
from govgo.core.module.moduleversion import ModuleVersion

_COPY = late(r"govgo-[a-z0-9_]{8}\.tmp")


class TemporaryCopy:
    """See `ports.mirror.LocalCopy`."""

    def __init__(self, path: str, content: Content) -> None:
        self.path = path
        self.content = content

    def zip_hash(self, mod: ModuleVersion, gomod: bytes | None = None) -> str:
        """The `h1:` of a module zip that keeps every rule."""
        from govgo.adapters.modzip.hash import check_and_hash_zip

        return check_and_hash_zip(self.path, mod, shown=f"{mod.path}@{mod.version}.zip", gomod=gomod)

    def gomod(self, mod: ModuleVersion) -> bytes:
        """The go.mod in the root of such a zip."""
        from govgo.adapters.modzip.examine import gomod_in

        return gomod_in(self.path, mod)


class TemporaryStaging:
    """Copies in a directory for temporary files.

    Args:
        directory: that directory.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._has_swept = False

    @contextmanager
    def copy_file(self, path: str) -> Iterator[TemporaryCopy]:
        """A copy of a local file."""
        try:
            source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise disk_error("open", path, error) from error
        try:
            with self.copy_pieces(pieces(source, path)) as copy:
                yield copy
        finally:
            os.close(source)

    @contextmanager
    def copy_pieces(self, pieces: Iterable[bytes]) -> Iterator[TemporaryCopy]:
        """A copy of a file that comes in pieces."""
        self._sweep()
        descriptor, path = make_file(".tmp", directory=self._directory)
        try:
            digest, size = hashlib.sha256(), 0
            try:
                for piece in pieces:
                    digest.update(piece)
                    size += len(piece)
                    try:
                        write_all(descriptor, piece)
                    except OSError as error:
                        raise disk_error("write", path, error) from error
                os.fchmod(descriptor, 0o644)  # a storage may take the file itself
            finally:
                os.close(descriptor)
            yield TemporaryCopy(path, Content(digest.hexdigest(), size))
        finally:
            atomic.remove(path)

    def _sweep(self) -> None:
        """Remove, once, copies of processes of this user that were killed, a day later."""
        if self._has_swept:
            return
        self._has_swept = True
        now_s, user = time.time(), os.geteuid()
        with suppress(OSError), os.scandir(self._directory) as found:
            for each in found:
                if _COPY.fullmatch(each.name) and each.stat(follow_symlinks=False).st_uid == user:
                    atomic.remove_abandoned(each.path, now_s)
