# SPDX-License-Identifier: BSD-3-Clause
"""One checksum database, one cache, two programs: each accepts what the other keeps, byte for byte."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from govgo.core.gosum.dirhash import h1, hash_gomod
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import ForkError, NotFoundError
from tests.simulators.sumdb_home import Home
from tests.simulators.sumdb_log import NAME, Log, Server, keys
from tests.simulators.zips import module_zip

GO = shutil.which("go")
pytestmark = pytest.mark.go

MODS = [ModuleVersion("m.io/Big/x", f"v1.{n}.0") for n in range(4)]


class Site:
    """A file proxy with modules, their log behind a loopback server, and the directories of one user."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = Home(root)
        self.home.cache = root / "mod" / "cache" / "download" / "sumdb" / NAME
        log = Log().grow(900)
        for mod in MODS:
            log.add(*mod, self.publish(mod))
            log.grow(170)
        self.server = Server(log)
        self.url = ""

    def publish(self, mod: ModuleVersion) -> str:
        """Put a module version on the proxy; its record."""
        files = {"go.mod": f"module {mod.path}\n".encode(), "x.go": f"package x // {mod.version}\n".encode()}
        prefix = f"{mod.path}@{mod.version}"
        at_v = self.root / "proxy" / "m.io/!big/x/@v"
        at_v.mkdir(parents=True, exist_ok=True)
        (at_v / f"{mod.version}.info").write_text(f'{{"Version":"{mod.version}"}}')
        (at_v / f"{mod.version}.mod").write_bytes(files["go.mod"])
        (at_v / f"{mod.version}.zip").write_bytes(module_zip(prefix, files))
        zip_sum = h1((f"{prefix}/{name}", hashlib.sha256(data).digest()) for name, data in files.items())
        gomod_sum = hash_gomod(files["go.mod"])
        return f"{mod.path} {mod.version} {zip_sum}\n{mod.path} {mod.version}/go.mod {gomod_sum}\n"

    def go_download(self, *mods: ModuleVersion) -> str:
        """Run `go mod download`; what it says on stderr."""
        assert GO is not None
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GOPATH": str(self.root / "gopath"),
            "GOMODCACHE": str(self.root / "mod"),
            "GOCACHE": str(self.root / "gocache"),
            "GOPROXY": f"file://{self.root}/proxy",
            "GOSUMDB": f"{self.server.log.key} {self.url}",
            "GOTOOLCHAIN": "local",
            "GOENV": "off",
            "GOFLAGS": "-modcacherw",
            "GO111MODULE": "on",
        }
        done = subprocess.run(
            [GO, "mod", "download", *(f"{mod.path}@{mod.version}" for mod in mods)],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.stderr if done.returncode else ""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.server.requests.append(self.path)
            try:
                body = site.server.body(self.path)
            except NotFoundError:
                self.send_error(404)
                return
            if site.server.down:
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        site.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield site
        http.shutdown()
        thread.join()


def test_go_accepts_what_we_keep(site: Site) -> None:
    site.server.head_size = 1100
    site.home.lookup_many(site.server, MODS[:2])
    site.server.down = True
    site.server.requests.clear()
    assert site.go_download(*MODS[:2]) == ""
    assert site.server.requests == []


def test_we_accept_what_go_keeps(site: Site) -> None:
    assert site.go_download(*MODS) == ""
    stored = site.home.latest.read_bytes()
    assert stored == site.server.log.head()
    site.server.down = True
    site.server.requests.clear()
    found = site.home.lookup_many(site.server, MODS)
    for mod in MODS:
        lines = site.server.log.records[site.server.log.numbers[mod]].decode().splitlines()
        assert found[mod] == (lines[0],)
    assert site.server.requests == []
    assert site.home.latest.read_bytes() == stored


def test_both_keep_the_same_files(site: Site, tmp_path: Path) -> None:
    assert site.go_download(*MODS) == ""
    ours = Home(tmp_path / "ours")
    ours.lookup_many(site.server, MODS)
    assert ours.latest.read_bytes() == site.home.latest.read_bytes()
    for name in ours.kept() & site.home.kept():
        assert (ours.cache / name).read_bytes() == (site.home.cache / name).read_bytes()
    assert ours.kept() == site.home.kept()


def test_go_goes_on_from_our_head_and_we_from_its(site: Site) -> None:
    for number, mod in enumerate(MODS):
        site.server.head_size = site.server.log.numbers[mod] + 100
        if number % 2:
            assert site.go_download(mod) == ""
        else:
            site.home.lookup(site.server, mod)
        assert site.home.latest.read_bytes() == site.server.log.head(site.server.head_size)


def test_go_sees_the_fork_too(site: Site) -> None:
    """The stored head is ours, the fork is the same, and both programs refuse it in the same words."""
    site.server.head_size = 1100
    site.home.lookup(site.server, MODS[0])
    fork = site.server.log.fork(1000)
    for mod in MODS[1:]:
        fork.add(*mod, site.publish(mod))
        fork.grow(200, "m.io/other")
    site.server.log = site.server.tile_log = fork
    site.server.head_size = None
    said = site.go_download(MODS[1])
    assert "SECURITY ERROR\ngo.sum database server misbehavior detected!" in said
    with pytest.raises(Exception, match="misbehavior detected") as caught:
        site.home.lookup(site.server, MODS[1])
    ours = str(caught.value).partition("\n\nboth signed tree heads are kept in ")[0]
    assert ours in said


def test_go_keeps_a_strange_signature_and_we_do_not(site: Site) -> None:
    """A line that a proxy put below the signature stays in go's `latest`. Each program accepts what the other keeps."""
    stranger, _ = keys(3, "sum.evil.example")
    log = site.server.log

    def forge(path: str, body: bytes) -> bytes:
        if "/lookup/" not in path:
            return body
        head = log.head(site.server.head_size)
        return body.removesuffix(head) + log.head(site.server.head_size, [log.signer, stranger])

    site.server.forge = forge
    site.server.head_size = 1100
    assert site.go_download(MODS[0]) == ""
    assert b"sum.evil.example" in site.home.latest.read_bytes()
    site.server.head_size = 1300
    site.home.lookup(site.server, MODS[1])
    assert site.home.latest.read_bytes() == log.head(1300)
    site.server.head_size = None
    assert site.go_download(MODS[2]) == ""


def test_go_cannot_say_that_the_database_went_back(site: Site) -> None:
    """It has no tiles of the size that was kept: for go a failed request, for us two heads that nothing joins."""
    log = site.server.log
    site.home.keep_head(log.head())
    back = log.fork(1000)
    site.server.log = site.server.tile_log = back
    said = site.go_download(MODS[0])
    assert "404 Not Found" in said
    assert "SECURITY" not in said
    with pytest.raises(ForkError) as caught:
        site.home.lookup(site.server, MODS[0])
    assert set(caught.value.notes) == {log.head(), back.head()}
