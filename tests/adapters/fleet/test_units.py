# SPDX-License-Identifier: BSD-3-Clause
"""What words name."""

from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

import pytest

from govgo.adapters.fleet.units import Word, find_units, read_list
from govgo.core.fleet.units import Kind
from govgo.errors import UsageError


def make(root: Path, *files: str) -> None:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make(tmp_path, "r/a/.git/HEAD", "r/a/go.mod", "r/b.git/HEAD", "r/b.git/objects/x", "r/b.git/refs/x", "x.tar.gz")
    make(
        tmp_path,
        "r/c/go.mod",
        "r/c/deep/go.mod",
        "r/group/d/go.work",
        "r/.e/go.mod",
        "r/testdata/f/go.mod",
        "plain.txt",
    )
    os.symlink("a", tmp_path / "r" / "link")
    return tmp_path


def named(root: Path, *words: str) -> list[tuple[str, str, str, str]]:
    return [
        (unit.name, str(unit.kind), unit.place.removeprefix(f"{root}/"), unit.ref)
        for unit in find_units(str(root), map(Word, words))
    ]


def test_every_repository_below(root: Path) -> None:
    found = [
        ("r/a", "directory", "r/a", ""),
        ("r/b.git", "git", "r/b.git", ""),
        ("r/c", "directory", "r/c", ""),
        ("r/group/d", "directory", "r/group/d", ""),
    ]
    assert named(root, "r/...") == found
    assert named(root / "r", "...") == [(name[2:], kind, place[2:], ref) for name, kind, place, ref in found]
    assert [each[0] for each in named(root, "./r/...")] == ["./r/a", "./r/b.git", "./r/c", "./r/group/d"]
    with pytest.raises(UsageError, match="no repository there"):
        named(root, "r/a/.git/...")


@pytest.mark.parametrize(
    ("word", "kind", "place", "ref"),
    [
        ("r/a", Kind.DIRECTORY, "r/a", ""),
        ("r/b.git", Kind.GIT, "r/b.git", ""),
        ("r/b.git@v1.0.0", Kind.GIT, "r/b.git", "v1.0.0"),
        ("r/b.git@feature/x@y", Kind.GIT, "r/b.git", "feature/x@y"),
        ("x.tar.gz", Kind.ARCHIVE, "x.tar.gz", ""),
        ("https://h.example/t/app", Kind.REMOTE, "https://h.example/t/app", ""),
        ("https://h.example/t/app.git@feature/x", Kind.REMOTE, "https://h.example/t/app.git", "feature/x"),
        ("ssh://git@h.example/t/app@v1", Kind.REMOTE, "ssh://git@h.example/t/app", "v1"),
        ("git@h.example:t/app.git@v1", Kind.REMOTE, "ssh://git@h.example/t/app.git", "v1"),
        ("https://h.example/app.tar.gz", Kind.DOWNLOAD, "https://h.example/app.tar.gz", ""),
    ],
)
def test_one_word(root: Path, word: str, kind: str, place: str, ref: str) -> None:
    assert named(root, word) == [(word, kind, place, ref)]


def test_passwords_are_in_no_name(root: Path) -> None:
    (unit,) = find_units(str(root), [Word("https://user:secret@h.example/app@v1")])
    assert "secret" not in unit.name
    assert unit.place == "https://user:secret@h.example/app"
    words = [f"https://h.example/app.zip?key={key}" for key in (1, 2, 1)]
    assert [(unit.name, unit.place) for unit in find_units(str(root), map(Word, words))] == [
        ("https://h.example/app.zip?xxxxx", words[0]),
        ("https://h.example/app.zip?xxxxx (2)", words[1]),
    ]


