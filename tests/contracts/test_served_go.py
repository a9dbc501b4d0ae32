# SPDX-License-Identifier: BSD-3-Clause
"""The real go command and govgo, from empty caches, through `govgo serve`: as if they had asked upstream themselves."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.simulators.proxy import certificate
from tests.simulators.served import Served
from tests.simulators.world import World

GO = shutil.which("go")
ROOT = Path(__file__).parents[2]
MAIN = "module example.com/main\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n"
SOURCE = 'package m\n\nimport _ "q.io/a"\n'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        world.publish("q.io/b", "v1.0.0", files={"b.go": "package b\n"})
        world.publish("q.io/b", "v1.2.0", files={"b.go": "package b\n"})
        requires = "module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.0.0\n"
        files = {"a.go": 'package a\n\nimport _ "q.io/b"\n'}
        world.publish("q.io/a", "v1.0.0", requires, files)
        world.publish("q.io/a", "v1.1.0", requires.replace("v1.0.0", "v1.2.0"), files)
        yield world


def run(command: list[str], world: World, url: str, home: str, **more: str) -> tuple[str, str, dict[str, bytes]]:
    """Run a command in a fresh copy of the main module with an empty cache: go.mod, go.sum, the cache's downloads."""
    top = world.root / home
    cache = top / "mod"
    directory = world.main(MAIN, {"m.go": SOURCE}, name=f"{home}/main")
    environment = {
        **world.environment,
        "GOPROXY": url,
        "GOMODCACHE": str(cache),
        "GOPATH": str(top / "gopath"),
        "GOFLAGS": "-mod=mod -modcacherw",
        "PYTHONPATH": str(ROOT),
        **more,
    }
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return (directory / "go.mod").read_text(), (directory / "go.sum").read_text(), downloads(cache)


def downloads(cache: Path) -> Mapping[str, bytes]:
    top = cache / "cache/download"
    files = {str(file.relative_to(top)): file.read_bytes() for file in top.rglob("*") if file.is_file()}
    return {name: data for name, data in files.items() if name.endswith((".mod", ".zip", ".info", ".ziphash"))}


GOVGO = [sys.executable, "-m", "govgo"]
VERBS = [
    ["mod", "tidy"],
    *(pytest.param(w, marks=pytest.mark.wide) for w in (["mod", "download"], ["get", "q.io/a@latest"])),
    pytest.param(["get", "-u", "./..."], marks=pytest.mark.wide),
]


@pytest.mark.wide
@pytest.mark.parametrize("words", VERBS, ids=" ".join)
@pytest.mark.parametrize("program", ["govgo", pytest.param("go", marks=[pytest.mark.go, pytest.mark.wide])])
def test_as_if_upstream_were_asked(world: World, program: str, words: list[str]) -> None:
    command = [*(GOVGO if program == "govgo" else [str(GO)]), *words]
    direct = run(command, world, world.proxy.url, "direct")
    with Served(world) as served:
        cold = run(command, world, served.url, "cold")
    world.proxy.files.clear()
    world.database.down = True
    with Served(world, upstream="http://127.0.0.1:1") as served:
        warm = run(command, world, served.url, "warm")
    assert cold == direct
    assert warm == direct


BUILDS = [["build", "./..."], ["mod", "download"], ["get", "-u", "./..."], ["mod", "tidy"]]


@pytest.mark.go
@pytest.mark.wide
@pytest.mark.parametrize("words", BUILDS, ids=" ".join)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_go_builds_from_empty_caches(world: World, tmp_path: Path, words: list[str], tls: bool) -> None:
    """GOFLAGS=-mod=mod, cold through the server, and warm when upstream is gone, also for another client."""
    command = [str(GO), *words]
    direct = run(command, world, world.proxy.url, "direct")
    more, settings = {}, {}
    if tls:
        _, roots = certificate(tmp_path)
        more, settings = {"SSL_CERT_FILE": roots}, {"tls_cert": str(tmp_path / "server.pem")}
    with Served(world, **settings) as served:
        assert run(command, world, served.url, "cold", **more) == direct
        world.proxy.files.clear()
        world.database.down = True
        assert run(command, world, served.url, "warm", **more) == direct
        program = subprocess.run(
            [*GOVGO, "list", "-m", "all"],
            cwd=world.root / "warm/main", capture_output=True, text=True, timeout=60, check=False,
            env={**world.environment, "GOPROXY": served.url, "GOMODCACHE": str(tmp_path / "other"),
                 "PYTHONPATH": str(ROOT), **more},
        )  # fmt: skip
        assert program.returncode == 0, program.stderr


@pytest.mark.go
def test_go_over_tls_with_a_password(world: World, tmp_path: Path) -> None:
    import bcrypt

    _, roots = certificate(tmp_path)
    users = tmp_path / "users"
    users.write_text(f"ann:{bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()}\n")
    direct = run([str(GO), "mod", "download"], world, world.proxy.url, "direct")
    with Served(world, tls_cert=str(tmp_path / "server.pem"), users=str(users)) as served:
        url = served.url.replace("https://", "https://ann:secret@")
        assert run([str(GO), "mod", "download"], world, url, "tls", SSL_CERT_FILE=roots) == direct


