# SPDX-License-Identifier: BSD-3-Clause
"""Find and read the main module or workspace, and put its requirements in force (cmd/go's modload/init.go)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from govgo.core.gosum.ledger import SumLedger
from govgo.core.modfile import WorkFile
from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version import goversion
from govgo.errors import BuildListError, DiskError, UsageError
from govgo.load.buildlist.graph import ModGraph
from govgo.load.buildlist.requirements import (
    Requirements,
    in_force,
    override_roots,
    put_in_force,
    requirements_from_mod_files,
)
from govgo.load.buildlist.roots import convert_pruning, expand_graph, update_roots
from govgo.load.dependency.gomod import Summaries
from govgo.load.mainmodule.find import (
    find_module_root,
    is_temp_root,
    missing_main_module,
    modules_disabled,
    set_default_build_mod,
)
from govgo.load.mainmodule.gowork import init_workfile, load_work_file
from govgo.load.mainmodule.read import read_main_modules
from govgo.load.session.mainmodules import COMMAND_LINE, MainModule, make_main_modules
from govgo.load.session.session import Scope

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def check_go111module(setting: str, *, needs_modules: bool = False) -> None:
    """Raise UsageError for a value that the variable cannot have, or "off" where the verb is about modules alone."""
    if setting not in ("", "on", "off", "auto"):
        raise UsageError(f"unknown environment setting GO111MODULE={setting}")
    if setting == "off" and needs_modules:
        raise modules_disabled()


def init(session: Session) -> None:
    """Find the root of the main module, and decide about -mod. Does nothing when called again.

    Args:
        session: the command.

    Raises:
        UsageError: settings that contradict each other, or no main module where the policy needs one.
    """
    if session.scope.initialized:
        return
    session.scope.initialized = True
    setting = session.settings.env.go111module
    check_go111module(setting, needs_modules=session.policy.needs_modules)
    if setting == "off":
        return
    _find_roots(session)
    if setting == "auto" and not (session.mod_roots or session.in_workspace or session.policy.needs_modules):
        return
    if session.settings.modfile and not session.settings.modfile.endswith(".mod"):
        raise UsageError(f"-modfile={session.settings.modfile_given}: file does not have .mod extension")
    session.scope.modules_enabled = True
    set_default_build_mod(session)
    gopath = session.settings.env.gopath.split(":")[0]
    if gopath and session.files.exists(posixpath.join(gopath, "go.mod")):
        session.report.note(f"warning: ignoring go.mod in $GOPATH {gopath}")
        if session.policy.needs_main_module:
            raise session.no_main_modules_error()


def _find_roots(session: Session) -> None:
    modfile = session.settings.modfile
    if session.mod_roots:
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
        session.scope.mod_roots = (root,)
    elif session.policy.needs_main_module:
        raise session.no_main_modules_error()


def find_go_mod(session: Session, directory: str) -> str:
    """The go.mod file at or above a directory, "" when there is none."""
    root = find_module_root(session, directory)
    return "" if not root or is_temp_root(session, root) else posixpath.join(root, "go.mod")


def load_mod_file(session: Session, tidy_go_version: str = "") -> Requirements:
    """Read the files of the main modules, once, and check that the requirements agree with each other.

    The module graph is not loaded beyond what that takes. Changes, such as a missing go line, stay in memory.

    Args:
        session: the command.
        tidy_go_version: the go line to give a go.mod that has none, "" for that of the release answered for.

    Raises:
        GovgoError: a file is missing or malformed, or the requirements are inconsistent.
    """
    known = in_force(session)
    if known is not None:
        return known
    init(session)
    work_file: WorkFile | None = None
    if session.in_workspace:
        work_file, session.scope.mod_roots = load_work_file(session, session.work_path)
    try:
        _open_ledger(session)
    except DiskError:
        read_main_modules(session, work_file)  # as in go, what is wrong with a go.mod there is reported first
        raise
    if not session.mod_roots:
        rs = _without_module(session)
        put_in_force(session, rs)
        return rs
    session.scope.main = make_main_modules(
        read_main_modules(session, work_file),
        cwd_root=find_module_root(session, session.settings.cwd),
        work_file=work_file,
        work_path=session.work_path,
        local_go=session.local_go,
        tell=session.fail,
    )
    set_default_build_mod(session)  # the vendor directory may come into play now
    session.repo.disable_lookup(_lookup_disabled(session))
    rs = requirements_from_mod_files(session)
    if session.build_mod == "vendor":
        _use_vendor(session, rs)
    if not session.in_workspace:
        rs = _check_roots(session, rs, tidy_go_version)
    put_in_force(session, rs)
    return rs


def _open_ledger(session: Session) -> None:
    """Use the go.sum of the main module; in a workspace go.work.sum and, unchanged, the go.sum files of its modules."""
    read = session.files.read
    lenient = session.policy.lenient_sums
    if session.in_workspace:
        others = [session.sum_file_path(root) for root in session.mod_roots]
        name = session.work_path + ".sum"
        ledger = SumLedger(name, read(name), [(other, read(other)) for other in others], skip_malformed=lenient)
    elif session.mod_roots:
        name = session.sum_file_path(session.mod_roots[0])
        ledger = SumLedger(name, read(name), skip_malformed=lenient)
    else:
        ledger = SumLedger()
    session.repo.reset(ledger)


def _lookup_disabled(session: Session) -> str:
    """go's sentence for a request that the vendor directory forbids; "" where it is not used."""
    if session.build_mod != "vendor":
        return ""
    reason = f"\n\t({session.build_mod_reason})" if session.build_mod_reason else ""
    return f"module lookup disabled by -mod=vendor{reason}"


