# SPDX-License-Identifier: BSD-3-Clause
"""A tar or zip file as a storage (`ports.Storage`): a mirror in one file, or a part of one on its way.

    mirror.tar    mirror.zip

Files lie in it as they are, uncompressed, so that each can be read where it lies (module zips are compressed already).
What is written is kept in a directory beside the archive until its seal is written, the one file that comes last: then
a new archive takes the place of the old one, in one step. One that is never sealed leaves the old archive as it was.
The directory is locked as long as its process lives, so the next change removes those of processes that were killed.
"""

from __future__ import annotations

import fcntl
import glob
import hashlib
import os
import shutil
import stat
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from govgo.adapters.disk import atomic
from govgo.adapters.disk.archives import archive_errors, open_tar
from govgo.adapters.disk.diskerror import reason
from govgo.adapters.disk.system import sync
from govgo.adapters.storage.keys import check_key, check_tag
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import InputError, StorageError
from govgo.ports.storage import Entry

MAX_MEMBERS = 20_000_000
_PIECE = 1 << 20
_STAGING = ".tmp"
"""How the names of directories end that hold what is written."""
_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every member, so that the same files make the same archive; the first that a zip can have."""
_TIME_S = 315_532_800
_LOCAL_HEADER = 30


class _Place(NamedTuple):
    """Where the bytes of a file are: in a file, from `offset` on."""

    path: str
    offset: int
    size: int


class ArchiveStorage:
    """See the module's docstring.

    Args:
        path: the archive, absolute; its name ends in .tar or .zip. It need not exist yet.
        seal: the key of the file whose writing ends a change.
        passing: what the keys of files begin with that are there during a change alone, and not in the archive.
    """

    def __init__(self, path: str, seal: str, passing: str = "") -> None:
        self._path = path
        self._seal = seal
        self._passing = passing
        self._guard = threading.RLock()
        self._files: dict[str, _Place] | None = None
        self._identity = ""
        self._staging = ""
        self._lock = -1  # of the directory
        self._number = 0

    def __str__(self) -> str:
        return one_line(self._path)

    def head(self, key: str) -> Entry | None:
        """What is known of a file; None when there is none."""
        check_key(key)
        place = self._index().get(key)
        return None if place is None else self._entry(key, place)

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """The bytes of a file, or some of them."""
        pieces = self.chunks(key, start, length)
        return None if pieces is None else b"".join(pieces)

    def chunks(self, key: str, start: int = 0, length: int | None = None, tag: str = "") -> Iterator[bytes] | None:
        """The same in pieces of a MB."""
        check_key(key)
        place = self._index().get(key)
        if place is None:
            return None
        check_tag(self._entry(key, place), tag)
        end = place.size if length is None else min(start + length, place.size)
        return self._pieces(key, place, start, end)

    def create(self, key: str, data: bytes) -> bool:
        """Store a file unless the key is taken."""
        with self._guard:
            if self.head(key) is not None:
                return False
            self.replace(key, data)
            return True

    def create_from(self, key: str, path: str) -> bool:
        """The same with the content of a local file, which stays where it is."""
        with self._guard:
            if self.head(key) is not None:
                return False
            self.replace_from(key, path)
            return True

    def replace_from(self, key: str, path: str) -> None:
        """Store a file with the content of a local one, whatever is there."""
        with self._guard:
            check_key(key)
            try:
                shutil.copyfile(path, self._stage(key))
                self._put(key)
            except OSError as error:
                raise self._fault(key, error) from error

    def replace(self, key: str, data: bytes) -> None:
        """Store a file whatever is there."""
        with self._guard:
            check_key(key)
            try:
                with open(self._stage(key), "wb") as file:
                    file.write(data)
                self._put(key)
            except OSError as error:
                raise self._fault(key, error) from error

    def swap(self, key: str, data: bytes, tag: str) -> bool:
        """Replace a file if its tag is still `tag`."""
        with self._guard:
            found = self.head(key)
            if found is None or found.tag != tag:
                return False
            if key == self._seal and self._identity != _identity(self._path):
                return False  # another process has sealed another archive
            self.replace(key, data)
            return True

    def delete(self, key: str) -> bool:
        """Remove a file; False when there was none."""
        with self._guard:
            check_key(key)
            return self._index().pop(key, None) is not None

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """The files whose keys start with `prefix`, by key."""
        with self._guard:
            found = sorted(each for each in self._index().items() if each[0].startswith(prefix))
        for key, place in found:
            yield self._entry(key, place)

    def close(self) -> None:
        """Drop what was written and not sealed."""
        with self._guard:
            self._files = None
            if self._staging:
                shutil.rmtree(self._staging, ignore_errors=True)
                os.close(self._lock)
                self._staging = ""

    def _entry(self, key: str, place: _Place) -> Entry:
        tag = hashlib.sha256(f"{self._identity} {place}".encode()).hexdigest()[:16]
        return Entry(key, place.size, float(_TIME_S), tag)

    def _pieces(self, key: str, place: _Place, start: int, end: int) -> Iterator[bytes]:
        try:
            descriptor = os.open(place.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise self._fault(key, error) from error
        try:
            while start < end:
                piece = os.pread(descriptor, min(_PIECE, end - start), place.offset + start)
                if not piece:
                    raise StorageError(f"{self._path}: {key} changed while it was read", key=key)
                start += len(piece)
                yield piece
        except OSError as error:
            raise self._fault(key, error) from error
        finally:
            os.close(descriptor)

    def _stage(self, key: str) -> str:
        if not self._staging:
            parent, name = os.path.split(self._path)
            with _locked(parent):
                _remove_dead(parent, glob.escape(name))
                staging = tempfile.mkdtemp(_STAGING, f"{name}.", parent)
                self._lock = os.open(staging, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                with suppress(OSError):  # where directories have no locks, what is left stays
                    fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._staging = staging
        self._number += 1
        return f"{self._staging}/{self._number}"

    def _put(self, key: str) -> None:
        path = f"{self._staging}/{self._number}"
        self._index()[key] = _Place(path, 0, os.stat(path).st_size)
        if key == self._seal:
            self._write()

    def _index(self) -> dict[str, _Place]:
        with self._guard:
            if self._files is None:
                self._identity = _identity(self._path)
                self._files = self._read_index() if self._identity else {}
            return self._files

    def _read_index(self) -> dict[str, _Place]:
        found: dict[str, _Place] = {}
        try:
            with archive_errors(lambda text: InputError(f"{self._path}: {text}")):
                for key, offset, size in _zipped(self._path) if self._is_zip else _tarred(self._path):
                    check_key(key)
                    if key in found or len(found) >= MAX_MEMBERS:
                        raise InputError(f"{self._path}: too many members, or two of one name")
                    found[key] = _Place(self._path, offset, size)
        except OSError as error:
            raise self._fault("", error) from error
        return found

    @property
    def _is_zip(self) -> bool:
        return self._path.endswith(".zip")

    def _write(self) -> None:
        """Write the archive anew, and let it take the place of the old one."""
        name = ""
        try:
            descriptor, name = atomic.create_temp(f"{self._staging}/archive")
            os.close(descriptor)
            with archive_errors(lambda text: InputError(f"{self._path}: {text}")):
                (self._write_zip if self._is_zip else self._write_tar)(name)
            with open(name, "rb") as file:
                sync(file.fileno())
            with _locked(os.path.dirname(self._path)):
                if self._identity != _identity(self._path):
                    raise StorageError(f"{self._path}: another process has written it meanwhile", key=self._seal)
                os.rename(name, self._path)
            name = ""
        except OSError as error:
            raise self._fault(self._seal, error) from error
        finally:
            if name:
                atomic.remove(name)
        self.close()

    def _members(self) -> list[tuple[str, _Place]]:
        kept = (each for each in self._index().items() if not (self._passing and each[0].startswith(self._passing)))
        return sorted(kept)

    def _write_tar(self, name: str) -> None:
        with tarfile.open(name, "w", format=tarfile.PAX_FORMAT) as archive:
            for key, place in self._members():
                member = tarfile.TarInfo(key)
                member.size, member.mtime, member.mode = place.size, _TIME_S, 0o644
                with open(place.path, "rb") as source:
                    source.seek(place.offset)
                    archive.addfile(member, source)

    def _write_zip(self, name: str) -> None:
        with zipfile.ZipFile(name, "w", zipfile.ZIP_STORED) as archive:
            for key, place in self._members():
                member = zipfile.ZipInfo(key, _TIME)
                member.external_attr = (stat.S_IFREG | 0o644) << 16
                with archive.open(member, "w", force_zip64=place.size >= 1 << 31) as target:
                    for piece in self._pieces(key, place, 0, place.size):
                        target.write(piece)

    def _fault(self, key: str, error: OSError) -> StorageError:
        return StorageError(f"{self._path}{f': {key}' if key else ''}: {reason(error)}", key=key, inner=error)


@contextmanager
def _locked(directory: str) -> Iterator[None]:
    """Hold the lock of a directory, where its file system has one for it: no file is left behind as by other locks."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove_staging(directory: str, names: str) -> None:
    """Remove what processes have left that were killed while they wrote archives, whose names are a pattern of glob."""
    with suppress(OSError), _locked(directory):
        _remove_dead(directory, names)


