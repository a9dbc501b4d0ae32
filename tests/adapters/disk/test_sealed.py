# SPDX-License-Identifier: BSD-3-Clause
"""Files of govgo's own in the user's cache directory: read only when whole and the user's."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

import pytest

from govgo.adapters.disk import sealed
from govgo.adapters.disk.sealed import (
    is_private,
    make_private,
    read_sealed,
    remove_oldest,
    user_cache,
    write_sealed,
)
from govgo.adapters.modcache import gomodindex, importindex
from tests.simulators.rewriting import rewrite

MAGIC = b"govgo test 1\n"


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/govgo"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, ""),
        ({}, ""),
    ],
)
def test_the_user_s_cache_directory(environ: dict[str, str], directory: str) -> None:
    assert user_cache(environ) == directory


ME, ROOT, OTHER = 1000, 0, 1001


class Fact(NamedTuple):
    """What lies at a path of an invented file system: a directory, or a link to `target`."""

    uid: int = ME
    mode: int = 0o755
    gid: int = -1
    target: str = ""


USUAL = {
    "/": Fact(ROOT),
    "/tmp": Fact(ROOT, 0o1777),
    "/home": Fact(ROOT),
    "/home/me": Fact(),
    "/home/me/.cache": Fact(mode=0o700),
    "/home/me/.cache/govgo": Fact(mode=0o700),
    "/home/me/.cache/govgo/imports": Fact(mode=0o700),
    "/data": Fact(ROOT),
    "/data/me": Fact(),
}
CACHE = "/home/me/.cache/govgo/imports"


@pytest.mark.parametrize(
    ("changes", "directory", "euid", "private"),
    [
        pytest.param({}, CACHE, ME, True, id="the usual"),
        pytest.param({"/home/me/.cache": None}, CACHE, ME, True, id="not made yet"),
        pytest.param({"/home/me/.cache": Fact(mode=0o775)}, CACHE, ME, True, id="umask 002, private group"),
        pytest.param({"/home/me/.cache": Fact(mode=0o775, gid=100)}, CACHE, ME, False, id="umask 002, a group of many"),
        pytest.param({"/home/me/.cache": Fact(mode=0o777)}, CACHE, ME, False, id="anybody may write"),
        pytest.param({"/home/me": Fact(mode=0o757)}, CACHE, ME, False, id="anybody may write in the home"),
        pytest.param({"/home/me/.cache": Fact(OTHER)}, CACHE, ME, False, id="another user's"),
        pytest.param({CACHE: Fact(OTHER)}, CACHE, ME, False, id="another user's index"),
        pytest.param({"/home": Fact(OTHER, 0o777)}, CACHE, ME, True, id="above the home is not looked at"),
        pytest.param(
            {"/data": Fact(OTHER)}, "/data/me/govgo/imports", ME, False, id="another user's, outside the home"
        ),
        pytest.param({}, "/data/me/govgo/imports", ME, True, id="outside the home"),
        pytest.param({}, "/tmp/c/govgo/imports", ME, True, id="to be made in /tmp"),
        pytest.param({"/tmp/c": Fact(mode=0o700)}, "/tmp/c/govgo/imports", ME, True, id="in /tmp"),
        pytest.param({"/tmp/c": Fact(OTHER)}, "/tmp/c/govgo/imports", ME, False, id="in /tmp, another user's"),
        pytest.param({}, "/tmp", ME, False, id="/tmp itself"),
        pytest.param(
            {"/home/me/.cache": Fact(target="/data/me")}, CACHE, ME, True, id="a link to the user's directory"
        ),
        pytest.param(
            {"/home/me/.cache": Fact(target="../../data/me")}, CACHE, ME, False, id="a link by way of its parents"
        ),
        pytest.param(
            {"/home/me/.cache": Fact(target="c"), "/home/me/c": Fact()}, CACHE, ME, True, id="a link within the home"
        ),
        pytest.param(
            {"/home/me/.cache": Fact(target="/data/me"), "/data": Fact(OTHER)},
            CACHE,
            ME,
            False,
            id="where others write",
        ),
        pytest.param(
            {"/home/me/.cache": Fact(target="/data/o"), "/data/o": Fact(OTHER)}, CACHE, ME, False, id="to another's"
        ),
        pytest.param({"/tmp/c": Fact(OTHER, target="/home/me")}, "/tmp/c/x/y", ME, False, id="a planted link"),
        pytest.param({"/home/me/.cache": Fact(target=".cache")}, CACHE, ME, False, id="a link to itself"),
        pytest.param({CACHE: Fact(target="/data/me")}, CACHE, ME, False, id="the index is a link"),
        pytest.param(
            {"/home/me/.cache/govgo": Fact(target="/data/me")}, CACHE, ME, False, id="govgo's directory is a link"
        ),
        pytest.param({}, CACHE, ROOT, False, id="root with a user's HOME (sudo)"),
        pytest.param({"/root": Fact(ROOT, 0o700)}, "/root/.cache/govgo/imports", ROOT, True, id="root in a container"),
        pytest.param(
            {"/root": Fact(ROOT), "/root/.cache": Fact()}, "/root/.cache/x/y", ROOT, False, id="root, a user's mount"
        ),
    ],
)
def test_who_can_write_a_directory(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Fact | None], directory: str, euid: int, private: bool
) -> None:
    facts = {**USUAL, **changes}

    def lstat(path: str) -> os.stat_result:
        fact = facts.get(path)
        if fact is None:
            raise FileNotFoundError(2, "no such file", path)
        kind = stat.S_IFLNK if fact.target else stat.S_IFDIR
        gid = fact.uid if fact.gid < 0 else fact.gid
        return os.stat_result((kind | fact.mode, 1, 1, 1, fact.uid, gid, 0, 0, 0, 0))

    monkeypatch.setattr(sealed.os, "lstat", lstat)
    monkeypatch.setattr(sealed.os, "geteuid", lambda: euid)
    monkeypatch.setattr(sealed.os, "readlink", lambda path: facts[path].target)  # type: ignore[union-attr]
    monkeypatch.setattr(sealed.os.path, "realpath", lambda path: path)
    assert is_private(directory, "/root" if directory.startswith("/root") else "/home/me", own=2) is private


def test_a_real_directory_is_private_and_its_links_are_followed(tmp_path: Path) -> None:
    """On a real file system: the user's own directory, also by a link; not below one that anybody may write."""
    home = tmp_path / "home"
    make_private(str(home / ".cache" / "govgo" / "imports"))
    assert stat.S_IMODE((home / ".cache").stat().st_mode) == 0o700
    assert is_private(str(home / ".cache/govgo/imports"), str(home), own=2)
    (home / "link").symlink_to(home / ".cache")
    assert is_private(str(home / "link/govgo/imports"), str(home), own=2)
    (home / "link2").symlink_to(home / ".cache" / "govgo")
    assert not is_private(str(home / "link2/imports"), str(home), own=2)
    (home / ".cache").chmod(0o777)
    assert not is_private(str(home / "link/govgo/imports"), str(home), own=2)


