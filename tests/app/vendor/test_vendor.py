# SPDX-License-Identifier: BSD-3-Clause
"""`app/vendor/vendor.py` and `app/tidy.py`: what is on disk after a failure is what was there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.app.tidy import tidy
from govgo.app.vendor.vendor import vendor
from govgo.core.goenv import GoEnv
from govgo.errors import DiskError, PackageError, ReportedError
from govgo.load.packages.embed import EmbedError, resolve_embed
from govgo.load.session.session import Session, Settings
from govgo.wiring.session import make_session
from tests.simulators.repo import Transcript

FILES = {
    "main/go.mod": "module example.com/m\n\ngo 1.20\n\nrequire example.com/dep v1.0.0\n\n"
    "replace example.com/dep v1.0.0 => ../dep\n",
    "main/m.go": 'package m\n\nimport _ "example.com/dep/sub"\n',
    "main/vendor/old.txt": "old\n",
    "dep/go.mod": "module example.com/dep\n",
    "dep/LICENSE": "licence\n",
    "dep/sub/a.go": "package sub\n",
    "dep/sub/b.txt": "b\n",
}


class FullDisk(DiskWorkspace):
    """A workspace whose disk fills up while the third file is copied."""

    copies = 0

    def copy(self, source: str, target: str) -> None:
        """Copy, but not for long."""
        self.copies += 1
        if self.copies == 3:
            raise DiskError(f"write {target}: no space left on device", path=target)
        super().copy(source, target)


def session_at(root: Path) -> Session:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    env = GoEnv(gomodcache=str(root / "cache"), goproxy="off", gosumdb="off")
    return make_session(Settings(cwd=str(root / "main"), env=env), Transcript())


def tree(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def test_vendor_takes_the_place_of_the_old_directory(tmp_path: Path) -> None:
    assert vendor(session_at(tmp_path))
    assert tree(tmp_path / "main") == {
        "go.mod": FILES["main/go.mod"],
        "m.go": FILES["main/m.go"],
        "vendor/example.com/dep/LICENSE": "licence\n",
        "vendor/example.com/dep/sub/a.go": "package sub\n",
        "vendor/example.com/dep/sub/b.txt": "b\n",
        "vendor/modules.txt": "# example.com/dep v1.0.0 => ../dep\n## explicit\nexample.com/dep/sub\n",
    }


def test_vendor_on_a_full_disk_leaves_the_old_directory_and_nothing_else(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    before = tree(tmp_path)
    session.files = FullDisk()
    with pytest.raises(DiskError, match="no space left on device"):
        vendor(session)
    assert tree(tmp_path) == before
    assert sorted(path.name for path in (tmp_path / "main").iterdir()) == ["go.mod", "m.go", "vendor"]


def embedding(root: Path, *, broken: str = "") -> Session:
    """A session that tells more (-v), with two packages whose embed patterns match nothing."""
    session = session_at(root)
    (root / "dep/sub/a.go").write_text('package sub\n\nimport _ "embed"\n\n//go:embed no*.txt\nvar s string\n')
    (root / "dep/z.go").write_text("package dep\n")
    if broken:
        (root / "dep/z_windows.go").write_text(broken)
    (root / "main/m.go").write_text('package m\n\nimport _ "example.com/dep"\nimport _ "example.com/dep/sub"\n')
    session.settings = session.settings._replace(verbose=True)
    return session


def test_vendor_tells_of_a_package_after_its_line(tmp_path: Path) -> None:
    """The order of go: a line of modules.txt is printed as it is written, before the package is copied."""
    session = embedding(tmp_path)
    (tmp_path / "dep/sub/inner").mkdir()
    (tmp_path / "dep/sub/inner/i.go").write_text("package inner\n")
    with (tmp_path / "main/m.go").open("a") as file:
        file.write('import _ "example.com/dep/sub/inner"\n')
    with pytest.raises(ReportedError):
        vendor(session)
    assert isinstance(session.report, Transcript)
    assert session.report.lines == [
        "# example.com/dep v1.0.0 => ../dep",
        "## explicit",
        "example.com/dep",
        "example.com/dep/sub",
        "go: resolving embeds in example.com/dep/sub: pattern no*.txt: no matching files found",
        "example.com/dep/sub/inner",
    ]


def test_vendor_leaves_nothing_half_written_where_a_file_does_not_parse(tmp_path: Path) -> None:
    """go's sentence with the whole path of the file; the old directory stays, and modules.txt ends where go's does."""
    session = embedding(tmp_path, broken="packag dep\n")
    before = tree(tmp_path / "main")
    with pytest.raises(PackageError) as caught:
        vendor(session)
    assert str(caught.value) == (
        f"internal error: failed to find embedded files of example.com/dep: {tmp_path}/dep/z_windows.go:1:1: "
        "expected 'package', found packag\n"
    )
    assert isinstance(session.report, Transcript)
    assert session.report.lines == ["# example.com/dep v1.0.0 => ../dep", "## explicit", "example.com/dep"]
    assert tree(tmp_path / "main") == before
    assert sorted(path.name for path in (tmp_path / "main").iterdir()) == ["go.mod", "m.go", "vendor"]


# What go 1.26.8 says.
@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("//go:build ((\n\npackage dep\n", "z.go: parsing //go:build line: missing close paren"),
        ("//go:build a\n//go:build b\n\npackage dep\n", "z.go: multiple //go:build comments"),
        ("package dep\0\n", "read $DIR/z.go: unexpected NUL in input"),
        ('package dep\n\n// #cgo bad\nimport "C"\n', "$DIR/z.go: invalid #cgo line: #cgo bad"),
        ("import x", "$DIR/z.go:1:1: expected 'package', found 'import'"),
    ],
)
def test_vendor_of_a_package_whose_only_file_is_bad(tmp_path: Path, source: str, fault: str) -> None:
    """It fails with -e, too: go's ImportDir tells of a bad file before it finds that the package has no other."""
    session = embedding(tmp_path)
    (tmp_path / "dep/z.go").write_text(source)
    before = tree(tmp_path / "main")
    with pytest.raises(PackageError) as caught:
        vendor(session, tolerant=True)
    want = f"internal error: failed to find embedded files of example.com/dep: {fault}\n"
    assert str(caught.value) == want.replace("$DIR", f"{tmp_path}/dep")
    assert tree(tmp_path / "main") == before


