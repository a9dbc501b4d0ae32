# SPDX-License-Identifier: BSD-3-Clause
"""Copy packages into a vendor directory: sources, licences of the directories above them, embedded files
(cmd/go's modcmd.vendorPkg).
"""

from __future__ import annotations

from collections.abc import Callable
from os.path import dirname, join
from typing import TYPE_CHECKING

from govgo.core.golib.quote import quote
from govgo.core.gosource.buildtags import any_tags, build_tags, should_build
from govgo.core.gosource.directory import import_dir
from govgo.core.gosource.header import read_header
from govgo.core.version.goversion import compare
from govgo.errors import DiskError, PackageError
from govgo.load.buildlist.package import LoadPkg
from govgo.load.packages.embed import EmbedError, resolve_embed
from govgo.load.packages.sourcetree import sources

if TYPE_CHECKING:
    from govgo.load.session.session import Session

METADATA_PREFIXES = (
    "AUTHORS",
    "CONTRIBUTORS",
    "COPYLEFT",
    "COPYING",
    "COPYRIGHT",
    "LEGAL",
    "LICENSE",
    "NOTICE",
    "PATENTS",
)
"""Names of files that are also copied from the directories above a package (cmd/go's modcmd.metaPrefixes)."""

_Chosen = Callable[[str, str], bool]


class VendorCopier:
    """Copies packages under one target directory; a metadata file is copied once.

    Attributes:
        session: the command.
        target: the vendor directory that is being made.
        go_version: the main module's; before 1.17 go.mod and go.sum are copied, before 1.22 what tests embed.
        tolerant: report faults of embedding, and go on.
    """

    def __init__(self, session: Session, target: str, *, tolerant: bool) -> None:
        self.session = session
        self.target = target
        self.tolerant = tolerant
        go_version = session.main.go_version()
        self.go_version = go_version
        self._embed_for_tests = compare(go_version, "1.22") < 0
        self._metadata_done: set[tuple[str, str]] = set()
        self._contents: dict[str, bytes] = {}  # of the package that is being copied; most are needed twice

    def package(self, pkg: LoadPkg) -> None:
        """Copy one package.

        Raises:
            DiskError: a file cannot be read or written.
        """
        self._contents.clear()
        target = join(self.target, pkg.path)
        copied = self._directory(pkg.dir, target, self._is_source)
        copied |= self._metadata(pkg, target)
        self._embedded(pkg, target, copied)

    def _directory(self, source: str, target: str, chosen: _Chosen) -> set[str]:
        """Copy the regular files of a directory that are `chosen`; the paths written."""
        written = set()
        for name, kind in sources(self.session).entries(source):
            if kind == "file" and chosen(source, name):
                self.session.files.copy(join(source, name), join(target, name))
                written.add(join(target, name))
        return written

    def _is_source(self, directory: str, name: str) -> bool:
        """Whether a file is part of the package for some build."""
        return is_package_file(name, lambda: self._read(join(directory, name)), self.go_version)

    def _metadata(self, pkg: LoadPkg, target: str) -> set[str]:
        """Copy licences and the like from the directories between the module's root and the package."""
        written: set[str] = set()
        path, source = pkg.path, pkg.dir
        first = True
        while (pkg.mod.path, target) not in self._metadata_done:
            self._metadata_done.add((pkg.mod.path, target))
            if not first:
                written |= self._directory(source, target, _is_metadata)
            if path == pkg.mod.path:
                break
            first = False
            path, target, source = dirname(path), dirname(target), dirname(source)
        return written

    def _embedded(self, pkg: LoadPkg, target: str, copied: set[str]) -> None:
        patterns = self._embed_patterns(pkg)
        if not patterns:
            return
        try:
            names = resolve_embed(self.session, pkg.dir, patterns)
        except EmbedError as error:
            self._report(PackageError(f"resolving embeds in {pkg.path}: {error}", inner=error))
            return
        for name in names:
            if join(target, name) in copied:
                continue
            try:
                self.session.files.copy(join(pkg.dir, name), join(target, name))
            except DiskError as error:
                self._report(error)

    def _report(self, error: PackageError | DiskError) -> None:
        if self.tolerant:
            self.session.report.note(str(error))
        else:
            self.session.fail(error)

    def _embed_patterns(self, pkg: LoadPkg) -> tuple[str, ...]:
        """The embed patterns of a package's files, whatever their build constraints; tests' last.

        Raises:
            PackageError: a file cannot be read as Go source.
        """
        env = self.session.settings.env
        found = import_dir(
            pkg.dir,
            (
                (name, self._read(join(pkg.dir, name)))
                for name, kind in sources(self.session).entries(pkg.dir)
                if name.endswith(".go") and kind in ("file", "link")
            ),
            build_tags(env.goos, env.goarch, cgo=env.cgo_enabled),
            use_all=True,
        )
        if not (found.invalid or found.sources.files or found.tests.files or found.xtests.files):
            return ()  # of files that no build takes
        if found.error and not found.error.startswith("found packages "):
            fault = _with_place(found.error, found.invalid[0], pkg.dir)
            raise PackageError(f"internal error: failed to find embedded files of {pkg.path}: {fault}\n")
        if not self._embed_for_tests:
            return found.sources.embeds
        return found.sources.embeds + found.tests.embeds + found.xtests.embeds

    def _read(self, path: str) -> bytes:
        data = self._contents.get(path)
        if data is None:
            data = self.session.files.read_source(path)
            if data is None:
                raise DiskError(f"open {path}: no such file or directory", path=path)
            self._contents[path] = data
        return data


def _with_place(error: str, name: str, directory: str) -> str:
    """A fault of the file `name` with its whole path, which go/build gives to all but those of build constraints."""
    if error.startswith(f"{name}: ") and "//go:build" in error:
        return error
    return error.replace(name, f"{directory}/{name}", 1)


def is_package_file(name: str, read: Callable[[], bytes], go_version: str) -> bool:
    """Whether a file of a package's directory is vendored: all but tests, and Go files that no build takes.

    Args:
        name: without its directory.
        read: gives its content.
        go_version: the main module's.
    """
    if name.endswith("_test.go"):
        return False
    if name in ("go.mod", "go.sum") and compare(go_version, "1.17") >= 0:
        return False
    if not name.endswith(".go"):
        return True
    header = read_header(read())
    return header.stops_at_nul or should_build(header.data, any_tags())


def _is_metadata(_directory: str, name: str) -> bool:
    return name.startswith(METADATA_PREFIXES)


def check_path_collisions(module_paths: list[str]) -> None:
    """Refuse modules whose paths differ in case only; some file systems would mix their trees.

    Raises:
        PackageError: naming both.
    """
    folded: dict[str, str] = {}
    for path in module_paths:
        other = folded.setdefault(path.casefold(), path)
        if other != path:
            raise PackageError(f"case-insensitive import collision: {quote(path)} and {quote(other)}")
