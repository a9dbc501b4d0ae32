# SPDX-License-Identifier: BSD-3-Clause
"""What changed between two resolutions, on graphs and files worked out by hand."""

from __future__ import annotations

import pytest

from govgo.core.modfile.parser import parse_syntax
from govgo.core.resolution.compare import FileChange, compare_files, compare_modules
from tests.core.resolution.test_resolution import EDGES, STATED, resolution


def changes(
    old: tuple[dict[str, str], dict[str, int]], new: tuple[dict[str, str], dict[str, int]]
) -> dict[str, tuple[str, str, str, str]]:
    """Path -> (change, old and new version, the first deciding requirement, the line that leads to it)."""
    found = {}
    for each in compare_modules(resolution(*old), resolution(*new)):
        side = each.new or each.old
        assert side is not None
        versions = [one.mod.version if one is not None else "" for one in (each.old, each.new)]
        found[each.path] = (each.change.value, *versions, f"{side.deciding[0].source} {side.asked}")
    return found


def test_nothing_changed() -> None:
    assert changes((EDGES, STATED), (EDGES, STATED)) == {}


def test_a_requirement_that_is_dropped() -> None:
    # Without b, nobody raises a to v1.3.0; v1.3.0 was replaced, v1.2.0 is not.
    without = ({"a@v1.2.0": "c@v1.0.0", "c@v1.0.0": ""}, {"a@v1.2.0": 5, "c@v1.0.0": 7})
    assert changes((EDGES, STATED), without) == {
        "a": ("lowered", "v1.3.0", "v1.2.0", "m.io/m go.mod:5"),
        "b": ("removed", "v1.0.0", "", "m.io/m go.mod:6"),
    }
    assert changes(without, (EDGES, STATED)) == {
        "a": ("raised", "v1.2.0", "v1.3.0", "b@v1.0.0 go.mod:6"),
        "b": ("added", "", "v1.0.0", "m.io/m go.mod:6"),
    }


def test_a_requirement_far_away_is_named_with_the_line_that_leads_to_it() -> None:
    edges = {"b@v1.0.0": "d@v1.0.0", "d@v1.0.0": "e@v1.0.0", "e@v1.0.0": ""}
    found = changes(({}, {"a@v1.2.0": 5}), ({"a@v1.2.0": "", **edges}, {"a@v1.2.0": 5, "b@v1.0.0": 6}))
    assert found["e"] == ("added", "", "v1.0.0", "d@v1.0.0 go.mod:6")


def test_a_version_raised_in_memory_is_asked_for_by_the_line_that_raises_it() -> None:
    # go.mod states a v1.2.0; b needs a v1.3.0, which joins the requirements of the main module.
    edges = {"b@v1.0.0": "a@v1.3.0", "a@v1.3.0": "f@v1.0.0", "f@v1.0.0": ""}
    old = resolution({}, {"a@v1.2.0": 5})
    new = resolution(edges, {"a@v1.2.0": 5, "b@v1.0.0": 6}, raised="a@v1.3.0")
    (f,) = [each.new for each in compare_modules(old, new) if each.path == "f"]
    assert f is not None
    assert str(f.asked) == "go.mod:6"


def test_another_replacement_of_the_same_version() -> None:
    old = resolution(EDGES, STATED)
    new = resolution(EDGES, STATED)
    new.replacements = {}
    (change,) = compare_modules(old, new)
    assert (change.change, change.path) == ("replaced", "a")
    assert change.old is not None
    assert change.new is not None
    assert (change.old.source, str(change.new.source)) == (None, "a@v1.3.0")  # a directory is not a published version


GO_MOD = "module m\n\ngo 1.21\n\nrequire (\n\ta v1.0.0\n\tb v1.0.0 // indirect\n)\n"


@pytest.mark.parametrize(
    ("new", "removed", "added"),
    [
        (GO_MOD, (), ()),
        (
            "// moved, and written otherwise\nmodule m\ngo 1.21\nrequire b v1.0.0 // indirect\nrequire a v1.0.0\n",
            (),
            (),
        ),
        (GO_MOD.replace(" // indirect", ""), ("require b v1.0.0 // indirect",), ("require b v1.0.0",)),
        (GO_MOD.replace("1.21", "1.22") + "tool x\n", ("go 1.21",), ("go 1.22", "tool x")),
        (GO_MOD + "replace a => ../a\n", (), ("replace a => ../a",)),
        (GO_MOD + "require a v1.0.0\n", (), ("require a v1.0.0",)),  # twice
    ],
)
def test_statements(new: str, removed: tuple[str, ...], added: tuple[str, ...]) -> None:
    files = [{"go.mod": parse_syntax("go.mod", text.encode())} for text in (GO_MOD, new)]
    want = (FileChange("go.mod", removed, added),) if removed or added else ()
    assert compare_files(*files) == want


def test_a_file_of_one_side() -> None:
    file = parse_syntax("go.work", b"go 1.21\nuse ./x\n")
    assert compare_files({}, {"go.work": file}) == (FileChange("go.work", (), ("go 1.21", "use ./x")),)
