# SPDX-License-Identifier: BSD-3-Clause
"""A cache in a crowd: writers killed at any moment, and many at once."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CacheAudit
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators.zips import module_zip

MODS = tuple(ModuleVersion(f"m.io/x{i}", "v1.0.0") for i in range(4))

LEFT_OVER = re.compile(r"\.tmp-|\.zip(hash)?\d+\.tmp|\.partial$")
"""What the next download of the same version removes; small files of killed writers are swept when they are old."""

DOWNLOAD = """
import pathlib, sys
from govgo.core.module.moduleversion import ModuleVersion
from govgo.adapters.modcache.cache import ModCache
root, proxy, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
cache = ModCache(root, writable_dirs=False)
for number in range(rounds):
    for file in sorted(proxy.iterdir()):
        mv = ModuleVersion("m.io/" + file.name, "v1.0.0")
        cache.write_info(*mv, b"{}")
        cache.write_gomods([(mv, b"module m.io/x\\n")])
        with cache.lock(mv):
            if number or not cache.has_zip(mv):
                with cache.new_zip_temp(mv) as temp, cache.new_tree(mv) as tree:
                    temp.write(file.read_bytes())
                    temp.commit(cache.check_and_hash_zip(temp.path, mv, tree=tree))
                    tree.commit()
        if number:
            pathlib.Path(cache.file(mv, "partial")).touch()
        cache.extract(mv)
"""


def downloader(root: Path, proxy: Path, rounds: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", DOWNLOAD, str(root), str(proxy), str(rounds)]
    return subprocess.Popen(words, stdout=subprocess.PIPE)


def a_proxy(home: Path) -> Path:
    proxy = home / "proxy"
    proxy.mkdir()
    for mv in MODS:
        files = {f"d{i}/f{i}.go": os.urandom(2000) for i in range(60)}
        (proxy / mv.path.removeprefix("m.io/")).write_bytes(module_zip(str(mv), files))
    return proxy


def assert_sound(root: Path) -> None:
    cache = ModCache(str(root), writable_dirs=False)
    assert [cache.download_dir(mv).state for mv in MODS] == ["whole"] * len(MODS)
    assert CacheAudit(cache).faults(MODS) == ((),) * len(MODS)
    assert [p.name for p in root.rglob("*") if LEFT_OVER.search(p.name)] == []


@pytest.mark.wide
def test_killed_at_any_moment_a_later_run_succeeds(tmp_path: Path) -> None:
    proxy, root = a_proxy(tmp_path), tmp_path / "mod"
    pauses = random.Random(7)
    for _ in range(8):
        process = downloader(root, proxy, 1000)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(pauses.uniform(0.001, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        cache = ModCache(str(root), writable_dirs=False)
        assert [CacheAudit(cache).module_faults(mv) for mv in MODS] == [()] * len(MODS)
    with downloader(root, proxy, 2) as last:
        assert last.wait(timeout=60) == 0
    assert_sound(root)


@pytest.mark.wide
def test_a_crowd_of_writers(tmp_path: Path) -> None:
    proxy, root = a_proxy(tmp_path), tmp_path / "mod"
    crowd = [downloader(root, proxy, 1) for _ in range(4)]
    for process in crowd:
        with process:
            assert process.wait(timeout=60) == 0
    assert_sound(root)
