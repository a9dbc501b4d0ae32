# SPDX-License-Identifier: BSD-3-Clause
"""The files that a command reads and writes: those of main modules, and what is kept about those of dependencies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from govgo.core.gosource.buildtags import TagSet
    from govgo.core.modfile.summary import Summary
    from govgo.core.module.moduleversion import ModuleVersion
    from govgo.errors import DiskError


class Workspace(Protocol):
    """The files of main modules: read whole, replaced atomically under go's locks; directories listed."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when it does not exist. DiskError otherwise."""
        ...

    def read_source(self, path: str) -> bytes | None:
        """The same for a source file, which no command writes: it is read without a lock."""
        ...

    def replace(self, path: str, before: bytes | None, after: bytes) -> None:
        """Write `after` atomically if the file still holds `before`; ConflictError when it does not."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Create or replace atomically, making directories as needed."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """A block that writes files that belong together; Ctrl-C and SIGTERM wait until it ends."""
        ...

    def exists(self, path: str) -> bool: ...

    def is_dir(self, path: str) -> bool: ...

    def is_file(self, path: str) -> bool:
        """A regular file, or a link to one."""
        ...

    def is_file_on_disk(self, path: str) -> bool:
        """The same, whatever an overlay says."""
        ...

    def actual(self, path: str) -> str:
        """The file that is read for `path`: another one where an overlay says so, "" where it hides the file."""
        ...

    def stat_error(self, path: str) -> DiskError | None:
        """What a look behind `path` and its links fails with, None for nothing; `inner` is the error of the system."""
        ...

    def listdir(self, path: str) -> Sequence[tuple[str, str]]:
        """(name, kind) in byte order; kind is "file", "dir", "link" or "other"; no link is followed."""
        ...

    def is_fresh(self, path: str) -> bool:
        """Whether a file of a directory was written in the last two seconds, or is not a regular file."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Copy one regular file, making directories as needed."""
        ...

    def remove_tree(self, path: str) -> None: ...

    def new_tree(self, target: str) -> str:
        """A new hidden directory beside `target`, to be filled and moved there by `move_tree`."""
        ...

    def move_tree(self, source: str, target: str) -> None:
        """Replace `target` by the tree `source`."""
        ...

    def real_path(self, path: str) -> str: ...


class PlannedChange(NamedTuple):
    """A file that would be written, replaced or removed: its absolute path, and its content before and after.

    None stands for a file that is not there.
    """

    path: str
    before: bytes | None
    after: bytes | None


class PlannedFiles(Workspace, Protocol):
    """Files whose changes stay in memory. What is read is what was written there, else what the disk holds."""

    def changes(self) -> tuple[PlannedChange, ...]:
        """Every file whose content would be another one, by path."""
        ...


class ImportIndex(Protocol):
    """What the directories of module trees import (of files, of tests), kept between commands."""

    def recall(
        self, directory: str, names: Sequence[str], tags: TagSet
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """What was remembered for the source files `names`; None where nothing was, or where they have changed."""
        ...

    def remember(
        self, directory: str, names: Sequence[str], tags: TagSet, imports: tuple[tuple[str, ...], tuple[str, ...]]
    ) -> None:
        """Remember the imports of `directory`: of its files, and of its tests."""
        ...

    def flush(self) -> None:
        """Write what is new; a disk that refuses is not an error."""
        ...


class GoModIndex(Protocol):
    """What the go.mod files of one graph say, kept between commands."""

    def recall(self, mv: ModuleVersion) -> tuple[Summary, str] | None:
        """What the go.mod of `mv` in the module cache says, and its h1; None where that is not known."""
        ...

    def remember(self, mv: ModuleVersion, h1: str, summary: Summary) -> None:
        """Remember what the go.mod says that `recall` did not know, and that was read after that."""
        ...

    def flush(self) -> None:
        """Write what is new; a disk that refuses is not an error."""
        ...


class Executables(Protocol):
    """Files that may be executables, read in pieces."""

    def kind(self, path: str) -> str:
        """ "file", "dir" or "other", behind links.

        Raises:
            DiskError: there is nothing, or it cannot be looked at.
        """
        ...

    def is_candidate(self, path: str) -> bool:
        """Whether mode or name say that the file is an executable or a shared library."""
        ...

    def below(self, directory: str) -> Iterator[str]:
        """The files below a directory, and the links, in byte order; no link to a directory is followed."""
        ...

    def reading(self, path: str) -> AbstractContextManager[Callable[[int, int], bytes]]:
        """A block in which `read(offset, size)` reads a file.  Raises DiskError where it cannot be opened."""
        ...

    def packed(self, path: str) -> Iterator[tuple[str, Callable[[int, int], bytes]]] | None:
        """The executables in a zip or tar file: (name, `read(offset, size)`), each valid until the next; else None.

        Raises:
            InputError: the archive is damaged or too large.
        """
        ...