def _remove_dead(parent: str, names: str) -> None:
    """The same; the directory is locked."""
    for each in glob.glob(f"{glob.escape(parent)}/{names}.{'?' * 8}{_STAGING}"):
        with suppress(OSError):
            descriptor = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(each, ignore_errors=True)
            finally:
                os.close(descriptor)


def _identity(path: str) -> str:
    """What differs between two archives at one place; "" where there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return ""
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns}"


def _tarred(path: str) -> Iterator[tuple[str, int, int]]:
    """(name, offset, size) of each member of a tar file that is not compressed."""
    with open_tar(path, "r:") as archive:
        for member in archive:
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                raise InputError(f"{path}: {member.name!r} is not a regular file")
            yield member.name, member.offset_data, member.size


def _zipped(path: str) -> Iterator[tuple[str, int, int]]:
    """(name, offset, size) of each member of a zip file that compresses none."""
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        for member in archive.infolist():
            if member.is_dir():
                continue
            if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
                raise InputError(f"{path}: {member.filename!r} is compressed or encrypted")
            file.seek(member.header_offset)
            header = file.read(_LOCAL_HEADER)
            if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\3\4"):
                raise InputError(f"{path}: {member.filename!r} has no header")
            skipped = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
            yield member.filename, member.header_offset + _LOCAL_HEADER + skipped, member.file_size
