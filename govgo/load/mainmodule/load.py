# SPDX-License-Identifier: BSD-3-Clause
"""Finding and reading the main module or workspace, and its requirements (cmd/go's modload/init.go)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from govgo.core.gosum.ledger import SumLedger
from govgo.core.modfile import ModFile, WorkFile
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.version import goversion
from govgo.errors import BuildListError, UsageError
from govgo.load.buildlist.requirements import Pruning, Requirements, override_roots, pruning_for
from govgo.load.mainmodule.find import (
    find_module_root,
    is_temp_root,
    requirements_from_mod_files,
    set_default_build_mod,
)
from govgo.load.mainmodule.gowork import (
    LocalWorkspace,
    find_go_work,
    init_workfile,
    load_work_file,
    load_workspace,
    read_work_file,
    update_work_file,
    update_work_go_version,
    work_file_path,
    write_work_file,
)
from govgo.load.mainmodule.readmain import read_main_modules
from govgo.load.session.mainmods import (
    COMMAND_LINE,
    MainModule,
    make_main_modules,
)
from govgo.load.session.session import RootMode

if TYPE_CHECKING:
    from govgo.load.session.session import Session

__all__ = [
    "LocalWorkspace",
    "add_go_stmt",
    "enter_module",
    "enter_workspace",
    "find_go_mod",
    "find_go_work",
    "init",
    "init_workfile",
    "load_mod_file",
    "load_work_file",
    "load_workspace",
    "read_work_file",
    "set_default_build_mod",
    "update_work_file",
    "update_work_go_version",
    "work_file_path",
    "write_work_file",
]


class LoadOptions(Protocol):
    """What of a package load's options reading go.mod depends on."""

    @property
    def tidy_go_version(self) -> str:
        """The go line that `mod tidy -go` asks for, or ""."""
        ...


def init(session: Session, root_mode: RootMode | None = None) -> None:
    """Find the root of the main module, and decide the module mode. Does nothing when it was done before.

    Args:
        session: the command.
        root_mode: whether there has to be a main module; None leaves the session's.

    Raises:
        UsageError: settings that contradict each other, or no main module where one is needed.
    """
    if session.initialized:
        return
    session.initialized = True
    if root_mode is not None:
        session.root_mode = root_mode
    setting = session.settings.env.go111module
    if setting not in ("", "on", "off", "auto"):
        raise UsageError(f"unknown environment setting GO111MODULE={setting}")
    if setting == "off":
        if session.force_use_modules:
            raise UsageError("modules disabled by GO111MODULE=off; see 'go help modules'")
        return
    _find_roots(session)
    if session.settings.modfile and not session.settings.modfile.endswith(".mod"):
        raise UsageError(f"-modfile={session.settings.modfile_given}: file does not have .mod extension")
    if session.settings.mod not in ("", "mod", "readonly", "vendor"):
        raise UsageError(f"-mod={session.settings.mod} not supported (can be '', 'mod', 'readonly', or 'vendor')")
    session.modules_enabled = True
    set_default_build_mod(session)
    gopath = session.settings.env.gopath.split(":")[0]
    if gopath and session.files.exists(posixpath.join(gopath, "go.mod")):
        session.report.note(f"warning: ignoring go.mod in $GOPATH {gopath}")
        if session.root_mode is RootMode.NEED:
            raise session.no_main_modules_error()


def _find_roots(session: Session) -> None:
    modfile = session.settings.modfile
    if session.mod_roots:
        return
    if session.root_mode is RootMode.NONE:
        in_goflags = any(flag.lstrip("-").startswith("modfile=") for flag in session.settings.env.flags())
        if modfile and not in_goflags:
            raise UsageError("-modfile cannot be used with commands that ignore the current module")
        return
    if session.work_path:
        if modfile:
            raise UsageError("-modfile cannot be used in workspace mode")
        return
    root = find_module_root(session, session.settings.cwd)
    if root and is_temp_root(session, root):
        session.report.note(f"warning: ignoring go.mod in system temp root {session.settings.temp_dir}")
        root = ""
    elif not root and modfile:
        raise UsageError(
            "cannot find main module, but -modfile was set.\n"
            "\t-modfile cannot be used to set the module root directory."
        )
    if root:
        session.mod_roots = (root,)
    elif session.root_mode is RootMode.NEED:
        raise session.no_main_modules_error()


def find_go_mod(session: Session, directory: str) -> str:
    """The go.mod file at or above a directory, "" when there is none."""
    root = find_module_root(session, directory)
    return "" if not root or is_temp_root(session, root) else posixpath.join(root, "go.mod")


def load_mod_file(session: Session, opts: LoadOptions | None = None) -> Requirements:
    """Read the files of the main modules, once, and check that the requirements agree with each other.

    The module graph is not loaded beyond what that takes. Changes, such as a missing go line, stay in memory.

    Raises:
        GovgoError: a file is missing or malformed, or the requirements are inconsistent.
    """
    if session.requirements is not None:
        return session.requirements
    init(session)
    work_file: WorkFile | None = None
    if session.in_workspace:
        work_file, session.mod_roots = load_work_file(session, session.work_path)
    _open_ledger(session)
    if not session.mod_roots:
        session.requirements = _without_module(session)
        return session.requirements
    session.main = make_main_modules(
        read_main_modules(session, work_file),
        cwd_root=find_module_root(session, session.settings.cwd),
        work_file=work_file,
        work_path=session.work_path,
        local_go=session.local_go,
    )
    _tell_faults(session)
    set_default_build_mod(session)  # the vendor directory may come into play now
    session.repo.disable_lookup(_lookup_disabled(session))
    rs = requirements_from_mod_files(session)
    if session.build_mod == "vendor":
        _use_vendor(session, rs)
    if not session.in_workspace:
        rs = _check_roots(session, rs, opts)
    session.requirements = rs
    return rs


