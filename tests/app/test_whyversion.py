# SPDX-License-Identifier: BSD-3-Clause
"""Why versions are selected, in modules and workspaces in memory; and that what is said to lower them does so."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from govgo.adapters.workspace.planned import PlannedWorkspace
from govgo.app.list.list import list_modules
from govgo.app.whyversion import why_version
from govgo.core.findings import Verdict
from govgo.core.modfile import parse
from govgo.core.resolution.lower import Outcome
from govgo.core.resolution.resolution import Requirement
from govgo.core.resolution.whyversion import Explained, WhyVersion
from govgo.errors import UsageError
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

MODULES = {
    "q.io/a@v1.0.0": "module q.io/a\ngo 1.20\nrequire q.io/b v1.1.0\n",
    "q.io/a@v1.1.0": "module q.io/a\ngo 1.20\nrequire q.io/b v1.2.0\n",
    "q.io/a@v1.2.0": "module q.io/a\ngo 1.20\nrequire q.io/b v1.3.0\n",
    **{f"q.io/b@v1.{minor}.0": "module q.io/b\ngo 1.20\n" for minor in range(5)},
}
APP = "module m.io/m\n\ngo 1.20\n\nrequire q.io/a v1.2.0\n\nrequire q.io/b v1.3.0 // indirect\n"


def run(files: dict[str, str], *wanted: str, where: tuple[str, ...] = (), to: str = "", most: int = 0) -> WhyVersion:
    session = memory_session(MemoryFiles(files), MemoryRepo(MODULES), cwd="/src")
    return why_version(session, wanted, where, plan=PlannedWorkspace, to=to, most_chains=most)


def only(found: WhyVersion) -> Explained:
    ((explained,),) = (each.modules for each in found.results)
    return explained


def changes(explained: Explained) -> list[str]:
    assert explained.lowering is not None
    return [f"{each.path} {each.old} => {each.new or '?'}" for each in explained.lowering.changes]


def test_a_module() -> None:
    found = run({"/src/go.mod": APP}, "q.io/b", most=5)
    explained = only(found)
    assert explained.version == "v1.3.0"
    assert [(str(each.source), str(each.place or "")) for each in explained.requirements] == [
        ("m.io/m", "go.mod:7"),
        ("q.io/a@v1.2.0", ""),
    ]
    assert [str(mod) for mod in explained.chain] == ["m.io/m", "q.io/b@v1.3.0"]
    assert explained.chains is not None
    assert [len(chain) for chain in explained.chains.first] == [2, 3]
    assert found.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("to", "want"),
    [
        ("", ["q.io/b v1.3.0 => none"]),
        ("v1.2.0", ["q.io/a v1.2.0 => v1.1.0", "q.io/b v1.3.0 => v1.2.0"]),
        ("v1.1.0", ["q.io/a v1.2.0 => v1.0.0", "q.io/b v1.3.0 => v1.1.0"]),
        ("v1.0.0", []),
        ("none", []),
    ],
)
def test_lowering(to: str, want: list[str]) -> None:
    found = run({"/src/go.mod": APP}, "q.io/b", to=to)
    if to:
        assert changes(only(found)) == want
        assert found.verdict is (Verdict.PASSED if want else Verdict.FINDING)
    else:
        assert changes(only(found)) == ["q.io/a v1.2.0 => ?", "q.io/b v1.3.0 => none"]


def test_a_workspace() -> None:
    files = {
        "/src/go.work": "go 1.20\n\nuse (\n\t./x\n\t./y\n)\n",
        "/src/x/go.mod": "module m.io/x\n\ngo 1.20\n\nrequire q.io/a v1.2.0\n",
        "/src/y/go.mod": "module m.io/y\n\ngo 1.20\n\nrequire q.io/b v1.4.0\n",
    }
    found = run(files, "q.io/b", to="v1.2.0")
    assert changes(only(found)) == ["q.io/a v1.2.0 => v1.1.0", "q.io/b v1.4.0 => v1.2.0"]
    lowering = only(found).lowering
    assert lowering is not None
    assert [str(each.stated.place) for each in lowering.changes if each.stated] == ["x/go.mod:5", "y/go.mod:5"]


def test_files_stay_as_they_are() -> None:
    files = MemoryFiles({"/src/go.mod": APP})
    session = memory_session(files, MemoryRepo(MODULES), cwd="/src")
    why_version(session, ["q.io/b"], plan=PlannedWorkspace, to="v1.1.0")
    assert files.data == {"/src/go.mod": APP.encode()}


def test_a_module_that_nothing_requires() -> None:
    found = run({"/src/go.mod": APP}, "q.io/zzz")
    assert only(found).version == "none"
    assert found.verdict is Verdict.FINDING


def test_the_main_module() -> None:
    assert only(run({"/src/go.mod": APP}, "m.io/m")).version == ""


@pytest.mark.parametrize(
    ("wanted", "to", "message"),
    [
        ((), "", "needs a module path"),
        (("q.io/b@v1",), "", "takes module paths"),
        (("q.io/b",), "v1", "want a version"),
    ],
)
def test_mistakes(wanted: tuple[str, ...], to: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run({"/src/go.mod": APP}, *wanted, to=to)


def test_one_module_that_fails_stops_no_other() -> None:
    files = {"/src/x/go.mod": "module m.io/x\n\nrequire nonsense\n", "/src/y/go.mod": APP}
    found = run(files, "q.io/b", where=("./...",))
    assert only(found).version == "v1.3.0"
    assert [str(fault.place) for fault in found.faults] == ["x/go.mod:3"]
    assert found.verdict is Verdict.FINDING


def test_an_incomplete_graph_explains_nothing() -> None:
    found = run({"/src/go.mod": APP.replace("v1.2.0", "v1.9.0")}, "q.io/b")
    assert found.results == ()
    assert found.verdict is Verdict.UNCHECKED


# The truth of it: a change is made in the text of go.mod, and go.mod is loaded as by `list -m all`.

PATHS = ("p.io/p", "q.io/q", "r.io/r", "s.io/s", "t.io/t")


def universe(chance: random.Random) -> Iterator[tuple[str, str]]:
    """go.mod files of five modules with up to four versions, with and without graph pruning."""
    for number, path in enumerate(PATHS):
        for minor in range(4):
            lines = [
                f"require {other} v1.{chance.randrange(4)}.0{' // indirect' if chance.random() < 0.3 else ''}\n"
                for other in PATHS[number + 1 :]
                if chance.random() < 0.5
            ]
            yield f"{path}@v1.{minor}.0", f"module {path}\n\ngo {chance.choice(('1.16', '1.20'))}\n\n{''.join(lines)}"


def selected(go_mod: bytes, repo: MemoryRepo) -> dict[str, str]:
    session = memory_session(MemoryFiles({"/src/go.mod": go_mod}), repo, cwd="/src", mod="mod")
    return {each.path: each.version for each in list_modules(session, ["all"]).modules}


def check_one(seed: int) -> bool:
    """One random main module, of whose modules one is to be lowered; whether there was a way."""
    chance = random.Random(seed)
    modules = dict(universe(chance))
    required = chance.sample(PATHS, chance.randint(1, 4))
    lines = [
        f"require {path} v1.{chance.randrange(4)}.0{' // indirect' if chance.random() < 0.3 else ''}\n"
        for path in required
    ]
    go_mod = f"module m.io/m\n\ngo {chance.choice(('1.16', '1.20'))}\n\n{''.join(lines)}".encode()
    repo = MemoryRepo(modules)
    before = selected(go_mod, repo)
    path = chance.choice([path for path in before if path != "m.io/m"])
    session = memory_session(MemoryFiles({"/src/go.mod": go_mod}), repo, cwd="/src")
    explained = only(why_version(session, [path], plan=PlannedWorkspace, to="next"))
    assert explained.version == before[path]
    lowering = explained.lowering
    assert lowering is not None
    if lowering.outcome is not Outcome.FOUND:
        return False
    file = parse("go.mod", go_mod)
    for change in lowering.changes:
        if change.new == "none":
            file.drop_require(change.path)
        else:
            file.add_require(change.path, change.new)
    file.cleanup()
    assert selected(file.format(), repo).get(path, "none") == lowering.version
    return True


@pytest.mark.wide
@pytest.mark.parametrize("block", [0, *(pytest.param(block, marks=pytest.mark.slow) for block in range(1, 20))])
def test_what_is_said_to_lower_a_version_lowers_it(block: int) -> None:
    found = [check_one(seed) for seed in range(block * 50, block * 50 + 50)]
    assert sum(found) > 10


def lowered(text: str, path: str, version: str) -> str:
    """A go.mod that asks for the version of a module below `version`, or for none where that is the lowest."""
    line = f"require {path} {version}"
    assert line in text, (text, line)
    minor = int(version.split(".")[1])
    if minor:
        return text.replace(line, f"require {path} v1.{minor - 1}.0")
    return "".join(each for each in text.splitlines(keepends=True) if not each.startswith(line))


def check_deciding(seed: int) -> int:
    """One random main module: what is said to decide does, for each of its dependencies; how many there are.

    Requirements are lowered in copies of the go.mod files that state them. With all that decide lowered, another
    version is selected; with one of them left, and with those lowered that do not decide, the same.
    """
    chance = random.Random(seed)
    modules = dict(universe(chance))
    required = chance.sample(PATHS, chance.randint(1, 4))
    lines = [f"require {path} v1.{chance.randrange(4)}.0\n" for path in required]
    go_mod = f"module m.io/m\n\ngo {chance.choice(('1.16', '1.20'))}\n\n{''.join(lines)}"
    before = selected(go_mod.encode(), MemoryRepo(modules))
    known: dict[str, str] = {}
    while "go 1.20" in go_mod and before != known:
        # A tidy go.mod of our time states what is selected. Of one that states less, the requirements that go has to
        # raise before there is a graph are in none, and may demand something all the same.
        known = before
        stated = "".join(f"require {path} {version}\n" for path, version in known.items() if version)
        go_mod = f"module m.io/m\n\ngo 1.20\n\n{stated}"
        before = selected(go_mod.encode(), MemoryRepo(modules))
    session = memory_session(MemoryFiles({"/src/go.mod": go_mod.encode()}), MemoryRepo(modules), cwd="/src")
    paths = [path for path in before if path != "m.io/m"]
    (found,) = why_version(session, paths, plan=PlannedWorkspace).results
    for explained in found.modules:
        deciding = [each for each in explained.requirements if explained.decides(each)]
        others = [each for each in explained.requirements if not explained.decides(each)]
        assert deciding

        def after(changes: list[Requirement], path: str = explained.path) -> str:
            texts = {**modules, "m.io/m@": go_mod}
            for each in changes:
                source = f"{each.source.path}@{each.source.version}"
                texts[source] = lowered(texts[source], path, each.target.version)
            main = texts.pop("m.io/m@").encode()
            return selected(main, MemoryRepo(texts)).get(path, "none")

        assert after(deciding) != explained.version, (seed, explained.path)
        assert after(others) == explained.version, (seed, explained.path)
        kept = chance.choice(deciding)
        assert after([each for each in deciding if each != kept]) == explained.version, (seed, explained.path, kept)
    return len(found.modules)


@pytest.mark.wide
@pytest.mark.parametrize("block", [0, *(pytest.param(block, marks=pytest.mark.slow) for block in range(1, 20))])
def test_what_is_said_to_decide_decides(block: int) -> None:
    """Over a thousand modules of 400 graphs in all."""
    assert sum(check_deciding(seed) for seed in range(block * 20, block * 20 + 20)) >= 50
