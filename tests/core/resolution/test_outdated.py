# SPDX-License-Identifier: BSD-3-Clause
"""Where later major versions are looked for, and when the search stops: the rules of major version suffixes by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.outdated import MAX_MAJORS, Dependency, MajorSearch, Release, later_majors


@pytest.mark.parametrize(
    ("mod", "paths"),
    [
        ("q.io/a@v0.3.0", "q.io/a/v2 q.io/a/v3"),
        ("q.io/a@v1.2.3", "q.io/a/v2 q.io/a/v3"),
        ("q.io/a@v0.0.0-20200101000000-abcdefabcdef", "q.io/a/v2 q.io/a/v3"),
        ("q.io/a@v3.2.0+incompatible", "q.io/a/v3 q.io/a/v4"),  # the author may have added a go.mod since
        ("q.io/a/v9@v9.1.0", "q.io/a/v10 q.io/a/v11"),
        ("gopkg.in/yaml.v2@v2.4.0", "gopkg.in/yaml.v3 gopkg.in/yaml.v4"),
        ("gopkg.in/a.v0@v0.1.0", "gopkg.in/a.v1 gopkg.in/a.v2"),
        ("gopkg.in/a.v1-unstable@v1.0.0", "gopkg.in/a.v2-unstable gopkg.in/a.v3-unstable"),
        ("q.io/a/v1@v1.0.0", ""),  # no module can have this path
        pytest.param(f"q.io/a/v{'9' * 5000}@v{'9' * 5000}.0.0", "", id="attack: a number without end"),
        pytest.param(f"q.io/a@v{'9' * 5000}.0.0+incompatible", "", id="attack: another one"),
    ],
)
def test_paths_of_later_major_versions(mod: str, paths: str) -> None:
    path, _, version = mod.partition("@")
    assert " ".join(islice(later_majors(ModuleVersion(path, version)), 2)) == paths


@pytest.mark.parametrize(
    ("existing", "found", "rounds"),
    [
        ({}, [], [2]),
        ({2}, [2], [2, 4]),
        ({3}, [3], [2, 4]),  # one that is missing does not end it
        ({4}, [], [2]),  # two do
        ({2, 3, 4, 5, 6}, [2, 3, 4, 5, 6], [2, 4, 8]),
        ({2, 4, 6, 9}, [2, 4, 6], [2, 4, 8]),
        (set(range(100)), list(range(2, 2 + MAX_MAJORS)), [2, 4, 8, 16, 32]),
    ],
)
def test_the_search_stops(existing: set[int], found: list[int], rounds: list[int]) -> None:
    search = MajorSearch(ModuleVersion("q.io/a", "v1.0.0"))
    asked = []
    while paths := search.wanted():
        asked.append(len(paths))
        search.tell([(path, int(path.rpartition("v")[2]) in existing) for path in paths])
    assert (search.found, asked) == ([f"q.io/a/v{number}" for number in found], rounds)


def test_what_counts_as_outdated() -> None:
    current = Release("q.io/a", "v1.0.0", datetime(2024, 1, 1, tzinfo=UTC))
    each = Dependency(ModuleVersion("q.io/a", "v1.0.0"), True, (), current)
    assert not each.is_outdated
    assert not each._replace(majors=(Release("q.io/a/v2", "v2.0.0"),), deprecated="no").is_outdated
    assert each._replace(retracted=("no",)).is_outdated
    newer = each._replace(newest=Release("q.io/a", "v1.1.0", datetime(2024, 1, 31, tzinfo=UTC)))
    assert newer.is_outdated
    assert newer.lag is not None
    assert newer.lag.days == 30
    assert newer._replace(current=Release("q.io/a", "v1.0.0")).lag is None
