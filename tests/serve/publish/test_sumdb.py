# SPDX-License-Identifier: BSD-3-Clause
"""Versions that are published with a record in a checksum database of one's own, which the same server serves."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.rules import make_record
from govgo.errors import UsageError
from govgo.serve.server.build import check_settings
from govgo.serve.tables import Publishing
from govgo.wiring.sumdb import init_database, open_publisher
from tests.serve.publish.test_route import USERS, get, put, sum_of
from tests.simulators.served import Served
from tests.simulators.world import World

NAME = "sum.corp.example"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    root: Path = tmp_path_factory.mktemp("own")
    (root / "users").write_text(USERS)
    place, key_file = str(root / "sumdb"), str(root / "key")
    key, _, _ = init_database(NAME, place, key_file, {})
    with World(root) as world:
        publishing = Publishing(("corp.example",), place, key_file)
        with Served(world, users=str(root / "users"), anonymous=("*",), publishing=publishing) as served:
            yield served, key


def test_a_record_is_there_with_the_version(shared: tuple[Served, str]) -> None:
    served, _ = shared
    assert get(served, f"/sumdb/{NAME}/supported").status == 200
    assert put(served, "corp.example/x", "v1.0.0").status == 201
    lookup = get(served, f"/sumdb/{NAME}/lookup/corp.example/x@v1.0.0", "").text
    h1, gomod_h1 = sum_of("corp.example/x", "v1.0.0"), hash_gomod(b"module corp.example/x\n")
    assert f"corp.example/x v1.0.0 {h1}\ncorp.example/x v1.0.0/go.mod {gomod_h1}\n" in lookup
    assert get(served, f"/sumdb/{NAME}/latest", "").text.startswith("go.sum database tree\n")
    tile = get(served, f"/sumdb/{NAME}/tile/8/0/000.p/1", "")
    assert (tile.status, tile.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert get(served, f"/sumdb/{NAME}/lookup/corp.example/x@v9.9.9", "").status == 404
    assert put(served, "corp.example/x", "v1.0.0").status == 200


def test_who_may_look_up(shared: tuple[Served, str], tmp_path: Path) -> None:
    """Whoever reads some modules proves them, and no others."""
    served, _ = shared
    put(served, "corp.example/x", "v1.0.0")
    with Served(
        served.world, storage=str(tmp_path), users=served.settings.users, publishing=served.settings.publishing
    ) as closed:
        lookup = f"/sumdb/{NAME}/lookup/corp.example/x@v1.0.0"
        assert [get(closed, lookup, user).status for user in ("ci", "reader", "guest", "")] == [200, 200, 403, 401]
        assert get(closed, f"/sumdb/{NAME}/latest", "guest").status == 200


def test_a_record_that_says_otherwise_keeps_the_version_out(shared: tuple[Served, str]) -> None:
    served, _ = shared
    mod = ModuleVersion("corp.example/x", "v1.5.0")
    publishing = served.settings.publishing
    other = make_record(mod, hash_gomod(b"other"), hash_gomod(b"other go.mod"))
    open_publisher(publishing.sumdb, publishing.sumdb_key, {}).add({mod: other})
    got = put(served, *mod)
    assert got.status == 409
    assert "v1.5.0" not in get(served, "/corp.example/x/@v/list").text


def test_settings_that_cannot_work(shared: tuple[Served, str], tmp_path: Path) -> None:
    served, _ = shared
    good = served.settings
    for bad, told in (
        ({"users": ""}, "users is missing"),
        ({"storage": ""}, "storage is missing"),
        ({"read_only": True}, "read_only"),
        ({"publishing": good.publishing._replace(sumdb=str(tmp_path))}, "no checksum database"),
        ({"publishing": good.publishing._replace(sumdb_key=str(tmp_path / "none"))}, "none"),
    ):
        with pytest.raises(UsageError, match=told):
            check_settings(good._replace(**bad), served._env)


@pytest.mark.go
def test_go_takes_what_is_published_and_proves_it(shared: tuple[Served, str], tmp_path: Path) -> None:
    served, key = shared
    assert put(served, "corp.example/y", "v1.0.0").status in (200, 201)
    main = tmp_path / "main"
    main.mkdir()
    (main / "go.mod").write_text("module example.com/main\n\ngo 1.21\n")
    (main / "a.go").write_text('package m\n\nimport _ "corp.example/y"\n')
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GOPATH": str(tmp_path / "go"),
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOTOOLCHAIN": "local",
        "GOPROXY": served.url,
        "GOSUMDB": key,
        "GOENV": "off",
    }
    for words in (["get", "corp.example/y@latest"], ["build", "./..."], ["list", "-m", "-versions", "corp.example/y"]):
        done = subprocess.run(["go", *words], cwd=main, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    assert done.stdout == "corp.example/y v1.0.0\n"
    assert f"corp.example/y v1.0.0 {sum_of('corp.example/y', 'v1.0.0')}\n" in (main / "go.sum").read_text()
