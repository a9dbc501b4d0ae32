# SPDX-License-Identifier: BSD-3-Clause
"""`work sync`: upgrade the requirements of each module of a workspace to the versions that the workspace selects."""

from __future__ import annotations

from govgo.core.gosource.buildtags import any_tags
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.moduleversion import sort as sort_modules
from govgo.core.version.goversion import max_version
from govgo.errors import Failure
from govgo.load.mainmodule.gowork import (
    need_work_file,
    read_work_file,
    update_work_file,
    update_work_go_version,
    write_work_file,
)
from govgo.load.mainmodule.load import edit_build_list, enter_module, load_mod_graph
from govgo.load.mainmodule.write import commit_requirements
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import PackageOpts
from govgo.load.session.policy import WORK_SYNC
from govgo.load.session.session import Session


def sync_workspace(session: Session) -> None:
    """Raise the requirements of every module to the versions that the workspace selects for what it imports."""
    session.policy = WORK_SYNC
    path = need_work_file(session)
    load_mod_graph(session)
    targets = [(session.main.root(main), _provided(session, main)) for main in session.main.modules]
    go_version = ""
    for root, must_select in targets:
        if not root:
            continue  # the artificial main module of a go.work that lists none
        enter_module(session, root)
        try:
            changed = edit_build_list(session, [], must_select)
        except Failure:
            continue  # its requirements do not allow these versions, and stay as they are
        if changed:
            options = PackageOpts(
                tags=any_tags(),
                tidy=True,
                load_tests=True,
                allow_errors=True,
                silence_missing_std_imports=True,
                silence_package_errors=True,
            )
            loaded = load_packages(session, options, ["all"]).loaded
            commit_requirements(session, loaded=loaded)
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
    _, packages, loaded = load_packages(session, options, ["all"])
    found = {module for path in packages if (module := loaded.package_module(path)) is not None}
    versioned = [mv for mv in found if mv.version]
    sort_modules(versioned)
    return versioned
