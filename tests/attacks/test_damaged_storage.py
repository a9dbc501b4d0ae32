# SPDX-License-Identifier: BSD-3-Clause
"""Each file of a storage, damaged in each way, under a server that is started over it.

With upstream there, everything is answered right, at once. Without it, what cannot be proved any more is no 200.

    pytest --slow tests/attacks/test_damaged_storage.py
"""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.simulators import campaigns
from tests.simulators.proxy import Status
from tests.simulators.served import Got, Served
from tests.simulators.world import World

V = "/q.io/a/@v/v1.0.0"
SUMDB = "sumdb/sum.example.org"
FILES = [
    *(f"q.io/a/@v/{name}" for name in ("list", "list.kept", "v1.0.0.lock", "v1.0.0.ziphash")),
    *(f"{V[1:]}.{suffix}" for suffix in ("info", "mod", "zip")),
    "q.io/a/@latest.kept",
    *(f"{SUMDB}/{name}" for name in ("latest", "lookup/q.io/a@v1.0.0", "tile/8/0/000", "tile/8/1/000.p/1")),
]
ASKED = [
    "/q.io/a/@v/list",  # first: what is as the storage says by itself is not kept
    *(f"{V}.{suffix}" for suffix in ("info", "mod", "zip")),
    "/q.io/a/@latest",
    *(f"/{SUMDB}/{name}" for name in ("lookup/q.io/a@v1.0.0", "tile/8/0/000", "supported")),
]


def content(path: str, got: Got) -> object:
    """What is proved of an answer: of a zip names and contents, not what stands between or before them."""
    if not path.endswith(".zip"):
        return got.body
    with zipfile.ZipFile(io.BytesIO(got.body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(data: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        before = file.read_bytes()
        file.unlink()
        file.write_bytes(data(before))

    return damage


def in_its_place(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        file.unlink()
        make(file)

    return damage


DAMAGES: dict[str, Callable[[Path], None]] = {
    "empty": write(lambda data: b""),
    "cut": write(lambda data: data[: len(data) // 2]),
    "cut by a byte": write(lambda data: data[:-1]),
    "another beginning": write(lambda data: bytes([data[0] ^ 4]) + data[1:] if data else b"x"),
    "zeros": write(lambda data: bytes(len(data))),
    "a page": write(lambda data: b"<html><body>502 Bad Gateway</body></html>\n"),
    "a line before": write(lambda data: b"v9.9.9\n" + data),
    "much too large": write(lambda data: data + bytes(20 << 20)),
    "gone": in_its_place(lambda file: None),
    "a directory": in_its_place(lambda file: (file.mkdir(), (file / "x").write_text("x"))),
    "a link": in_its_place(lambda file: file.symlink_to("/etc/passwd")),
    "a link to itself": in_its_place(lambda file: file.symlink_to(file.name)),
    "a pipe": in_its_place(os.mkfifo),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        world.publish("q.io/a", "v1.0.0")
        world.proxy.files["/q.io/a/@latest"] = world.proxy.files[f"{V}.info"]
        yield world


@pytest.fixture(scope="module")
def whole(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Got]]:
    """A storage that has all of it, and the answers."""
    place = tmp_path_factory.mktemp("whole")
    with Served(world, storage=str(place)) as served:
        right = {path: served.get(path) for path in ASKED}
    assert {got.status for got in right.values()} == {200}
    assert all((place / file).is_file() for file in FILES)
    return place, right


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_what_is_damaged_is_mended_and_never_served(
    tmp_path: Path, world: World, whole: tuple[Path, dict[str, Got]], file: str
) -> None:
    place, right = whole
    for name in campaigns.spread(list(DAMAGES)):
        for upstream in (True, False):
            world.proxy.calm()
            if not upstream:
                world.proxy.script("*", Status(403))
            storage = tmp_path / name / str(upstream)
            shutil.copytree(place, storage)
            DAMAGES[name](storage / file)
            with Served(world, storage=str(storage)) as served:
                for path in ASKED * 2:
                    got = served.get(path, timeout=20)
                    what = (name, upstream, path, got.status, got.body[:80])
                    assert got.status == 200 or not upstream, what
                    assert got.status != 200 or (got.whole and content(path, got) == content(path, right[path])), what
            shutil.rmtree(storage)
