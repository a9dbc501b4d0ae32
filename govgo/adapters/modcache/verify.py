# SPDX-License-Identifier: BSD-3-Clause
"""Hashes what lies in the module cache: for `mod verify`, whether it is still what was downloaded; for `verify`, facts.

`mod verify` compares zip and extracted tree of each module version with the `h1:` in its `.ziphash`. The rules and
sentences are those of cmd/go/internal/modcmd/verify.go. `verify` compares with go.sum and the checksum database
itself, and wants every hash that can be obtained (`CachedModule`).

Both hash each file of the build list, hundreds of megabytes in a large one. The work is divided among processes, by the
sizes of the zips: most entries are small, so threads would spend their time waiting for the interpreter's lock.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import select
import signal
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress

from govgo.adapters.disk.diskerror import disk_error, is_in_the_way, reason
from govgo.adapters.disk.lockfile import open_to_read, reading
from govgo.adapters.disk.system import HAS_SAFE_FORK, usable_cpus, widen_pipe
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modzip.hash import hash_archive, hash_tree, hash_zip, hash_zip_and_tree
from govgo.adapters.modzip.layout import layout_fault
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import DiskError, Failure, InputError
from govgo.ports.reporter import PROGRESS_THREAD

_MOST_WORKERS = 8
_WORTH_A_WORKER = 4 << 20
"""Bytes of zips below which another process costs more than it saves."""
_TELL_MS = 100
"""How often who waits for other processes is told, in milliseconds."""
_PIPE_BYTES = 1 << 20
"""Of answers that are not taken yet: those of a thousand module versions and more."""
_LENGTH_BYTES = 4

_Texts = tuple[str, ...]
"""What one module version gives. Plain strings, since they may come from another process through `marshal`."""


def _tell_nobody(count: int) -> None:
    """Progress goes nowhere."""


class CacheAudit:
    """Compares a module cache with what was downloaded into it (`mod verify`)."""

    def __init__(self, cache: ModCache) -> None:
        self._cache = cache

    def faults(
        self, mods: Sequence[ModuleVersion], advanced: Callable[[int], object] = _tell_nobody
    ) -> tuple[tuple[str, ...], ...]:
        """go's sentences about each module version that was changed since it was downloaded, in the order given.

        Args:
            mods: module versions.
            advanced: called with how many more are done.

        Raises:
            NoModCacheError: there is no cache.
        """
        self._cache.check_root()
        return _divided(self._cache, mods, self.module_faults, advanced)

    def module_faults(self, mv: ModuleVersion) -> tuple[str, ...]:
        """What is wrong with zip and tree of one module version; () also where nothing was downloaded."""
        if is_toolchain(mv.path):
            return ()
        name = one_line(f"{mv.path} {mv.version}")
        try:
            return tuple(f"{name}: {fault}" for fault in self._faults(mv))
        except Failure as error:
            return (f"{name}: {error}",)

    def _faults(self, mv: ModuleVersion) -> list[str]:
        zip_path = self._cache.zip_path(mv)
        has_zip = os.path.exists(zip_path)
        tree = self._cache.download_dir(mv)
        try:
            recorded = _recorded(zip_path)
        except DiskError as error:
            return [f"missing ziphash: {error}"] if has_zip or tree.state == "whole" else []
        faults: list[str] = []
        tree_h1: str | None = None
        if has_zip:
            if tree.state == "whole":
                zip_h1, tree_h1 = hash_zip_and_tree(zip_path, tree.dir, str(mv))
            else:
                zip_h1 = hash_zip(zip_path)
            if zip_h1 != recorded:
                faults.append(f"zip has been modified ({zip_path})")
        if tree.state == "whole":
            try:
                if (tree_h1 or hash_tree(tree.dir, str(mv))) != recorded:
                    faults.append(f"dir has been modified ({tree.dir})")
            except Failure as error:
                faults.append(str(error))
        return faults


class CachedModule(NamedTuple):
    """What lies in the cache for one module version; "" where there is nothing.

    Attributes:
        zip: path of the zip.  zip_hash: its `h1:`.  zip_fault: why it has none.
        zip_layout: what is odd about parts that the hash does not cover.
        recorded: the content of .ziphash.  recorded_fault: why it cannot be read, although zip or tree are there.
        dir: path of the whole extracted tree.  dir_hash, dir_fault: as for the zip.
        gomod: path of the .mod file.  gomod_hash: its `h1:`.
        disk_fault: why something could not be looked at at all.
    """

    zip: str = ""
    zip_hash: str = ""
    zip_fault: str = ""
    recorded: str = ""
    recorded_fault: str = ""
    dir: str = ""
    dir_hash: str = ""
    dir_fault: str = ""
    gomod: str = ""
    gomod_hash: str = ""
    disk_fault: str = ""
    zip_layout: str = ""


_EMPTY = CachedModule()


class CachedZip(NamedTuple):
    """The zip of a module version in the cache: its `h1:`, and the SHA-256 of the file; "" where there is none.

    `fault` says why one that is there has no hash.
    """

    h1: str = ""
    sha256: str = ""
    fault: str = ""


class CacheLook:
    """See `ports.evidence.Looking`."""

    def __init__(self, work: _Work) -> None:
        self._work = work

    def facts(self, advanced: Callable[[int], object] = _tell_nobody) -> tuple[CachedModule, ...]:
        """The facts of each module version, in the order given."""
        return tuple(CachedModule(*fields) for fields in self._work.results(advanced))

    def stop(self) -> None:
        """End the other processes."""
        self._work.stop()


class CacheFacts:
    """Hashes everything in a module cache and compares nothing (`verify`); what cannot be hashed has its reason."""

    def __init__(self, cache: ModCache) -> None:
        self._cache = cache

    def begin(self, mods: Sequence[ModuleVersion]) -> CacheLook:
        """Begin to look at module versions, in other processes where there is much to do."""
        return CacheLook(_Work(self._cache, mods, self._fields))

    def look(
        self, mods: Sequence[ModuleVersion], advanced: Callable[[int], object] = _tell_nobody
    ) -> tuple[CachedModule, ...]:
        """The facts of each module version, in the order given; `advanced` as in `ports.evidence.Looking`."""
        return self.begin(mods).facts(advanced)

    def zips(
        self, mods: Sequence[ModuleVersion], advanced: Callable[[int], object] = _tell_nobody
    ) -> tuple[CachedZip, ...]:
        """The zip of each module version, in the order given; `advanced` is called with how many more are done."""
        return tuple(CachedZip(*fields) for fields in _divided(self._cache, mods, self._zip_fields, advanced))

    def _zip_fields(self, mv: ModuleVersion) -> _Texts:
        try:
            path = self._cache.zip_path(mv) if self._cache.root else ""
            if not os.path.exists(path):
                return CachedZip()
            with reading(path) as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return CachedZip(hash_zip(path), sha256)
        except InputError:
            return CachedZip()  # no file can be there for such a version
        except Failure as error:
            return CachedZip(fault=str(error))
        except OSError as error:
            return CachedZip(fault=f"open {path}: {reason(error)}")

    def _fields(self, mv: ModuleVersion) -> _Texts:
        if is_toolchain(mv.path) or not self._cache.root:
            return tuple(_EMPTY)
        try:
            return tuple(self._look(mv))
        except InputError:
            return tuple(_EMPTY)  # no file can be there for such a version

    def _look_at_gomod(self, mv: ModuleVersion) -> CachedModule:
        data = self._cache.read_gomod(mv)
        path = self._cache.file(mv, "mod")
        if data is not None:
            return _EMPTY._replace(gomod=path, gomod_hash=hash_gomod(data))
        try:
            os.close(open_to_read(path))
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            return _unread(_EMPTY, disk_error("open", path, error))
        return _EMPTY

    def _look(self, mv: ModuleVersion) -> CachedModule:
        zip_path = self._cache.zip_path(mv)
        found = self._look_at_gomod(mv)
        try:
            if _is_there(zip_path):
                found = _hash_zip(found._replace(zip=zip_path), zip_path)
        except DiskError as error:
            found = _unread(found, error)
        try:
            tree = self._cache.download_dir(mv)
            if tree.state == "partial":
                _is_there(tree.dir)
            if tree.state == "whole" or (tree.state == "partial" and tree.reason == "ziphash file is missing"):
                found = found._replace(dir=tree.dir)
                found = found._replace(dir_hash=hash_tree(tree.dir, str(mv)))
        except Failure as error:
            found = found._replace(dir_fault=str(error)) if is_in_the_way(error.inner) else _unread(found, error)
        if found.zip or found.dir:
            try:
                found = found._replace(recorded=_recorded(zip_path))
            except DiskError as error:
                fault = f"missing ziphash: {error}"
                found = found._replace(recorded_fault=fault) if is_in_the_way(error.inner) else _unread(found, error)
        return found


def _is_there(path: str) -> bool:
    """Whether there is something under a name.  Raises DiskError where that cannot be known."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise disk_error("stat", path, error) from error
    return True


