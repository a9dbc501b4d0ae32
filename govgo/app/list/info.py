# SPDX-License-Identifier: BSD-3-Clause
"""The facts about one module that `go list -m -json` shows.

Rules: `go help list`, section on -m.
"""

from __future__ import annotations

import posixpath

from govgo.core.module.info import ModuleInfo, zero_time
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.versionquery import NoMatchingVersionError
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import Failure, GovgoError, InvalidVersionError, find
from govgo.load.dependency.gomod import raw_summary
from govgo.load.session.session import Session

if TYPE_CHECKING:
    from govgo.load.buildlist.requirements import Requirements
    from govgo.load.query.query import Reusable


class ListMode(NamedTuple):
    """What to find out besides the build list (the flags of `list -m`).

    Attributes:
        names: only paths, versions and what another flag asks for will be shown: times, checksums and directories may
            be left out.
    """

    updates: bool = False
    retracted: bool = False
    deprecated: bool = False
    versions: bool = False
    retracted_versions: bool = False
    names: bool = False


PLAIN = ListMode()
"""The build list and its facts, nothing else."""


def module_info(
    session: Session,
    rs: Requirements | None,
    mv: ModuleVersion,
    mode: ListMode = PLAIN,
    reuse: Reusable | None = None,
) -> ModuleInfo:
    """What is known of `mv` in the build list of `rs`, or by itself when `rs` is None.

    Failures stand in the `error` of the answer.

    Raises:
        SecurityError: it never stands in `error`.
    """
    if mv.version == "" and session.main.contains(mv.path):
        return _main_module(session, mv)
    info = ModuleInfo(
        path=mv.path,
        version=mv.version,
        indirect=rs is not None and not rs.is_direct(mv.path),
        go_version=session.scope.go_versions.get(mv, ""),
    )
    facts = _Facts(session, mode, reuse, in_build_list=rs is not None)
    if rs is None:
        return facts.complete(info)
    replacement = session.main.replacement(mv)
    if replacement is None:
        # The vendor directory mixes packages of several modules; it is not a module's directory.
        return info if session.build_mod == "vendor" else facts.complete(info)
    return _replaced(session, facts, info, replacement)


def _main_module(session: Session, mv: ModuleVersion) -> ModuleInfo:
    root = session.main.root(mv)
    return ModuleInfo(
        path=mv.path,
        main=True,
        dir=root,
        go_mod=(session.settings.modfile_given or session.mod_file_path(root)) if root else "",
        go_version=session.scope.go_versions.get(mv, ""),
    )


def _replaced(session: Session, facts: _Facts, info: ModuleInfo, target: ModuleVersion) -> ModuleInfo:
    """A replaced module: the facts are those of the replacement; nothing is asked about its own version."""
    new = ModuleInfo(path=target.path, version=target.version, go_version=info.go_version)
    if not target.version:
        directory = session.main.replaced_directory(target.path)
        new = new._replace(dir=directory, go_mod=posixpath.normpath(posixpath.join(directory, "go.mod")))
    if session.build_mod == "vendor":
        return info._replace(replace=new, go_version=new.go_version)
    new = facts.complete(new)
    return info._replace(
        replace=new,
        dir=new.dir,
        go_mod=new.go_mod,
        retracted=new.retracted,
        go_version=new.go_version,
    )


class _Facts:
    """Collects what the module cache, go.sum and the sources know of a module version."""

    def __init__(self, session: Session, mode: ListMode, reuse: Reusable | None, *, in_build_list: bool) -> None:
        self._session = session
        self._mode = mode
        self._reuse = reuse or {}
        self._must_have_sums = in_build_list and session.must_have_sums()
        self._is_brief = in_build_list and mode.names

    def complete(self, info: ModuleInfo) -> ModuleInfo:
        """`info` with its facts."""
        if is_toolchain(info.path):
            return info
        mod = ModuleVersion(info.path, info.version)
        if info.version:
            old = self._reuse.get(mod)
            if old is not None:
                from govgo.load.query.reuse import is_reusable

                if is_reusable(self._session.repo, mod.path, mod.version, old.origin):
                    return old._replace(query="", dir="")
            if not self._is_brief:
                info = self._with_time(info)
        if not self._is_brief or not self._must_have_sums:
            # Reading a go.mod adds its hash to go.sum, so it is read even if nothing of it is shown.
            info = self._with_go_version(info, mod)
        if not self._is_brief:
            info = self._with_places(info, mod)
        if info.version and self._mode.retracted:
            from govgo.app.list.versions import add_retraction

            info = add_retraction(self._session, info)
        return info

    def _with_time(self, info: ModuleInfo) -> ModuleInfo:
        from govgo.load.query.query import query

        try:
            rev = query(self._session, info.path, info.version)
        except Failure as error:
            return info.failed(error)
        return info._replace(version=rev.version, time=rev.time or zero_time())

    def _sum_is_known(self, key: ModuleVersion) -> bool:
        return not key.version or not self._must_have_sums or self._session.repo.ledger.have(key)

    def _with_go_version(self, info: ModuleInfo, mod: ModuleVersion) -> ModuleInfo:
        if info.go_version or not (mod.version == "" or self._has_go_mod_sum(info)):
            return info
        try:
            summary = raw_summary(self._session, mod)
        except InvalidVersionError:
            raise  # what a source has named is no version; go shows nothing of it either
        except Failure:
            return info
        return info if summary.too_new is not None else info._replace(go_version=summary.go_version)

    def _has_go_mod_sum(self, info: ModuleInfo) -> bool:
        return self._sum_is_known(ModuleVersion(info.path, info.version).gomod_key())

    def _with_places(self, info: ModuleInfo, mod: ModuleVersion) -> ModuleInfo:
        if not info.version:
            return info
        repo, ledger = self._session.repo, self._session.repo.ledger
        if self._has_go_mod_sum(info):
            try:
                path = repo.cache_file(mod, "mod")
            except Failure:
                path = ""
            if path and self._session.files.is_file(path):
                info = info._replace(go_mod=path)
            recorded = ledger.recorded(mod.gomod_key())
            info = info._replace(go_mod_sum=recorded or "")
        if self._sum_is_known(ModuleVersion(info.path, info.version)):
            try:
                directory = repo.cached_dir(mod) or ""
            except Failure:
                directory = ""
            info = info._replace(dir=directory or info.dir, sum=ledger.recorded(mod) or "")
        return info


def error_text(path: str, version: str, error: GovgoError) -> str:
    """An error about `path@version` in one sentence that names both exactly once."""
    text = str(error)
    if find(error, NoMatchingVersionError) is not None:
        # The text holds the query already.
        return f"module {path}: {text}"
    from govgo.load.query.retract import names_module

    if names_module(text, path):
        return text
    return f"{path}@{version}: {text}" if version else f"module {path}: {text}"