@pytest.mark.parametrize(
    "word",
    ["nothing", "plain.txt", "r/a@", "r/c@v1", "ext::sh -c x://y", "ftp://h/x", "file:///x.zip", "-u", "r/nothing/..."],
)
def test_what_names_nothing(root: Path, word: str) -> None:
    with pytest.raises(UsageError):
        named(root, word)


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("https://me:s3/cret@h.example/a.git", 'parse "https://me:xxxxx@h.example/a.git"'),
        ("https:/me:s3cret@h.example/a.git", "https:/me:xxxxx@h.example/a.git: neither a file nor a URL"),
    ],
)
def test_a_password_that_breaks_a_url_is_not_told(root: Path, word: str, shown: str) -> None:
    with pytest.raises(UsageError, match="xxxxx") as caught:
        named(root, word)
    assert str(caught.value).startswith(shown)
    assert "cret" not in str(caught.value)


@pytest.mark.wide
def test_trees_that_are_deep(root: Path) -> None:
    deep = root / "deep"
    deep.mkdir()
    before = os.getcwd()
    os.chdir(deep)
    try:
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
        Path("go.mod").write_text("")
    finally:
        os.chdir(before)
    ((name, *_),) = named(root, "deep/...")
    assert name.count("/d") == 1500
    subprocess.run(["rm", "-r", str(deep)], check=True)  # shutil's recursion is not as deep


def test_each_name_counts_once(root: Path) -> None:
    assert [each[0] for each in named(root, "r/a", "r/...", "r/a")] == ["r/a", "r/b.git", "r/c", "r/group/d"]


def test_lists() -> None:
    assert list(read_list("l", [b"\xef\xbb\xbf# no\n", b"\n", b"  a b \r\n", b"https://x#y\n", "é".encode()])) == [
        *(("a b", "l:3"), ("https://x#y", "l:4"), ("é", "l:5"))
    ]
    for bad in (b"a\0b\n", b"x" * (1 << 17)):
        with pytest.raises(UsageError, match="l:2"):
            list(read_list("l", [b"a\n", bad]))


def test_lines_of_lists_may_name_what_is_gone(root: Path) -> None:
    """The repository fails when it is opened; a line that names nothing whatever is there is told with its place."""
    lines = [Word("r/gone", "l:1"), Word("r/gone@v1", "l:2"), Word("r/group@v1", "l:3"), Word("r/c", "l:4")]
    found = [(unit.name, unit.kind, unit.ref) for unit in find_units(str(root), lines)]
    assert found == [
        ("r/gone", Kind.DIRECTORY, ""),
        ("r/gone@v1", Kind.DIRECTORY, ""),
        ("r/group@v1", Kind.GIT, "v1"),
        ("r/c", Kind.DIRECTORY, ""),
    ]
    (root / "void").mkdir()
    mistakes = (
        ("plain.txt", "neither a directory nor an archive"),
        ("http:/x", "two slashes"),
        ("void/...", "no repository"),
    )
    for word, why in mistakes:
        with pytest.raises(UsageError, match=f"^l:7: .*{why}"):
            list(find_units(str(root), [Word(word, "l:7")]))


def test_attack_a_name_that_another_repository_gets(tmp_path: Path) -> None:
    """Results are kept by name: two repositories of one name would write over each other's."""
    words = ["https://h.example/x?a=1", "https://h.example/x?a=2", "https://h.example/x?xxxxx (2)"]
    for order in itertools.permutations(words):
        names = [unit.name for unit in find_units(str(tmp_path), map(Word, order))]
        assert len(set(names)) == 3, names


@pytest.mark.parametrize("word", ["me:s3cr3t@127.0.0.1:1", "me:s3cr3t@git.example/app", "me:s3cr3t@git.example:22/x"])
def test_attack_a_login_without_a_scheme_is_no_path_of_scp(word: str, root: Path) -> None:
    """It would be shown as the repository's name, and asked of the host "me"."""
    with pytest.raises(UsageError, match="before a host with a login write https:// or ssh://") as caught:
        named(root, word)
    assert "s3cr3t" not in str(caught.value)


def test_refs_behind_a_path_of_scp(root: Path) -> None:
    assert named(root, "h.example:team/app@release/1.2", "git@h.example:app@v1.2.3") == [
        ("h.example:team/app@release/1.2", "remote", "ssh://h.example/team/app", "release/1.2"),
        ("git@h.example:app@v1.2.3", "remote", "ssh://git@h.example/app", "v1.2.3"),
    ]
