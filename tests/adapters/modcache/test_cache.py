# SPDX-License-Identifier: BSD-3-Clause
"""The module cache: go's layout, and what is left of it by crashes, cleaners, full disks and planted links."""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from govgo.adapters.modcache.cache import ModCache, NoModCacheError
from govgo.adapters.modzip.hash import hash_tree, hash_zip
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import BadZipError, DiskError, InputError, UsageError
from govgo.ports.reporter import Cancelled
from tests.simulators.zips import module_zip

MV = ModuleVersion("github.com/Big/x", "v1.0.0-RC1")
AT_V = "cache/download/github.com/!big/x/@v"
TREE = "github.com/!big/x@v1.0.0-!r!c1"
FILES = {"go.mod": b"module github.com/Big/x\n", "a/b/c.go": b"package c\n", "x.go": b"package x\n"}
ZIP = module_zip(str(MV), FILES)


@pytest.fixture
def cache(tmp_path: Path) -> ModCache:
    return ModCache(str(tmp_path / "mod"), writable_dirs=False)


def fill(cache: ModCache, mv: ModuleVersion = MV, data: bytes = ZIP) -> str:
    with cache.lock(mv), cache.new_zip_temp(mv) as temp:
        temp.write(data)
        h1 = cache.check_and_hash_zip(temp.path, mv)
        temp.commit(h1)
    return h1


def listing(cache: ModCache) -> list[str]:
    root = Path(cache.root)
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir())


def test_layout_is_go_s(cache: ModCache) -> None:
    cache.write_info(MV.path, MV.version, b"{}")
    cache.write_gomods([(MV, FILES["go.mod"])])
    fill(cache)
    assert cache.extract(MV) == f"{cache.root}/{TREE}"
    stem = f"{AT_V}/v1.0.0-!r!c1"
    suffixes = ("info", "lock", "mod", "zip", "ziphash")
    assert listing(cache) == sorted(
        [*(f"{stem}.{s}" for s in suffixes), f"{AT_V}/list", *(f"{TREE}/{name}" for name in FILES)]
    )
    assert cache.download_dir(MV) == (f"{cache.root}/{TREE}", "whole", "")


def test_trees_are_read_only_unless_asked_otherwise(tmp_path: Path) -> None:
    for writable, mode in ((False, 0o555), (True, 0o755)):
        cache = ModCache(str(tmp_path / str(writable)), writable_dirs=writable)
        fill(cache)
        tree = Path(cache.extract(MV))
        assert {stat.S_IMODE(p.stat().st_mode) for p in (tree, tree / "a", tree / "a/b")} == {mode}
        assert stat.S_IMODE((tree / "a/b/c.go").stat().st_mode) == 0o444


def test_an_extraction_that_is_not_wanted_any_more_leaves_nothing(cache: ModCache) -> None:
    h1 = fill(cache)
    before = listing(cache)
    answers = [False, True, True]
    with pytest.raises(Cancelled):
        cache.extract(MV, is_stopped=lambda: answers.pop(0))
    with cache.lock(MV), cache.new_tree(MV) as tree:
        path = cache.zip_path(MV)
        with pytest.raises(Cancelled):
            cache.check_and_hash_zip(path, MV, tree=tree, is_stopped=lambda: answers.pop(0))
        assert cache.check_and_hash_zip(path, MV, tree=tree) == h1  # as long as it is wanted, it goes on
    assert answers == []
    assert listing(cache) == before
    assert os.listdir(os.path.dirname(cache.download_dir(MV).dir)) == []


def test_a_thread_that_is_left_behind_writes_to_no_other_file(cache: ModCache, tmp_path: Path) -> None:
    with cache.lock(MV), cache.new_zip_temp(MV) as temp:
        temp.write(b"zip")
    with open(tmp_path / "other", "wb", buffering=0) as other, pytest.raises(DiskError):
        temp.write(b"zip")  # to the number that the other file has by now
    assert other.closed
    assert (tmp_path / "other").read_bytes() == b""


