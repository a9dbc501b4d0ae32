# SPDX-License-Identifier: BSD-3-Clause
"""One module in a git repository: its versions, go.mod files and zips.

The rules, such as which tag is which version, are in `core/vcs/coderepo.py`. This file reads from the repository what
they ask for.
Texts and order of the checks: cmd/go/internal/modfetch (codeRepo).
"""

from __future__ import annotations

import itertools
import stat
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO, cast

from govgo.adapters.attribution import prefixed
from govgo.adapters.disk.temporary import spool
from govgo.adapters.modzip.write import create_zip, kind_of
from govgo.adapters.vcs.gitrepo import GitRepo
from govgo.core.modfile import legacy_go_mod
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import INCOMPATIBLE, canonical_version
from govgo.core.modzip.bounds import MAX_GO_MOD, MAX_LICENSE, MAX_ZIP_FILE
from govgo.core.modzip.rules import ListedFile
from govgo.core.vcs.coderepo import CodeModule, Commit, is_base, is_retracted, retracting_version, retractions
from govgo.core.version import goversion, semver
from govgo.core.version.pseudo import is_pseudo, pseudo_version
from govgo.errors import BadZipError, Failure, GovgoError, InputError, NotFoundError
from govgo.ports.modules import RevInfo, Versions

TooNew = Callable[[str, str], GovgoError]
# Of the zip format (APPNOTE.TXT, sections 4.4.4 and 4.4.2): the flag of names in UTF-8, and the system whose file modes
# an entry has.
_UTF8_NAME = 0x800
_UNIX = 3
_PREFIX = "prefix/"


