# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror diff`, `export` and `import`: a mirror in parts, in archives and in a bucket."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from govgo.app.mirror.transfer import tar_size
from govgo.cli.main import invoke
from tests.cli.commands.serve.test_mirror import FILES, Run, cut_off, files, mirror, world
from tests.simulators import campaigns
from tests.simulators.objectstores import moto
from tests.simulators.world import World

__all__ = ["mirror", "world"]  # fixtures


def grown(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world.publish("q.io/new", "v1.2.3", "module q.io/new\n\ngo 1.21\n\nrequire q.io/a v1.1.0\n")
    world.log.grow(300)
    assert Run(capsys, "add", str(mirror), "q.io/new").code == 0


def test_a_mirror_in_parts(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gap, usb = world.root / "gap", world.root / "usb"
    run = Run(capsys, "export", "-part-size", "30KB", str(mirror), str(usb))
    assert run.code == 0
    parts = sorted(path.name for path in usb.glob("*.tar"))
    assert len(parts) > 1
    assert max(path.stat().st_size for path in usb.glob("*.tar")) <= 30_000, "a medium has room for so much"
    assert run.out.splitlines()[:-1] == [str(usb / name) for name in parts]
    first = (mirror / "govgo/manifest").read_bytes()
    assert [path.read_bytes() for path in usb.glob("*.manifest")] == [first]
    assert Run(capsys, "import", str(gap), str(usb)).code == 0
    assert files(gap) == FILES
    assert Run(capsys, "diff", str(mirror), str(gap)).out == "0 files more, 0 changed (0 bytes to ship), 0 fewer\n"

    grown(world, mirror, capsys)
    there = world.root / "there.manifest"
    there.write_bytes((gap / "govgo/manifest").read_bytes())
    told = Run(capsys, "diff", str(there), str(mirror))
    assert told.code == 1
    assert told.out.splitlines()[0].split() == ["+", "q.io/b", "v0.9.0"]
    second = world.root / "usb2"
    assert Run(capsys, "export", "-since", str(there), str(mirror), str(second)).code == 0
    with tarfile.open(next(second.glob("*.tar"))) as part:
        names = part.getnames()
    assert "q.io/new/@v/v1.2.3.zip" in names
    assert "q.io/a/@v/v1.1.0.zip" not in names, "it is there already"
    assert Run(capsys, "import", str(gap), str(second)).code == 0
    assert Run(capsys, "diff", str(mirror), str(gap)).code == 0
    assert Run(capsys, "verify", str(gap)).code == 0
    assert Run(capsys, "import", str(gap), str(second)).code == 0, "once more changes nothing"
    cut_off(world, monkeypatch, gap)
    assert invoke(["download", "all"]) == 0, capsys.readouterr().err


def test_an_export_that_fails_leaves_nothing(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A part of its parts would be of no use. Those of another run, which lie beside them, stay."""
    usb = world.root / "usb"
    assert Run(capsys, "export", str(world.root / "none"), str(usb)).code == 1
    assert not usb.exists()
    (mirror / max(files(mirror))).unlink()  # the last file of the last part
    assert Run(capsys, "export", "-part-size", "30KB", str(mirror), str(usb)).code == 3
    assert not usb.exists()
    usb.mkdir()
    (usb / "other").touch()
    assert Run(capsys, "export", "-part-size", "30KB", str(mirror), str(usb)).code == 3
    assert [path.name for path in usb.iterdir()] == ["other"]


def test_every_part_has_room_for_the_manifest(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usb = world.root / "usb"
    run = Run(capsys, "export", "-part-size", "10KB", str(mirror), str(usb))
    assert run.code == 2
    least = int(run.err.split()[-1])
    assert run.err == f"govgo: a part of 10000 bytes has no room for the manifest, which takes {least}\n"
    assert not usb.exists()
    assert Run(capsys, "export", "-part-size", str(least), str(mirror), str(usb)).code == 0
    assert min(path.stat().st_size for path in usb.glob("*.tar")) <= least


def test_an_export_removes_what_one_that_was_killed_has_left(
    world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it was of; another one that writes there at this moment holds a lock."""
    usb = world.root / "usb"
    for name in ("dead", "busy"):
        (usb / f"govgo-mirror-0123456789ab-001-of-002.tar.{name}0000.tmp").mkdir(parents=True)
    (dead, busy) = sorted(usb.iterdir(), reverse=True)
    (dead / "1").write_bytes(b"some of a part")
    held = os.open(busy, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert Run(capsys, "export", str(mirror), str(usb)).code == 0
    assert (dead.exists(), busy.exists()) == (False, True)
    os.close(held)
    assert Run(capsys, "export", str(mirror), str(usb)).code == 0
    assert not busy.exists()


def test_copies_of_a_run_that_was_killed_go_a_day_later(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    temporary = world.root / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    for name in ("govgo-abcd_123.tmp", "govgo-abcd_124.tmp", "other-abcd_123.tmp", "govgo-notes.tmp.txt"):
        (temporary / name).write_bytes(b"zip")
        if name != "govgo-abcd_124.tmp":
            os.utime(temporary / name, (1_000_000_000,) * 2)
    assert Run(capsys, "verify", str(mirror)).code == 0
    assert {each.name for each in temporary.iterdir()} == {
        "govgo-abcd_124.tmp", "other-abcd_123.tmp", "govgo-notes.tmp.txt",
    }  # fmt: skip


def test_an_import_needs_all_parts_of_one_export(
    world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gap, usb, other = world.root / "gap", world.root / "usb", world.root / "other"
    Run(capsys, "export", "-part-size", "20KB", str(mirror), str(usb))
    parts = sorted(usb.glob("*.tar"))
    run = Run(capsys, "import", str(gap), *map(str, parts[1:]))
    assert run.code == 2
    assert f"of {len(parts)} parts these are missing: 1\n" in run.err
    grown(world, mirror, capsys)
    Run(capsys, "export", str(mirror), str(other))
    run = Run(capsys, "import", str(gap), *map(str, parts), str(next(other.glob("*.tar"))))
    assert run.code == 2
    assert "belongs to another export" in run.err
    assert "import one export after the other" in run.err
    assert Run(capsys, "import", str(gap), str(world.root / "main")).code == 2
    run = Run(capsys, "import", str(gap), str(world.root / "main/go.mod"))
    assert run.code == 1
    assert not gap.exists()


def test_what_the_other_place_lacks_is_told(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An export since a manifest does not suffice for a place that does not have what that names."""
    old = world.root / "old.manifest"
    old.write_bytes((mirror / "govgo/manifest").read_bytes())
    grown(world, mirror, capsys)
    usb, gap = world.root / "usb", world.root / "gap"
    Run(capsys, "export", "-since", str(old), str(mirror), str(usb))
    run = Run(capsys, "import", str(gap), str(usb))
    assert run.code == 1
    assert "q.io/a/@v/v1.1.0.zip: the file is missing" in run.out
    assert "hint: neither the parts nor this mirror have what is missing; export with -since" in run.out
    assert "-repair" not in run.out, "there is no network here"
    assert run.out.endswith("nothing was written\n")
    assert not gap.exists()


def test_an_older_export_does_not_undo_a_newer_one(
    world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usb = world.root / "usb"
    Run(capsys, "export", str(mirror), str(usb))
    grown(world, mirror, capsys)
    before = (mirror / "govgo/manifest").read_bytes()
    run = Run(capsys, "import", str(mirror), str(usb))
    assert run.code == 3
    assert "the export is older" in run.err
    assert (mirror / "govgo/manifest").read_bytes() == before


@pytest.mark.parametrize("where", campaigns.one_in(3, [0.1, 0.3, 0.5, 0.7, 0.9]))
def test_a_part_that_was_damaged_on_its_way_writes_nothing(
    where: float, world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usb, gap = world.root / "usb", world.root / "gap"
    Run(capsys, "export", str(mirror), str(usb))
    part = next(usb.glob("*.tar"))
    data = bytearray(part.read_bytes())
    at = int(len(data) * where)
    while not data[at]:
        at -= 1  # the padding of members means nothing
    data[at] ^= 0x20
    part.write_bytes(data)
    run = Run(capsys, "import", str(gap), str(usb))
    assert run.code in (1, 4), run.err
    assert not gap.exists()


def test_a_damaged_manifest_is_told_with_its_part(
    world: World, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usb = world.root / "usb"
    Run(capsys, "export", str(mirror), str(usb))
    part = next(usb.glob("*.tar"))
    part.write_bytes(part.read_bytes().replace(b"govgo mirror manifest", b"govgo mirror manifesT"))
    run = Run(capsys, "import", str(world.root / "gap"), str(usb))
    assert run.err == f"govgo: {part}: govgo/manifest: not a manifest of a mirror\n"


@pytest.mark.parametrize("name", ["mirror.tar", "mirror.zip"])
def test_archives(
    name: str, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    archive = world.root / name
    assert Run(capsys, "add", str(archive)).code == 0
    first = archive.read_bytes()
    grown(world, archive, capsys)
    assert Run(capsys, "verify", str(archive)).code == 0
    assert sorted(path.name for path in world.root.iterdir()) == sorted(["home", "main", name])
    unpacked = world.root / "unpacked"
    # The filter is asked for from 3.12 on, and taken for tar alone.
    shutil.unpack_archive(archive, unpacked, **({"filter": "data"} if name.endswith(".tar") else {}))
    assert Run(capsys, "verify", str(unpacked)).code == 0
    archive.unlink()
    assert Run(capsys, "add", str(archive)).code == 0
    assert len(archive.read_bytes()) != len(first) or archive.read_bytes() == first
    cut_off(world, monkeypatch, unpacked)
    assert invoke(["download", "all"]) == 0, capsys.readouterr().err


@pytest.mark.wide
def test_a_bucket(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with moto(tmp_path) as (url, environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert Run(capsys, "add", url, "q.io/none@v1.0.0").code == 3
        assert Run(capsys, "verify", url).code == 1, "nothing is there"
        assert Run(capsys, "add", url).code == 0
        grown(world, url, capsys)  # type: ignore[arg-type]  # a URL names a mirror as well
        assert Run(capsys, "verify", url).code == 0
        usb, gap = world.root / "usb", world.root / "gap"
        assert Run(capsys, "export", url, str(usb)).code == 0
        assert Run(capsys, "import", str(gap), str(usb)).code == 0
        assert Run(capsys, "diff", url, str(gap)).code == 0


@pytest.mark.parametrize("size", [0, 1, 512, 513, 100_000])
@pytest.mark.parametrize("length", [1, 100, 101, 400, 480, 520, 2000])
def test_what_a_file_takes_in_a_part(tmp_path: Path, length: int, size: int) -> None:
    """As tarfile writes it."""
    with tarfile.open(tmp_path / "one.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("x" * length)
        member.size = size
        archive.addfile(member, io.BytesIO(bytes(size)))
        taken = archive.offset
    assert tar_size("x" * length, size) == taken
