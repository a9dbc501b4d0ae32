# SPDX-License-Identifier: BSD-3-Clause
"""The user's own files, renewed where they lie: go.mod, go.sum, go.work, the go env file, reports, bundles.

A new file is written beside the old one and renamed to its place, so that every reader sees the old content or the
new. That is not possible everywhere:

- the file alone is mounted (`docker run -v $PWD/go.mod:/src/go.mod`): nothing can be renamed to its place (EBUSY);
- it has other names (hard links), or an owner or attributes that a new file cannot be given: these would be lost;
- its directory may not be written, though the file may.

There the file is overwritten, as the go command always does. Meanwhile the old content and the new one are kept in a
directory of the user's own, under the SHA-256 of the file's path. A run that finds them knows that another was killed
in between, and brings the old content back. They are not kept beside the file: a repository could hold such contents,
by which its go.sum would be another one for govgo than it is for go.

    ~/.cache/govgo/kept/HASH   sealed (`disk.sealed`): length of the old content in digits, LF, old content, new content
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress

from govgo.adapters.disk import atomic, lockfile, modes
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import write_all
from govgo.adapters.disk.sealed import read_sealed, seal, user_cache
from govgo.errors import DiskError

_NO_NEW_FILES = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG)
_NO_RENAMING = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MAGIC = b"govgo kept file 1\n"
_MOST_BYTES = 1 << 32
_HINT = "set XDG_CACHE_HOME to a directory that can be written"


def keeping_places(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Directories of the user's own for the old contents of files; they need not exist."""
    cache = user_cache(environ)
    temp = environ.get("TMPDIR") or "/tmp"
    return (*([f"{cache}/kept"] if cache else []), f"{temp}/govgo-kept-{os.geteuid()}")


def renew(path: str, descriptor: int, data: bytes, places: Sequence[str]) -> None:
    """Make `data` the content of a file.

    Args:
        path: the file's absolute path, without links in it.
        descriptor: the file, open for reading and writing, and locked.
        data: its new content.
        places: directories of the user's own, for the old content while the file is overwritten.

    Raises:
        DiskError: it could not be written; what stood in the file stands there still.
    """
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        raise DiskError(f"write {path}: not a regular file", path=path)
    if facts.st_nlink > 1 or not _replaced(path, descriptor, facts, data):
        _overwrite(path, descriptor, data, places)


def mend(path: str, descriptor: int, places: Sequence[str]) -> None:
    """Bring back the old content of a file that another run was overwriting when it was killed.

    Arguments and errors are those of `renew`. Where somebody has changed the file since, it stays as it is.
    """
    for place in _places(path, places):
        if not _is_mine(place):
            continue
        body = read_sealed(place, _MAGIC, _MOST_BYTES)
        if body is not None:  # else the run was killed before it touched the file
            length, _, contents = body.partition(b"\n")
            before, after = contents[: int(length)], contents[int(length) :]
            try:
                if _is_between(_content(descriptor), before, after):
                    _write_over(descriptor, before)
            except OSError as error:
                raise disk_error("write", path, error) from error
        _forget(place)


def is_kept(path: str, places: Sequence[str]) -> bool:
    """Whether another run may have been killed while it overwrote the file at `path`, or at the end of that link."""
    # Mostly nothing is kept, and then the true name of a file need not be found out.
    used = [place for place in places if _is_private(place) and _has_entries(place)]
    return bool(used) and any(map(_is_mine, _places(os.path.realpath(path), used)))


def _places(path: str, places: Sequence[str]) -> tuple[str, ...]:
    """The names under which the contents of a file may be kept."""
    private = [place for place in places if _is_private(place)]
    if not private:
        return ()
    from hashlib import sha256  # loads OpenSSL; mostly nothing is kept

    name = sha256(os.fsencode(path)).hexdigest()
    return tuple(f"{place}/{name}" for place in private)


def _is_private(directory: str) -> bool:
    """Whether a directory is there, the user's own, and nobody else may write in it."""
    try:
        facts = os.lstat(directory)
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid() and not facts.st_mode & modes.OTHERS_WRITE


def _has_entries(directory: str) -> bool:
    try:
        return bool(os.listdir(directory))
    except OSError:
        return True  # it cannot be known


def _is_mine(place: str) -> bool:
    try:
        return os.lstat(place).st_uid == os.geteuid()
    except OSError:
        return False


