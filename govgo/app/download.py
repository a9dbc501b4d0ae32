# SPDX-License-Identifier: BSD-3-Clause
"""Download modules into the module cache (`go mod download`; cmd/go/internal/modcmd/download.go)."""

from __future__ import annotations

from collections.abc import Sequence

from govgo.app.list.info import ListMode
from govgo.app.list.list import list_modules
from govgo.core.module.info import ModuleInfo, Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.version import goversion
from govgo.errors import Failure, GovgoError, QueryError, ReportedError, UsageError, VerbFlagsError
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.mainmodule.load import has_mod_root, load_mod_file, load_mod_graph
from govgo.load.mainmodule.write import commit_requirements
from govgo.load.query.reuse import read_reuse
from govgo.load.session.policy import DOWNLOAD
from govgo.load.session.session import Session
from govgo.ports.modules import Ask, Downloaded


class ModuleDownload(NamedTuple):
    """One module as `go mod download -json` prints it; empty fields are left out.

    Attributes:
        info, go_mod, zip: absolute paths of its files in the cache.
        dir: absolute path of its extracted tree.
        sum, go_mod_sum: hashes as in go.sum.
        failure: the error whose text is `error`.
    """

    path: str = ""
    version: str = ""
    query: str = ""
    error: str = ""
    info: str = ""
    go_mod: str = ""
    zip: str = ""
    dir: str = ""
    sum: str = ""
    go_mod_sum: str = ""
    origin: Origin | None = None
    reuse: bool = False
    failure: GovgoError | None = None


class DownloadResult(NamedTuple):
    """An entry for each module, and the error that the listing of the modules met."""

    entries: tuple[ModuleDownload, ...] = ()
    error: GovgoError | None = None


def download(session: Session, args: Sequence[str], *, reuse_file: str = "") -> DownloadResult:
    """Download what `args` name, or what the main module needs, without writing go.sum yet (see `finish_download`).

    Args:
        session: a fresh one; its repository should not announce zips.
        args: module patterns and queries.
        reuse_file: name of a file with the JSON output of an earlier run, or "".

    Raises:
        UsageError: arguments and flags do not go together.
        SwitchError: the command is to start over as a newer Go release.
        SecurityError: a download contradicts go.sum.
        GovgoError: the main module cannot be loaded.
    """
    session.policy = DOWNLOAD
    init_workfile(session)
    explicit = bool(args)
    if has_mod_root(session) or session.in_workspace:
        load_mod_file(session)
        if explicit:
            _note_main_modules(session, args)
        else:
            args = _default_args(session)
    if not args:
        if not has_mod_root(session):
            raise UsageError("no modules specified (see 'go help mod download')")
        session.report.note("no module dependencies to download")
        return DownloadResult()
    if reuse_file and has_mod_root(session):
        raise VerbFlagsError("mod download -reuse cannot be used inside a module")
    reuse = read_reuse(session, reuse_file) if reuse_file else None
    listing = list_modules(session, args, ListMode(), reuse)
    if session.switching and listing.error is not None:
        _switch(session, [listing.error])
    if not explicit and not session.in_workspace:
        # This does not keep checksums that only the whole graph needs, but it repairs an inconsistent go.mod.
        commit_requirements(session)
    entries = _download(session, listing.modules)
    if session.switching and (explicit or session.in_workspace):
        _switch(session, [entry.failure for entry in entries if entry.failure is not None])
    return DownloadResult(entries, listing.error)


def finish_download(session: Session, result: DownloadResult, args: Sequence[str], *, quiet: bool) -> None:
    """Report the failures, then write go.sum for what was asked for by name.

    Args:
        session: that of `download`.
        result: what it returned.
        args: what it was given.
        quiet: the output already contains the failures (-json).

    Raises:
        ReportedError: something failed; it has been reported.
    """
    failures = tuple(QueryError(entry.error, inner=entry.failure) for entry in result.entries if entry.error)
    if not quiet:
        for failure in failures:
            session.fail(failure)
        session.finish()
    if args or session.in_workspace:
        try:
            commit_requirements(session)
        except Failure as error:
            session.fail(error)
    if result.error is not None:
        session.fail(result.error)
    if failures:
        raise ReportedError((*failures, *session.failures))
    session.finish()


def _switch(session: Session, failures: Sequence[GovgoError]) -> None:
    """Start over with a newer release if that may help; if none is found, the failures are reported later."""
    from govgo.load.mainmodule.switching import switch

    try:
        switch(session, failures)
    except Failure:
        return


def _note_main_modules(session: Session, args: Sequence[str]) -> None:
    for main in session.main.modules:
        names = (main.path, f"{main.path}@upgrade", f"{main.path}@patch")
        for arg in args:
            if arg in names:
                session.report.note(f"skipping download of {arg} that resolves to the main module")


def _default_args(session: Session) -> Sequence[str]:
    """What is downloaded without arguments: all, or, from go 1.17 on, what go.mod lists."""
    if session.in_workspace:
        return ("all",)
    file = session.main.mod_file(session.main.modules[0])
    if file is None:
        return ()
    version = file.go.version if file.go is not None else ""
    if goversion.compare(version, goversion.EXPLICIT_INDIRECT_VERSION) < 0:
        return ("all",) if file.require else ()
    # The graph is loaded as well, so that its go.mod files are there for a later `go list all`.
    graph = load_mod_graph(session)
    paths = [require.mod.path for require in file.require]
    selected = (session.main.resolve(ModuleVersion(path, graph.selected(path))) for path in paths)
    session.repo.warm(Ask("info", *mv) for mv in selected if mv.version not in ("", "none"))
    return paths


def _download(session: Session, modules: Sequence[ModuleInfo]) -> tuple[ModuleDownload, ...]:
    entries: list[ModuleDownload] = []
    to_fetch: dict[int, ModuleVersion] = {}
    for listed in modules:
        info = listed.replace or listed
        if not info.version and info.error is None:
            continue  # a main module, or one replaced by a directory
        entry = ModuleDownload(
            path=info.path, version=info.version, query=info.query, reuse=info.reuse, origin=info.origin
        )
        if info.error is not None:
            entry = entry._replace(error=info.error, failure=info.failure)
        elif not info.reuse:
            to_fetch[len(entries)] = ModuleVersion(info.path, info.version)
        entries.append(entry)
    for place, done in zip(to_fetch, session.repo.download(list(to_fetch.values())), strict=True):
        entries[place] = _merged(entries[place], done)
    return tuple(entries)


def _merged(entry: ModuleDownload, done: Downloaded) -> ModuleDownload:
    return entry._replace(
        info=done.info,
        go_mod=done.gomod,
        zip=done.zip,
        dir=done.dir,
        sum=done.sum,
        go_mod_sum=done.gomod_sum,
        error="" if done.error is None else str(done.error),
        failure=done.error,
    )