def test_vendor_follows_no_link_out_of_the_package(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "dep/sub/link.txt").symlink_to(tmp_path / "secret")
    (tmp_path / "main/vendor").rename(tmp_path / "elsewhere")
    (tmp_path / "main/vendor").symlink_to(tmp_path / "elsewhere")
    assert vendor(session)
    assert "vendor/example.com/dep/sub/link.txt" not in tree(tmp_path / "main")
    assert tree(tmp_path / "elsewhere") == {"old.txt": "old\n"}


def test_failed_tidy_touches_nothing(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    (tmp_path / "main/n.go").write_text('package m\n\nimport _ "example.com/absent"\n')
    before = tree(tmp_path / "main")
    with pytest.raises(ReportedError):
        tidy(session)
    assert tree(tmp_path / "main") == before
    assert isinstance(session.report, Transcript)
    assert session.report.lines[-1] == (
        "go: example.com/m imports\n\texample.com/absent: cannot find module providing package example.com/absent: "
        "module lookup disabled by GOPROXY=off"
    )


EMBED_FILES = {
    "a.txt": "",
    "dir/b.txt": "",
    "dir/.hidden": "",
    "dir/_draft": "",
    "dir/deep/c.txt": "",
    "dir/other/go.mod": "module other\n",
    "dir/other/d.txt": "",
    "dir/bad'name": "",
    "hollow/.only": "",
    ".git/config": "",
}


def embed_session(tmp_path: Path) -> Session:
    session = session_at(tmp_path)
    for name, text in EMBED_FILES.items():
        path = tmp_path / "e" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "e/link").symlink_to("a.txt")
    (tmp_path / "e/tree").symlink_to("dir")
    return session


@pytest.mark.parametrize(
    ("patterns", "files"),
    [
        (["a.txt"], ["a.txt"]),
        (["dir/deep", "a.*"], ["a.txt", "dir/deep/c.txt"]),
        (["dir/*.txt"], ["dir/b.txt"]),
        (["d?r/[b]*"], ["dir/b.txt"]),
        (["hollow/.only"], ["hollow/.only"]),
        (["all:hollow"], ["hollow/.only"]),
    ],
)
def test_embedded_files(patterns: list[str], files: list[str], tmp_path: Path) -> None:
    session = embed_session(tmp_path)
    (tmp_path / "e/dir/bad'name").unlink()
    assert resolve_embed(session, str(tmp_path / "e"), patterns) == files


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("none", "no matching files found"),
        ("../x", "invalid pattern syntax"),
        ("[", "invalid pattern syntax"),
        (".", "invalid pattern syntax"),
        ("dir", "cannot embed file dir/bad'name: invalid name bad'name"),
        ("dir/bad*", "cannot embed file dir/bad'name: invalid name bad'name"),
        ("dir/other/d.txt", "cannot embed file dir/other/d.txt: in different module"),
        ("hollow", "cannot embed directory hollow: contains no embeddable files"),
        ("link", "cannot embed irregular file link"),
        ("tree/b.txt", "cannot embed file tree/b.txt: in non-directory tree"),
        (".git/config", "cannot embed file .git/config: in invalid directory .git"),
    ],
)
def test_what_cannot_be_embedded(pattern: str, reason: str, tmp_path: Path) -> None:
    """The reasons are those that `go vet` and `go build` give (cmd/go/internal/load)."""
    session = embed_session(tmp_path)
    with pytest.raises(EmbedError) as caught:
        resolve_embed(session, str(tmp_path / "e"), [pattern])
    assert str(caught.value) == f"pattern {pattern}: {reason}"


@pytest.mark.parametrize(
    ("output", "told"),
    # as go 1.26.8 says it
    [("go.mod/x", "unlinkat {}/go.mod/x: not a directory"), ("go.mod/x/y", "open {}/go.mod/x: not a directory")],
)
def test_a_file_in_the_place_of_a_directory(output: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(DiskError) as caught:
        vendor(session_at(tmp_path), output=output)
    assert str(caught.value) == told.format(tmp_path / "main")
    assert tree(tmp_path / "main").keys() == {"go.mod", "m.go", "vendor/old.txt"}
