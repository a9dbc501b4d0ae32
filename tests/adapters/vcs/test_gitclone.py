# SPDX-License-Identifier: BSD-3-Clause
"""The clone of a repository in the module cache: its place, whose it is, and that git takes it for what it is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.adapters.vcs.git import Git, GitError
from govgo.adapters.vcs.gitclone import GitClone, open_vcs_dir, uses_sha256
from govgo.errors import CacheCorruptError, DiskError, GovgoError, TooLargeError
from tests.simulators.gitrepos import needs_git
from tests.simulators.packs import TAG, PackServer

pytestmark = needs_git


def test_the_clone_lies_where_go_keeps_it(tmp_path: Path) -> None:
    place = open_vcs_dir(str(tmp_path), "https://vcs.example/x")
    # printf git3:https://vcs.example/x | sha256sum
    name = "40ebfb1bd8c6e5de0220846948ea1126c6b136f522083454bc87ce48b6969446"
    assert place == f"{tmp_path}/cache/vcs/{name}"
    assert Path(place + ".info").read_text() == "git3:https://vcs.example/x"
    assert Path(place + ".lock").exists()
    marker = Path(place) / "keep"
    marker.touch()
    assert open_vcs_dir(str(tmp_path), "https://vcs.example/x") == place
    assert marker.exists()
    Path(place + ".info").unlink()
    open_vcs_dir(str(tmp_path), "https://vcs.example/x")
    assert not marker.exists(), "a directory that nobody vouches for is made anew"
    Path(place + ".info").write_text("git3:https://evil.example/x")
    with pytest.raises(CacheCorruptError, match="exists with wrong content"):
        open_vcs_dir(str(tmp_path), "https://vcs.example/x")


def another_user(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: place.stat().st_uid + 1)


def a_link_to_hooks(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.parent / "elsewhere").mkdir()
    (place / "hooks").symlink_to(place.parent / "elsewhere")


def a_link_to_the_clone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.rename(place.parent / "elsewhere")
    place.symlink_to(place.parent / "elsewhere")


def a_file_of_another_user(name: str) -> Callable[[Path, pytest.MonkeyPatch], None]:
    def plant(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can give files away")
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).touch()
        os.chown(place / name, 12345, -1)

    return plant


@pytest.mark.parametrize(
    "plant",
    [
        another_user,
        a_link_to_hooks,
        a_link_to_the_clone,
        a_file_of_another_user("config"),
        a_file_of_another_user("hooks/post-checkout"),
        a_file_of_another_user("info/attributes"),
    ],
)
def test_attack_a_clone_that_somebody_else_has_prepared(
    plant: Callable[[Path, pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git obeys the settings and hooks of a clone, and does not look at their owner where GIT_DIR names it."""
    place = Path(open_vcs_dir(str(tmp_path), "https://vcs.example/x"))
    (place / "theirs").touch()
    plant(place, monkeypatch)
    assert open_vcs_dir(str(tmp_path), "https://vcs.example/x") == str(place)
    assert place.is_dir()
    assert not place.is_symlink()
    assert list(place.iterdir()) == [], "made anew"


def test_a_clone_of_another_user_that_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(open_vcs_dir(str(tmp_path), "https://vcs.example/x"))
    another_user(place, monkeypatch)
    monkeypatch.setattr("govgo.adapters.vcs.gitclone.remove_tree", lambda _: None)
    with pytest.raises(DiskError) as caught:
        open_vcs_dir(str(tmp_path), "https://vcs.example/x")
    assert str(caught.value) == f"{place} belongs to another user and cannot be replaced"


@pytest.mark.parametrize("content", ["mine", None])
def test_attack_a_planted_link_is_not_written_through(content: str | None, tmp_path: Path) -> None:
    place = open_vcs_dir(str(tmp_path), "https://vcs.example/x")
    victim = tmp_path / "victim"
    if content is not None:
        victim.write_text(content)
    info = Path(place + ".info")
    info.unlink()
    info.symlink_to(victim)
    with pytest.raises(GovgoError):
        open_vcs_dir(str(tmp_path), "https://vcs.example/x")
    assert (victim.read_text() if victim.exists() else None) == content


