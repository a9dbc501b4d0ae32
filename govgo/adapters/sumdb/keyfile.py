# SPDX-License-Identifier: BSD-3-Clause
"""The private key of one's own checksum database, in a file that its owner alone can read; and what it has signed.

FILE          PRIVATE+KEY+sum.corp.example+…      mode 0600; a line for each key, to which one may be added (`add_key`)
FILE.head     the largest signed tree head that was decided on with this key (`app.sumdb.growing.HeadMemory`)
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress

from govgo.adapters.disk import atomic, modes
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import locked, read_whole, write_all
from govgo.adapters.disk.system import sync
from govgo.core.safetext import one_line
from govgo.core.sumdb.note import read_note
from govgo.core.sumdb.signer import Signer, make_keys, parse_signer
from govgo.core.sumdb.tlog import parse_tree
from govgo.errors import DiskError, IntegrityError, NoteError, UsageError

_MAX_BYTES = 64 << 10
_PRIVATE = 0o600


def default_key_file(name: str, environ: Mapping[str, str], room: str = "sumdb") -> str:
    """Where the key of the database `name` is if no file is named: in the user's configuration directory.

    Args:
        name: the database's, or that of another log.
        environ: the environment of the command.
        room: the directory of all keys of the kind.

    Raises:
        UsageError: no home directory is known.
    """
    base = environ.get("XDG_CONFIG_HOME", "") or (environ.get("HOME", "") and f"{environ['HOME']}/.config")
    if not os.path.isabs(base):
        raise UsageError("no home directory for the private key; name its file with -key")
    return f"{base}/govgo/{room}/{name.replace('/', '%2F')}.key"


def create_key(path: str, name: str) -> Signer:
    """Make a key pair and keep the private key in a new file; the key that is there already if it is one for `name`.

    Raises:
        UsageError: the file holds other keys.
        DiskError: it cannot be written.
    """
    private, _ = make_keys(name, os.urandom(32))
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _PRIVATE)
    except FileExistsError:
        signers = read_keys(path)
        found = next((signer for signer in signers if signer.name == name), None)
        if found is None:
            raise UsageError(f"{one_line(path)} has a key for {signers[0].name}, not for {name}") from None
        return found
    except OSError as error:
        raise disk_error("open", path, error) from error
    try:
        try:
            write_all(descriptor, f"{private}\n".encode())
            sync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        atomic.remove(path)  # ours, and not a key yet
        raise disk_error("write", path, error) from error
    return parse_signer(private)


def add_key(path: str, name: str) -> Signer:
    """Make a key pair for `name`, and keep its private key beside those in a file; the one that is there already.

    Raises:
        UsageError, DiskError: as `read_keys`, or the file cannot be written.
    """
    with locked(f"{path}.lock"):
        for signer in read_keys(path):
            if signer.name == name:
                return signer
        private, _ = make_keys(name, os.urandom(32))
        try:
            _replace(path, read_whole(path).rstrip(b"\n") + f"\n{private}\n".encode(), _PRIVATE)
        except OSError as error:
            raise disk_error("write", path, error) from error
    return parse_signer(private)


def link_key(path: str, link: str) -> None:
    """Let a link lead to a file of private keys, unless something has that name.  Raises DiskError."""
    try:
        os.makedirs(os.path.dirname(link), mode=0o700, exist_ok=True)
        with suppress(FileExistsError):
            os.symlink(path, link)
    except OSError as error:
        raise disk_error("symlink", link, error) from error


def read_keys(path: str) -> tuple[Signer, ...]:
    """The private keys in a file, one at least.

    Raises:
        UsageError: there is no such file, others may read it, or it holds no key.
        DiskError: it cannot be read.
    """
    try:
        facts = os.stat(path)
        data = read_whole(path) if facts.st_size <= _MAX_BYTES else b""
    except FileNotFoundError:
        raise UsageError(f"no private key at {one_line(path)}; name its file with -key") from None
    except OSError as error:
        raise disk_error("open", path, error) from error
    if not stat.S_ISREG(facts.st_mode) or facts.st_mode & 0o077:
        mode = stat.S_IMODE(facts.st_mode)
        raise UsageError(
            f"the private key {one_line(path)} may be read by others (mode {mode:04o})",
            hint="if nobody has read it, `chmod 600` it; else make a new database with a new key",
        )
    try:
        return tuple(parse_signer(line) for line in data.decode("utf-8", "replace").strip().split("\n"))
    except NoteError as error:
        raise UsageError(f"{one_line(path)} holds no private key: {error}", inner=error) from error


class FileMemory:
    """The largest tree head that a key has decided on, in a file beside it (`app.sumdb.growing.HeadMemory`)."""

    def __init__(self, key_file: str) -> None:
        self._path = f"{key_file}.head"

    def read(self) -> bytes:
        """The signed head, b"" for none.  Raises DiskError; IntegrityError for a file that has lost what it held."""
        try:
            note = read_whole(self._path)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise disk_error("open", self._path, error) from error
        if not note:
            raise IntegrityError(
                f"{one_line(self._path)} is empty: what the key has signed is not known any more",
                hint="write the newest tree head that was ever published into it: the body of /latest",
            )
        return note

    def check(self) -> None:
        """See that something can be remembered, before a head is decided on that cannot be.  Raises DiskError."""
        try:
            with locked(f"{self._path}.lock"):
                pass
        except DiskError as error:
            text = f"the largest tree head is kept beside its key, where nothing can be written: {error}"
            raise DiskError(text, path=error.path, inner=error) from error

    def write(self, note: bytes, *, anew: bool = False) -> None:
        """Remember another, unless it is smaller: the slower of two writers is no news.  Raises as `read`.

        `anew`: also one of the same size, which other keys have signed.
        """
        with locked(f"{self._path}.lock"):
            known = self.read()
            if not known or _size(note) >= _size(known) + (not anew):
                try:
                    _replace(self._path, note)
                except OSError as error:
                    raise disk_error("write", self._path, error) from error


def _replace(path: str, data: bytes, mode: int = modes.FILE) -> None:
    """On the disk before it has its name: it is worth something after a crash, or nothing.  Raises OSError.

    The caller holds a lock that all writers of `path` take.
    """
    atomic.remove_of_killed(path)
    descriptor, name = atomic.create_temp(path, mode)
    try:
        try:
            write_all(descriptor, data)
            sync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(name, path)
        name = ""
    finally:
        if name:
            atomic.remove(name)


def _size(note: bytes) -> int:
    """The tree size in a head that was verified when it was read from the storage, or made here."""
    text = read_note(note, ()).text
    return parse_tree(text.encode(), text.partition("\n")[0]).size
