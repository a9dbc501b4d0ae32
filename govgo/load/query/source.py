# SPDX-License-Identifier: BSD-3-Clause
"""The versions of one module path: those that the repository knows, and those that replacements add.

A replaced module need not exist anywhere; its path may even be one that could never be downloaded.

Rules: Go Modules Reference, "replace directive"; cmd/go's replacementRepo.
"""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.module import paths
from govgo.core.module.moduleversion import ModuleVersion, compare_versions, is_toolchain, version_key
from govgo.core.version import pseudo, semver
from govgo.errors import Failure, GovgoError, InvalidPathError, is_not_found
from govgo.load.session.session import Session
from govgo.ports.modules import RevInfo, Versions, VersionView


class VersionSource:
    """The versions of one module path: those of a source, and those that replacements add."""

    def __init__(self, session: Session, path: str, view: VersionView) -> None:
        """Raises InvalidPathError for a malformed path, unless a replacement names it."""
        self.session = session
        self.path = path
        self._view = view
        self.replaced: str | None = session.main.highest_replaced.get(path)
        self._fault: InvalidPathError | None = None
        if not is_toolchain(path):
            try:
                paths.check_path(path)
            except InvalidPathError as error:
                if self.replaced is None:
                    raise
                self._fault = error

    def versions(self, prefix: str) -> Versions:
        if self.replaced is None:
            return self._view.versions(self.path, prefix)
        known = Versions()
        if self._fault is None:
            try:
                known = self._view.versions(self.path, prefix)
            except Failure as error:
                if not is_not_found(error):
                    raise
        added = {
            old.version
            for old in self._replacements()
            if old.path == self.path and old.version.startswith(prefix) and old.version
        }
        added = {version for version in added if not pseudo.is_pseudo(version)}
        if not added:
            return known
        merged = sorted(added.union(known.list), key=lambda version: version_key(self.path, version))
        return Versions(list=tuple(merged))

    def _replacements(self) -> Iterator[ModuleVersion]:
        """What the go.mod files of the main modules replace."""
        for index in self.session.main.indexes():
            yield from index.replace

    def stat(self, rev: str) -> RevInfo:
        try:
            return self._stat(rev)
        except Failure:
            version = self._replaced_version(rev) if self.replaced is not None else ""
            if not version:
                raise
            return _replacement_info(version)

    def _stat(self, rev: str) -> RevInfo:
        if self._fault is not None:
            raise self._fault
        return self._view.info(self.path, rev)

    def _replaced_version(self, rev: str) -> str:
        """The replaced version that `rev` names, or "". Replacements list canonical versions only."""
        if paths.canonical_version(rev) != rev or not any(True for _ in self._replacements()):
            return ""
        version = rev
        _, path_major, ok = paths.split_path_version(self.path)
        if ok and not path_major and not paths.match_path_major(version, "") and not semver.build(version):
            version += "+incompatible"
        replacement = self.session.main.replacement(ModuleVersion(self.path, version))
        return version if replacement is not None else ""

    def latest(self) -> RevInfo:
        found: RevInfo | None = None
        failure: GovgoError | None = self._fault
        if failure is None:
            try:
                found = self._view.latest(self.path)
            except Failure as error:
                if self.replaced is None:
                    raise
                failure = error
        if self.replaced is not None:
            # A replacement of all versions stands for a version below every real one.
            version = self.replaced or _lowest_pseudo_version(self.path)
            if found is None or compare_versions(self.path, version, found.version) > 0:
                return _replacement_info(version)
        if found is None:
            assert failure is not None
            raise failure
        return found


def _lowest_pseudo_version(path: str) -> str:
    _, path_major, ok = paths.split_path_version(path)
    return pseudo.zero_pseudo_version(path_major[1:] if ok and path_major else "v0")


def _replacement_info(version: str) -> RevInfo:
    if not pseudo.is_pseudo(version):
        return RevInfo(version=version)
    return RevInfo(version=version, time=pseudo.pseudo_time(version), short=pseudo.pseudo_rev(version))
