# SPDX-License-Identifier: BSD-3-Clause
"""Vanity import paths: pages that go, govgo and people read."""

from __future__ import annotations

import http.client
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.core.vcs.metatags import MetaImport, match_meta_import, parse_meta_imports
from govgo.serve.hooks.payload import Place
from govgo.serve.tables import Publishing, Vanity
from govgo.serve.vanity import VanityRoute, page_of
from tests.serve.publish.test_route import USERS, put
from tests.simulators.served import Served
from tests.simulators.world import World

RULES = (
    Vanity("corp.example/x", "git", "https://git.example/x", proxy="https://proxy.example"),
    Vanity("corp.example/x/deep", "git", "ssh://git@git.example/deep", "go/deep"),
    Vanity("corp.example/private", "mod", "http://corp.example"),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("vanity")
    (root / "users").write_text(USERS)
    with World(root) as world:
        publishing = Publishing(("corp.example",))
        with Served(
            world, vanity=RULES, users=str(root / "users"), anonymous=("corp.example",), publishing=publishing
        ) as served:
            yield served


def ask(served: Served, host: str, path: str, method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    try:
        connection.request(method, path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("host", "path", "tags"),
    [
        (
            "corp.example",
            "/x?go-get=1",
            [MetaImport("corp.example/x", "mod", "https://proxy.example")],
        ),
        ("CORP.example:8080", "/x/sub/pkg?go-get=1", [MetaImport("corp.example/x", "mod", "https://proxy.example")]),
        (
            "y.example",
            "http://corp.example:8080/x?go-get=1",
            [MetaImport("corp.example/x", "mod", "https://proxy.example")],
        ),
        ("corp.example", "http://y.example/x?go-get=1", None),
        ("corp.example.", "/x/?a=b&go-get=1", [MetaImport("corp.example/x", "mod", "https://proxy.example")]),
        (
            "corp.example",
            "/x/deep/er?go-get=1",
            [MetaImport("corp.example/x/deep", "git", "ssh://git@git.example/deep", "go/deep")],
        ),
        ("corp.example", "/x", [MetaImport("corp.example/x", "mod", "https://proxy.example")]),
        ("corp.example", "/xy?go-get=1", None),
        ("corp.example", "/y?go-get=1", None),
        ("corp.example", "/?go-get=1", None),
        ("other.example", "/x?go-get=1", None),
        ("other.example", "/x", None),
        ("", "/x?go-get=1", None),
        ("corp.example", "/x?go-get=2", [MetaImport("corp.example/x", "mod", "https://proxy.example")]),
    ],
)
def test_pages(served: Served, host: str, path: str, tags: list[MetaImport] | None) -> None:
    status, page = ask(served, host, path)
    assert status == (200 if tags is not None else 404)
    assert parse_meta_imports(page.encode()) == (tags or [])


def test_the_tag_for_a_repository_is_there_for_those_who_know_no_proxies() -> None:
    page = page_of(RULES[0], "corp.example/x/sub")
    assert '<meta name="go-import" content="corp.example/x git https://git.example/x">' in page
    assert page.index(" mod ") < page.index(" git ")
    assert match_meta_import(parse_meta_imports(page.encode()), "corp.example/x/sub").vcs == "mod"
    assert '<a href="https://git.example/x">' in page
    assert "<pre>go get corp.example/x/sub</pre>" in page


def test_what_a_request_says_is_escaped(served: Served) -> None:
    status, page = ask(served, "corp.example", "/x/%3Cscript%3Ealert(1)%3C/script%3E?go-get=1")
    assert status == 200
    assert "<script>" not in page
    assert ask(served, "<b>", "/x?go-get=1")[0] in (400, 404)


def test_the_protocol_goes_on(served: Served) -> None:
    assert ask(served, "corp.example", "/x/@v/list")[0] in (404, 401)
    assert ask(served, "corp.example", "/q.io/a/@v/list?go-get=1")[0] == 404
    assert ask(served, "corp.example", "/healthz")[0] == 200


def test_the_places_of_a_repository() -> None:
    route = VanityRoute(RULES)
    assert route.places("git.example/x") == (Place("corp.example/x"),)
    assert route.places("git.example/Deep") == (Place("corp.example/x/deep", "go/deep"),)
    assert route.places("corp.example") == ()


@pytest.mark.go
def test_go_finds_a_module_that_lives_here_alone(served: Served, tmp_path: Path) -> None:
    """GOPROXY=direct: go asks the host of the path, is sent to the proxy there, and builds."""
    assert put(served, "corp.example/private", "v1.2.0").status in (200, 201)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GOPATH": str(tmp_path / "go"),
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOTOOLCHAIN": "local",
        "GOPROXY": "direct",
        "GOPRIVATE": "corp.example",
        "GOINSECURE": "corp.example",
        "GOENV": "off",
        "HTTP_PROXY": served.url,  # so that the name needs no name server; HTTPS is refused, and GOINSECURE allows HTTP
        "HTTPS_PROXY": served.url,
    }
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "go.mod").write_text("module example.com/main\n\ngo 1.21\n")
    (tmp_path / "main" / "a.go").write_text('package m\n\nimport _ "corp.example/private"\n')
    for words in (["get", "corp.example/private@latest"], ["build", "./..."]):
        done = subprocess.run(
            ["go", *words], cwd=tmp_path / "main", env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
    assert "corp.example/private v1.2.0" in (tmp_path / "main" / "go.mod").read_text()
