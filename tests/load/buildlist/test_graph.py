# SPDX-License-Identifier: BSD-3-Clause
"""The graph of a command: its limits; and what a list will read after it, no more and no less, told while it loads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from govgo.app.list.info import ListMode
from govgo.app.list.list import start_listing
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import BuildListError, Failure
from govgo.load.buildlist import graph
from govgo.load.buildlist.graph import GraphTooLargeError
from govgo.load.dependency.gomod import known_summary, look_up_summaries
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
    start_listing(memory_session(files, repo, mod=mod), args, ListMode())
    return repo


def test_a_list_of_all_reads_what_was_likely() -> None:
    repo = listed("mod", "all")
    later = [ModuleVersion("a.io/d", "v1.1.0"), ModuleVersion("a.io/x", "v1.2.0")]
    assert sorted(repo.guessed) == later
    assert sorted(set(repo.asked[repo.before :])) == later


def test_nothing_is_likely_for_others() -> None:
    assert listed("mod", "a.io/a").guessed == []


@pytest.mark.parametrize("mod", ["mod", "readonly"])
@pytest.mark.parametrize("listed_before", [False, True])
def test_summaries_of_a_graph_are_looked_up_as_one_by_one(mod: str, listed_before: bool) -> None:
    """Of modules that are replaced, known, without a checksum or no modules, and of others."""
    files = MemoryFiles({"/main/go.mod": MAIN, "/main/e/go.mod": "module a.io/e\n\ngo 1.20\n"})
    session = memory_session(files, MemoryRepo(MODS), mod=mod)
    start_listing(session, ("all",) if listed_before else (), ListMode())
    session.repo.ledger.add(ModuleVersion("a.io/y", "v1.0.0/go.mod"), "h1:x")
    names = [
        *MODS,
        "a.io/d@v1.0.0",
        "a.io/e@v1.0.0",
        "a.io/f@v1.0.0",
        "a.io/y@v1.0.0",
        "go@1.21.3",
        "toolchain@go1.21.3",
    ]
    for mv in [ModuleVersion(*name.split("@")) for name in names]:
        assert outcome(look_up_summaries(session), mv) == outcome(lambda mv: known_summary(session, mv), mv), mv


def outcome(look_up: Callable[[ModuleVersion], object], mv: ModuleVersion) -> object:
    try:
        return look_up(mv)
    except Failure as error:
        return type(error), str(error)


class Endless(MemoryRepo):
    """Each version of a module requires the next one, and `width` modules that nobody has seen."""

    def __init__(self, width: int = 0, comment: str = "") -> None:
        super().__init__({})
        self._width = width
        self._comment = comment

    def gomod(self, mv: ModuleVersion) -> bytes:
        self.asked.append(mv)
        assert len(self.asked) < 1000, "no limit ends it"
        number = int(mv.version.rpartition(".")[2]) + 1
        names = "".join(f"\tx.io/m{number}n{i} v1.0.0\n" for i in range(self._width if mv.path == "a.io/a" else 0))
        return f"module {mv.path}\n\nrequire (\n\ta.io/a v1.0.{number}\n{names})\n// {self._comment}\n".encode()


def load_endless(repo: Endless) -> None:
    files = MemoryFiles({"/main/go.mod": "module m\n\ngo 1.16\n\nrequire a.io/a v1.0.0\n"})
    start_listing(memory_session(files, repo, mod="mod"), ("all",), ListMode())


@pytest.mark.parametrize(
    ("limit", "repo", "says"),
    [
        ("MAX_GO_MODS", Endless(), "module graph too large (limit is 50 go.mod files)"),
        ("MAX_MODULES", Endless(width=20), "module graph too large (limit is 50 module versions)"),
        ("MAX_GO_MOD_BYTES", Endless(comment="c" * 20), "module graph too large (limit is 50 bytes of go.mod files)"),
    ],
)  # fmt: skip
def test_attack_a_graph_without_end(limit: str, repo: Endless, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, limit, 50)
    with pytest.raises(GraphTooLargeError) as caught:
        load_endless(repo)
    assert str(caught.value) == says
    assert len(repo.asked) <= 51


@pytest.mark.parametrize("length", [100, 101, 5000])
def test_the_chain_to_an_error_has_an_end(length: int) -> None:
    path = [ModuleVersion("m"), *(ModuleVersion("a.io/a", f"v1.0.{i}") for i in range(length + 1))]
    text = graph.chain_text(path, BuildListError("bad"), lambda mv: mv)
    steps = text.split(" requires\n\t")
    assert steps[0] == "a.io/a@v1.0.0"
    assert steps[-1] == f"a.io/a@v1.0.{length}: bad"
    assert len(steps) == min(length, 101) + 1
    assert (f"({length - 100} more)" in steps) == (length > 100)
