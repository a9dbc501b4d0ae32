# SPDX-License-Identifier: BSD-3-Clause
"""One module cache, two programs: what we write the go command accepts, and the other way round."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CacheAudit
from govgo.adapters.modzip.hash import hash_tree
from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators.zips import DESCRIPTOR, STORED, Member, archive

GO = shutil.which("go")
pytestmark = pytest.mark.go

MV = ModuleVersion("m.io/Big/x", "v1.0.0")
GO_MOD = b"module m.io/Big/x\n\ngo 1.21\n"
P = f"{MV}/"
ZIP = archive(
    Member(P + "go.mod", GO_MOD),
    Member(P + "x.go", b"package x\n", STORED),
    Member(P + "sub/y.go", b"package y // " + b"y" * 9999, flags=DESCRIPTOR),
)
INFO = b'{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"}'


class Site:
    """A main module that needs MV, a file proxy that has it, and a module cache."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.main = home / "main"
        self.main.mkdir()
        (self.main / "go.mod").write_text(f"module example.com/main\n\ngo 1.21\n\nrequire {MV.path} {MV.version}\n")
        (self.main / "main.go").write_text(f'package main\n\nimport _ "{MV.path}/sub"\n\nfunc main() {{}}\n')
        at_v = home / "proxy" / "m.io/!big/x/@v"
        at_v.mkdir(parents=True)
        for name, data in {"v1.0.0.info": INFO, "v1.0.0.mod": GO_MOD, "v1.0.0.zip": ZIP, "list": b"v1.0.0\n"}.items():
            (at_v / name).write_bytes(data)
        self.cache = ModCache(str(home / "mod"), writable_dirs=False)

    def environment(self, proxy: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GOPATH": str(self.home / "gopath"),
            "GOMODCACHE": self.cache.root,
            "GOCACHE": str(self.home / "gocache"),
            "GOPROXY": proxy,
            "GOSUMDB": "off",
            "GOTOOLCHAIN": "local",
            "GOENV": "off",
            "GOFLAGS": "-mod=mod",
        }

    def go(self, *words: str, proxy: str = "off") -> subprocess.CompletedProcess[str]:
        assert GO is not None
        return subprocess.run(
            [GO, *words], cwd=self.main, env=self.environment(proxy), capture_output=True, text=True, check=False
        )

    @property
    def proxy(self) -> str:
        return f"file://{self.home}/proxy"

    def fill(self) -> str:
        """What a download by us leaves in the cache."""
        cache = self.cache
        cache.write_info(*MV, INFO)
        cache.write_gomods([(MV, GO_MOD)])
        with cache.lock(MV), cache.new_zip_temp(MV) as temp:
            temp.write(ZIP)
            temp.commit(cache.check_and_hash_zip(temp.path, MV, gomod=GO_MOD))
        return cache.extract(MV)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def snapshot(root: str) -> dict[str, tuple[int, bytes]]:
    """Mode and content of everything in a cache but locks, which hold nothing, and telemetry."""
    found: dict[str, tuple[int, bytes]] = {}
    for path in Path(root).rglob("*"):
        name = str(path.relative_to(root))
        if not name.endswith("lock"):
            found[name] = (path.stat().st_mode, b"" if path.is_dir() else path.read_bytes())
    return found


def test_go_accepts_what_we_wrote(site: Site) -> None:
    tree = site.fill()
    before = snapshot(site.cache.root)
    listed = site.go("list", "-m", "-f", "{{.Dir}}", MV.path)
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, f"{tree}\n", "")
    downloaded = site.go("mod", "download", "-json")
    assert downloaded.returncode == 0, downloaded.stdout + downloaded.stderr
    verified = site.go("mod", "verify")
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "all modules verified\n", "")
    assert site.go("list", "./...").returncode == 0
    assert snapshot(site.cache.root) == before


def test_our_cache_is_go_s_cache_byte_for_byte(site: Site, tmp_path: Path) -> None:
    assert site.go("mod", "download", proxy=site.proxy).returncode == 0
    theirs = snapshot(site.cache.root)
    other = tmp_path / "other"
    other.mkdir()
    ours = Site(other)
    ours.fill()
    assert snapshot(ours.cache.root) == theirs


def test_we_accept_what_go_wrote(site: Site) -> None:
    assert site.go("mod", "download", proxy=site.proxy).returncode == 0
    cache = site.cache
    tree = cache.download_dir(MV)
    assert tree.state == "whole"
    assert cache.read_gomod(MV) == GO_MOD
    assert Path(cache.version_dir(MV.path), "list").read_bytes() == b"v1.0.0\n"
    assert cache.ziphash(MV) == cache.hash_zip(MV) == hash_tree(tree.dir, str(MV))
    assert CacheAudit(cache).faults([MV]) == ((),)
    before = snapshot(cache.root)
    assert cache.extract(MV) == tree.dir
    assert snapshot(cache.root) == before


def damage_tree(cache: ModCache) -> None:
    path = Path(cache.root, "m.io/!big/x@v1.0.0/x.go")
    path.chmod(0o644)
    path.write_text("package z\n")


def damage_zip(cache: ModCache) -> None:
    Path(cache.zip_path(MV)).write_bytes(archive(Member(P + "x.go", b"package z\n")))


def damage_hash(cache: ModCache) -> None:
    Path(cache.file(MV, "ziphash")).write_text("h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")


def lose_hash(cache: ModCache) -> None:
    os.unlink(cache.file(MV, "ziphash"))


def lose_zip(cache: ModCache) -> None:
    os.unlink(cache.zip_path(MV))


def empty_zip(cache: ModCache) -> None:
    Path(cache.zip_path(MV)).write_bytes(b"")


def mark_partial(cache: ModCache) -> None:
    damage_tree(cache)
    Path(cache.file(MV, "partial")).touch()


@pytest.mark.parametrize("damage", [damage_tree, damage_zip, damage_hash, lose_hash, lose_zip, empty_zip, mark_partial])
def test_verify_says_what_go_says(damage: object, site: Site) -> None:
    site.fill()
    assert callable(damage)
    damage(site.cache)
    said = site.go("mod", "verify").stderr
    (faults,) = CacheAudit(site.cache).faults([MV])
    assert "".join(f"{fault}\n" for fault in faults) == said


def test_go_waits_for_our_lock(site: Site) -> None:
    assert GO is not None
    words = [GO, "mod", "download"]
    with site.cache.lock(MV):
        process = subprocess.Popen(words, cwd=site.main, env=site.environment(site.proxy))
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1.5)
        assert not os.path.exists(site.cache.zip_path(MV))
    assert process.wait(timeout=60) == 0
    assert site.cache.download_dir(MV).state == "whole"


def test_go_waits_for_our_edit_of_go_mod(site: Site) -> None:
    assert GO is not None
    assert site.go("mod", "download", proxy=site.proxy).returncode == 0
    files = DiskWorkspace(site.cache)
    with files.side_lock():
        words = [GO, "mod", "edit", "-go=1.22"]
        process = subprocess.Popen(words, cwd=site.main, env=site.environment("off"))
        time.sleep(0.5)
        assert b"go 1.21" in (site.main / "go.mod").read_bytes()
    assert process.wait(timeout=60) == 0
    assert b"go 1.22" in (site.main / "go.mod").read_bytes()