class GitSource:
    """A module in a repository. Any thread may call."""

    def __init__(self, module: CodeModule, repo: GitRepo, local_go: str, too_new: TooNew | None) -> None:
        """Nothing is read yet.

        Args:
            module: where in the repository the module is.
            repo: the repository.
            local_go: the Go version that govgo answers as.
            too_new: makes the error for (module, Go version) that needs a newer one; None to take any.
        """
        self._module = module
        self._repo = repo
        self._local_go = local_go
        self._too_new = too_new
        self._retractions: tuple[tuple[str, str], ...] | None = None

    def check_reuse(self, origin: Origin) -> None:
        """Check that an answer which was derived from `origin` would be the same now.  Raises GovgoError."""
        self._repo.check_reuse(origin, self._module.code_dir)

    def versions(self, prefix: str = "") -> Versions:
        """The tagged versions that begin with `prefix`, in order; "+incompatible" comes last.  Raises GovgoError."""
        module = self._module
        if module.never_tagged:
            return Versions()
        try:
            tags, origin = self._repo.tags(module.tag_prefix + prefix)
            # Tags of later major versions are listed as +incompatible, unless the highest version that fits has a
            # go.mod: its author uses modules, and would have changed the path. The same holds within a major version.
            fit, misfit = module.listed((name for name, _ in tags), prefix)
            if misfit and not (fit and self._has_go_mod(fit[-1])):
                for _, group in itertools.groupby(misfit, semver.major):
                    same_major = list(group)
                    if not self._has_go_mod(same_major[-1]):
                        fit += [v + INCOMPATIBLE for v in same_major]
        except Failure as err:
            raise prefixed(err, f"module {module.path}: ") from err
        return Versions(tuple(fit), origin._replace(subdir=module.code_dir))

    def stat(self, rev: str) -> RevInfo:
        """The version that a revision is; a version is checked to be one of this module.  Raises GovgoError."""
        if rev == "latest":
            return self.latest()
        module = self._module
        try:
            commit = self._repo.stat(module.revision(rev))
        except Failure as err:
            raise prefixed(err, f"{module.path}@{rev}: invalid version: ") from err
        return self._convert(commit, rev)

    def latest(self) -> RevInfo:
        """The version of the default branch's last commit.  Raises GovgoError."""
        return self._convert(self._repo.latest(), "")

    def gomod(self, version: str) -> bytes:
        """The go.mod of a version, made up where there is none.  Raises GovgoError."""
        _, gomod = self._find(version)
        return legacy_go_mod(self._module.path) if gomod is None else gomod

    def zip(self, version: str, target: BinaryIO) -> None:
        """Write the module zip of a version.

        Raises:
            BadZipError: its files break a rule of module zips.
            GovgoError: it is not there, cannot be read or is too large.
        """
        directory, gomod = self._find(version)
        # As go does: what a newer Go puts into the zip may differ.
        needed = goversion.go_line(gomod) if gomod is not None else ""
        if self._too_new is not None and goversion.compare(needed, self._local_go) > 0:
            raise self._too_new(f"{self._module.path}@{version}", needed)
        rev = self._module.revision(version)
        with spool() as packed:
            self._repo.archive(rev, directory, packed, MAX_ZIP_FILE)
            packed.seek(0)
            try:
                with zipfile.ZipFile(packed) as archive:
                    self._rewrite(archive, rev, directory, ModuleVersion(self._module.path, version), gomod, target)
            except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as err:
                raise BadZipError(f"zip: not a valid zip file: {err}") from err

    def _rewrite(
        self,
        archive: zipfile.ZipFile,
        rev: str,
        directory: str,
        mv: ModuleVersion,
        gomod: bytes | None,
        target: BinaryIO,
    ) -> None:
        """Make the module zip of an archive's files below `directory`, with the repository's LICENSE if it has none."""
        start = _PREFIX + (directory.strip("/") + "/" if directory.strip("/") else "")
        entries: dict[str, zipfile.ZipInfo] = {}
        files: list[ListedFile] = []
        for entry in archive.infolist():
            if entry.header_offset < 0:  # zipfile would look there
                raise BadZipError("zip: not a valid zip file: a file begins before the archive")
            name = _entry_name(entry)
            if not name.startswith(_PREFIX):
                raise BadZipError("zip file contains more than one top-level directory")
            path = name.removeprefix(start)
            if not name.startswith(start) or not path or path.endswith("/"):
                continue
            mode = entry.external_attr >> 16 if entry.create_system == _UNIX else 0
            kind = kind_of(mode if stat.S_IFMT(mode) else mode | stat.S_IFREG)
            files.append(ListedFile(path, entry.file_size, kind, data=gomod if path == "go.mod" else None))
            entries[path] = entry
        license_text: bytes | None = None
        if start != _PREFIX and "LICENSE" not in entries:
            license_text = self._repo.read_file(rev, "LICENSE", MAX_LICENSE)
            if license_text is not None:
                files.append(ListedFile("LICENSE", len(license_text)))

        def open_file(path: str) -> BinaryIO:
            if path in entries:
                return cast("BinaryIO", archive.open(entries[path]))
            return BytesIO(license_text or b"")

        create_zip(target, mv, files, open_file)

    # In which directory a version's files are.

    def _find(self, version: str) -> tuple[str, bytes | None]:
        """The directory and the go.mod of a canonical version; a pseudo-version is checked against its commit."""
        if version != canonical_version(version):
            raise InputError(f"version {version} is not canonical")
        if is_pseudo(version):
            self.stat(version)
        return self._locate(version)

    def _locate(self, version: str) -> tuple[str, bytes | None]:
        module = self._module
        if not semver.is_valid(version):
            raise module.invalid(version, "syntax error")
        rev = module.revision(version)
        first, second = (self._read_go_mod(rev, file) if file else None for file in module.go_mod_files())
        return module.find_go_mod(version, first, second)

    def _read_go_mod(self, rev: str, file: str) -> bytes | None:
        """A go.mod file, None where the revision has none.

        That the revision or the repository does not exist is something else: a go.mod that is made up for it would stay
        in the cache when they do. As in go, that ends the search in a list of proxies, too.
        """
        try:
            return self._repo.read_file(rev, file, MAX_GO_MOD)
        except Failure as err:
            label = f"reading {self._module.code_root}/{file} at revision {rev}: "
            if isinstance(err, NotFoundError):
                raise InputError(f"{label}{err}", hint=err.hint) from err
            raise prefixed(err, label) from err

    def _has_go_mod(self, version: str) -> bool:
        return self._repo.read_file(version, "go.mod", MAX_GO_MOD) is not None

    # From commits to versions.

    def _convert(self, commit: Commit, asked: str) -> RevInfo:
        origin = commit.origin._replace(subdir=self._module.code_dir)
        try:
            version = self._version_of(commit, asked)
        except Failure as err:
            if err.origin is None:
                err.origin = origin
            raise
        if is_pseudo(version) and (version != asked or not version.startswith("v0.0.0-")):
            # Which tags there are has decided on the base.
            _, tags = self._repo.tags(self._module.base_tag_prefix)
            origin = origin._replace(tag_prefix=tags.tag_prefix, tag_sum=tags.tag_sum)
        return RevInfo(version, commit.time, commit.name, commit.short, origin)

    def _version_of(self, commit: Commit, asked: str) -> str:
        module = self._module
        can_be = _Incompatible(self._repo, module, commit, asked)
        if is_pseudo(asked):
            version = self._version_for(asked, asked, can_be)
            commit = self._repo.with_all_tags(commit)
            self._check_base(asked, module.check_pseudo(asked, commit), commit)
            return version
        v, is_canonical = module.tagged_version(commit.version)
        if is_canonical:
            try:
                return self._version_for(v, asked, can_be)
            except Failure:
                pass  # perhaps another tag of the commit will do
        commit = self._repo.with_all_tags(commit)
        choice = module.choose_tags(commit, asked)
        if choice.exact:
            return self._version_for(choice.exact, asked, can_be)
        for v in choice.canonical:
            if (module.fits(v) or can_be.incompatible(v)) and not self._is_retracted(v):
                return self._version_for(v, asked, can_be)
        base = choice.pseudo_base
        if not base:

            def is_allowed(tag: str) -> bool:
                v, _ = module.tagged_version(tag)
                return bool(v) and (module.fits(v) or can_be.incompatible(v)) and not self._is_retracted(v)

            tag = self._repo.recent_tag(commit.name, module.tag_prefix, is_allowed)
            base, _ = module.tagged_version(tag)
        pseudo = pseudo_version(module.pseudo_major, base, commit.time, commit.short)
        return self._version_for(pseudo, asked, can_be)

    def _version_for(self, v: str, asked: str, can_be: _Incompatible) -> str:
        """The version for `v`, once the module is found to be there."""
        module = self._module
        try:
            self._locate(v)
        except Failure as err:
            absent = NotFoundError(f"{module.path}@{v}: invalid version: {err}", inner=err)
            absent.origin = err.origin
            raise absent from err
        base = v.removesuffix(INCOMPATIBLE)
        return module.with_incompatible(v, asked, incompatible_ok=not module.fits(base) and can_be.incompatible(base))

    def _check_base(self, version: str, base: str, commit: Commit) -> None:
        """Check that a pseudo-version's base is a tag of an ancestor.

        Otherwise anyone could make up a base, and with it a version that is higher than all released ones.
        """
        if not base:
            return
        module, last_tag = self._module, ""
        try:
            tags, _ = self._repo.tags(module.tag_prefix + base)
            for tag, _ in tags:
                if is_base(tag.removeprefix(module.tag_prefix), base):
                    last_tag = tag
                    if self._repo.descends_from(commit.name, tag):
                        return
        except Failure as err:
            raise prefixed(err, f"{module.path}@{version}: invalid pseudo-version: ") from err
        raise module.missing_base(version, base, last_tag)

    def _is_retracted(self, v: str) -> bool:
        """Whether the go.mod of the highest version retracts `v`; one that cannot be read retracts nothing."""
        if self._retractions is None:
            self._retractions = ()
            try:
                highest = retracting_version(self.versions().list)
                if highest:
                    self._retractions = retractions(self.gomod(highest))
            except Failure:
                pass  # retractions only advise; the version can be obtained without them
        return is_retracted(v, self._retractions)