def _unread(found: CachedModule, error: Failure) -> CachedModule:
    """The facts where the disk does not let one more thing be looked at."""
    return found._replace(disk_fault=f"{found.disk_fault}; {error}" if found.disk_fault else str(error))


def _hash_zip(found: CachedModule, path: str) -> CachedModule:
    """The facts of a zip: by the strict rules, which hold for what is fetched, else by go's."""
    try:
        with open_archive(path, Rules.STRICT) as archive:
            return found._replace(zip_hash=hash_archive(archive), zip_layout=layout_fault(archive))
    except DiskError as error:
        return _unread(found, error)
    except Failure as error:
        strict = str(error)
    # The go command may have put it there, which is less strict: then the file is sound for go, and odd for us.
    try:
        return found._replace(zip_hash=hash_zip(path), zip_layout=strict)
    except Failure as error:
        return found._replace(zip_fault=str(error))


def _recorded(zip_path: str) -> str:
    """The content of the zip's .ziphash.  Raises DiskError."""
    path = f"{zip_path}hash"
    try:
        with reading(path) as file:
            return file.read().decode("utf-8", "surrogateescape").strip()
    except OSError as error:
        raise disk_error("read" if isinstance(error, IsADirectoryError) else "open", path, error) from error


def _divided(
    cache: ModCache,
    mods: Sequence[ModuleVersion],
    work: Callable[[ModuleVersion], _Texts],
    advanced: Callable[[int], object],
) -> tuple[_Texts, ...]:
    """`work` on each module version, divided among processes; the results in the order given."""
    return _Work(cache, mods, work).results(advanced)


