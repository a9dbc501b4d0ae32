# SPDX-License-Identifier: BSD-3-Clause
"""What a session holds: parts of rooms, the scope that is replaced as a whole, and the policy of the verb."""

from __future__ import annotations

import pytest

from govgo.errors import InputError, ReportedError
from govgo.load.session import policy
from govgo.load.session.policy import Policy
from govgo.load.session.session import Faults, Scope, Session
from tests.simulators.repo import MemoryFiles, MemoryRepo, Transcript, memory_session


class Cache(dict[str, int]):
    """A part as a room would keep it."""


@pytest.fixture
def session() -> Session:
    return memory_session(MemoryFiles({}), MemoryRepo({}))


def test_a_part_is_made_once_for_the_command_and_once_for_each_scope(session: Session) -> None:
    session.part(Cache)["command"] = 1
    session.scope.part(Cache)["scope"] = 2
    outer = session.scope
    session.scope = Scope()
    assert session.part(Cache) == {"command": 1}
    assert session.scope.part(Cache) == {}
    session.scope = outer
    assert session.scope.part(Cache) == {"scope": 2}


def test_close_calls_what_was_added_in_order(session: Session) -> None:
    said: list[str] = []
    session.at_close += [lambda: said.append("a"), lambda: said.append("b")]
    session.close()
    assert said == ["a", "b"]


def test_faults_are_held_back_while_the_command_may_start_over(session: Session) -> None:
    assert isinstance(session.report, Transcript)
    session.switching = True
    faults = Faults(session)
    faults.add(InputError("one"))
    session.report_fault("two", plain=True)
    assert session.report.lines == []
    session.report_held()
    assert session.report.lines == ["go: one", "two"]
    with pytest.raises(ReportedError) as caught:
        faults.stop()
    assert [str(error) for error in caught.value.errors] == ["one"]


@pytest.mark.parametrize(
    ("verb", "build_mod", "obeys"),
    [
        (policy.LIST, "", True),
        (policy.GET, "mod", False),
        (policy.GRAPH, "mod", False),
        (policy.VENDOR, "readonly", False),
    ],
)
def test_a_verb_that_decides_itself_does_not_obey_mod(verb: Policy, build_mod: str, obeys: bool) -> None:
    session = memory_session(MemoryFiles({}), MemoryRepo({}), policy=verb, mod="vendor")
    assert verb.build_mod == build_mod
    assert session.obeys_mod_flag is obeys
