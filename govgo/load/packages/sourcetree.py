# SPDX-License-Identifier: BSD-3-Clause
"""Directories of Go source: a command lists and scans each of them once.

`package_files` is the only place that opens source files to find imports. What directories of the module cache import
is kept from one command to the next in an index (`ports.files.ImportIndex`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os.path import join

from govgo.core.gosource.buildtags import TagSet, match_file
from govgo.core.gosource.imports import scan_files
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import DiskError, GovgoError
from govgo.load.session.session import Session
from govgo.ports.files import ImportIndex, Workspace


class PackageFiles(NamedTuple):
    """What a directory's files import, by import path in sorted order; tests apart."""

    imports: tuple[str, ...]
    test_imports: tuple[str, ...]


MAGIC = frozenset({"C", "appengine", "appengine_internal"})
"""Imports that name no package: cgo, and the paths of App Engine's first SDK (cmd/go's modload.scanDir)."""


def package_files(
    files: Workspace,
    directory: str,
    entries: Sequence[tuple[str, str]],
    tags: TagSet,
    *,
    indexed: bool,
) -> PackageFiles:
    """Scan the Go files of one directory (cmd/go's imports.ScanDir).

    Args:
        files: where to read.
        directory: absolute path.
        entries: its listing.
        tags: which files count.
        indexed: be as lenient with malformed files as go is in the module cache.

    Raises:
        NoGoError: no file is left by the tags.
        SourceError: a file cannot be read as Go source.
    """
    imports, tests = scan_files(_sources(files, directory, entries), tags, indexed=indexed)
    return PackageFiles(_real(imports), _real(tests))


