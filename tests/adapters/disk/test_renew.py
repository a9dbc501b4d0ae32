# SPDX-License-Identifier: BSD-3-Clause
"""The user's own files are renewed where they lie, and nothing of them is lost, wherever the run is killed."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.disk import lockfile, renew
from govgo.errors import DiskError
from tests.simulators.copies import copies

OLD = b"module m\n\ngo 1.21\n"
CONTENTS = [b"module m\n\ngo 1.21\n\nrequire x v1.0.0\n", b"module m\n", b"", b"module n\n\ngo 1.22\n"]
IS_ROOT = os.geteuid() == 0
NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in a directory of its own."""
    kept_in(tmp_path).mkdir(mode=0o700)
    place = tmp_path / "m" / "go.mod"
    place.parent.mkdir()
    place.write_bytes(OLD)
    return place


def kept_in(tmp_path: Path) -> Path:
    """The directory of the user's own in which contents are kept."""
    return tmp_path / f"kept-{os.geteuid()}"


def write(path: Path, data: bytes, places: tuple[str, ...] = ()) -> None:
    with lockfile.locked(str(path)) as descriptor:
        renew.renew(str(path), descriptor, data, places or (str(kept_in(path.parent.parent)),))


def mend(path: Path) -> None:
    with lockfile.locked(str(path)) as descriptor:
        renew.mend(str(path), descriptor, (str(kept_in(path.parent.parent)),))


def kept(path: Path) -> list[Path]:
    """What is kept."""
    place = kept_in(path.parent.parent)
    return sorted(place.iterdir()) if place.exists() else []


def names(path: Path) -> list[str]:
    return sorted(os.listdir(path.parent))


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let no file be renamed to another's place."""

    def fail(source: str, target: str) -> None:
        raise OSError(number, os.strerror(number), source, None, target)

    monkeypatch.setattr("govgo.adapters.disk.renew.os.rename", fail)


@pytest.mark.parametrize("data", CONTENTS)
def test_a_new_file_takes_the_place(data: bytes, path: Path) -> None:
    path.chmod(0o640)
    before = path.stat()
    write(path, data)
    after = path.stat()
    assert path.read_bytes() == data
    assert after.st_ino != before.st_ino
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert names(path) == ["go.mod"]


@pytest.mark.parametrize("data", CONTENTS)
@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV, errno.EPERM])
def test_where_nothing_can_be_renamed_the_file_is_overwritten(
    number: int, data: bytes, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, number)
    before = path.stat()
    write(path, data)
    assert (path.read_bytes(), path.stat().st_ino) == (data, before.st_ino)
    assert names(path) == ["go.mod"]


def test_other_names_of_a_file_stay_its_names(path: Path) -> None:
    os.link(path, path.with_name("twin"))
    write(path, CONTENTS[0])
    assert path.with_name("twin").read_bytes() == CONTENTS[0]
    assert path.stat().st_nlink == 2
    assert names(path) == ["go.mod", "twin"]


def test_extended_attributes_stay(path: Path) -> None:
    try:
        os.setxattr(path, "user.note", b"mine")
    except OSError:
        pytest.skip("the file system has no extended attributes")
    write(path, CONTENTS[0])
    assert (path.read_bytes(), os.getxattr(path, "user.note")) == (CONTENTS[0], b"mine")


