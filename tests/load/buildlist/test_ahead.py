# SPDX-License-Identifier: BSD-3-Clause
"""A graph that is read ahead: what enters go.sum, whichever reading brought it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from govgo.adapters.workspace.goenvfile import load_env
from govgo.core.module.moduleversion import ModuleVersion
from govgo.load.buildlist.requirements import Requirements
from govgo.load.mainmodule.load import load_mod_file
from govgo.load.session.policy import GET
from govgo.load.session.session import Session, Settings
from govgo.ports.modules import Ask
from govgo.wiring.session import SilentReporter, make_session
from tests.simulators.world import World

NAMES = ("a", "b", "c")


def test_what_an_abandoned_reading_has_brought_is_recorded_by_the_next(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        for name, below in zip(NAMES, (*NAMES[1:], ""), strict=True):
            requires = f"\nrequire q.io/{below} v1.0.0\n" if below else ""
            world.publish(f"q.io/{name}", "v1.0.0", f"module q.io/{name}\n{requires}")
        main = world.main("module example.com/main\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n")
        settings = Settings(cwd=str(main), env=load_env(world.environment), mod="mod", mod_explicit=True)
        session = make_session(settings, SilentReporter(), policy=GET)
        with closing(session.repo):
            first = load_mod_file(session)
            first.begin_graph()
            while not first.build_list_ahead():
                session.repo.begin([Ask("versions", "q.io/a")])
                session.repo.arrivals()
                session.repo.warm([Ask("versions", f"q.io/none{len(world.proxy.asked)}")])
            assert recorded(session) == b""

            second = Requirements(session, first.pruning, first.roots, first.direct)
            second.begin_graph()
            assert second.graph().selected("q.io/c") == "v1.0.0"
            lines = [
                world.record(ModuleVersion(f"q.io/{name}", "v1.0.0")).splitlines(keepends=True)[1] for name in NAMES
            ]
            assert recorded(session) == "".join(lines).encode()


def recorded(session: Session) -> bytes:
    """What go.sum would say of the go.mod files."""
    return session.repo.ledger.tidy([ModuleVersion(f"q.io/{name}", "v1.0.0").gomod_key() for name in NAMES])[1]