def _sources(files: Workspace, directory: str, entries: Sequence[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    for name, kind in entries:
        if not is_source(name, kind):
            continue
        path = join(directory, name)
        if kind == "link" and not files.is_file(path):
            continue
        data = files.read_source(path)
        if data is not None:
            yield path, data


def is_source(name: str, kind: str) -> bool:
    """Whether an entry of a listing can be a Go file of the package there."""
    return name.endswith(".go") and name[0] not in "_." and kind in ("file", "link")


def _real(imports: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        path for path in imports if path not in MAGIC and not path.startswith(("appengine/", "appengine_internal/"))
    )


class SourceTree:
    """The listings and scans of one command, each made once: module trees do not change while it runs."""

    def __init__(self, files: Workspace, index: ImportIndex | None = None) -> None:
        self.files = files
        self._index = index
        self._entries: dict[str, tuple[tuple[str, str], ...]] = {}
        self._go_dirs: dict[str, bool] = {}
        self._scans: dict[tuple[str, TagSet], PackageFiles | GovgoError] = {}

    def entries(self, directory: str) -> tuple[tuple[str, str], ...]:
        """(name, kind) of a directory in byte order; () where there is none."""
        found = self._entries.get(directory)
        if found is None:
            found = tuple(self.files.listdir(directory)) if self.files.is_dir(directory) else ()
            self._entries[directory] = found
        return found

    def has_go_mod(self, directory: str) -> bool:
        """Whether a module begins here: a go.mod that is not a directory."""
        try:
            entries = self.entries(directory)
        except DiskError:  # go.mod may be there in a directory that cannot be listed
            return self.files.is_file(join(directory, "go.mod"))
        for name, kind in entries:
            if name == "go.mod":
                return kind in ("file", "link") and self.files.is_file(join(directory, name))
        return False

    def is_go_dir(self, directory: str, *, indexed: bool) -> bool:
        """Whether any regular .go file is here, build constraints aside.

        Files whose name begins with "_" or "." count where go has no index of the directory (cmd/go's fsys.IsGoDir),
        and not where it has one (modindex), as of the module cache, and of what has been unchanged for two seconds.

        Raises:
            DiskError: the directory cannot be listed, all of its .go files lead nowhere, or, where there is no index,
                a file stands in the way.
        """
        found = self._go_dirs.get(directory)
        if found is None:
            if not indexed and not self.entries(directory):
                error = self.files.stat_error(directory)
                if error is not None and isinstance(error.inner, NotADirectoryError):
                    raise DiskError(f"open{str(error).removeprefix('stat')}", path=directory, inner=error.inner)
            listed = [(name, kind) for name, kind in self.entries(directory) if name.endswith(".go") and kind != "dir"]
            names = [name for name, kind in listed if kind == "file" or self.files.is_file(join(directory, name))]
            found = any(name[0] not in "_." for name in names)
            if names and not found:
                found = not indexed and self.files.is_fresh(directory)
            dead = None if names else next(self._dead_links(directory, [name for name, _ in listed]), None)
            if dead is not None:
                raise dead
            self._go_dirs[directory] = found
        return found

    def has_dead_link(self, directory: str, tags: TagSet) -> bool:
        """Whether a link to nowhere has the name of a Go file that counts: for go a file that cannot be read."""
        links = [
            name for name, kind in self.entries(directory) if is_source(name, "link") and kind in ("link", "other")
        ]
        return any(self._dead_links(directory, [name for name in links if match_file(name, tags)]))

    def may_be_documentation(self, directory: str) -> bool:
        """Whether the package may be called "documentation", which is none to go/build. Mostly one file tells."""
        return all(b"package documentation" in data for _, data in self._files_of(directory))

    def is_package(self, directory: str, tags: TagSet) -> bool:
        """Whether go/build finds a package: a file with a malformed constraint counts, documentation does not."""
        files = tuple(self._files_of(directory))
        if not files:
            return False  # as most directories without a package
        from govgo.core.gosource.directory import import_dir

        found = import_dir(directory, files, tags)
        return bool(found.invalid or found.sources.files or found.tests.files or found.xtests.files)

    def _files_of(self, directory: str) -> Iterator[tuple[str, bytes]]:
        sources = _sources(self.files, directory, self.entries(directory))
        return ((path.rpartition("/")[2], data) for path, data in sources)

    def _dead_links(self, directory: str, names: Sequence[str]) -> Iterator[DiskError]:
        """What a look behind each of the names fails with."""
        return filter(None, (self.files.stat_error(join(directory, name)) for name in names))

    def scan(self, directory: str, tags: TagSet, *, indexed: bool = False) -> PackageFiles:
        """The imports of a directory's files; raises as `package_files` does, each time the same."""
        key = (directory, tags)
        found = self._scans.get(key)
        if found is None:
            try:
                found = self._scan_module(directory, tags) if indexed else self._scan(directory, tags)
            except GovgoError as error:  # remembered and raised again below
                found = error
            self._scans[key] = found
        if isinstance(found, GovgoError):
            raise found
        return found

    def flush(self) -> None:
        """Write what is new in the index of imports."""
        if self._index is not None:
            self._index.flush()

    def _scan(self, directory: str, tags: TagSet, *, indexed: bool = False) -> PackageFiles:
        return package_files(self.files, directory, self.entries(directory), tags, indexed=indexed)

    def _scan_module(self, directory: str, tags: TagSet) -> PackageFiles:
        """The scan of a directory of a module tree, from the index if it is there; else the index remembers it."""
        index = self._index
        names = [name for name, kind in self.entries(directory) if is_source(name, kind)]
        if index is None or not names:
            return self._scan(directory, tags, indexed=True)
        known = index.recall(directory, names, tags)
        if known is not None:
            return PackageFiles(*known)
        found = self._scan(directory, tags, indexed=True)
        index.remember(directory, names, tags, (found.imports, found.test_imports))
        return found


class Trees(dict[ModuleVersion, str]):
    """Where the trees of module versions are that were checked against the go.sum in use.

    Another main module has another go.sum, which may lack their hashes: there they are checked again.
    """


class _Kept:
    """The source tree of the command, None before it is first used."""

    def __init__(self) -> None:
        self.tree: SourceTree | None = None


def sources(session: Session) -> SourceTree:
    """The listings and scans of the command; what the index of imports has learnt is written when it ends."""
    kept = session.part(_Kept)
    if kept.tree is None:
        kept.tree = SourceTree(session.files, session.open_index())
        session.at_close.append(kept.tree.flush)
    return kept.tree