def test_small_files_read_back(cache: ModCache) -> None:
    assert cache.read_info(MV.path, MV.version) is None
    assert cache.read_gomod(MV) is None
    big = b"x" * 200_000
    cache.write_info(MV.path, MV.version, big)
    cache.write_gomods([(MV, b"")])
    assert cache.read_info(MV.path, MV.version) == big
    assert cache.read_gomod(MV) == b""


@pytest.mark.parametrize(
    ("path", "version"), [("go", "1.21"), ("toolchain", "go1.21"), ("m.io/x", "v1"), ("m.io/x", "main"), ("", "v1.0.0")]
)
def test_no_files_for_names_that_no_module_version_has(path: str, version: str, cache: ModCache) -> None:
    mv = ModuleVersion(path, version)
    assert cache.read_gomod(mv) is None
    assert cache.ziphash(mv) is None
    with pytest.raises(InputError):
        cache.write_gomods([(mv, b"module m\n")])


def test_made_up_go_mod_of_old_prototypes_is_absent(cache: ModCache) -> None:
    cache.write_gomods([(MV, b"//vgo 0.0.4\n\nmodule x\n")])
    assert cache.read_gomod(MV) is None


def test_list_names_versions_with_a_go_mod_in_semver_order(cache: ModCache) -> None:
    versions = ["v1.10.0", "v1.2.0", "v1.2.0-rc.1", "v2.0.0+incompatible", "v1.9.0"]
    cache.write_gomods((ModuleVersion("m.io/x", v), b"module m.io/x\n") for v in versions)
    cache.write_info("m.io/x", "v1.11.0", b"{}")
    at_v = Path(cache.version_dir("m.io/x"))
    (at_v / "v1.mod").write_bytes(b"")
    (at_v / "junk.mod").write_bytes(b"")
    cache.write_gomods([(ModuleVersion("m.io/x", "v0.1.0"), b"module m.io/x\n")])
    assert (
        Path(cache.version_dir("m.io/x"), "list").read_bytes()
        == b"v0.1.0\nv1.2.0-rc.1\nv1.2.0\nv1.9.0\nv1.10.0\nv2.0.0+incompatible\n"
    )


def test_info_by_commit_is_the_highest_pseudo_version(cache: ModCache) -> None:
    for version in ("v0.0.0-20200101000000-abcdef123456", "v1.0.1-0.20200101000000-abcdef123456", "v1.0.0"):
        cache.write_info("m.io/x", version, version.encode())
    want = ("v1.0.1-0.20200101000000-abcdef123456", b"v1.0.1-0.20200101000000-abcdef123456")
    assert cache.find_info("m.io/x", "abcdef1234567890") == want
    assert cache.find_info("m.io/x", "abcdef12345") is None
    assert cache.find_info("m.io/x", "0123456789ab") is None
    assert cache.find_info("m.io/x", "not hexadecimal") is None


@pytest.mark.parametrize("text", ["", "h1:", "h1:" + "\0" * 44, "h1:" + "A" * 42 + "=", "garbage"], ids=range(5))
def test_ziphash_cut_short_is_absent(text: str, cache: ModCache) -> None:
    fill(cache)
    Path(cache.file(MV, "ziphash")).write_text(text)
    assert cache.ziphash(MV) is None


def test_a_directory_in_the_place_of_a_ziphash_is_told(cache: ModCache) -> None:
    fill(cache)
    path = cache.file(MV, "ziphash")
    os.unlink(path)
    os.mkdir(path)
    with pytest.raises(DiskError) as caught:
        cache.ziphash(MV)
    assert str(caught.value) == f"read {path}: is a directory"


def test_a_directory_in_the_place_of_a_zip_is_told_as_go_does(cache: ModCache) -> None:
    fill(cache)
    path = cache.zip_path(MV)
    os.unlink(path)
    os.mkdir(path)
    with pytest.raises(DiskError) as caught:
        cache.extract(MV)
    assert str(caught.value) == f"unzip {path}: read {path}: is a directory"


