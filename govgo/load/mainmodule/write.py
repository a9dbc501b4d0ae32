# SPDX-License-Identifier: BSD-3-Clause
"""Write the requirements in force: to go.mod, with the checksums to go.sum; in a workspace to go.work.sum alone.

Source: cmd/go's modload.commitRequirements and UpdateGoModFromReqs.
"""

from __future__ import annotations

from contextlib import nullcontext

from govgo.core.gosum.ledger import SumLedger
from govgo.core.modfile import ModFile, Require
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version import goversion
from govgo.errors import BuildListError, ConflictError, DiskError
from govgo.load.buildlist.requirements import in_force
from govgo.load.dependency.gomod import Summaries
from govgo.load.mainmodule.read import called
from govgo.load.session.mainmodules import index_mod_file

if TYPE_CHECKING:
    from govgo.load.mainmodule.keepsums import LoadedPackages
    from govgo.load.session.session import Session


class WriteOptions(NamedTuple):
    """How go.mod is written.

    Attributes:
        drop_toolchain: `get toolchain@none`.
        explicit_toolchain: `get` was given a toolchain version.
        add_tools, drop_tools: package paths of tool lines to add or remove.
        tidy_wrote_go: `mod tidy` has set the go line already.
    """

    drop_toolchain: bool = False
    explicit_toolchain: bool = False
    add_tools: tuple[str, ...] = ()
    drop_tools: tuple[str, ...] = ()
    tidy_wrote_go: bool = False


class ModUpdate(NamedTuple):
    """go.mod before and after the requirements of the command are written into it."""

    before: bytes
    after: bytes
    file: ModFile


def update_go_mod_from_reqs(session: Session, options: WriteOptions) -> ModUpdate | None:
    """Write the requirements of the command into the go.mod in memory; None where there is no go.mod.

    Raises:
        TooNewError: the requirements need a newer Go.
    """
    main = session.main
    if len(main.modules) != 1 or not main.root(main.modules[0]):
        return None
    m = main.modules[0]
    file = main.mod_file(m)
    if file is None:
        return None
    before = file.format()
    rs = in_force(session)
    assert rs is not None
    listed = [Require(mv, mv.path not in rs.direct) for mv in rs.roots if mv.path not in ("go", "toolchain")]
    go = rs.go_version()
    if goversion.compare(go, session.local_go) > 0:
        raise session.too_new("updating go.mod", go)
    _set_go_lines(session, m, file, options)
    for path in options.add_tools:
        file.add_tool(path)
    for path in options.drop_tools:
        file.drop_tool(path)
    try:
        if goversion.compare(go, goversion.SEPARATE_INDIRECT_VERSION) < 0:
            file.set_require(listed)
        else:
            file.set_require_separate_indirect(listed)
    except ValueError as error:
        raise BuildListError(str(error)) from error
    file.cleanup()
    return ModUpdate(before, file.format(), file)


def add_go_stmt(session: Session, m: ModuleVersion, file: ModFile, version: str) -> None:
    """Give a main module's go.mod a go line when it has none."""
    if file.go is None or not file.go.version:
        force_go_stmt(session, m, file, version)


def force_go_stmt(session: Session, m: ModuleVersion, file: ModFile, version: str) -> None:
    """Set the go line of a main module's go.mod."""
    file.add_go_stmt(version)
    session.scope.go_versions[m] = version


def _set_go_lines(session: Session, m: ModuleVersion, file: ModFile, options: WriteOptions) -> None:
    rs = in_force(session)
    assert rs is not None
    go = rs.go_version()
    written = file.go.version if file.go is not None else ""
    if (file.go is None and not options.tidy_wrote_go) or (file.go is not None and written != go):
        updating = session.build_mod == "mod" or session.policy.rewrites_go_mod
        # A missing go line stays missing if it means the same version, unless go.mod is being updated anyway.
        if file.go is not None or go != goversion.DEFAULT_GO_MOD_VERSION or updating:
            force_go_stmt(session, m, file, go)
    toolchain = rs.max_root_version.get("toolchain") or "go" + go
    version = goversion.from_toolchain(toolchain)
    obsolete = goversion.compare(version, goversion.GO_STRICT_VERSION) < 0 and not options.explicit_toolchain
    if options.drop_toolchain or toolchain == "go" + go or obsolete:
        file.drop_toolchain_stmt()
    else:
        file.add_toolchain_stmt(toolchain)