@pytest.mark.parametrize(
    "url", ["https://vcs.example/x", 'ssh://u@h/a b"c\\d;e#f', "--upload-pack=touch ; ://x", "é://\udcff"]
)
@pytest.mark.parametrize("sha256", [False, True])
def test_git_takes_a_new_clone_for_a_repository(tmp_path: Path, url: str, sha256: bool) -> None:
    clone = GitClone(Git({"PATH": os.environ["PATH"]}), url, str(tmp_path))
    assert not clone.exists
    clone.create(sha256=sha256)
    assert clone.exists
    assert clone.digits() == (64 if sha256 else 40)
    assert clone.run("rev-parse", "--is-bare-repository", "--show-object-format") == (
        b"true\nsha256\n" if sha256 else b"true\nsha1\n"
    )
    assert os.fsdecode(clone.run("config", "remote.origin.url")) == url + "\n"
    assert clone.run("fsck") == b""


def test_the_settings_are_those_that_git_makes(tmp_path: Path) -> None:
    """As `git init --bare` and `git remote add` leave them, as the go command runs these."""
    git = Git({"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"})
    clone = GitClone(git, "https://vcs.example/x", str(tmp_path / "mod"))
    clone.create(sha256=False)
    other = str(tmp_path / "other")
    subprocess.run(["git", "init", "-q", "--bare", "--object-format=sha1", other], check=True)
    git.run(["remote", "add", "origin", "--", "https://vcs.example/x"], other, git_dir=other)
    words = ["config", "--local", "--list"]
    assert sorted(clone.run(*words).split()) == sorted(git.run(words, other, git_dir=other).split())


def test_attack_a_pack_without_end_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.adapters.vcs.git._LOOK_S", 0.02)
    monkeypatch.setattr("govgo.adapters.vcs.gitclone.MAX_CLONE_BYTES", 1 << 20)
    with PackServer(most=64 << 20) as server:
        clone = new_clone(server.url, tmp_path)
        with pytest.raises(TooLargeError, match=rf"^git repository {server.url} has more than 1048576 bytes$"):
            clone.fetch_one(f"{TAG}:{TAG}")
    assert left_behind(clone) == []


def test_what_came_of_a_pack_that_is_cut_is_removed(tmp_path: Path) -> None:
    """git leaves it there, and whoever tries again has it twice."""
    with PackServer(most=1 << 20) as server:
        clone = new_clone(server.url, tmp_path)
        with pytest.raises(GitError):
            clone.fetch_one(f"{TAG}:{TAG}")
        with pytest.raises(GitError):
            clone.fetch_all()
    assert left_behind(clone) == []


def new_clone(url: str, home: Path) -> GitClone:
    git = Git({"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}, timeout_s=60)
    clone = GitClone(git, url, str(home))
    clone.create(sha256=False)
    return clone


def left_behind(clone: GitClone) -> list[Path]:
    return list(Path(clone.directory).glob("objects/*/tmp_*"))


@pytest.mark.parametrize(
    ("config", "is_sha256"),
    [
        (b"[extensions]\n\tobjectFormat = sha256\n", True),
        (b'[extensions]\r\n  objectformat="sha256"\r\n', True),
        (b"[extensions]\n\tobjectformat = sha1\n", False),
        (b"[core]\n\tx = objectformat = sha256\n", False),
    ],
)
def test_which_hashes_a_repository_has(config: bytes, is_sha256: bool) -> None:
    assert uses_sha256(config) == is_sha256


def test_attack_settings_of_nothing() -> None:
    """A MiB of line ends, in a repository that a fleet looks at, took hours."""
    assert not uses_sha256(b"\n" * (1 << 20))
