# SPDX-License-Identifier: BSD-3-Clause
"""Queries where not every version counts: by date (-as-of), by age (-min-age), with and without an index feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.versionquery import NoMatchingVersionError
from govgo.errors import Failure, NetworkError
from govgo.load.mainmodule.load import load_mod_file
from govgo.load.query.ages import NotYetPublishedError, TooYoungError
from govgo.load.query.query import query
from govgo.load.query.retract import ModuleRetractedError, allowed_versions, check_retractions
from govgo.load.session.agelimits import Horizon
from govgo.load.session.session import Session
from govgo.ports.modules import RevInfo
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

#: The clock of the simulator stands at 2026-01-01. v1.0.9 is a fix that was made after v1.1.0.
DATES = {
    "q.io/a@v1.0.0": "2025-01-01",
    "q.io/a@v1.1.0": "2025-03-01",
    "q.io/a@v1.0.9": "2025-06-01",
    "q.io/a@v1.2.0": "2025-12-01",
    "q.io/a@v1.3.0": "2025-12-25",
    "q.io/u@v1.0.0": "",
    "q.io/p@v0.0.0-20250601000000-0123456789ab": "",
    "q.io/p@v0.0.0-20251230000000-0123456789ab": "",
    "q.io/p@v0.0.0-20251330000000-0123456789ab": "",
    "q.io/new@v1.0.0": "2025-12-31",
    "q.io/fork@v1.0.0": "2025-12-31",
}
RETRACTING = "module q.io/a\n\nretract v1.2.0 // it leaks\n"
MAIN = "module m.io/m\n\ngo 1.21\n\nreplace q.io/r => ../local\n\nreplace q.io/s => q.io/fork v1.0.0\n"


def session(**horizon: Any) -> Session:
    mods = {name: f"module {name.partition('@')[0]}\n" for name in DATES}
    repo = MemoryRepo({**mods, "q.io/a@v1.3.0": RETRACTING, "q.io/r@v1.0.0": "module q.io/r\n"})
    for name, date in DATES.items():
        time = datetime.fromisoformat(date).replace(tzinfo=UTC) if date else None
        repo.dates[ModuleVersion(*name.split("@"))] = time
    s = memory_session(MemoryFiles({"/main/go.mod": MAIN}), repo)
    s.settings = s.settings._replace(horizon=Horizon(**horizon))
    load_mod_file(s)
    return s


def answer(s: Session, argument: str, current: str = "") -> str:
    path, _, version = argument.partition("@")
    return query(s, path, version, current, allowed_versions(s)).version


def days(number: int) -> timedelta:
    return timedelta(days=number)


@pytest.mark.parametrize(
    ("argument", "age", "found"),
    [
        ("q.io/a@latest", 0, "v1.3.0"),  # v1.2.0 is retracted by v1.3.0
        ("q.io/a@latest", 14, "v1.1.0"),  # and stays so where v1.3.0 is too young to be chosen
        ("q.io/a@latest", 250, "v1.1.0"),
        ("q.io/a@latest", 310, "v1.0.0"),
        ("q.io/a@v1.0", 14, "v1.0.9"),
        ("q.io/a@v1.0", 250, "v1.0.0"),
        ("q.io/a@<v1.3.0", 14, "v1.1.0"),
        ("q.io/a@>=v1.0.1", 250, "v1.1.0"),
        ("q.io/a@v1.1.0", 14, "v1.1.0"),
        # Its own date, as x/mod/module.PseudoVersionTime reads it, where .info has none.
        ("q.io/p@v0.0.0-20250601000000-0123456789ab", 14, "v0.0.0-20250601000000-0123456789ab"),
    ],
)
def test_a_minimum_age(argument: str, age: int, found: str) -> None:
    assert answer(session(min_age=days(age)), argument) == found


def test_an_upgrade_stays_where_nothing_newer_is_old_enough() -> None:
    assert answer(session(min_age=days(250)), "q.io/a@upgrade", "v1.1.0") == "v1.1.0"
    assert answer(session(min_age=days(250)), "q.io/a@patch", "v1.0.0") == "v1.0.0"


@pytest.mark.parametrize(
    ("argument", "age", "error", "text"),
    [
        ("q.io/a@v1.3.0", 14, TooYoungError, "q.io/a@v1.3.0: made 2025-12-25T00:00:00Z, 7 days ago: younger than 14 d"),
        ("q.io/p@v0.0.0-20251230000000-0123456789ab", 14, TooYoungError, "made 2025-12-30T00:00:00Z, 2 days ago"),
        ("q.io/p@v0.0.0-20251330000000-0123456789ab", 14, TooYoungError, "its date is not known, so it may be younger"),
        ("q.io/u@v1.0.0", 14, TooYoungError, "q.io/u@v1.0.0: its date is not known, so it may be younger than 14 d"),
        (
            "q.io/new@latest",
            14,
            NoMatchingVersionError,
            'for query "latest": versions younger than 14 days \\(-min-age\\) or without a date do not count$',
        ),
        ("q.io/u@latest", 14, NoMatchingVersionError, 'no matching versions for query "latest"'),
        ("q.io/a@>=v1.2.0", 14, NoMatchingVersionError, "no matching versions"),
    ],
)
def test_what_is_too_young_is_refused(argument: str, age: int, error: type[Failure], text: str) -> None:
    with pytest.raises(error, match=text):
        answer(session(min_age=days(age)), argument)


def test_exceptions_and_replacements() -> None:
    assert answer(session(min_age=days(14), exceptions="q.io/new,q.io/u"), "q.io/new@latest") == "v1.0.0"
    assert answer(session(min_age=days(14), exceptions="q.io/new,q.io/u"), "q.io/u@latest") == "v1.0.0"
    assert answer(session(min_age=days(14)), "q.io/r@v1.0.0") == "v1.0.0"  # a directory has no age
    with pytest.raises(TooYoungError):  # a fork has one
        answer(session(min_age=days(14)), "q.io/s@v1.0.0")


@pytest.mark.parametrize(
    ("as_of", "argument", "found"),
    [
        ("2025-12-31", "q.io/a@latest", "v1.3.0"),
        ("2025-12-24", "q.io/a@latest", "v1.2.0"),  # its retraction did not exist yet
        ("2025-11-30", "q.io/a@latest", "v1.1.0"),
        ("2025-05-31", "q.io/a@v1.0", "v1.0.0"),
        ("2025-03-01", "q.io/a@latest", "v1.1.0"),  # the moment itself counts
        ("2025-02-28", "q.io/a@latest", "v1.0.0"),
    ],
)
def test_answers_of_an_earlier_day(as_of: str, argument: str, found: str) -> None:
    assert answer(session(as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC)), argument) == found


def test_what_did_not_exist_yet_is_refused() -> None:
    s = session(as_of=datetime(2025, 2, 1, tzinfo=UTC))
    with pytest.raises(
        NotYetPublishedError, match=r"v1\.1\.0: not published as of 2025-02-01T00:00:00Z: made 2025-03-01"
    ):
        answer(s, "q.io/a@v1.1.0")
    with pytest.raises(NotYetPublishedError):  # also where no version is refused
        query(s, "q.io/a", "v1.1.0")
    with pytest.raises(NoMatchingVersionError):
        answer(session(as_of=datetime(2024, 1, 1, tzinfo=UTC)), "q.io/a@latest")
    with pytest.raises(NotYetPublishedError, match="its date is not known"):
        answer(s, "q.io/u@v1.0.0")


def test_a_moment_is_told_with_its_offset() -> None:
    west = timezone(timedelta(hours=-5))
    with pytest.raises(NotYetPublishedError, match="not published as of 2025-02-01T00:00:00-05:00: made 2025-03-01"):
        answer(session(as_of=datetime(2025, 2, 1, tzinfo=west)), "q.io/a@v1.1.0")


def test_an_age_at_an_earlier_day_is_that_of_then() -> None:
    assert answer(session(as_of=datetime(2025, 3, 10, tzinfo=UTC), min_age=days(14)), "q.io/a@latest") == "v1.0.0"


def test_retractions_are_those_of_the_true_latest_version_but_for_as_of() -> None:
    with pytest.raises(ModuleRetractedError, match="it leaks"):
        check_retractions(session(min_age=days(1000)), ModuleVersion("q.io/a", "v1.2.0"))
    check_retractions(session(as_of=datetime(2025, 12, 24, tzinfo=UTC)), ModuleVersion("q.io/a", "v1.2.0"))


def test_first_seen_comes_before_what_the_author_says() -> None:
    """A tag with an old commit date, pushed lately."""
    seen = {"v1.1.0": datetime(2025, 12, 30, tzinfo=UTC)}
    s = session(min_age=days(14), first_seen=lambda path: seen if path == "q.io/a" else {})
    assert answer(s, "q.io/a@latest") == "v1.0.9"
    with pytest.raises(TooYoungError, match="first seen 2025-12-30T00:00:00Z, 2 days ago"):
        answer(s, "q.io/a@v1.1.0")


class UntaggedRepo(MemoryRepo):
    """A module without tags."""

    version = "v0.0.0-20251201000000-abcdefabcdef"

    def latest(self, path: str) -> RevInfo:
        return self.info(path, self.version)


def test_a_module_without_tags() -> None:
    repo = UntaggedRepo({f"q.io/p@{UntaggedRepo.version}": "module q.io/p\n"})
    repo.dates[ModuleVersion("q.io/p", UntaggedRepo.version)] = datetime(2025, 12, 1, tzinfo=UTC)
    s = memory_session(MemoryFiles({"/main/go.mod": MAIN}), repo)
    for age, found in ((14, UntaggedRepo.version), (60, None)):
        s.settings = s.settings._replace(horizon=Horizon(min_age=days(age)))
        if found is None:
            with pytest.raises(NoMatchingVersionError):
                answer(s, "q.io/p@latest")
        else:
            assert answer(s, "q.io/p@latest") == found


def test_a_date_that_cannot_be_asked_for_ends_the_query() -> None:
    class Failing(MemoryRepo):
        def info(self, path: str, rev: str) -> RevInfo:
            raise NetworkError("no answer")

    s = memory_session(MemoryFiles({"/main/go.mod": MAIN}), Failing({"q.io/a@v1.0.0": "module q.io/a\n"}))
    s.settings = s.settings._replace(horizon=Horizon(min_age=days(1)))
    with pytest.raises(NetworkError):
        answer(s, "q.io/a@latest")