def _replaced(path: str, descriptor: int, facts: os.stat_result, data: bytes) -> bool:
    """Put a new file in the place of the old one; False where that cannot be, or would lose more than the content."""
    try:
        fresh, name = atomic.create_temp(path)
    except OSError as error:
        if error.errno in _NO_NEW_FILES:
            return False
        raise disk_error("write", path, error) from error
    try:
        try:
            write_all(fresh, data)
            if not _made_alike(fresh, descriptor, facts):
                return False
            _sync(fresh)
        finally:
            os.close(fresh)
        os.rename(name, path)
        name = ""
    except OSError as error:
        if error.errno in _NO_RENAMING:
            return False
        raise disk_error("write", path, error) from error
    finally:
        if name:
            atomic.remove(name)
    return True


def _made_alike(fresh: int, old: int, facts: os.stat_result) -> bool:
    """Give a new file the owner, the mode and the extended attributes of the old one; False where that is refused."""
    made = os.fstat(fresh)
    try:
        if (made.st_uid, made.st_gid) != (facts.st_uid, facts.st_gid):
            os.fchown(fresh, facts.st_uid, facts.st_gid)
        os.fchmod(fresh, stat.S_IMODE(facts.st_mode))
        if hasattr(os, "listxattr"):
            mine = set(_attributes(fresh))
            for name in _attributes(old):
                value = os.getxattr(old, name)
                if name not in mine or os.getxattr(fresh, name) != value:
                    os.setxattr(fresh, name, value)
    except OSError:
        return False
    return True


def _attributes(descriptor: int) -> Sequence[str]:
    try:
        return os.listxattr(descriptor)
    except OSError:
        return ()  # the file system has none


def _overwrite(path: str, descriptor: int, data: bytes, places: Sequence[str]) -> None:
    try:
        before = _content(descriptor)
        kept = _keep(path, before, data, places)
        try:
            _write_over(descriptor, data)
        except BaseException:
            _write_over(descriptor, before)
            raise
        finally:
            if _content(descriptor) in (before, data):
                _forget(kept)
    except OSError as error:
        raise disk_error("write", path, error) from error


def _keep(path: str, before: bytes, after: bytes, places: Sequence[str]) -> str:
    """Keep both contents of a file until it is written; where.  Raises DiskError."""
    for place in places:
        with suppress(OSError):
            os.makedirs(place, modes.PRIVATE_DIRECTORY, exist_ok=True)
    sealed = seal(_MAGIC, b"%d\n%b%b" % (len(before), before, after))
    fault: OSError | None = None
    for place in _places(path, places):
        try:
            descriptor = os.open(place, _NEW, modes.PRIVATE_FILE)
        except OSError as error:
            fault = fault or error
            continue
        try:
            write_all(descriptor, sealed)
            _sync(descriptor)
            return place
        except OSError as error:
            fault = fault or error
            atomic.remove(place)
        finally:
            os.close(descriptor)
    raise DiskError(
        f"write {path}: there is no place to keep its old content meanwhile", path=path, inner=fault, hint=_HINT
    )


def _forget(place: str) -> None:
    """Remove what was kept, and the directory if nothing else is in it."""
    atomic.remove(place)
    with suppress(OSError):
        os.rmdir(os.path.dirname(place))


def _is_between(found: bytes, before: bytes, after: bytes) -> bool:
    """Whether a file may hold `found` while `before` is overwritten by `after`: each byte is of one of them, or NUL."""
    short, long = sorted((len(before), len(after)))
    if found in (before, after) or not short <= len(found) <= long:
        return False
    pairs = zip(found, before.ljust(long, b"\0"), after.ljust(long, b"\0"), strict=False)
    return all(byte in (old, new, 0) for byte, old, new in pairs)


def _content(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return lockfile.read_all(descriptor)


def _write_over(descriptor: int, data: bytes) -> None:
    """Overwrite, first what makes the file longer: a full disk shows itself before anything is lost."""
    size = os.fstat(descriptor).st_size
    try:
        _write_at(descriptor, data[size:], size)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    _write_at(descriptor, data[:size], 0)
    os.ftruncate(descriptor, len(data))
    _sync(descriptor)


def _sync(descriptor: int) -> None:
    from govgo.adapters.disk.system import sync  # a command that writes nothing does without

    sync(descriptor)


def _write_at(descriptor: int, data: bytes, offset: int) -> None:
    os.lseek(descriptor, offset, os.SEEK_SET)
    write_all(descriptor, data)