def as_nobody(action: Callable[[], None]) -> None:
    """Run `action` in another process without root's rights; it must succeed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if IS_ROOT:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            action()
            status = 0
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


@contextmanager
def open_to_all(path: Path) -> Iterator[None]:
    """Let everybody reach `path`, through directories that pytest makes for one user."""
    changed = [(each, each.stat().st_mode) for each in path.parents if not each.stat().st_mode & 0o001]
    for each, mode in changed:
        each.chmod(stat.S_IMODE(mode) | 0o055)
    try:
        yield
    finally:
        for each, mode in changed:
            each.chmod(stat.S_IMODE(mode))


def test_a_writable_file_in_a_directory_that_is_not(path: Path, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    tmp_path.chmod(0o777)
    path.chmod(0o666)
    path.parent.chmod(0o555)
    with open_to_all(path):
        as_nobody(lambda: write(path, CONTENTS[0], (str(place),)))
    path.parent.chmod(0o755)
    assert path.read_bytes() == CONTENTS[0]
    assert names(path) == ["go.mod"]
    assert not place.exists()


def test_no_place_to_keep_the_old_content(path: Path) -> None:
    path.chmod(0o666)
    path.parent.chmod(0o555)

    def action() -> None:
        with pytest.raises(DiskError, match=r"^write .*/go.mod: there is no place to keep its old content meanwhile$"):
            write(path, CONTENTS[0], ("/proc/nowhere",))

    with open_to_all(path):
        as_nobody(action)
    path.parent.chmod(0o755)
    assert path.read_bytes() == OLD


@pytest.mark.skipif(not IS_ROOT, reason="only root may give files away")
def test_the_owner_stays(path: Path) -> None:
    os.chown(path, 1234, 2345)
    write(path, CONTENTS[0])
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)
    path.chmod(0o666)
    path.parent.chmod(0o777)
    with open_to_all(path):
        as_nobody(lambda: write(path, CONTENTS[1], (str(path.with_name("kept")),)))
    assert (path.read_bytes(), path.stat().st_uid, path.stat().st_gid) == (CONTENTS[1], 1234, 2345)


@pytest.mark.wide
def test_a_file_that_is_mounted_alone(path: Path) -> None:
    """The real thing: rename(2) onto a mount point is refused with EBUSY."""
    code = (
        "import sys; from pathlib import Path; from tests.adapters.disk.test_renew import write\n"
        f"write(Path({str(path)!r}), {CONTENTS[0]!r})\n"
    )
    outside = path.parent.parent / "outside"
    outside.write_bytes(OLD)
    script = f"mount --bind '{outside}' '{path}' && exec '{sys.executable}' -c \"$1\""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip("nothing can be mounted here")
    assert (done.returncode, done.stderr) == (0, "")
    assert outside.read_bytes() == CONTENTS[0]
    assert path.read_bytes() == OLD
    assert names(path) == ["go.mod"]


def killed_at(step: int, path: Path, data: bytes, *, refused: int = 0) -> bool:
    """Whether another process that wrote was killed before its step number `step`.

    A step is a byte that it writes (of what it keeps, sixteen), or a call that changes a file. `refused` is the error
    that it meets where it renames a file to another's place.
    """
    child = copies().Process(target=write_up_to, args=(step, path, data, refused))
    child.start()
    child.join()
    code = child.exitcode
    child.close()
    assert code in (0, 9)
    return code == 9


def write_up_to(step: int, path: Path, data: bytes, refused: int) -> None:
    """Write, and end this process: by 9 where it comes to that step."""
    if refused:
        refuse(pytest.MonkeyPatch(), refused)
    left = step

    def tick() -> None:
        nonlocal left
        if left == 0:
            os._exit(9)
        left -= 1

    def bytewise(descriptor: int, data: bytes) -> None:
        stride = 16 if data.startswith(b"govgo kept") else 1
        for at in range(0, len(data), stride):
            tick()
            os.write(descriptor, data[at : at + stride])

    def ticking(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: object) -> object:
            tick()
            return function(*arguments)

        return call

    renew.write_all = bytewise  # type: ignore[attr-defined]
    for name in ("ftruncate", "unlink", "rename"):
        setattr(os, name, ticking(getattr(os, name)))
    os.fsync = ticking(lambda descriptor: None)
    try:
        write(path, data)
    finally:
        os._exit(0)


@pytest.mark.parametrize("data", [pytest.param(CONTENTS[0], marks=pytest.mark.wide), *CONTENTS[1:]])
def test_killed_at_any_byte(data: bytes, path: Path) -> None:
    os.link(path, path.with_name("twin"))  # so that it is overwritten
    seen = set()
    step = 0
    while killed_at(step, path, data):
        mend(path)
        seen.add(path.read_bytes())
        assert names(path) == ["go.mod", "twin"]
        assert kept(path) == []
        write(path, OLD)
        step += 1
    assert seen == {OLD, data}
    assert step > max(len(data), 8)


def test_killed_at_any_byte_of_a_new_file(path: Path) -> None:
    step = 0
    while killed_at(step, path, CONTENTS[0]):
        assert path.read_bytes() == OLD
        step += 1
    assert path.read_bytes() == CONTENTS[0]


@pytest.mark.parametrize("now", [b"", OLD, b"module mended\n\ngo 1.23\n", b"module m\n\ngo 1.23\n"])
def test_what_somebody_has_written_since_stays(now: bytes, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.EBUSY)
    assert killed_at(70, path, CONTENTS[0], refused=errno.EBUSY)
    path.write_bytes(now)
    assert kept(path)
    mend(path)
    assert path.read_bytes() == now
    assert kept(path) == []


def test_what_another_user_has_kept_is_not_believed(path: Path) -> None:
    if not IS_ROOT:
        pytest.skip("only root may give files away")
    os.link(path, path.with_name("twin"))
    assert killed_at(30, path, CONTENTS[0])
    half = path.read_bytes()
    os.chown(kept(path)[0], 1234, 1234)
    assert not renew.is_kept(str(path), (str(kept_in(path.parent.parent)),))
    mend(path)
    assert path.read_bytes() == half != OLD


def test_a_failing_disk_brings_the_old_content_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.link(path, path.with_name("twin"))
    fails = [errno.EIO]

    def write_all(descriptor: int, data: bytes) -> None:
        if data == CONTENTS[3] and fails:
            os.write(descriptor, data[:9])
            raise OSError(fails.pop(), "failed")
        lockfile.write_all(descriptor, data)

    monkeypatch.setattr("govgo.adapters.disk.renew.write_all", write_all)
    with pytest.raises(DiskError, match=r"^write .*/go.mod: input/output error$"):
        write(path, CONTENTS[3])
    assert path.read_bytes() == OLD
    assert names(path) == ["go.mod", "twin"]


def test_a_full_disk_is_met_before_anything_is_overwritten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.link(path, path.with_name("twin"))
    written: list[bytes] = []

    def write_all(descriptor: int, data: bytes) -> None:
        if CONTENTS[0].endswith(data) and data != CONTENTS[0]:
            os.write(descriptor, data[:3])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(data)
        lockfile.write_all(descriptor, data)

    monkeypatch.setattr("govgo.adapters.disk.renew.write_all", write_all)
    with pytest.raises(DiskError, match=r"^write .*/go.mod: no space left on device$"):
        write(path, CONTENTS[0])
    assert path.read_bytes() == OLD
    assert names(path) == ["go.mod", "twin"]


def test_where_old_contents_are_kept() -> None:
    temp = f"/t/govgo-kept-{os.geteuid()}"
    assert renew.keeping_places({"HOME": "/h", "TMPDIR": "/t"}) == ("/h/.cache/govgo/kept", temp)
    assert renew.keeping_places({"TMPDIR": "/t"}) == (temp,)


def test_a_directory_that_others_may_write_keeps_nothing(path: Path, tmp_path: Path) -> None:
    open_place, link = tmp_path / "open", tmp_path / "link"
    open_place.mkdir()
    open_place.chmod(0o777)
    link.symlink_to(tmp_path)
    for place in (open_place, link):
        assert renew._places(str(path), (str(place),)) == ()
