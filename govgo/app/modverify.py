# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mod verify`: the dependencies in the module cache, compared with what was downloaded [modcmd/verify.go]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from govgo.app.requirements import load_mod_graph
from govgo.app.session import RootMode, Session
from govgo.app.workfile import init_workfile
from govgo.core.module import ModuleVersion
from govgo.errors import UsageError


class Audit(Protocol):
    """Checks of the module cache, as `modfetch` makes them."""

    def faults(self, mods: Sequence[ModuleVersion]) -> Sequence[tuple[str, ...]]:
        """What is wrong with each module version, in the order given; () where all is well or nothing downloaded."""
        ...


def verify_cache(session: Session, audit: Audit, args: Sequence[str] = ()) -> tuple[str, ...]:
    """Check every module of the build list; returns go's sentences about those that were modified.

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
    mods = [mv for mv in load_mod_graph(session).build_list() if not session.main.contains(mv.path)]
    return tuple(sentence for faults in audit.faults(mods) for sentence in faults)