def commit_requirements(
    session: Session, options: WriteOptions | None = None, loaded: LoadedPackages | None = None
) -> None:
    """Bring go.mod and go.sum up to date with the requirements; in workspace mode go.work.sum.

    Raises:
        StaleError: the mode forbids a change that is needed.
        ConflictError: somebody else changed go.mod meanwhile.
    """
    options = options or WriteOptions()
    if session.in_workspace:
        write_go_sum(session, loaded)
        return
    update = update_go_mod_from_reqs(session, options)
    if update is None:
        return
    m = session.main.single()
    index = session.main.index(m)
    dirty = (
        index is None
        or index.is_dirty(update.file, readonly=session.build_mod == "readonly")
        or bool(options.add_tools or options.drop_tools)
    )
    if dirty and session.build_mod != "mod":
        # go.sum may need a change as well, but only because of go.mod: report go.mod.
        raise session.go_mod_dirty()
    writes_go_mod = dirty or session.policy.rewrites_go_mod
    with session.files.together() if writes_go_mod else nullcontext():
        if writes_go_mod:
            _write_go_mod(session, m, update)
        if session.policy.writes_go_sum:
            write_go_sum(session, loaded)


def _write_go_mod(session: Session, m: ModuleVersion, update: ModUpdate) -> None:
    path = session.mod_file_path(session.main.root(m))
    index = session.main.index(m)
    before = index.data if index is not None else None
    try:
        if session.files.read(path) != update.after:
            session.files.replace(path, before, update.after)
    except ConflictError as error:
        raise ConflictError("updating go.mod: existing contents have changed since last read", inner=error) from None
    except DiskError as error:
        raise called(error, path, session.settings.modfile_given or path, "updating go.mod: ") from None
    session.main.set_index(m, index_mod_file(update.after, update.file))
    session.scope.part(Summaries).clear()


def report_warnings(session: Session) -> None:
    """Report warnings about go.sum that have not been reported yet."""
    for warning in session.repo.ledger.take_warnings():
        session.report.raw(warning.removesuffix("\n"))


def write_go_sum(
    session: Session, loaded: LoadedPackages | None = None, *, keep: set[ModuleVersion] | None = None
) -> None:
    """Write new checksums to go.sum or go.work.sum, those that are to be kept.

    Args:
        session: the command.
        loaded: the packages that were loaded, if any.
        keep: the checksums to keep; None for those that the requirements and `loaded` need.

    Raises:
        StaleError: the mode forbids it.
    """
    rs = in_force(session)
    ledger = session.repo.ledger
    if rs is None:
        return
    if loaded is not None and session.in_workspace:
        from govgo.load.mainmodule.keepsums import read_graph

        read_graph(loaded, rs)  # that brings checksums of its own
    if not _changed(ledger):
        return
    if keep is None:
        from govgo.load.mainmodule.keepsums import Which, keep_sums

        keep = keep_sums(session, loaded, rs, Which.ADD_BUILD_LIST_ZIP_SUMS)
    report_warnings(session)
    before, after = ledger.render(keep, session.must_have_complete_requirements())
    if _changed(ledger):
        return  # none of the new checksums is kept
    on_disk = session.files.read(ledger.file)
    for _ in range(_TRIES):
        if (on_disk or b"") != before:
            before, after = on_disk or b"", ledger.rebase(on_disk or b"")
        try:
            session.files.replace(ledger.file, on_disk, after)
            return
        except ConflictError:
            on_disk = session.files.read(ledger.file)
        except DiskError as error:
            raise DiskError(f"updating go.sum: {error}", path=ledger.file, inner=error, hint=error.hint) from None
    raise ConflictError("updating go.sum: existing contents keep changing")


_TRIES = 10
"""How often to merge again when others write go.sum at the same time."""


def _changed(ledger: SumLedger) -> bool:
    """Whether the ledger holds changes that are not in the file."""
    return ledger.enabled and ledger.dirty
