# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror verify`: every file counts, and a manifest that fits proves nothing."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.adapters.modzip.hash import hash_zip
from govgo.adapters.modzip.read import Rules
from tests.cli.commands.serve.test_mirror import FILES, Run, mirror, world
from tests.simulators import campaigns
from tests.simulators.sumdb_log import Log
from tests.simulators.world import World
from tests.simulators.zips import module_zip

__all__ = ["mirror", "world"]  # fixtures


def test_verify_asks_nobody(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = len(world.proxy.asked)
    run = Run(capsys, "verify", str(mirror))
    assert run.code == 0
    assert run.out == "the mirror is whole and proved: 24 of 24 files (5.3 kB), 3 zips, 4 versions proved\n"
    assert len(world.proxy.asked) == asked


@pytest.mark.wide
def test_every_file_counts(mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for key in sorted(FILES - {"govgo/manifest"}):
        file = mirror / key
        data = file.read_bytes()
        damaged = bytes([data[0] ^ 1]) + data[1:] if data else b"x"
        for bad in (damaged, data + b"\n", None):
            file.unlink()
            if bad is not None:
                file.write_bytes(bad)
            run = Run(capsys, "verify", str(mirror))
            assert run.code in (1, 4), run.out
            assert key in run.out
            assert "the mirror does not verify" in run.out
        file.write_bytes(data)
    assert Run(capsys, "verify", str(mirror)).code == 0


def rewrite_manifest(mirror: Path) -> None:
    """Make the manifest say what is there, as somebody does who tampers with a mirror."""
    manifest = mirror / "govgo/manifest"
    lines = manifest.read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match("[0-9a-f]{64} ", line):
            key = line.split(" ", 2)[2]
            data = (mirror / key).read_bytes()
            lines[number] = f"{hashlib.sha256(data).hexdigest()} {len(data)} {key}"
    manifest.write_text("".join(f"{line}\n" for line in lines))


def tampered_zip(mirror: Path, world: World) -> str:
    data = module_zip("q.io/a@v1.1.0", {"go.mod": b"module q.io/a\n", "evil.go": b"package a\n"})
    (mirror / "q.io/a/@v/v1.1.0.zip").write_bytes(data)
    return "q.io/a@v1.1.0: verifying module: checksum mismatch"


def tampered_gomod(mirror: Path, world: World) -> str:
    (mirror / "q.io/b/@v/v0.9.0.mod").write_bytes(b"module q.io/b\n\nrequire q.io/evil v1.0.0\n")
    return "q.io/b@v0.9.0: verifying go.mod: checksum mismatch"


def tampered_record(mirror: Path, world: World) -> str:
    path = mirror / "sumdb/sum.example.org/lookup/q.io/c@v1.0.0"
    path.write_bytes(re.sub(rb"h1:.{10}", b"h1:AAAAAAAAAA", path.read_bytes(), count=1))
    return "q.io/c@v1.0.0: the record is not the one in the signed tree"


def tampered_tile(mirror: Path, world: World) -> str:
    path = mirror / "sumdb/sum.example.org/tile/8/0/001.p/76"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    return "tile/8/0/001.p/76: the tile does not hash into the signed tree"


def other_key(mirror: Path, world: World) -> str:
    """Another log under the same name: the mirror's head is not signed by the key that we know."""
    other = Log(seed=2).grow(400)
    (mirror / "sumdb/sum.example.org/latest").write_bytes(other.head())
    return "sumdb/sum.example.org/latest: "


@pytest.mark.parametrize(
    ("tamper", "code"),
    campaigns.one_in(
        3, [(tampered_zip, 4), (tampered_gomod, 4), (tampered_record, 1), (tampered_tile, 1), (other_key, 4)]
    ),
)
def test_a_manifest_that_fits_proves_nothing(
    tamper: Callable[[Path, World], str],
    code: int,
    world: World,
    mirror: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    want = tamper(mirror, world)
    rewrite_manifest(mirror)
    run = Run(capsys, "verify", str(mirror))
    assert want in run.out
    assert run.code == code, run.out


def test_no_room_for_copies_is_no_damage(
    mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = mirror.parent / "no-such-directory"
    monkeypatch.setenv("TMPDIR", str(gone))
    run = Run(capsys, "verify", str(mirror))
    assert (run.code, run.out, run.err) == (3, "", f"govgo: write {gone}: no such file or directory\n")


def strip(mirror: Path, line: str) -> None:
    """Take lines out of a manifest, and the files that they name out of the mirror."""
    manifest = mirror / "govgo/manifest"
    lines = manifest.read_text().splitlines(keepends=True)
    for each in lines:
        if re.search(line, each) and not each.startswith("head "):
            (mirror / each.rstrip("\n").split(" ", 2)[2]).unlink()
    manifest.write_text("".join(each for each in lines if not re.search(line, each)))


@pytest.mark.parametrize(
    "line", campaigns.one_in(3, ["^head ", "/lookup/q.io/[ab]@", "^head |sumdb/"]), ids=["heads", "lookup", "database"]
)
@pytest.mark.parametrize("tamper", [tampered_zip, tampered_gomod])
def test_attack_a_mirror_without_the_proofs_that_would_contradict_it(
    line: str,
    tamper: Callable[[Path, World], str],
    world: World,
    mirror: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What the database covers is proved by it, or is not what it should be (CVE-2026-42501)."""
    usb, gap = world.root / "usb", world.root / "gap"
    tamper(mirror, world)
    strip(mirror, line)
    strip(mirror, "v1.1.0.ziphash$")
    rewrite_manifest(mirror)
    run = Run(capsys, "verify", str(mirror))
    assert run.code in (1, 4), run.out
    assert Run(capsys, "export", str(mirror), str(usb)).code == 0
    assert Run(capsys, "import", str(gap), str(usb)).code in (1, 4)
    assert not gap.exists()


@pytest.mark.parametrize("name", ["v1.1.0.zip", "v1.1.0.mod"])
def test_attack_an_import_with_another_content_of_a_private_version(
    name: str, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No database says which of both is true, but a version never changes."""
    monkeypatch.setenv("GONOSUMDB", "q.io")
    mirror, usb = world.root / "mirror", world.root / "usb"
    assert Run(capsys, "add", str(mirror)).code == 0
    gap = world.root / "gap"
    shutil.copytree(mirror, gap)
    tampered_zip(mirror, world)
    (mirror / "q.io/a/@v/v1.1.0.mod").write_bytes(b"module q.io/a\n")
    if name.endswith("mod"):
        shutil.copy(gap / "q.io/a/@v/v1.1.0.zip", mirror / "q.io/a/@v/v1.1.0.zip")
    else:
        shutil.copy(gap / "q.io/a/@v/v1.1.0.mod", mirror / "q.io/a/@v/v1.1.0.mod")
        h1 = hash_zip(str(mirror / "q.io/a/@v/v1.1.0.zip"), Rules.STRICT)
        (mirror / "q.io/a/@v/v1.1.0.ziphash").write_text(h1)
    rewrite_manifest(mirror)
    before = (gap / f"q.io/a/@v/{name}").read_bytes()
    assert Run(capsys, "export", str(mirror), str(usb)).code == 0
    run = Run(capsys, "import", str(gap), str(usb))
    assert run.code != 0
    assert "q.io/a/@v/v1.1.0" in run.err
    assert (gap / f"q.io/a/@v/{name}").read_bytes() == before


def test_heads_of_two_histories_are_a_fork(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = mirror / "govgo/manifest"
    fork = "head sum.example.org 100 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    manifest.write_text(manifest.read_text().replace("head sum", f"{fork}head sum", 1))
    world.log.grow(10)
    run = Run(capsys, "verify", str(mirror))
    # The tiles of that tree are not there either: they were never in this mirror.
    assert run.code in (1, 4)
    assert "sumdb/sum.example.org/" in run.out


def test_a_database_whose_key_is_not_known_cannot_be_checked(
    mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GOSUMDB", "off")
    run = Run(capsys, "verify", str(mirror))
    assert run.code == 3
    assert "sum.example.org: its key is not known here" in run.out


def test_files_that_no_manifest_names_are_counted(mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mirror / "stray").write_text("x")
    run = Run(capsys, "verify", str(mirror))
    assert (run.code, run.out.endswith("1 file that no manifest names\n")) == (0, True)


@pytest.mark.parametrize("text", ["", "govgo mirror manifest v2\n", "x\n", "govgo mirror manifest v1\n\n\nzz 1 a\n"])
def test_a_manifest_that_cannot_be_read(text: str, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mirror / "govgo/manifest").write_text(text)
    for words in (("verify", str(mirror)), ("add", str(mirror)), ("export", str(mirror), "parts")):
        run = Run(capsys, *words)
        assert run.code == 1
        assert "govgo/manifest" in run.err
