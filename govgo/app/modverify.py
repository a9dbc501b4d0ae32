# SPDX-License-Identifier: BSD-3-Clause
"""`mod verify`: the modules whose cached files are to be compared with their checksums (cmd/go's modcmd/verify.go)."""

from __future__ import annotations

from collections.abc import Sequence

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import UsageError
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.mainmodule.load import load_mod_graph
from govgo.load.session.policy import MOD_VERIFY
from govgo.load.session.session import Session


def modules_to_verify(session: Session, args: Sequence[str] = ()) -> tuple[ModuleVersion, ...]:
    """The build list without the main modules.

    Raises:
        UsageError: there are arguments.
        BuildListError: the build list could not be loaded.
    """
    session.policy = MOD_VERIFY
    init_workfile(session)
    if args:
        raise UsageError("verify takes no arguments")
    return tuple(mv for mv in load_mod_graph(session).build_list() if not session.main.contains(mv.path))
