# SPDX-License-Identifier: BSD-3-Clause
"""The care of a module cache: what is counted, what is damaged, and how parts go while others use it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from govgo.adapters.modcache import care
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.care import DiskCare
from govgo.core.modcache import Held
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import DiskError
from tests.adapters.modcache.test_cache import AT_V, FILES, MV, TREE, ZIP, fill, listing
from tests.simulators.privileges import modes_count

INFO = b'{"Version":"v1.0.0-RC1"}'
STEM = f"{AT_V}/v1.0.0-!r!c1"


@pytest.fixture
def cache(tmp_path: Path) -> ModCache:
    """A cache with one version, extracted, its directories read-only as go leaves them."""
    cache = ModCache(str(tmp_path / "mod"), writable_dirs=False)
    cache.write_info(MV.path, MV.version, INFO)
    cache.write_gomods([(MV, FILES["go.mod"])])
    fill(cache)
    cache.extract(MV)
    return cache


def put(cache: ModCache, name: str, data: bytes) -> None:
    """Write a file of the cache, whatever its modes."""
    path = Path(cache.root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o755)
    if path.exists():
        path.chmod(0o644)
    path.write_bytes(data)


def test_everything_is_counted_once(cache: ModCache) -> None:
    root = Path(cache.root)
    for name, data in {
        "cache/download/sumdb/sum.example/latest": b"12345",
        "cache/vcs/abc/HEAD": b"123",
        "cache/lock": b"",
        f"{STEM}.zip123.tmp": b"1234567",
        f"{AT_V}/v1.0.1.zip9.tmp": b"12",
    }.items():
        put(cache, name, data)
    old = time.time() - 7200
    os.utime(root / f"{STEM}.zip123.tmp", (old, old))
    contents = DiskCare(cache).contents()
    assert contents.root == cache.root
    (held,) = contents.held
    assert held.mod == MV
    assert held.zip == len(ZIP) + len("h1:" + "x" * 44)
    assert held.tree == sum(map(len, FILES.values()))
    assert held.small == len(INFO) + len(FILES["go.mod"])
    assert abs(held.used_s - time.time()) < 60
    assert contents.others["database"] == 5
    assert contents.others["repositories"] == 3
    assert contents.others["leftovers"] == 7
    assert contents.leftovers == [str(root / f"{STEM}.zip123.tmp")]
    assert contents.bytes == sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def test_an_empty_cache_holds_nothing(tmp_path: Path) -> None:
    contents = DiskCare(ModCache(str(tmp_path / "none"), writable_dirs=False)).contents()
    assert (contents.held, contents.bytes) == ([], 0)


def test_links_are_not_followed(cache: ModCache, tmp_path: Path) -> None:
    outside = tmp_path / "outside/q.io/x/@v"
    outside.mkdir(parents=True)
    (outside / "v1.0.0.mod").write_text("module q.io/x\n")
    Path(cache.root, "cache/download/linked").symlink_to(tmp_path / "outside")
    Path(cache.root, "link@v1.0.0").symlink_to(tmp_path / "outside")
    assert [held.mod for held in DiskCare(cache).contents().held] == [MV]
    DiskCare(cache).remove_all()
    assert (outside / "v1.0.0.mod").exists()


@pytest.mark.parametrize(
    ("name", "data", "codes"),
    [
        ("", b"", []),
        (f"{STEM}.zip", ZIP[:-40], ["zip-modified"]),
        (f"{STEM}.ziphash", b"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", ["zip-modified", "dir-modified"]),
        (f"{TREE}/x.go", b"package y\n", ["dir-modified"]),
        (f"{TREE}/more.go", b"package x\n", ["dir-modified"]),
        (f"{STEM}.mod", b"module github.com/Big/x\n\nrequire q.io/y v1.0.0\n", ["cache-file-damaged"]),
        (f"{STEM}.mod", b"\0\0\0\0", ["cache-file-damaged", "cache-file-damaged"][:1]),
        (f"{STEM}.info", b"", ["cache-file-damaged"]),
        (f"{STEM}.info", b'{"Version":"v9.9.9"}', ["cache-file-damaged"]),
    ],
)
def test_damage_is_found(cache: ModCache, name: str, data: bytes, codes: list[str]) -> None:
    if name:
        put(cache, name, data)
    (faults,) = DiskCare(cache).check([MV])
    assert [fault.code for fault in faults] == codes
    assert all(fault.text and fault.path.startswith(cache.root) for fault in faults)


def test_a_flipped_bit_anywhere_in_a_zip_is_found(cache: ModCache) -> None:
    """Also where the hash does not look: names in local headers, sizes, the space between the parts."""
    for place in range(0, len(ZIP), 7):
        put(cache, f"{STEM}.zip", ZIP[:place] + bytes([ZIP[place] ^ 1]) + ZIP[place + 1 :])
        (faults,) = DiskCare(cache).check([MV])
        assert "zip-modified" in [fault.code for fault in faults], place


@pytest.mark.parametrize("name", [f"{STEM}.zip", f"{TREE}/go.mod"])
def test_what_goes_while_it_is_counted_counts_as_nothing(
    name: str, cache: ModCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = care._entries

    def vanishing(directory: str) -> list[os.DirEntry[str]]:
        found = listed(directory)
        if directory == os.path.dirname(f"{cache.root}/{name}"):
            os.chmod(directory, 0o755)
            os.unlink(f"{cache.root}/{name}")
            monkeypatch.setattr(care, "_entries", listed)
        return found

    whole = DiskCare(cache).contents().bytes
    size = os.stat(f"{cache.root}/{name}").st_size
    monkeypatch.setattr(care, "_entries", vanishing)
    assert DiskCare(cache).contents().bytes == whole - size


def test_a_directory_that_can_be_listed_alone(cache: ModCache) -> None:
    directory = Path(cache.root, AT_V)
    directory.chmod(0o400)
    with modes_count(), pytest.raises(DiskError, match=f"stat {directory}/.*: permission denied"):
        DiskCare(cache).contents()
    directory.chmod(0o755)


def test_what_cannot_be_read_is_no_damage_and_ends_nothing(cache: ModCache) -> None:
    path = Path(cache.root, f"{STEM}.zip")
    path.unlink()
    path.mkdir()
    (faults,) = DiskCare(cache).check([MV])
    assert [(fault.code, fault.text, fault.path) for fault in faults] == [("disk", f"read {path}: is a directory", "")]


def test_a_lost_hash_is_found(cache: ModCache) -> None:
    os.unlink(f"{cache.root}/{STEM}.ziphash")
    (faults,) = DiskCare(cache).check([MV])
    assert [fault.code for fault in faults] == ["missing-ziphash"]


def test_a_version_is_removed_but_for_its_lock(cache: ModCache) -> None:
    DiskCare(cache).remove(Held(MV))
    assert listing(cache) == [f"{AT_V}/list", f"{STEM}.lock"]
    assert not Path(cache.root, "github.com").exists()


def test_the_go_mod_of_a_version_may_stay(cache: ModCache) -> None:
    DiskCare(cache).remove(Held(MV), keeps_small=True)
    assert listing(cache) == [f"{AT_V}/list", *(f"{STEM}.{suffix}" for suffix in ("info", "lock", "mod"))]


def test_of_a_damaged_tree_the_sound_zip_stays(cache: ModCache) -> None:
    put(cache, f"{TREE}/x.go", b"package y\n")
    care = DiskCare(cache)
    (faults,) = care.check([MV])
    care.remove_damaged(MV, faults)
    assert cache.has_zip(MV)
    assert cache.download_dir(MV).state == "missing"
    cache.extract(MV)
    assert care.check([MV]) == [()]


def test_removal_waits_for_who_downloads(cache: ModCache) -> None:
    """go holds the same lock while it downloads or extracts."""
    done = threading.Event()

    def remove() -> None:
        DiskCare(cache).remove(Held(MV))
        done.set()

    with cache.lock(MV):
        thread = threading.Thread(target=remove)
        thread.start()
        assert not done.wait(0.2)
        assert cache.has_zip(MV)
        assert cache.download_dir(MV).state == "whole"
    thread.join(10)
    assert done.is_set()
    assert not cache.has_zip(MV)


def test_a_tree_is_never_seen_in_part(cache: ModCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each step of a removal the tree is whole, or counts as absent."""
    seen: list[str] = []
    whole = {f"{TREE}/{name}" for name in FILES}
    for name in ("rename", "unlink", "rmdir", "chmod"):
        real = getattr(os, name)

        def step(*args: object, real: object = real, **words: object) -> object:
            state = cache.download_dir(MV).state
            files = {each for each in listing(cache) if each.startswith(f"{TREE}/")}
            assert state != "whole" or files == whole
            seen.append(state)
            return real(*args, **words)  # type: ignore[operator]

        monkeypatch.setattr(os, name, step)
    DiskCare(cache).remove(Held(MV))
    assert {"partial", "missing"} <= set(seen)


