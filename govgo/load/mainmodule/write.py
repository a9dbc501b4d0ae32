# SPDX-License-Identifier: BSD-3-Clause
"""Writing what the command decided: go.mod, go.sum and go.work.sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from govgo.core.gosum.ledger import SumLedger
from govgo.core.modfile import ModFile, Require
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.version import goversion
from govgo.errors import BuildListError, ConflictError, StaleError
from govgo.load.mainmodule.find import explicit_mod
from govgo.load.mainmodule.keepsums import Which, keep_sums
from govgo.load.session.mainmods import index_mod_file

if TYPE_CHECKING:
    from govgo.load.session.session import Session

__all__ = [
    "ModUpdate",
    "Which",
    "WriteOptions",
    "commit_requirements",
    "go_mod_dirty",
    "keep_sums",
    "update_go_mod_from_reqs",
    "write_go_mod",
    "write_go_sum",
]


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


class GoModDirtyError(StaleError):
    """go.mod would need a change that the mode forbids."""

    code = "go-mod-dirty"


def go_mod_dirty(session: Session) -> GoModDirtyError:
    """The refusal to change go.mod."""
    if explicit_mod(session):
        return GoModDirtyError(
            f"updates to go.mod needed, disabled by -mod={session.build_mod}; to update it:\n\tgo mod tidy"
        )
    if session.build_mod_reason:
        return GoModDirtyError(
            f"updates to go.mod needed, disabled by -mod={session.build_mod}\n"
            f"\t({session.build_mod_reason})\n\tto update it:\n\tgo mod tidy"
        )
    return GoModDirtyError("updates to go.mod needed; to update it:\n\tgo mod tidy")


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
    rs = session.requirements
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


def _set_go_lines(session: Session, m: ModuleVersion, file: ModFile, options: WriteOptions) -> None:
    from govgo.load.mainmodule.load import force_go_stmt

    rs = session.requirements
    assert rs is not None
    go = rs.go_version()
    written = file.go.version if file.go is not None else ""
    if (file.go is None and not options.tidy_wrote_go) or (file.go is not None and written != go):
        updating = session.build_mod == "mod" or session.command in ("mod tidy", "get")
        # A missing go line that means what was worked out stays missing, unless go.mod is being updated anyway.
        if file.go is not None or go != goversion.DEFAULT_GO_MOD_VERSION or updating:
            force_go_stmt(session, m, file, go)
    toolchain = rs.max_root_version.get("toolchain") or "go" + go
    version = goversion.from_toolchain(toolchain)
    obsolete = goversion.compare(version, goversion.GO_STRICT_VERSION) < 0 and not options.explicit_toolchain
    if options.drop_toolchain or toolchain == "go" + go or obsolete:
        file.drop_toolchain_stmt()
    else:
        file.add_toolchain_stmt(toolchain)


def write_go_mod(session: Session, options: WriteOptions | None = None) -> None:
    """Write the requirements of the command to go.mod, and go.sum with it.

    Raises:
        StaleError: the mode forbids a change that is needed.
        ConflictError: somebody else changed go.mod meanwhile.
    """
    from govgo.load.mainmodule.load import load_mod_file

    session.requirements = load_mod_file(session)
    commit_requirements(session, options)


def commit_requirements(session: Session, options: WriteOptions | None = None) -> None:
    """Bring go.mod and go.sum up to date with the requirements; in workspace mode go.work.sum.

    Raises:
        StaleError: the mode forbids a change that is needed.
        ConflictError: somebody else changed go.mod meanwhile.
    """
    options = options or WriteOptions()
    if session.in_workspace:
        write_go_sum(session)
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
        # Rather than of go.sum, which follows from it, speak of go.mod.
        raise go_mod_dirty(session)
    if dirty or session.command == "mod tidy":
        path = session.mod_file_path(session.main.root(m))
        current = session.files.read(path)
        if current != update.after:
            before = index.data if index is not None else None
            try:
                session.files.replace(path, before, update.after)
            except ConflictError as error:
                raise ConflictError(
                    "updating go.mod: existing contents have changed since last read", inner=error
                ) from None
        session.main.set_index(m, index_mod_file(update.after, update.file))
        session.summaries.clear()
    if session.command != "mod init":  # its go.sum would be incomplete
        write_go_sum(session)


def tell_warnings(session: Session) -> None:
    """Tell what go.sum could not vouch for, as far as it has not been told."""
    for warning in session.repo.ledger.take_warnings():
        session.report.raw(warning)


def write_go_sum(session: Session, keep: set[ModuleVersion] | None = None) -> None:
    """Write new checksums to go.sum or go.work.sum, as far as they are worth keeping.

    Args:
        session: the command.
        keep: the checksums to keep; None for those that the requirements and the loaded packages need.

    Raises:
        StaleError: the mode forbids it.
    """
    rs = session.requirements
    ledger = session.repo.ledger
    if rs is None or not _changed(ledger):
        return
    if keep is None:
        keep = keep_sums(session, session.loaded, rs, Which.ADD_BUILD_LIST_ZIP_SUMS)
    tell_warnings(session)
    before, after = ledger.render(keep, session.must_have_complete_requirements())
    if _changed(ledger):
        return  # nothing of what is new is worth keeping
    on_disk = session.files.read(ledger.file)
    for _ in range(_TRIES):
        if (on_disk or b"") != before:
            before, after = on_disk or b"", ledger.rebase(on_disk or b"")
        try:
            session.files.replace(ledger.file, on_disk, after)
            return
        except ConflictError:
            on_disk = session.files.read(ledger.file)
    raise ConflictError("updating go.sum: existing contents keep changing")


_TRIES = 10
"""How often a go.sum that others write at the same time is merged anew."""


def _changed(ledger: SumLedger) -> bool:
    """Whether the ledger holds changes that `render` has not taken as written."""
    return ledger.enabled and ledger.dirty