def _without_module(session: Session) -> Requirements:
    """The requirements where there is no main module: an artificial one that requires only Go itself.

    As in go, a workspace without modules counts as one without a go line, whatever go.work says.
    """
    session.scope.main = make_main_modules(
        [MainModule(COMMAND_LINE, "", None, None)],
        cwd_root=find_module_root(session, session.settings.cwd),
        work_path=session.work_path,
        local_go=session.local_go,
        tell=session.fail,
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
    session.scope.go_versions[COMMAND_LINE] = go
    rs = Requirements(session, pruning, roots, {"go"})
    if session.build_mod == "vendor":
        rs.init_vendor(())
    return rs


def _use_vendor(session: Session, rs: Requirements) -> None:
    from govgo.load.dependency.modulestxt import (  # only with a vendor directory
        check_vendor_consistency,
        read_vendor_list,
    )

    vendored = read_vendor_list(session)
    main = session.main
    indexes = main.indexes()
    files = main.mod_files()
    check_vendor_consistency(session, vendored, indexes, files)
    rs.init_vendor(tuple(vendored.modules))


def _check_roots(session: Session, rs: Requirements, tidy_go_version: str) -> Requirements:
    """Drop duplicate requirements, and give go.mod a go line when it has none and may be changed."""
    m = session.main.single()
    if rs.has_redundant_root():
        rs = update_roots(session, rs.direct, rs)
    index = session.main.index(m)
    if index is None or index.go_version:
        return rs
    if session.build_mod != "mod" or not session.policy.adds_go_line:
        session.scope.go_versions[m] = goversion.DEFAULT_GO_MOD_VERSION
        return rs
    version = tidy_go_version or session.local_go
    file = session.main.mod_file(m)
    assert file is not None
    from govgo.load.mainmodule.write import add_go_stmt

    add_go_stmt(session, m, file, version)
    rs = override_roots(session, rs, [ModuleVersion("go", version)])
    if goversion.compare(version, goversion.EXPLICIT_INDIRECT_VERSION) >= 0:
        # go.mod was written for an unpruned graph; with pruning it has to list more.
        rs = convert_pruning(session, rs, Pruning.PRUNED)
    return rs


def has_mod_root(session: Session) -> bool:
    """Whether there is a main module; in a workspace this is known once its files are loaded."""
    init(session)
    return bool(session.mod_roots)


def must_have_mod_root(session: Session) -> None:
    """Raise NoModRootError when there is no main module."""
    if not has_mod_root(session):
        raise missing_main_module(session)


def load_mod_graph(session: Session, go_version: str = "") -> ModGraph:
    """Load the whole module graph of the main modules, without packages.

    Args:
        session: the command.
        go_version: read the graph as this Go version would; "" as go.mod says.

    Raises:
        BuildListError: it cannot be loaded, or not by that Go version.
    """
    rs = load_mod_file(session)
    if go_version:
        needed = rs.go_version()
        if goversion.compare(needed, goversion.GO_STRICT_VERSION) >= 0 and goversion.compare(go_version, needed) < 0:
            raise BuildListError(
                f"requested Go version {go_version} cannot load module graph (requires Go >= {needed})"
            )
        if pruning_for(go_version) == Pruning.UNPRUNED and rs.pruning != Pruning.UNPRUNED:
            # The roots stay as written, even where they seem inconsistent now.
            rs = Requirements(session, Pruning.UNPRUNED, rs.roots, rs.direct)
        return rs.graph()
    rs, graph = expand_graph(session, rs)
    put_in_force(session, rs)
    return graph


def edit_build_list(session: Session, add: Sequence[ModuleVersion], must_select: Sequence[ModuleVersion]) -> bool:
    """Edit the requirements in force; whether the build list may have changed.

    Args and errors are those of `edit_requirements`; when it raises, the requirements in force stay.
    """
    from govgo.load.buildlist.edit import edit_requirements  # only `get` and `work sync` edit

    rs, changed = edit_requirements(session, load_mod_file(session), add, must_select)
    put_in_force(session, rs)
    return changed


def enter_module(session: Session, root: str) -> Requirements:
    """Forget what was loaded and take the module at `root` as the one main module."""
    scope = Scope()
    scope.initialized, scope.modules_enabled = session.scope.initialized, session.scope.modules_enabled
    scope.go_versions = session.scope.go_versions  # summaries that are known already are not read again
    scope.mod_roots = (root,)
    session.scope = scope
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
    outer, ledger = session.scope, session.repo.ledger
    session.scope = Scope()
    try:
        init_workfile(session)
        load_mod_file(session)
        session.main.set_mod_file(main_module, update.file)
        session.scope.part(Summaries).clear()
        put_in_force(session, requirements_from_mod_files(session))
        yield
    finally:
        session.scope = outer
        session.repo.reset(ledger)
