# SPDX-License-Identifier: BSD-3-Clause
"""Module paths: what the vectors do not say. The short cut for common paths must never accept what the rules refuse."""

from __future__ import annotations

import itertools

import pytest

from govgo.core.module import paths
from govgo.errors import InvalidPathError, InvalidVersionError


@pytest.mark.parametrize(
    "element", ["vendor", "v2", "v1", "v10000", "v01000", "con", "aux", "lpt1", "nul-x", "a.", "~1", ""]
)
@pytest.mark.parametrize("domain", ["github.com", "con.com", "golang.org", "a.github.com", "aux.golang.org", "github"])
def test_short_cut_agrees_with_the_rules(domain: str, element: str) -> None:
    for path in (f"{domain}/{element}", f"{domain}/abcde/{element}", f"{domain}/{element}/abcde"):
        for check, fault in (
            (paths.check_path, paths._module_path_fault(path)),
            (paths.check_import_path, paths._path_fault(path, "import")),
        ):
            try:
                check(path)
                error = ""
            except InvalidPathError as err:
                error = str(err)
            assert bool(error) == bool(fault), path
            assert error.endswith(fault)


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("gopkg.in/x.v-unstable", ("gopkg.in/x", ".v-unstable", True)),
        ("gopkg.in/x.v0-unstable", ("gopkg.in/x.v0-unstable", "", False)),
        ("gopkg.in/x.v2-unstable", ("gopkg.in/x", ".v2-unstable", True)),
        ("gopkg.in/x.v0", ("gopkg.in/x", ".v0", True)),
        ("gopkg.in/x.v01", ("gopkg.in/x.v01", "", False)),
        ("m.io/v2.1", ("m.io/v2.1", "", False)),
        ("m.io/v2/v3", ("m.io/v2", "/v3", True)),
        ("/v2", ("", "/v2", True)),
        ("v2", ("v2", "", True)),
    ],
)
def test_suffixes(path: str, split: tuple[str, str, bool]) -> None:
    assert paths.split_path_version(path) == split


def test_faults_carry_facts() -> None:
    with pytest.raises(InvalidVersionError) as caught:
        paths.check("m.io/v2", "v1.0.0")
    assert str(caught.value) == "m.io/v2@v1.0.0: invalid version: should be v2, not v1"
    assert (caught.value.version, caught.value.reason) == ("v1.0.0", "should be v2, not v1")


def test_standard_paths_have_no_dot_in_front() -> None:
    assert [p for p in ("fmt", "net/http", "a/b.c", "a.b", "a.b/c", "") if paths.is_std(p)] == [
        "fmt",
        "net/http",
        "a/b.c",
        "",
    ]


def test_directories_upwards_end_with_the_root() -> None:
    assert list(paths.upwards("/a/b")) == ["/a/b", "/a", "/"]
    assert list(paths.upwards("/")) == ["/"]


def test_windows_names_in_any_case() -> None:
    for name, case in itertools.product(
        ("con", "PRN", "aux", "NuL", "com1", "LPT9"), (str.lower, str.upper, str.title)
    ):
        with pytest.raises(InvalidPathError, match="disallowed as path element component on Windows"):
            paths.check_file_path(f"a/{case(name)}.txt")
    paths.check_file_path("a/com0.txt")
    paths.check_file_path("a/console")
