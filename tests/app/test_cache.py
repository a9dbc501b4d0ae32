# SPDX-License-Identifier: BSD-3-Clause
"""Which versions of a module cache `cache verify` looks at."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import cast

from govgo.app.cache import check
from govgo.core.modcache import Contents, Fault, Held
from govgo.core.module.moduleversion import ModuleVersion
from govgo.ports.cachecare import CacheCare
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session


class Care:
    """A module cache in which nothing is damaged; `looked_at` is what was looked at."""

    def __init__(self, mods: Sequence[ModuleVersion]) -> None:
        self._mods = mods
        self.looked_at: Sequence[ModuleVersion] = ()

    def contents(self) -> Contents:
        return Contents("/cache", [Held(mod) for mod in self._mods], {}, ())

    def check(
        self, mods: Sequence[ModuleVersion], progress: Callable[[int], object] = lambda count: None
    ) -> list[list[Fault]]:
        self.looked_at = mods
        return [[] for _ in mods]


def looked_at(mods: Sequence[ModuleVersion], *names: str) -> Sequence[ModuleVersion]:
    care = Care(mods)
    check(memory_session(MemoryFiles({}), MemoryRepo({})), cast("CacheCare", care), names, repair=False)
    return care.looked_at


def test_a_name_stands_for_a_version_or_all_of_a_module() -> None:
    a0, a1, b0 = ModuleVersion("q.io/a", "v1.0.0"), ModuleVersion("q.io/a", "v1.1.0"), ModuleVersion("q.io/b", "v1.0.0")
    assert looked_at([a0, a1, b0], "q.io/b", "q.io/a", "q.io/a@v1.1.0") == [b0, a0, a1]
    assert looked_at([a0, a1, b0]) == [a0, a1, b0]


def test_thousands_of_names_take_linear_time() -> None:
    mods = [ModuleVersion(f"q.io/{number}", "v1.0.0") for number in range(5_000)]
    began = time.process_time()
    assert looked_at(mods, *map(str, mods)) == mods
    assert time.process_time() - began < 2
