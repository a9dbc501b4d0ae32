# SPDX-License-Identifier: BSD-3-Clause
"""`work sync`: the versions of the workspace's build list, carried back into each of its modules."""

from __future__ import annotations

from govgo.app.work.work import NO_WORK_FILE, begin
from govgo.core.gosource.buildtags import any_tags
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.moduleversion import sort as sort_modules
from govgo.core.version.goversion import max_version
from govgo.errors import GovgoError, SecurityError, UsageError, find
from govgo.load.buildlist.edit import edit_build_list
from govgo.load.buildlist.requirements import load_mod_graph
from govgo.load.mainmodule.gowork import (
    read_work_file,
    update_work_file,
    update_work_go_version,
    write_work_file,
)
from govgo.load.mainmodule.load import enter_module
from govgo.load.mainmodule.write import WriteOptions, write_go_mod
from govgo.load.packages.load import PackageOpts, load_packages
from govgo.load.session.session import Session


def sync_workspace(session: Session) -> None:
    """Move every module of the workspace to the versions that the workspace selects for what it imports."""
    path = begin(session, "work sync")
    if not path:
        raise UsageError(NO_WORK_FILE)
    load_mod_graph(session)
    targets = [(session.main.root(main), _provided(session, main)) for main in session.main.modules]
    go_version = ""
    for root, must_select in targets:
        if not root:
            continue  # no module, but what stands in for one where go.work lists none
        enter_module(session, root)
        try:
            changed = edit_build_list(session, [], must_select)
        except GovgoError as error:
            if find(error, SecurityError) is not None:
                raise
            continue  # this module cannot follow; its requirements stay as they are
        if changed:
            options = PackageOpts(
                tags=any_tags(),
                tidy=True,
                load_tests=True,
                allow_errors=True,
                silence_missing_std_imports=True,
                silence_package_errors=True,
            )
            load_packages(session, options, ["all"])
            write_go_mod(session, WriteOptions())
        go_version = max_version(go_version, session.main.go_version())
    work = read_work_file(session, path)
    update_work_go_version(work, go_version)
    update_work_file(session, work)
    write_work_file(session, path, work)


def _provided(session: Session, main: ModuleVersion) -> list[ModuleVersion]:
    """The modules that provide the packages of "all" as seen from one main module."""
    options = PackageOpts(
        tags=any_tags(),
        load_tests=True,
        allow_errors=True,
        silence_package_errors=True,
        silence_unmatched_warnings=True,
        main_module=main,
    )
    _, packages = load_packages(session, options, ["all"])
    loaded = session.loaded
    assert loaded is not None
    found = {module for path in packages if (module := loaded.package_module(path)) is not None}
    versioned = [mv for mv in found if mv.version]
    sort_modules(versioned)
    return versioned
