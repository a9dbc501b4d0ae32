# SPDX-License-Identifier: BSD-3-Clause
"""Which files go first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.eviction import StoredFile, plan_eviction

A, B, C = (ModuleVersion(f"q.io/{name}", "v1.0.0") for name in "abc")


def files(mod: ModuleVersion, size: int, modified: float) -> list[StoredFile]:
    top = f"{mod.path}/@v/{mod.version}"
    return [StoredFile(f"{top}.zip", size, modified), StoredFile(f"{top}.mod", 1, modified)]


STORED = [
    *files(A, 100, 10.0),
    *files(B, 200, 20.0),
    *files(C, 400, 30.0),
    StoredFile("q.io/a/@v/list", 5, 0.0),
    StoredFile("sumdb/sum.example.org/tile/8/0/000", 8, 0.0),
]
"""716 bytes."""


def gone(limit: int, used: dict[ModuleVersion, float] | None = None, *kept: ModuleVersion) -> list[str]:
    plan = plan_eviction(STORED, limit, used or {}, lambda mod: mod in kept)
    assert plan.before == 716
    assert plan.after == 716 - sum(file.size for file in plan.files)
    return [file.key.removeprefix("q.io/").replace("/@v/v1.0.0.", " ") for file in plan.files]


def test_what_was_stored_first_goes_first() -> None:
    assert gone(716) == []
    assert gone(715) == ["a zip"]
    assert gone(616) == ["a zip"]
    assert gone(615) == ["a zip", "b zip"]


def test_what_was_used_last_stays() -> None:
    assert gone(600, {A: 50.0}) == ["b zip"]
    assert gone(300, {A: 50.0, B: 40.0}) == ["c zip", "b zip"]


def test_small_files_go_last_and_lists_and_tiles_never() -> None:
    assert gone(15) == ["a zip", "b zip", "c zip", "a mod"]
    assert gone(0) == ["a zip", "b zip", "c zip", "a mod", "b mod", "c mod"]


def test_what_cannot_be_had_again_stays() -> None:
    assert gone(0, None, A, C) == ["b zip", "b mod"]


@given(st.integers(0, 800), st.dictionaries(st.sampled_from([A, B, C]), st.floats(0, 100)))
def test_no_more_goes_than_has_to(limit: int, used: dict[ModuleVersion, float]) -> None:
    plan = plan_eviction(STORED, limit, used)
    assert plan.after <= max(limit, 13)
    if plan.files:
        assert plan.after + plan.files[-1].size > limit


def test_what_was_published_here_stays() -> None:
    """Nobody else has it: not even a limit of 0 takes its files."""
    stored = [*STORED, StoredFile("q.io/a/@v/v1.0.0.published", 9, 0.0)]
    plan = plan_eviction(stored, 0, {})
    assert {file.key.partition("/@v/")[0] for file in plan.files} == {"q.io/b", "q.io/c"}
