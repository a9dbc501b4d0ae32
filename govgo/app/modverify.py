# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mod verify`: which modules in the cache are to be compared with what was downloaded [modcmd/verify.go]."""

from __future__ import annotations

from collections.abc import Sequence

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import UsageError
from govgo.load.buildlist.requirements import load_mod_graph
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.session.session import RootMode, Session


def modules_to_verify(session: Session, args: Sequence[str] = ()) -> tuple[ModuleVersion, ...]:
    """The build list without the main modules: what `mod verify` compares with what was downloaded.

    Raises:
        UsageError: there are arguments.
        BuildListError: the build list could not be loaded.
    """
    session.command = "mod verify"
    init_workfile(session)
    if args:
        raise UsageError("verify takes no arguments")
    session.force_use_modules = True
    session.root_mode = RootMode.NEED
    return tuple(mv for mv in load_mod_graph(session).build_list() if not session.main.contains(mv.path))
