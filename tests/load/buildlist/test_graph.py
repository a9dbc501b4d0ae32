# SPDX-License-Identifier: BSD-3-Clause
"""What a list will read after the graph, told while the graph is loaded: no more and no less than it reads then."""

from __future__ import annotations

from govgo.app.list.info import ListMode
from govgo.app.list.list import start_listing
from govgo.core.module.moduleversion import ModuleVersion
from govgo.ports.modules import Loader
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

# The requirements of d and f are pruned out: their go.mod files are read for the list alone.
MODS = {
    "a.io/a@v1.0.0": "module a.io/a\n\ngo 1.20\n\nrequire (\n\ta.io/d v1.0.0\n\ta.io/e v1.0.0\n\ta.io/f v1.0.0\n)\n",
    "a.io/b@v1.0.0": "module a.io/b\n\ngo 1.20\n\nrequire a.io/d v1.1.0\n",
    "a.io/d@v1.1.0": "module a.io/d\n\ngo 1.20\n",
    "a.io/x@v1.2.0": "module a.io/x\n\ngo 1.20\n",
}
MAIN = """module m

go 1.20

require (
	a.io/a v1.0.0
	a.io/b v1.0.0
)

replace (
	a.io/e => ./e
	a.io/f => a.io/x v1.2.0
)
"""


class Guesses(MemoryRepo):
    """Asks a loader for its guess when the graph is complete."""

    def __init__(self) -> None:
        super().__init__(MODS)
        self.guessed: list[ModuleVersion] = []
        self.before = 0

    def pump(self, loader: Loader) -> None:
        super().pump(loader)
        self.guessed = list(loader.likely())
        self.before = len(self.asked)


def listed(mod: str, *args: str) -> Guesses:
    repo = Guesses()
    files = MemoryFiles({"/main/go.mod": MAIN, "/main/e/go.mod": "module a.io/e\n\ngo 1.20\n"})
    start_listing(memory_session(files, repo, mod=mod), args, ListMode(0))
    return repo


def test_a_list_of_all_reads_what_was_likely() -> None:
    repo = listed("mod", "all")
    later = [ModuleVersion("a.io/d", "v1.1.0"), ModuleVersion("a.io/x", "v1.2.0")]
    assert sorted(repo.guessed) == later
    assert sorted(set(repo.asked[repo.before :])) == later


def test_nothing_is_likely_for_others() -> None:
    assert listed("mod", "a.io/a").guessed == []