def test_lost_ziphash_makes_the_tree_partial_until_rehashed(cache: ModCache) -> None:
    h1 = fill(cache)
    cache.extract(MV)
    os.unlink(cache.file(MV, "ziphash"))
    assert cache.download_dir(MV)[1:] == ("partial", "ziphash file is missing")
    assert not cache.has_zip(MV)
    cache.write_ziphash(MV, cache.hash_zip(MV))
    assert cache.ziphash(MV) == h1
    assert cache.download_dir(MV).state == "whole"


def test_nobody_waits_at_a_pipe(cache: ModCache) -> None:
    """To open one waits for a writer, of whom there is none. go 1.26.8 waits at .mod, .info, .ziphash and .partial."""
    fill(cache)
    for suffix in ("info", "mod", "ziphash", "zip", "partial"):
        path = Path(cache.file(MV, suffix))
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    assert cache.read_info(*MV) is None
    assert cache.read_gomod(MV) is None
    for suffix, read in (("ziphash", cache.ziphash), ("zip", cache.hash_zip), ("zip", cache.extract)):
        with pytest.raises(DiskError) as caught:
            read(MV)
        assert str(caught.value).endswith(f"open {cache.file(MV, suffix)}: not a regular file")
    os.unlink(cache.file(MV, "zip"))
    fill(cache)
    assert Path(cache.extract(MV), "x.go").read_bytes() == FILES["x.go"]


def test_a_directory_in_place_of_the_marker_is_named(cache: ModCache) -> None:
    """As go says it, which opens the marker (os.WriteFile)."""
    fill(cache)
    marker = Path(cache.file(MV, "partial"))
    marker.mkdir()
    with pytest.raises(DiskError) as caught:
        cache.extract(MV)
    assert str(caught.value) == f"open {marker}: is a directory"
    assert not Path(cache.root, "github.com").is_dir() or not list(Path(cache.root, "github.com/!big").iterdir())


def test_partial_marker_means_extract_again(cache: ModCache) -> None:
    fill(cache)
    tree = Path(cache.extract(MV))
    os.chmod(tree, 0o755)
    (tree / "x.go").unlink()
    Path(cache.file(MV, "partial")).touch()
    assert cache.download_dir(MV)[1:] == ("partial", "not completely extracted")
    cache.extract(MV)
    assert (tree / "x.go").read_bytes() == FILES["x.go"]
    assert cache.download_dir(MV).state == "whole"


def test_whole_tree_is_left_alone(cache: ModCache) -> None:
    fill(cache)
    tree = Path(cache.extract(MV))
    before = tree.stat()
    cache.extract(MV)
    assert tree.stat() == before


def test_leftovers_of_killed_runs_go_with_the_next(cache: ModCache) -> None:
    fill(cache)
    at_v, parent = Path(cache.root, AT_V), Path(cache.root, "github.com/!big")
    (at_v / "v1.0.0-!r!c1.zip123.tmp").write_bytes(b"half")
    (parent / "x@v1.0.0-!r!c1.tmp-77" / "a").mkdir(parents=True)
    os.chmod(parent / "x@v1.0.0-!r!c1.tmp-77", 0o555)
    fill(cache)
    cache.extract(MV)
    assert [name for name in listing(cache) if "tmp" in name] == []
    assert [p.name for p in parent.iterdir()] == ["x@v1.0.0-!r!c1"]


def test_small_temporary_files_of_killed_writers_are_swept_when_old(cache: ModCache) -> None:
    at_v = Path(cache.version_dir(MV.path))
    at_v.mkdir(parents=True)
    for name, age_s in {"v1.0.0.mod1.tmp": 7200, "v1.0.0.info2.tmp": 7200, "v1.0.0.mod3.tmp": 60}.items():
        (at_v / name).touch()
        os.utime(at_v / name, (time.time() - age_s, time.time() - age_s))
    cache.write_gomods([(MV, FILES["go.mod"])])
    assert [p.name for p in at_v.iterdir() if p.suffix == ".tmp"] == ["v1.0.0.mod3.tmp"]


