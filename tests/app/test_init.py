# SPDX-License-Identifier: BSD-3-Clause
"""`mod init`: module paths given and inferred."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.app.init import find_module_path, init_module
from govgo.errors import GovgoError, UsageError
from tests.simulators.repo import MemoryFiles, MemoryRepo, Transcript, memory_session


def run(path: str, files: dict[str, str], *, cwd: str = "/p", gopath: str = "") -> tuple[str, list[str]]:
    memory = MemoryFiles(files)
    s = memory_session(memory, MemoryRepo({}), cwd=cwd, gopath=gopath)
    init_module(s, path)
    assert isinstance(s.report, Transcript)
    return memory.data[f"{cwd}/go.mod"].decode(), s.report.lines


@pytest.mark.parametrize("path", ["m", "example.com/m", "example.com/m/v2", "gopkg.in/m.v1", "foo.bar-baz"])
def test_a_new_module(path: str) -> None:
    text, lines = run(path, {})
    assert text == f"module {path}\n\ngo 1.26.8\n"
    assert lines == [f"go: creating new go.mod: module {path}"]


def test_a_project_that_exists_is_told_the_next_step() -> None:
    for name in ("x.go", "dir/x.txt"):
        assert run("m", {f"/p/{name}": ""})[1][1:] == ["go: to add module requirements and sums:\n\tgo mod tidy"]
    for name in (".git/config", "_old/x.go", "README"):
        assert run("m", {f"/p/{name}": ""})[1][1:] == []


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "cannot determine module path for source directory /p (outside GOPATH, module path must be specified)"),
        ("x y", "malformed module path \"x y\": invalid char ' '"),
        (".", 'malformed module path ".": is a local import path'),
        ("../x", 'malformed module path "../x": is a local import path'),
        ("go", 'invalid module path "go": '),
        (
            "example.com/m/v1",
            'invalid module path "example.com/m/v1": major version suffixes must be in the form of /vN and are only '
            "allowed for v2 or later:\n\tgo mod init example.com/m/v2",
        ),
        ("example.com/m/v2.0", 'invalid module path "example.com/m/v2.0": major version suffixes must be'),
        ("example.com/m/v03", 'invalid module path "example.com/m/v03": major version suffixes must be'),
        (
            "gopkg.in/m",
            'invalid module path "gopkg.in/m": module paths beginning with gopkg.in/ must always have a major version '
            "suffix in the form of .vN:\n\tgo mod init gopkg.in/m.v1",
        ),
    ],
)
def test_refused(path: str, sentence: str) -> None:
    with pytest.raises(GovgoError) as caught:
        run(path, {})
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("example.com/m/v0", "example.com/m/v2"),
        ("example.com/m/v03", "example.com/m/v3"),
        ("example.com/m/v3.1", "example.com/m/v3"),
        ("gopkg.in/m/v3", "gopkg.in/m.v3"),
        ("gopkg.in/m.v0.2", "gopkg.in/m.v1"),
        ("gopkg.in/m2/v3", "gopkg.in/m2.v2"),
    ],
)
def test_suggestions(path: str, suggestion: str) -> None:
    with pytest.raises(GovgoError) as caught:
        run(path, {})
    assert str(caught.value).endswith(f"\tgo mod init {suggestion}")


def test_go_mod_is_never_overwritten() -> None:
    with pytest.raises(GovgoError, match=r"^/p/go\.mod already exists$"):
        run("m", {"/p/go.mod": "module old\n"})


def test_inferred_from_a_place_behind_links(tmp_path: Path) -> None:
    """As the go command answers for each pair of a working directory and GOPATH."""
    (tmp_path / "gopath/src/ex.io/dir").mkdir(parents=True)
    (tmp_path / "real/dir").mkdir(parents=True)
    for link, target in {
        "src": "gopath/src",
        "dir": "gopath/src/ex.io/dir",
        "gp": "gopath",
        "gopath/src/out": "real",
    }.items():
        (tmp_path / link).symlink_to(tmp_path / target)

    def inferred(cwd: str, gopath: str) -> str:
        session = memory_session(DiskWorkspace(), MemoryRepo({}), gopath=gopath.replace("$", str(tmp_path)))
        return find_module_path(session, f"{tmp_path}/{cwd}")

    for cwd, gopath, path in [
        ("src/ex.io/dir", "$/gopath", "ex.io/dir"),
        ("dir", "$/gopath", "ex.io/dir"),
        ("dir", "$/nothing:$/gp", "ex.io/dir"),
        ("gopath/src/ex.io/dir", "$/gp", "ex.io/dir"),
        ("gopath/src/out/dir", "$/gopath", "out/dir"),
        ("gp/src/ex.io/dir", "$/gopath/", "ex.io/dir"),
    ]:
        assert inferred(cwd, gopath) == path
    for cwd in ("src", "real/dir", "gopath/src"):
        with pytest.raises(UsageError, match=r"outside GOPATH, module path must be specified"):
            inferred(cwd, "$/gopath")


def test_inferred_paths() -> None:
    comment = 'package x // import "example.com/%s"\n'
    assert run("", {"/p/a.go": "package x\n", "/p/b.go": comment % "m"})[0].startswith("module example.com/m\n")
    assert run("", {"/p/sub/b.go": comment % "m/sub"})[0].startswith("module example.com/m\n")
    text, _ = run("", {}, cwd="/go/src/example.com/x", gopath="/other:/go")
    assert text.startswith("module example.com/x\n")