def _tell_faults(session: Session) -> None:
    for fault in session.main.faults:
        session.fail(fault)
    session.main.faults.clear()


def _open_ledger(session: Session) -> None:
    """Begin with the go.sum of the main module, or go.work.sum beside those of the workspace's modules."""
    read = session.files.read
    lenient = session.command == "mod tidy"
    if session.in_workspace:
        others = [_sum_file(session, root) for root in session.mod_roots]
        name = session.work_path + ".sum"
        ledger = SumLedger(name, read(name), [(other, read(other)) for other in others], skip_malformed=lenient)
    elif session.mod_roots:
        name = _sum_file(session, session.mod_roots[0])
        ledger = SumLedger(name, read(name), skip_malformed=lenient)
    else:
        ledger = SumLedger()
    session.repo.reset(ledger)


def _lookup_disabled(session: Session) -> str:
    """go's sentence for a question to a source where the vendor directory has to do, "" elsewhere."""
    if session.build_mod != "vendor":
        return ""
    reason = f"\n\t({session.build_mod_reason})" if session.build_mod_reason else ""
    return f"module lookup disabled by -mod=vendor{reason}"


def _sum_file(session: Session, root: str) -> str:
    return session.mod_file_path(root).removesuffix(".mod") + ".sum"


def _without_module(session: Session) -> Requirements:
    """A stand-in for the main module where there is none: only Go itself is required.

    A workspace without modules is taken for one without a go line, whatever go.work says, as go does.
    """
    session.main = make_main_modules(
        [MainModule(COMMAND_LINE, "", None, None)],
        cwd_root=find_module_root(session, session.settings.cwd),
        work_path=session.work_path,
        local_go=session.local_go,
    )
    toolchain = ModuleVersion("toolchain", "go" + session.local_go)
    if session.in_workspace:
        go = session.main.go_version()
        pruning = Pruning.WORKSPACE
        roots = [COMMAND_LINE, ModuleVersion("go", go), toolchain]
    else:
        go = session.local_go
        pruning = pruning_for(go)
        roots = [ModuleVersion("go", go), toolchain]
    session.raw_go_versions[COMMAND_LINE] = go
    rs = Requirements(session, pruning, roots, {"go"})
    if session.build_mod == "vendor":
        rs.init_vendor(())
    return rs


def _use_vendor(session: Session, rs: Requirements) -> None:
    from govgo.load.dependency.modulestxt import check_vendor_consistency, read_vendor_list

    vendored = read_vendor_list(session)
    main = session.main
    indexes = [index for m in main.modules if (index := main.index(m)) is not None]
    files = [file for m in main.modules if (file := main.mod_file(m)) is not None]
    check_vendor_consistency(session, indexes, files)
    rs.init_vendor(tuple(vendored.modules))


def _check_roots(session: Session, rs: Requirements, opts: LoadOptions | None) -> Requirements:
    """Drop doubled requirements, and give go.mod a go line when it has none and may be changed."""
    from govgo.load.buildlist.roots import convert_pruning, update_roots

    m = session.main.single()
    if rs.has_redundant_root():
        rs = update_roots(session, rs.direct, rs)
    index = session.main.index(m)
    if index is None or index.go_version:
        return rs
    if session.build_mod != "mod" or session.command in ("mod graph", "mod why"):
        session.raw_go_versions[m] = goversion.DEFAULT_GO_MOD_VERSION
        return rs
    version = opts.tidy_go_version if opts is not None and opts.tidy_go_version else session.local_go
    file = session.main.mod_file(m)
    assert file is not None
    add_go_stmt(session, m, file, version)
    rs = override_roots(session, rs, [ModuleVersion("go", version)])
    if goversion.compare(version, goversion.EXPLICIT_INDIRECT_VERSION) >= 0:
        # What is there was written for an unpruned graph.
        rs = convert_pruning(session, rs, Pruning.PRUNED)
    return rs


def add_go_stmt(session: Session, m: ModuleVersion, file: ModFile, version: str) -> None:
    """Give a main module's go.mod a go line when it has none."""
    if file.go is None or not file.go.version:
        force_go_stmt(session, m, file, version)


def force_go_stmt(session: Session, m: ModuleVersion, file: ModFile, version: str) -> None:
    """Set the go line of a main module's go.mod."""
    file.add_go_stmt(version)
    session.raw_go_versions[m] = version


def enter_module(session: Session, root: str) -> Requirements:
    """Forget what was loaded and take the module at `root` as the one main module."""
    session.main = type(session.main)()
    session.requirements = None
    session.work_path = ""
    session.summaries.clear()
    session.forget_trees()
    session.mod_roots = (root,)
    return load_mod_file(session)


@contextmanager
def enter_workspace(session: Session) -> Iterator[None]:
    """Work in the workspace around the main module, whose updated requirements count there too.

    On leaving, the session is in module mode again, as it was.

    Raises:
        GovgoError: the workspace cannot be loaded.
    """
    from govgo.load.mainmodule.write import WriteOptions, update_go_mod_from_reqs

    main_module = session.main.single()
    update = update_go_mod_from_reqs(session, WriteOptions())
    if update is None:
        raise BuildListError("no update needed")
    saved = session.snapshot()
    ledger = session.repo.ledger
    try:
        session.forget()
        session.force_use_modules = True
        init_workfile(session)
        load_mod_file(session)
        session.main.set_mod_file(main_module, update.file)
        session.summaries.clear()
        session.requirements = requirements_from_mod_files(session)
        yield
    finally:
        session.restore(saved)
        session.repo.reset(ledger)