def test_attack_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    write_sealed(str(tmp_path / "f"), MAGIC, b"body")
    (tmp_path / "g").symlink_to(tmp_path / "f")
    assert read_sealed(str(tmp_path / "f"), MAGIC, 1000) == b"body"
    assert read_sealed(str(tmp_path / "g"), MAGIC, 1000) is None


def test_a_body_is_read_back(tmp_path: Path) -> None:
    path = str(tmp_path / "f")
    write_sealed(path, MAGIC, b"old")
    write_sealed(path, MAGIC, b"body")
    assert read_sealed(path, MAGIC, 1000) == b"body"
    assert os.listdir(tmp_path) == ["f"]


def test_what_is_not_whole_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "f"
    assert read_sealed(str(path), MAGIC, 1000) is None
    write_sealed(str(path), MAGIC, b"body")
    data = path.read_bytes()
    assert read_sealed(str(path), b"another magic", 1000) is None
    assert read_sealed(str(path), MAGIC, len(data) - 1) is None
    for damaged in (data[:-1], data + b"x", data[:20], b"", data.replace(b"body", b"bodY")):
        path.write_bytes(damaged)
        assert read_sealed(str(path), MAGIC, 1000) is None


def test_a_file_that_others_may_write_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_sealed(str(path), MAGIC, b"body")
    for mode in (0o620, 0o602):
        path.chmod(mode)
        assert read_sealed(str(path), MAGIC, 1000) is None


def test_attack_a_file_of_another_user_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sealed(str(tmp_path / "f"), MAGIC, b"body")
    user = os.geteuid()
    monkeypatch.setattr(sealed.os, "geteuid", lambda: user + 1)
    assert read_sealed(str(tmp_path / "f"), MAGIC, 1000) is None


def test_attack_a_link_in_the_place_of_a_temporary_file_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "urandom", bytes)  # the name is guessed
    (tmp_path / "other").write_text("somebody's")
    (tmp_path / "f.0.tmp").symlink_to(tmp_path / "other")
    with pytest.raises(FileExistsError):
        write_sealed(str(tmp_path / "f"), MAGIC, b"body")
    assert (tmp_path / "other").read_text() == "somebody's"


def test_a_fifo_in_the_place_of_a_file_is_no_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f", 0o600)
    assert read_sealed(str(tmp_path / "f"), MAGIC, 1000) is None


def test_a_file_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(IsADirectoryError):
        write_sealed(str(tmp_path / "f"), MAGIC, b"body")
    assert os.listdir(tmp_path) == ["f"]


def test_what_a_killed_writer_has_left_is_in_nobody_s_way(tmp_path: Path) -> None:
    """In a container each process may have the same number."""
    file = tmp_path / "file"
    for name in (f"file.{os.getpid()}.tmp", "file.tmp"):
        (tmp_path / name).write_bytes(b"half")
    write_sealed(str(file), MAGIC, b"body")
    assert read_sealed(str(file), MAGIC, 100) == b"body"


def test_the_youngest_files_are_kept(tmp_path: Path) -> None:
    for age in range(5):
        (tmp_path / str(age)).touch()
        os.utime(tmp_path / str(age), (1000 - age, 1000 - age))
    remove_oldest(str(tmp_path), 2)
    assert sorted(os.listdir(tmp_path)) == ["0", "1"]


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    missing = sealed.file_stamp(str(file))
    file.write_text("one")
    first = sealed.file_stamp(str(file))
    assert sealed.file_stamp(str(file)) == first != missing
    rewrite(file, b"two")
    assert sealed.file_stamp(str(file)) != first


def test_the_stamp_of_code_names_modules_that_there_are(tmp_path: Path) -> None:
    missing = sealed.file_stamp(str(tmp_path / "missing"))
    for modules in (gomodindex._READERS, importindex._SCANNERS):
        assert missing not in sealed.code_stamp(modules).split(b"\0")
    assert missing in sealed.code_stamp(["none/such"]).split(b"\0")
