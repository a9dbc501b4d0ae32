# SPDX-License-Identifier: BSD-3-Clause
"""`govgo publish` from the command line, to a server in this process."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.serve.tables import Publishing
from tests.simulators import run as runs
from tests.simulators.gitrepos import needs_git
from tests.simulators.served import Served
from tests.simulators.world import World
from tests.simulators.zips import module_zip

TOKEN = hashlib.sha256(b"secret").hexdigest()


class Run(runs.Run):
    command = ("publish",)
    schema = "govgo.publish-1.json"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root: Path = tmp_path_factory.mktemp("publish")
    (root / "users").write_text(f"ci:sha256:{TOKEN}:publish=corp.example/*\nreader:sha256:{'0' * 64}\n")
    with (
        World(root) as world,
        Served(world, users=str(root / "users"), anonymous=("*",), publishing=Publishing(("corp.example",))) as served,
    ):
        yield served


@pytest.fixture
def served(shared: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    """A server without versions, and a user with a module in the working directory."""
    shared.renew()
    shared.world.use(monkeypatch, GOVGO_PUBLISH_TOKEN="secret", GOVGO_PUBLISH=shared.url, GIT_CONFIG_GLOBAL="/dev/null")
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path / "x")
    Path("go.mod").write_text("module corp.example/x\n")
    Path("x.go").write_text("package x\n")
    return shared


def git(*words: str) -> None:
    identity = {"GIT_AUTHOR_DATE": "2024-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2024-01-02T03:04:05Z"}
    who = ["-c", "user.name=a", "-c", "user.email=a@corp.example"]
    subprocess.run(["git", *who, *words], check=True, capture_output=True, env={**os.environ, **identity})


def test_a_directory(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    zipped = {"go.mod": b"module corp.example/x\n", "x.go": b"package x\n"}
    dry = Run(capsys, "-n", "v1.0.0")
    assert dry.code == 0
    assert dry.out.startswith(f"would publish corp.example/x@v1.0.0 at {served.url}: the files of the directory, ")
    assert served.get("/corp.example/x/@v/list").body == b""
    run = Run(capsys, "v1.0.0")
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith(f"published corp.example/x@v1.0.0 at {served.url}: the files of the directory, ")
    assert run.out.splitlines()[1:] == dry.out.splitlines()[1:]
    assert served.get("/corp.example/x/@v/list").body == b"v1.0.0\n"
    again = Run(capsys, "-json", "v1.0.0").json["results"][0]
    assert (again["status"], again["path"], again["source"]) == ("present", "corp.example/x", "directory")
    assert run.out.splitlines()[1:] == [
        f"corp.example/x v1.0.0 {again['sum']}",
        f"corp.example/x v1.0.0/go.mod {again['go_mod_sum']}",
    ]
    Path("lib.zip").write_bytes(module_zip("corp.example/x@v1.0.0", zipped))
    same = Run(capsys, "-json", "v1.0.0", "lib.zip").json["results"][0]
    assert (same["status"], same["source"], same["sum"]) == ("present", "zip", again["sum"])
    Path("x.go").write_text("package other\n")
    other = Run(capsys, "v1.0.0")
    assert other.code == 1
    assert "corp.example/x@v1.0.0 is published already, with other bytes" in other.err


@needs_git
def test_a_tag(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    """What is under the tag, in the module's directory, and nothing that was not committed."""
    Path("sub/v2").mkdir(parents=True)
    Path("sub/go.mod").write_text("module corp.example/x/sub\n")
    Path("sub/v2/go.mod").write_text("module corp.example/x/sub/v2\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    for tag in ("v1.0.0", "sub/v0.1.0", "sub/v2.0.0"):
        git("tag", tag)
    Path("x.go").write_text("package changed\n")
    assert Run(capsys, "v1.0.0").code == 0
    assert b"package x\n" in stored(served, "corp.example/x/@v/v1.0.0.zip").values()
    assert Run(capsys, "v0.1.0", "sub").code == 0
    assert list(stored(served, "corp.example/x/sub/@v/v0.1.0.zip")) == ["corp.example/x/sub@v0.1.0/go.mod"]
    assert Run(capsys, "v2.0.0", "sub/v2").code == 0
    missing = Run(capsys, "v1.1.0")
    assert missing.code == 1
    assert "has no tag v1.1.0: `git tag v1.1.0` makes it, and -worktree" in missing.err
    assert "`git tag sub/v0.2.0`" in Run(capsys, "v0.2.0", "sub").err
    assert Run(capsys, "-worktree", "v1.1.0").code == 0
    assert b"package changed\n" in stored(served, "corp.example/x/@v/v1.1.0.zip").values()


def stored(served: Served, key: str) -> dict[str, bytes]:
    import zipfile

    with zipfile.ZipFile(served.storage / key) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("words", "env", "code", "text"),
    [
        ([], {}, 2, "want a version"),
        (["v1"], {}, 2, "v1: want a version such as v1.2.3"),
        (["v1.0.0"], {"GOVGO_PUBLISH": ""}, 2, "name the server with -to or GOVGO_PUBLISH"),
        (["v1.0.0"], {"GOVGO_PUBLISH": "ftp://x"}, 2, "want a URL of https or http"),
        (["v1.0.0"], {"GOVGO_PUBLISH": "http://go.corp.example"}, 2, "refusing to pass credentials to insecure URL"),
        (["v1.0.0"], {"GOVGO_PUBLISH_TOKEN": "wrong"}, 3, "401: a login is needed"),
        (["v1.0.0"], {"GOVGO_PUBLISH_TOKEN": ""}, 3, "401: a login is needed"),
        (["v2.0.0"], {}, 1, "v2"),
        (["v1.0.0", "nowhere"], {}, 3, "nowhere"),
        (["v1.0.0", "x.go"], {}, 3, "x.go"),
    ],
)
def test_what_fails(
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    env: dict[str, str],
    code: int,
    text: str,
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    run = Run(capsys, *words)
    assert (run.code, text in run.err) == (code, True), run.err
    assert "secret" not in run.err + run.out
    if words:
        assert Run(capsys, "-json", *words).code == code


def test_no_server_of_ours(served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is sent to a server that does not say what it has: any other proxy gets no code."""
    monkeypatch.setenv("GOVGO_PUBLISH", served.world.proxy.url)
    run = Run(capsys, "v1.0.0")
    assert run.code == 3
    assert served.world.proxy.asked == ["/publish/corp.example/x/@v/v1.0.0.zip"]
    assert Run(capsys, "-json", "v1.0.0").json["errors"][0]["code"] == "network"
    served.world.proxy.files["/publish/corp.example/x/@v/v1.0.0.zip"] = b"[" * 60_000
    deep = Run(capsys, "v1.0.0")
    assert (deep.code, "no server that versions can be published on" in deep.err) == (3, True), deep.err