def test_an_interrupted_removal_leaves_nothing_that_counts(cache: ModCache, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    real = os.unlink

    def killed(path: str, **words: object) -> None:
        if path.endswith(".zip"):
            raise Killed
        real(path)

    monkeypatch.setattr(os, "unlink", killed)
    with pytest.raises(Killed):
        DiskCare(cache).remove(Held(MV))
    monkeypatch.undo()
    assert cache.download_dir(MV).state == "missing"
    cache.extract(MV)  # cleans up and extracts anew
    assert DiskCare(cache).check([MV]) == [()]
    assert not [name for name in listing(cache) if ".tmp" in name or name.endswith(".partial")]


def test_the_whole_cache_goes_with_its_read_only_trees(cache: ModCache) -> None:
    assert not os.access(f"{cache.root}/{TREE}", os.W_OK) or os.geteuid() == 0
    DiskCare(cache).remove_all()
    assert not os.path.exists(cache.root)
    DiskCare(cache).remove_all()


def test_toolchains_and_capital_letters_are_told(cache: ModCache) -> None:
    put(cache, "golang.org/toolchain@v0.0.1-go1.21.3.linux-amd64/bin/go", b"#!")
    mods = [held.mod for held in DiskCare(cache).contents().held]
    assert mods == [MV, ModuleVersion("golang.org/toolchain", "v0.0.1-go1.21.3.linux-amd64")]