class _Incompatible:
    """Whether versions of a commit can be +incompatible: only where it has no go.mod, which would name its major."""

    def __init__(self, repo: GitRepo, module: CodeModule, commit: Commit, asked: str) -> None:
        self._repo = repo
        self._module = module
        self._commit = commit.name
        self._explicit = asked.endswith(INCOMPATIBLE)
        self._absent: dict[str, bool] = {}

    def incompatible(self, v: str) -> bool:
        """Whether `v` can be; one that was asked for by that name needs no look at vN/go.mod (go.dev/issue/51324)."""
        if not self._module.may_be_incompatible or not self._is_absent("go.mod"):
            return False
        return self._explicit or not v or self._is_absent(f"{semver.major(v)}/go.mod")

    def _is_absent(self, file: str) -> bool:
        known = self._absent.get(file)
        if known is None:
            try:
                known = self._repo.read_file(self._commit, file, MAX_GO_MOD) is None
            except Failure:
                known = True  # as go, which looks only whether a go.mod could be read (canUseIncompatible)
            self._absent[file] = known
        return known


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """The name of an entry from its bytes: git writes names as they are, marked as UTF-8 or not."""
    # Without the mark, `zipfile` has decoded the bytes as code page 437, in which each byte is a character.
    if entry.flag_bits & _UTF8_NAME or entry.filename.isascii():
        return entry.filename
    return entry.filename.encode("cp437").decode("utf-8", "surrogateescape")