@pytest.mark.go
def test_a_cache_that_go_filled_is_served(world: World) -> None:
    """One directory for go and the proxy, at the same time."""
    run([str(GO), "mod", "download"], world, world.proxy.url, "go")
    storage = world.root / "go/mod/cache/download"
    world.proxy.asked.clear()
    with Served(world, storage=str(storage)) as served:
        for suffix in ("mod", "zip", "info"):
            assert served.get(f"/q.io/a/@v/v1.0.0.{suffix}").status == 200
        assert not [path for path in world.proxy.asked if "/@v/" in path]
        for suffix in ("mod", "zip", "info"):
            assert served.get(f"/q.io/a/@v/v1.1.0.{suffix}").status == 200
    environment = {**world.environment, "GOMODCACHE": str(world.root / "go/mod"), "GOPROXY": "off", "GOSUMDB": "off"}
    command = [str(GO), "mod", "download", "q.io/a@v1.1.0"]
    done = subprocess.run(command, cwd=world.root, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.wide
def test_a_client_does_not_go_round_a_proxy_that_fails(world: World) -> None:
    """Behind "," only "not found" moves on, so an upstream in trouble must not look like that."""
    from tests.simulators.proxy import Status

    second = World(world.root / "second")
    with second:
        second.publish("q.io/a", "v1.0.0")
        world.proxy.script("*", Status(503))
        with Served(world) as served:
            environment = {
                **world.environment,
                "GOPROXY": f"{served.url},{second.proxy.url}",
                "GOMODCACHE": str(world.root / "client"),
                "PYTHONPATH": str(ROOT),
                "GOVGO_TIMEOUT": "10s",
            }
            directory = world.main(MAIN)
            done = subprocess.run(
                [*GOVGO, "mod", "download"],
                cwd=directory,
                env=environment,
                capture_output=True,
                timeout=60,
                check=False,
            )
    assert done.returncode == 3
    assert second.proxy.asked == []


OPENSSL = shutil.which("openssl")


def openssl_certificate(top: Path, name: str, *extensions: str, authority: str = "") -> Path:
    """A certificate and its key, made by openssl: signed by an authority that was made before, or by itself."""
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    words += ["-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt"]
    for extension in extensions:
        words += ["-addext", extension]
    if authority:
        words += ["-CA", f"{authority}.crt", "-CAkey", f"{authority}.key"]
    subprocess.run([str(OPENSSL), *words], cwd=top, check=True, capture_output=True, timeout=30)
    return top / f"{name}.crt"


@pytest.mark.go
@pytest.mark.wide
@pytest.mark.skipif(OPENSSL is None, reason="no openssl")
def test_go_is_let_in_beside_clients_with_certificates(world: World, tmp_path: Path) -> None:
    """go has no certificate to show: a token in its netrc lets it in, a certificate curl."""
    authority = openssl_certificate(tmp_path, "authority", "keyUsage=critical,keyCertSign")
    chain = openssl_certificate(
        tmp_path, "server", "subjectAltName=IP:127.0.0.1", "basicConstraints=CA:FALSE", authority="authority"
    )
    openssl_certificate(tmp_path, "ci", "basicConstraints=CA:FALSE", authority="authority")
    token = "a-long-random-token"
    (tmp_path / "users").write_text(f"ci:certificate\ndev:sha256:{hashlib.sha256(token.encode()).hexdigest()}\n")
    direct = run([str(GO), "mod", "tidy"], world, world.proxy.url, "direct")
    settings = {"tls_cert": str(chain), "tls_key": str(tmp_path / "server.key"), "client_ca": str(authority)}
    with Served(world, users=str(tmp_path / "users"), **settings) as served:
        netrc = tmp_path / "netrc"
        netrc.write_text(f"machine 127.0.0.1:{served.port} login dev password {token}\n")
        more = {"SSL_CERT_FILE": str(authority)}
        for program, home in ((str(GO), "with-go"), (GOVGO, "with-govgo")):
            words = [program] if isinstance(program, str) else program
            assert run([*words, "mod", "tidy"], world, served.url, home, NETRC=str(netrc), **more) == direct
        with pytest.raises(AssertionError, match="401 Unauthorized"):
            run([str(GO), "mod", "tidy"], world, served.url, "nobody", NETRC=str(tmp_path / "none"), **more)
        curl = ["curl", "--silent", "--fail", "--cacert", str(authority), f"{served.url}/q.io/a/@v/v1.0.0.mod"]
        known = [*curl, "--cert", str(tmp_path / "ci.crt"), "--key", str(tmp_path / "ci.key")]
        found = subprocess.run(known, capture_output=True, timeout=20, check=False)
        assert found.stdout == world.proxy.files["/q.io/a/@v/v1.0.0.mod"]
        assert subprocess.run(curl, capture_output=True, timeout=20, check=False).returncode == 22
