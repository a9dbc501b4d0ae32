# SPDX-License-Identifier: BSD-3-Clause
"""Files of govgo's own in the user's cache directory, each with a checksum in front, so that half a file is never read.

    MAGIC | BLAKE2b-256 of BODY (32 bytes) | BODY

MAGIC names the format and its version. The directory belongs to the user alone (`is_private`, to be asked first) and
lies outside the module cache, which others may fill; it is trusted as the go command trusts its build cache, from which
it runs code.
"""

from __future__ import annotations

import os
import stat
import sys

# From hashlib, it would come with OpenSSL, which takes as long to load as the go.mod files of a small graph.
from _blake2 import blake2b
from collections.abc import Iterable, Mapping
from contextlib import suppress

from govgo import __version__, core
from govgo.adapters.disk import modes
from govgo.adapters.disk.atomic import random_number

_DIGEST_SIZE = 32
_MOST_LINKS = 40

Stamp = tuple[int, int, int, int]
"""Size, inode, time of the last write and time of the inode's last change, in ns since 1970. A file is the same as long
as they are: no program can set the last of them."""

# O_NONBLOCK: opening a pipe that stands in the place of the file must not wait.
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | getattr(os, "O_NONBLOCK", 0)


def user_cache(environ: Mapping[str, str]) -> str:
    """govgo's part of the user's cache directory ($XDG_CACHE_HOME, else ~/.cache or ~/Library/Caches); "" for none."""
    base = environ.get("XDG_CACHE_HOME", "")
    if not base:
        home = environ.get("HOME", "")
        base = home and os.path.join(home, "Library/Caches" if sys.platform == "darwin" else ".cache")
    return f"{base}/govgo" if os.path.isabs(base) else ""


def is_private(directory: str, home: str = "", *, own: int = 1) -> bool:
    """Whether only the user and root can put something into a directory or in its place; it need not exist yet.

    That holds where every directory and symbolic link on the way to it belongs to the user or root, and none of these
    directories can be written by others, as sshd demands for `authorized_keys`. Two ordinary set-ups are accepted: a
    group may write if it is the user's private one, whose number is the user's; and anybody may write where the sticky
    bit keeps them from what is not theirs (`/tmp`), but not in the directory itself.

    Args:
        directory: an absolute path.
        home: the user's home directory; where `directory` lies in it, what is above it is not looked at.
        own: how many of the last directories of the path are govgo's own, which must not be links.
    """
    users = (0, os.geteuid())
    names = [name for name in directory.split("/") if name]
    at = ""
    if home and f"{directory}/".startswith(f"{home.rstrip('/')}/"):
        at = os.path.realpath(home)
        names = [name for name in directory[len(home.rstrip("/")) :].split("/") if name]
    links = 0
    try:
        while True:
            facts = os.lstat(at or "/")
            if facts.st_uid not in users:
                return False
            if stat.S_ISLNK(facts.st_mode):
                links += 1
                target = os.readlink(at)
                # A link back to "..", behind another one perhaps, is more than a shell's `ln -s` of a cache directory.
                if links > _MOST_LINKS or len(names) < own or ".." in target.split("/"):
                    return False
                at = "" if target.startswith("/") else os.path.dirname(at)
                names = [*(name for name in target.split("/") if name not in ("", ".")), *names]
                continue
            if not stat.S_ISDIR(facts.st_mode) or _others_write(facts, is_last=not names):
                return False
            if not names:
                return True
            at = f"{at.rstrip('/')}/{names.pop(0)}"
    except FileNotFoundError:
        return True  # what is missing will be made by the user
    except OSError:
        return False


def _others_write(facts: os.stat_result, *, is_last: bool) -> bool:
    if facts.st_mode & stat.S_ISVTX and not is_last:
        return False
    group = facts.st_mode & stat.S_IWGRP and facts.st_gid != facts.st_uid
    return bool(group or facts.st_mode & stat.S_IWOTH)


def make_private(directory: str) -> None:
    """Make a directory, and those above it that are missing, for the user alone. Raises OSError."""
    missing: list[str] = []
    while not os.path.isdir(directory):
        missing.append(directory)
        directory = os.path.dirname(directory)
    for each in reversed(missing):
        with suppress(FileExistsError):  # another process was faster
            os.mkdir(each, modes.PRIVATE_DIRECTORY)


def read_sealed(path: str, magic: bytes, max_bytes: int) -> bytes | None:
    """The body of a sealed file; None unless it is whole, at most `max_bytes` long, and this user's alone to write."""
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return None
    with open(descriptor, "rb", buffering=0) as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
            return None
        if facts.st_mode & modes.OTHERS_WRITE or facts.st_size > max_bytes:
            return None
        head = file.read(len(magic) + _DIGEST_SIZE)
        body = file.readall()  # apart, so that megabytes are not copied
    return body if head == magic + checksum(body) else None


def seal(magic: bytes, body: bytes) -> bytes:
    """The bytes of a sealed file."""
    return magic + checksum(body) + body


def checksum(data: bytes) -> bytes:
    """32 bytes that tell other bytes apart from these."""
    return blake2b(data, digest_size=_DIGEST_SIZE).digest()


def write_sealed(path: str, magic: bytes, body: bytes) -> None:
    """Write a sealed file; it appears under its name whole or not at all. Raises OSError."""
    # In a container each process may have the number of one that was killed, and left its file.
    temp = f"{path}.{random_number()}.tmp"
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, modes.PRIVATE_FILE)
    try:
        with open(descriptor, "wb") as file:
            file.write(seal(magic, body))
        os.replace(temp, path)
    except BaseException:
        os.unlink(temp)
        raise


def stamp(path: str) -> Stamp:
    """The stamp of a file. Raises OSError."""
    facts = os.stat(path)
    return facts.st_size, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns


def file_stamp(path: str) -> bytes:
    """The stamp of a file as bytes; where there is none, the kind of error."""
    try:
        return b"%d %d %d %d" % stamp(path)
    except OSError as error:
        return type(error).__name__.encode()


def code_stamp(modules: Iterable[str]) -> bytes:
    """The stamp of modules of `core`, such as "modfile/read": other code may find something else in the same file."""
    (home,) = core.__path__
    return b"\0".join([__version__.encode(), *(file_stamp(f"{home}/{name}.py") for name in modules)])


def remove_oldest(directory: str, max_files: int) -> None:
    """Keep the `max_files` newest files of a directory; temporary files of killed writers count, and go in time."""
    with os.scandir(directory) as found:
        files = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in found)
    for _, path in files[:-max_files]:
        os.unlink(path)
