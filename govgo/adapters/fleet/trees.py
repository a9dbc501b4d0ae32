# SPDX-License-Identifier: BSD-3-Clause
"""A unit as a tree of files that nothing leads out of, and the key of what in it decides.

Everything is seen at one place, `MOUNT`, wherever it lies: no text of a result names a directory of this machine, and
two clones of one repository have the same result.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from govgo.adapters.disk.temporary import new_directory, new_file, start_over
from govgo.adapters.vcs.git import Git
from govgo.adapters.vcs.gitforeign import HEAD, ForeignTree, ask_remote, git_directory
from govgo.adapters.workspace.archive import SUFFIXES, ArchiveFiles
from govgo.adapters.workspace.directory import DirectoryFiles
from govgo.core.fleet.keys import Reads, content_key, is_module, is_read
from govgo.core.fleet.units import Kind, Unit
from govgo.errors import TooLargeError, UsageError

if TYPE_CHECKING:
    from govgo.adapters.loop.network import Network
    from govgo.adapters.workspace.tree import TreeFiles
    from govgo.core.goenv import GoEnv

MOUNT = "/repository"
"""Where the root of every repository is seen."""
_MOST_ENTRIES = 2_000_000
"""Files and directories of a repository; the largest have some 500,000."""
_MOST_DOWNLOAD = 1 << 30


class Opened:
    """A unit that is open: its files, and which commit they are of.

    Attributes:
        tree: the files.
        commit: "" where they are of none.
    """

    def __init__(self, tree: TreeFiles, commit: str = "") -> None:
        self.tree = tree
        self.commit = commit

    def content(self, reads: Reads) -> tuple[str, bool]:
        """The key of the files that decide, and whether there is a module among them that is looked at.

        Raises:
            DiskError: one of them cannot be read.
            TooLargeError: there are more files than in any repository.
        """
        found = list(_deciding(self.tree, reads))
        modules = (name for name, _, _ in found if is_module(name))
        return content_key(found), any(self.tree.is_file(f"{MOUNT}/{name}") for name in modules)


class Source:
    """A unit: which commit it is now, and its files; to be closed.

    Args:
        unit: what to open.
        env: go's settings.
        network: to download archives with.
        reads: what will be read of it.
    """

    def __init__(self, unit: Unit, env: GoEnv, network: Callable[[], Network], reads: Reads) -> None:
        self._unit = unit
        self._env = env
        self._network = network
        self._reads = reads
        self._held = ExitStack()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *failure: object) -> None:
        self._held.close()

    def open(self, known_commit: str) -> Opened | None:
        """The files; None for a git repository that is still at a commit that is known.

        Raises:
            GovgoError: it cannot be opened.
        """
        unit = self._unit
        match unit.kind:
            case Kind.DIRECTORY:
                if not os.path.isdir(unit.place):
                    raise UsageError(f"{unit.name}: no such directory")
                return Opened(DirectoryFiles(unit.place, MOUNT))
            case Kind.GIT:
                return self._commit(git_directory(unit.place), unit.ref or HEAD, known_commit)
            case Kind.REMOTE:
                git = Git(self._env.process)
                self._held.callback(git.close)
                remote = ask_remote(git, unit.place, unit.ref, self._env.gomodcache)
                if remote.commit == known_commit:
                    return None
                return self._commit(remote.fetch(), remote.commit, "")
            case Kind.ARCHIVE:
                return self._archive(unit.place)
            case Kind.DOWNLOAD:
                return self._archive(self._download(unit.place))

    def _commit(self, git_dir: str, rev: str, known_commit: str) -> Opened | None:
        if not git_dir:
            raise UsageError(f"{self._unit.name}: no git repository")
        tree = ForeignTree(git_dir, rev, MOUNT, self._env.process)
        self._held.callback(tree.close)
        return None if tree.commit == known_commit else Opened(tree, tree.commit)

    def _archive(self, path: str) -> Opened:
        return Opened(ArchiveFiles(path, MOUNT, lambda name: is_read(name, self._reads)))

    def _download(self, url: str) -> str:
        network = self._network()
        network.loop()
        suffix = next(each for each in SUFFIXES if url.partition("?")[0].endswith(each))
        directory = self._held.enter_context(new_directory("govgo-fleet-"))
        path, file = self._held.enter_context(new_file(directory, suffix))  # it is closed as `self` is
        network.run(network.client().stream(url, file.write, partial(start_over, file), _MOST_DOWNLOAD))
        file.flush()
        return path


def stamp_of(path: str) -> str:
    """What tells whether a file, or the files of a directory, are the same as before: their names, sizes and times."""
    whole = hashlib.sha256()
    for directory, directories, files in os.walk(path) if os.path.isdir(path) else [("", [], [path])]:
        directories.sort()
        for name in sorted(files):
            with suppress(OSError):
                facts = os.stat(os.path.join(directory, name))
                line = [os.path.relpath(os.path.join(directory, name), path), facts.st_size, facts.st_mtime_ns]
                whole.update(json.dumps(line).encode() + b"\n")
    return whole.hexdigest()


def _deciding(tree: TreeFiles, reads: Reads) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    count = 0
    directories = [""]
    for directory in directories:  # grows while it is walked
        for base, kind in tree.names_in(directory):
            count += 1
            if count > _MOST_ENTRIES:
                raise TooLargeError(f"more than {_MOST_ENTRIES} files", limit_bytes=_MOST_ENTRIES)
            name = f"{directory}/{base}" if directory else base
            if kind == "dir" and base != ".git":
                directories.append(name)
            elif kind == "link" or (kind == "file" and is_read(name, reads)):
                yield name, kind, partial(tree.content_of, name)
