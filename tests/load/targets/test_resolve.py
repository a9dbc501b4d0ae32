# SPDX-License-Identifier: BSD-3-Clause
"""The graph of each module and workspace that a command names. The build lists are those of `go list -m all`."""

from __future__ import annotations

import pytest

from govgo.errors import UsageError
from govgo.load.session.session import Session
from govgo.load.targets.resolve import Resolved, Unresolved, resolve, resolve_all
from govgo.load.targets.targets import MODULE, find_targets
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

MODULES = {
    "q.io/a@v1.0.0": "module q.io/a\ngo 1.20\nrequire q.io/b v1.1.0\n",
    "q.io/a@v1.2.0": "module q.io/a\ngo 1.20\nrequire (\n\tq.io/b v1.3.0\n\tq.io/c v1.0.0\n)\n",
    "q.io/b@v1.0.0": "module q.io/b\ngo 1.20\n",
    "q.io/b@v1.1.0": "module q.io/b\ngo 1.20\n",
    "q.io/b@v1.3.0": "module q.io/b\ngo 1.20\n",
    "q.io/c@v1.0.0": "module q.io/c\ngo 1.20\nrequire q.io/d v1.0.0 // indirect\n",
    "q.io/d@v1.0.0": "module q.io/d\ngo 1.20\n",
}
TIDY = "module m.io/m\n\ngo 1.20\n\nrequire q.io/a v1.0.0\n\nrequire q.io/b v1.1.0 // indirect\n"
RAISED = "module m.io/m\n\ngo 1.20\n\nrequire (\n\tq.io/a v1.2.0\n\tq.io/b v1.0.0\n)\n"
REPLACED = TIDY + "\nreplace q.io/b => ../fork\n"


def session(files: dict[str, str], cwd: str = "/src") -> Session:
    s = memory_session(MemoryFiles(files), MemoryRepo(MODULES))
    s.settings = s.settings._replace(cwd=cwd)
    return s


def selected(found: Resolved | Unresolved) -> str:
    assert isinstance(found, Resolved)
    return " ".join(str(mod) for mod in found.resolution.modules)


@pytest.mark.parametrize(
    ("go_mod", "build_list"),
    [
        (TIDY, "m.io/m q.io/a@v1.0.0 q.io/b@v1.1.0"),
        (RAISED, "m.io/m q.io/a@v1.2.0 q.io/b@v1.3.0 q.io/c@v1.0.0"),  # q.io/d is pruned out
        (TIDY + "\nexclude q.io/b v1.1.0\n", "m.io/m q.io/a@v1.0.0"),  # both requirements on it are dropped
    ],
)
def test_a_module(go_mod: str, build_list: str) -> None:
    (found,) = resolve_all(session({"/src/go.mod": go_mod}), [])
    assert selected(found) == build_list


def test_what_go_mod_states_keeps_its_lines_though_the_graph_is_raised() -> None:
    (found,) = resolve_all(session({"/src/go.mod": RAISED}), [])
    assert isinstance(found, Resolved)
    places = [(str(each.mod), str(each.place), each.is_indirect) for each in found.resolution.stated]
    assert places == [("q.io/a@v1.2.0", "go.mod:6", False), ("q.io/b@v1.0.0", "go.mod:7", False)]
    assert [str(each.source) for each in found.resolution.deciding("q.io/b")] == ["q.io/a@v1.2.0"]


def test_replacements() -> None:
    files = {"/src/go.mod": REPLACED, "/fork/go.mod": "module q.io/b\ngo 1.20\nrequire q.io/d v1.0.0\n"}
    (found,) = resolve_all(session(files), [])
    assert selected(found) == "m.io/m q.io/a@v1.0.0 q.io/b@v1.1.0 q.io/d@v1.0.0"
    assert isinstance(found, Resolved)
    assert {str(mod): new.path for mod, new in found.resolution.replacements.items()} == {"q.io/b@v1.1.0": "../fork"}


WORK = {
    "/src/go.work": "go 1.20\n\nuse (\n\t./x\n\t./y\n)\n",
    "/src/x/go.mod": "module m.io/x\n\ngo 1.20\n\nrequire q.io/a v1.2.0\n",
    "/src/y/go.mod": "module m.io/y\n\ngo 1.20\n\nrequire q.io/b v1.0.0\n",
    "/src/z/go.mod": "module m.io/z\n\ngo 1.20\n\nrequire q.io/b v1.0.0\n",
}


