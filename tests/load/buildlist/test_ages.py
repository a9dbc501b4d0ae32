# SPDX-License-Identifier: BSD-3-Clause
"""The minimum age over a whole build list, with the chains worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import ReportedError
from govgo.load.buildlist.ages import check_ages
from govgo.load.mainmodule.load import load_mod_file
from govgo.load.query.ages import TooYoungError
from govgo.load.session.agelimits import Horizon
from govgo.load.session.policy import GRAPH
from govgo.load.session.session import Session
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

MODULES = {
    "q.io/a@v1.0.0": "module q.io/a\n\ngo 1.16\n\nrequire q.io/b v1.1.0\n",
    "q.io/b@v1.0.0": "module q.io/b\n\ngo 1.16\n",
    "q.io/b@v1.1.0": "module q.io/b\n\ngo 1.16\n",
    "q.io/c@v1.0.0": "module q.io/c\n\ngo 1.16\n",
}
MAIN = "module m.io/m\n\ngo 1.16\n\nrequire (\n\tq.io/a v1.0.0\n\tq.io/c v1.0.0\n)\n"


def session(*young: str, days: int = 14, exceptions: str = "", gomod: str = MAIN) -> Session:
    """`young` are versions of three days before the clock of the simulator, the others of 2020."""
    repo = MemoryRepo(MODULES)
    for name in young:
        repo.dates[ModuleVersion(*name.split("@"))] = datetime(2025, 12, 29, tzinfo=UTC)
    s = memory_session(MemoryFiles({"/main/go.mod": gomod}), repo, policy=GRAPH)
    s.settings = s.settings._replace(horizon=Horizon(min_age=timedelta(days=days), exceptions=exceptions))
    return s


def check(s: Session) -> None:
    check_ages(s, load_mod_file(s))


def test_what_a_requirement_forces_is_refused_with_its_chain() -> None:
    with pytest.raises(TooYoungError) as caught:
        check(session("q.io/b@v1.1.0"))
    assert str(caught.value) == (
        "q.io/b@v1.1.0: made 2025-12-29T00:00:00Z, 3 days ago: younger than 14 days (-min-age)\n"
        "\trequired by: m.io/m => q.io/a@v1.0.0\n"
        "\tthe newest version that is old enough: v1.0.0"
    )


def test_several_are_told_each() -> None:
    s = session("q.io/b@v1.1.0", "q.io/c@v1.0.0")
    with pytest.raises(ReportedError) as caught:
        check(s)
    assert [type(error) for error in caught.value.errors] == [TooYoungError, TooYoungError]
    assert s.report.lines[1].endswith("\n\trequired by: m.io/m\n\tno version is old enough")  # type: ignore[attr-defined]


def test_a_version_without_a_date_is_refused() -> None:
    s = session()
    s.repo.dates[ModuleVersion("q.io/c", "v1.0.0")] = None  # type: ignore[attr-defined]
    with pytest.raises(TooYoungError, match=r"q\.io/c@v1\.0\.0: its date is not known"):
        check(s)


@pytest.mark.parametrize(
    "allowed",
    [
        {"days": 3},
        {"exceptions": "q.io/b,*.example"},
        {"gomod": f"{MAIN}\nreplace q.io/b => ../b\n"},
        {"gomod": f"{MAIN}\nreplace q.io/b => q.io/b v1.0.0\n"},
    ],
)
def test_what_is_allowed(allowed: dict[str, str]) -> None:
    s = session("q.io/b@v1.1.0", **allowed)  # type: ignore[arg-type]
    s.files.data["/b/go.mod"] = b"module q.io/b\n"  # type: ignore[attr-defined]
    check(s)


def test_without_a_minimum_age_nothing_is_asked() -> None:
    s = session("q.io/b@v1.1.0")
    s.settings = s.settings._replace(horizon=Horizon(as_of=datetime(2021, 1, 1, tzinfo=UTC)))
    check(s)
