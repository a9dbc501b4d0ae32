# SPDX-License-Identifier: BSD-3-Clause
"""Start a command over, in the same process, as a newer Go release would run it.

Where go would switch to a newer toolchain, govgo answers as that release: a command that finds out that it needs one
raises SwitchError, and `cli.main` runs the command line again with the release in its `Call`.
"""

from __future__ import annotations

from contextlib import contextmanager

from govgo.cli.call import reporter
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import Failure, GovgoError, ReportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from govgo.cli.call import Call
    from govgo.core.goenv import GoEnv
    from govgo.load.session.session import Session

_VERBS = frozenset({"get", "tidy", "graph", "download", "work init", "work use", "work sync"})
"""The commands that start over because of what they find out; others do so by their go.mod or go.work alone."""


def answering_as(env: GoEnv, release: str) -> GoEnv:
    """`env` for another Go release."""
    return env._replace(go_version=release, values={**env.values, "GOVERSION": f"go{release}"})


def is_older(release: str) -> bool:
    """Whether govgo can answer as a newer release than `release`."""
    from govgo.core.version.goversion import REFERENCE_RELEASE, compare

    return compare(release, REFERENCE_RELEASE) < 0


def let_switch(call: Call, session: Session) -> None:
    """Let the command of `call` start over, if it is one of those that do."""
    verb = call.path.partition(" ")[2].removeprefix("mod ")
    if verb in _VERBS:
        session.switching = True
        call.switches_for = session


@contextmanager
def switching(call: Call) -> Iterator[None]:
    """Run a command in the block; its failure decides whether it starts over.

    Raises:
        SwitchError: it is to start over.
        GovgoError: it failed.
    """
    try:
        yield
    except GovgoError as error:
        if call.switches_for is not None:
            _switch_or_report(call.switches_for, error)
        raise
    finally:
        if call.switches_for is not None:
            call.switches_for.report_held()


def _switch_or_report(session: Session, error: GovgoError) -> None:
    """Raise SwitchError where a newer release may help, and drop the sentences that were held back until then."""
    from govgo.load.mainmodule.switching import switch
    from govgo.load.session.errors import SwitchError

    try:
        if isinstance(error, SwitchError):
            raise error
        switch(session, [error, *session.failures])
    except SwitchError:
        session.held_back.clear()
        raise
    except Failure as why:
        session.report_held()
        reporter().failure(error)
        session.report.note(str(why))
        raise ReportedError((error, why)) from None
