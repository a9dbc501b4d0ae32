# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/module: paths, major versions, canonical versions, order."""

from __future__ import annotations

import pytest

from govgo.core.module import moduleversion, paths
from govgo.core.module.moduleversion import ModuleVersion
from tests.conformance.vectors import Case, check, differ, ops, outcome, panicking, runner


def path(case: Case) -> str:
    text = case["path"]
    got = {
        "check_path": outcome(paths.check_path, text)["err"],
        "check_import_path": outcome(paths.check_import_path, text)["err"],
        "check_file_path": outcome(paths.check_file_path, text)["err"],
        "split": list(paths.split_path_version(text)),
    }
    return differ(got, {name: case[name] for name in got})


def canonical(case: Case) -> str:
    return differ(paths.canonical_version(case["version"]), case["out"])


def major_prefix(case: Case) -> str:
    return differ(panicking(paths.path_major_prefix, case["path_major"]), case["out"])


def major(case: Case) -> str:
    v, path_major = case["version"], case["path_major"]
    got = (paths.match_path_major(v, path_major), outcome(paths.check_path_major, v, path_major)["err"])
    return differ(got, (case["match"], case["check"]))


def check_(case: Case) -> str:
    return differ(outcome(paths.check, case["path"], case["version"])["err"], case["err"])


def sort(case: Case) -> str:
    mods = [ModuleVersion(*pair) for pair in case["in"]]
    got = [list(mv) for mv in sorted(mods, key=paths.module_sort_key)]
    moduleversion.sort(mods)
    return differ(got, case["out"]) or differ([list(mv) for mv in mods], case["out"])


RUNNERS = {
    "path": path,
    "canonical": canonical,
    "major_prefix": major_prefix,
    "major": major,
    "check": check_,
    "sort": sort,
}


@pytest.mark.parametrize("op", ops("module_paths"))
def test_module_paths(op: str) -> None:
    check("module_paths", op, runner("module_paths", op, RUNNERS))