def test_the_nearest_workspace_of_each_module() -> None:
    files = {
        "/src/go.work": "go 1.20\n\nuse ./a/b\n",
        "/src/a/go.mod": "module m.io/a\n",
        "/src/a/b/go.mod": "module m.io/b\n",
        "/src/a/b/c/go.work": "go 1.20\n\nuse ./d/e\n",
        "/src/a/b/c/d/go.mod": "module m.io/d\n",
        "/src/a/b/c/d/e/go.mod": "module m.io/e\n",
        "/src/f/go.mod": "module m.io/f\n",
    }
    found = {selected(each) for each in resolve_all(session(files), ["./..."])}
    assert found == {"m.io/a", "m.io/b", "m.io/d", "m.io/e", "m.io/f"}
    works = {target.path: target.work for target in find_targets(session(files), ["./..."]) if target.kind == MODULE}
    outer, inner = "/src/go.work", "/src/a/b/c/go.work"
    assert works == {"m.io/a": "", "m.io/b": outer, "m.io/d": "", "m.io/e": inner, "m.io/f": ""}


def test_workspaces_are_looked_for_in_each_directory_once() -> None:
    class Counting(MemoryFiles):
        def is_file(self, path: str) -> bool:
            looked.extend([path] * path.endswith("/go.work"))
            return super().is_file(path)

    looked: list[str] = []
    s = session({})
    s.files = Counting({f"/src{'/d' * depth}/go.mod": f"module m.io/m{depth}\n" for depth in range(20, 60)})
    assert len(find_targets(s, ["./..."])) == 40
    assert len(looked) <= 62


@pytest.mark.parametrize("where", [[], ["."], ["go.work"], ["x", "y"], ["./x/..."]])
def test_a_workspace_is_one(where: list[str]) -> None:
    (found,) = resolve_all(session(WORK), where)
    # The requirements of the modules of a workspace are pruned as those of one: q.io/d is needed by no package.
    assert selected(found).startswith("m.io/x m.io/y q.io/a@v1.2.0 q.io/b@v1.3.0 q.io/c@v1.0.0")
    assert isinstance(found, Resolved)
    assert [str(each.place) for each in found.resolution.stated] == ["x/go.mod:5", "y/go.mod:5"]
    assert found.resolution.name == "workspace ."


def test_many_modules_beside_a_workspace() -> None:
    found = {each.target.root: selected(each) for each in resolve_all(session(WORK), ["./..."])}
    assert found["/src/z"] == "m.io/z q.io/b@v1.0.0"
    assert found.keys() == {"/src", "/src/z"}


def test_one_that_fails_stops_no_other() -> None:
    files = {
        "/src/x/go.mod": "module m.io/x\n\nrequire nonsense\n",
        "/src/y/go.mod": TIDY,
        "/src/z/go.mod": "module m.io/z\n\ngo 1.20\n\nrequire q.io/gone v1.0.0\n",
    }
    broken, whole, partial = resolve_all(session(files), ["./..."])
    assert isinstance(broken, Unresolved)
    assert str(broken.fault.place) == "x/go.mod:3"
    assert "usage: require module/path v1.2.3" in broken.fault.text
    assert selected(whole) == "m.io/m q.io/a@v1.0.0 q.io/b@v1.1.0"
    assert isinstance(partial, Unresolved)
    assert "q.io/gone@v1.0.0" in partial.fault.text
    known = resolve(session(files), partial.target)
    assert "q.io/gone@v1.0.0" in str(known.resolution.error)
    assert selected(known) == "m.io/z q.io/gone@v1.0.0"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("nowhere", r"^nowhere: no such file or directory$"), ("empty", r"^empty: no go\.mod file there$")],
)
def test_an_argument_that_names_nothing(name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        list(resolve_all(session({"/src/go.mod": TIDY, "/src/empty/README": ""}), [name]))


def test_what_a_raised_version_required_still_counts_without_pruning() -> None:
    # q.io/b is raised to v1.3.0, and what v1.0.0 requires keeps its place in the build list, as in go.
    old = {"q.io/b@v1.0.0": "module q.io/b\ngo 1.16\nrequire q.io/d v1.0.0\n"}
    s = memory_session(
        MemoryFiles({"/src/go.mod": RAISED.replace("1.20", "1.16")}), MemoryRepo({**MODULES, **old}), cwd="/src"
    )
    (found,) = resolve_all(s, [])
    assert isinstance(found, Resolved)
    assert found.resolution.selected("q.io/d") == "v1.0.0"
    sources = [str(each.source) for each in found.resolution.deciding("q.io/d")]
    assert sources == ["q.io/b@v1.0.0", "q.io/c@v1.0.0"]
    (deciding, _) = found.resolution.deciding("q.io/d")
    assert [str(mod) for mod in found.resolution.chain(deciding.target)] == ["m.io/m", "q.io/b@v1.0.0", "q.io/d@v1.0.0"]