class Interrupted(BaseException):
    """Stands for Ctrl-C."""


def test_ctrl_c_during_a_download_leaves_nothing(cache: ModCache) -> None:
    def download() -> None:
        with cache.lock(MV), cache.new_zip_temp(MV) as temp:
            temp.write(ZIP[:50])
            raise Interrupted

    with pytest.raises(Interrupted):
        download()
    assert listing(cache) == [f"{AT_V}/v1.0.0-!r!c1.lock"]


def test_ctrl_c_during_extraction_leaves_nothing(cache: ModCache, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(cache)

    def stop(descriptor: int, data: bytes) -> None:
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr("govgo.adapters.modzip.unzip.write_all", stop)
        with pytest.raises(Interrupted):
            cache.extract(MV)
    assert [p.name for p in Path(cache.root, "github.com/!big").iterdir()] == []
    assert not os.path.exists(cache.file(MV, "partial"))
    assert cache.extract(MV)


def test_marker_stands_while_a_tree_is_made(cache: ModCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks at a tree that is half removed or half made finds it partial."""
    fill(cache)
    tree = Path(cache.extract(MV))
    os.unlink(cache.file(MV, "ziphash"))

    def removed_in_part(path: str) -> None:
        os.chmod(tree, 0o755)
        (tree / "x.go").unlink()
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr("govgo.adapters.modcache.cache.remove_tree", removed_in_part)
        with pytest.raises(Interrupted):
            cache.extract(MV)
    cache.write_ziphash(MV, cache.hash_zip(MV))
    assert cache.download_dir(MV)[1:] == ("partial", "not completely extracted")
    assert (Path(cache.extract(MV)) / "x.go").is_file()
    assert cache.download_dir(MV).state == "whole"


def full_disk(descriptor: int, data: bytes) -> None:
    os.write(descriptor, data[: len(data) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_names_the_file_and_leaves_nothing_half_written(
    cache: ModCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(cache)
    before = listing(cache)
    for module in ("modzip.unzip", "disk.atomic", "modcache.cache"):
        monkeypatch.setattr(f"govgo.adapters.{module}.write_all", full_disk)
    with pytest.raises(DiskError, match=r"v1.0.0-!r!c1.mod: no space left on device") as caught:
        cache.write_gomods([(MV, FILES["go.mod"])])
    assert caught.value.path == cache.file(MV, "mod")
    with pytest.raises(DiskError, match=r"no space left on device"):
        fill(cache)
    with pytest.raises(DiskError, match=r"no space left on device"):
        cache.extract(MV)
    assert listing(cache) == before


def test_a_zip_is_kept_where_its_tree_has_no_room(cache: ModCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were extracted later: the fault is that of the extraction, and the zip need not be fetched again."""
    monkeypatch.setattr("govgo.adapters.modzip.unzip.write_all", full_disk)
    with cache.lock(MV), cache.new_zip_temp(MV) as temp, cache.new_tree(MV) as tree:
        temp.write(ZIP)
        h1 = cache.check_and_hash_zip(temp.path, MV, tree=tree)
        temp.commit(h1)
        tree.commit()
    assert cache.hash_zip(MV) == h1
    assert [name for name in listing(cache) if not name.startswith(AT_V)] == []
    with pytest.raises(DiskError, match=r"no space left on device"):
        cache.extract(MV)


def test_a_partial_tree_gives_way_to_one_that_was_made_with_its_zip(cache: ModCache) -> None:
    stale = Path(f"{cache.root}/{TREE}/old.go")
    stale.parent.mkdir(parents=True)
    stale.write_text("package old\n")
    with cache.lock(MV), cache.new_zip_temp(MV) as temp, cache.new_tree(MV) as tree:
        temp.write(ZIP)
        temp.commit(cache.check_and_hash_zip(temp.path, MV, tree=tree))
        tree.commit()
    assert sorted(name for name in listing(cache) if name.startswith(TREE)) == sorted(f"{TREE}/{x}" for x in FILES)
    assert cache.download_dir(MV).state == "whole"


def test_old_file_survives_a_full_disk(cache: ModCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write_info(MV.path, MV.version, b"old")
    monkeypatch.setattr("govgo.adapters.disk.atomic.write_all", full_disk)
    with pytest.raises(DiskError):
        cache.write_info(MV.path, MV.version, b"new, and longer")
    assert cache.read_info(MV.path, MV.version) == b"old"


def test_refused_zip_leaves_only_its_lock(cache: ModCache) -> None:
    with pytest.raises(BadZipError):
        fill(cache, data=ZIP[:100])
    assert listing(cache) == [f"{AT_V}/v1.0.0-!r!c1.lock"]


def test_another_source_starts_with_an_empty_file(cache: ModCache) -> None:
    with cache.lock(MV), cache.new_zip_temp(MV) as temp:
        temp.write(b"x" * len(ZIP) * 2)
        temp.rewind()
        temp.write(ZIP)
        temp.commit(cache.check_and_hash_zip(temp.path, MV))
    assert Path(cache.zip_path(MV)).read_bytes() == ZIP


def test_cache_cleaned_behind_our_back(cache: ModCache) -> None:
    cache.write_gomods([(MV, FILES["go.mod"])])
    fill(cache)
    cache.extract(MV)
    subprocess.run(["chmod", "-R", "u+w", cache.root], check=True)
    subprocess.run(["rm", "-r", cache.root], check=True)
    cache.write_gomods([(MV, FILES["go.mod"])])
    fill(cache)
    assert os.path.isdir(cache.extract(MV))


@pytest.mark.parametrize("suffix", ["ziphash", "mod", "info", "zip", "partial", "lock"])
@pytest.mark.parametrize("dangling", [True, False])
def test_planted_link_in_the_cache_is_not_written_through(suffix: str, dangling: bool, tmp_path: Path) -> None:
    cache = ModCache(str(tmp_path / "mod"), writable_dirs=False)
    target = tmp_path / "target"
    if not dangling:
        target.write_text("precious")
    link = Path(cache.file(MV, suffix))
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    cache.write_info(MV.path, MV.version, b"{}")
    cache.write_gomods([(MV, FILES["go.mod"])])
    fill(cache)
    cache.extract(MV)
    assert not link.is_symlink()
    assert not target.exists() if dangling else target.read_text() == "precious"
    assert cache.ziphash(MV) == hash_zip(cache.zip_path(MV))


def test_planted_link_for_the_list_is_not_written_through(cache: ModCache, tmp_path: Path) -> None:
    link = Path(cache.version_dir(MV.path), "list")
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "target")
    cache.write_gomods([(ModuleVersion(MV.path, "v1.2.3"), FILES["go.mod"])])
    assert not (tmp_path / "target").exists()
    assert link.read_bytes() == b"v1.2.3\n"


@pytest.mark.parametrize("dangling", [True, False])
def test_planted_link_for_the_tree_is_not_extracted_through(dangling: bool, cache: ModCache, tmp_path: Path) -> None:
    fill(cache)
    target = tmp_path / "target"
    if not dangling:
        target.mkdir()
        (target / "mine").write_text("precious")
        Path(cache.file(MV, "partial")).touch()
    link = Path(cache.root, TREE)
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    tree = Path(cache.extract(MV))
    assert not tree.is_symlink()
    assert (tree / "x.go").read_bytes() == FILES["x.go"]
    assert not target.exists() if dangling else [p.name for p in target.iterdir()] == ["mine"]


def test_planted_link_inside_an_old_tree_is_not_followed_by_removal(cache: ModCache, tmp_path: Path) -> None:
    fill(cache)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "mine").write_text("precious")
    tree = Path(cache.root, TREE)
    tree.mkdir(parents=True)
    (tree / "a").symlink_to(tmp_path / "target")
    Path(cache.file(MV, "partial")).touch()
    cache.extract(MV)
    assert (tmp_path / "target" / "mine").read_text() == "precious"
    assert (tree / "a" / "b" / "c.go").is_file()
    assert not (tree / "a").is_symlink()


def test_file_in_the_place_of_the_tree_gives_way(cache: ModCache) -> None:
    fill(cache)
    tree = Path(cache.root, TREE)
    tree.parent.mkdir(parents=True)
    tree.write_text("")
    assert cache.download_dir(MV)[1:] == ("partial", "not a directory")
    cache.extract(MV)
    assert cache.download_dir(MV).state == "whole"


def test_root_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(NoModCacheError, match=r"module cache not found: neither GOMODCACHE nor GOPATH is set"):
        ModCache("", writable_dirs=False).check_root()
    with pytest.raises(UsageError, match=r'GOMODCACHE entry is relative; must be absolute path: "mod".'):
        ModCache("mod", writable_dirs=False).check_root()
    file = tmp_path / "file"
    file.touch()
    text = re.escape(f'could not create module cache: "{file}" is not a directory')
    with pytest.raises(NoModCacheError, match=text):
        ModCache(str(file), writable_dirs=False).check_root()
    with pytest.raises(NoModCacheError, match=r"could not create module cache: stat .*/file/mod: not a directory"):
        ModCache(str(file / "mod"), writable_dirs=False).check_root()
    ModCache(str(tmp_path / "new"), writable_dirs=False).check_root()
    assert (tmp_path / "new").is_dir()


@pytest.mark.parametrize("root", ["", "/proc/none"])
def test_where_no_cache_can_be_nothing_is_found_or_kept(root: str) -> None:
    """go fetches go.mod files again and again then, and fails when it needs a zip."""
    cache = ModCache(root, writable_dirs=False)
    mv = ModuleVersion("q.io/a", "v1.0.0")
    cache.write_gomods([(mv, b"module q.io/a\n")])
    cache.write_info(*mv, b"{}")
    assert (cache.read_gomod(mv), cache.read_info(*mv), cache.ziphash(mv)) == (None, None, None)
    assert (cache.has_zip(mv), cache.has_downloads(), cache.download_dir(mv).state) == (False, False, "missing")
    with pytest.raises(NoModCacheError), cache.lock(mv):
        pass
    with pytest.raises(NoModCacheError), cache.side_lock():
        pass


HOLD = """
import sys, time
from govgo.adapters.disk.lockfile import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_lock_waits_for_another_process(cache: ModCache) -> None:
    with cache.lock(MV):
        pass
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, cache.file(MV, "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    order: list[str] = []

    def wait() -> None:
        with cache.lock(MV):
            order.append("ours")

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.1)
    order.append("theirs")
    holder.communicate(b"\n")
    thread.join(timeout=10)
    assert order == ["theirs", "ours"]


def test_threads_extract_once(cache: ModCache) -> None:
    fill(cache)
    trees: list[str] = []
    threads = [threading.Thread(target=lambda: trees.append(cache.extract(MV))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trees == [f"{cache.root}/{TREE}"] * 8
    assert hash_tree(trees[0], str(MV)) == cache.ziphash(MV)


def test_lists_of_many_writes_are_made_by_the_last_one(cache: ModCache) -> None:
    cache.write_gomods([(ModuleVersion("m.io/x", "v1.0.0"), b"module m.io/x\n")], more=True)
    assert not Path(cache.version_dir("m.io/x"), "list").exists()
    cache.write_gomods([(ModuleVersion("m.io/x", "v1.1.0"), b"module m.io/x\n")], more=True)
    cache.write_gomods([])
    assert Path(cache.version_dir("m.io/x"), "list").read_bytes() == b"v1.0.0\nv1.1.0\n"