def _shares(cache: ModCache, mods: Sequence[ModuleVersion]) -> list[list[int]]:
    """The indexes of `mods`, dealt to as many processes as pay off, each to the one with the least to do."""
    sizes = [_size(cache, mv) for mv in mods]
    workers = min(_MOST_WORKERS, usable_cpus(), 1 + sum(sizes) // _WORTH_A_WORKER)
    if not HAS_SAFE_FORK or any(
        each.name != PROGRESS_THREAD for each in threading.enumerate() if each is not threading.current_thread()
    ):
        workers = 1  # a process with threads cannot be forked safely
    shares: list[list[int]] = [[] for _ in range(workers)]
    loads = [0] * workers
    for index in sorted(range(len(mods)), key=lambda index: -sizes[index]):
        least = loads.index(min(loads))
        shares[least].append(index)
        loads[least] += sizes[index]
    return [share for share in shares if share]


def _size(cache: ModCache, mv: ModuleVersion) -> int:
    try:
        return os.stat(cache.zip_path(mv)).st_size
    except (OSError, InputError):
        return 0


class _Work:
    """`work` on each module version. Where there is much to do, forked children have begun it already."""

    def __init__(self, cache: ModCache, mods: Sequence[ModuleVersion], work: Callable[[ModuleVersion], _Texts]) -> None:
        self._mods = mods
        self._work = work
        shares = _shares(cache, mods)
        self._children: list[_Child] = []
        with suppress(OSError):  # the system has no process or no memory for another one
            for share in shares if len(shares) > 1 else ():
                self._children.append(_Child(share, self._do))
        # Little is done in `results`, without another process; so is what nobody else does.

    def results(self, advanced: Callable[[int], object]) -> tuple[_Texts, ...]:
        """The results in the order given; what `advanced` raises ends all, and is raised."""
        found: dict[int, _Texts] = {}
        try:
            self._gather(found, advanced)
        finally:
            self.stop()
        for index in range(len(self._mods)):
            # All of them without a child; else those of one that was killed, perhaps for lack of memory.
            if index not in found:
                found[index] = self._do(index)
                advanced(1)
        return tuple(found[index] for index in range(len(self._mods)))

    def stop(self) -> None:
        """End the children."""
        while self._children:
            self._children.pop().end()

    def _do(self, index: int) -> _Texts:
        return self._work(self._mods[index])

    def _gather(self, found: dict[int, _Texts], advanced: Callable[[int], object]) -> None:
        """Take the answers of the children as they come, until all have ended."""
        poll = select.poll()
        children = {each.answers: each for each in self._children}
        for descriptor in children:
            poll.register(descriptor, select.POLLIN)
        while children:
            ready = poll.poll(_TELL_MS)
            count = 0
            for descriptor, _ in ready:
                answers = children[descriptor].receive()
                if answers is None:
                    poll.unregister(descriptor)
                    del children[descriptor]
                else:
                    found.update(answers)
                    count += len(answers)
            advanced(count)


class _Child:
    """A forked process that does one share of the work. Its answers come one by one through a pipe, `answers`.

    An answer is its length in four bytes, and a value of `marshal`: (index, result).

    Raises:
        OSError: there can be no other process.
    """

    def __init__(self, share: Sequence[int], work: Callable[[int], _Texts]) -> None:
        self.answers, ours = os.pipe()
        widen_pipe(ours, _PIPE_BYTES)  # the answers may be taken much later, and it need not wait until then
        with warnings.catch_warnings():
            # Python 3.12 warns of threads; the one that shows progress is the only one (`_shares`).
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                self._process = os.fork()
            except OSError:
                os.close(self.answers)
                os.close(ours)
                raise
        self._data = bytearray()
        if self._process:
            os.close(ours)
            return
        try:
            with os.fdopen(ours, "wb") as pipe:
                for index in share:
                    data = marshal.dumps((index, tuple(work(index))))
                    pipe.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
                    pipe.flush()
        finally:
            os._exit(0)  # without the parent's buffers and exit handlers, whatever happened

    def receive(self) -> dict[int, _Texts] | None:
        """The answers that have come; None where no more will."""
        data = os.read(self.answers, _PIPE_BYTES)
        if not data:
            return None
        self._data += data
        found: dict[int, _Texts] = {}
        while len(self._data) >= (end := _LENGTH_BYTES + int.from_bytes(self._data[:_LENGTH_BYTES], "big")):
            index, result = marshal.loads(self._data[_LENGTH_BYTES:end])
            found[index] = result
            del self._data[:end]
        return found

    def end(self) -> None:
        """End it, if it has not ended."""
        os.close(self.answers)
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
