# SPDX-License-Identifier: BSD-3-Clause
"""What is answered beside the protocol of module proxies."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.serve.http.routes import Call, Reply, Route
from tests.simulators.served import Served
from tests.simulators.world import World


async def echo(call: Call) -> Reply:
    body = await call.body(10)
    return Reply(201 if body else 200, "text/x-echo", f"{call.method} {call.path} {call.query} {body!r}".encode())


ECHO = Route(lambda path, _: path == "/echo" or path.startswith("/echo/"), echo, frozenset({"GET", "PUT"}))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root: Path = tmp_path_factory.mktemp("routes")
    with World(root) as world:
        world.publish("q.io/a", "v1.0.0")
        with Served(world, env={"GOPRIVATE": "corp.example"}, access_log=str(root / "access")) as served:
            served.site.routes = (ECHO,)
            yield served


def ask(served: Served, method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.request(method, path, body)
    answer = connection.getresponse()
    try:
        return answer.status, answer.headers["content-type"], answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "want"),
    [
        ("GET", "/echo", None, (200, "text/x-echo", "GET /echo  b''")),
        ("GET", "/echo/a%20b?x=1&y=%20", None, (200, "text/x-echo", "GET /echo/a b x=1&y=%20 b''")),
        ("HEAD", "/echo", None, (200, "text/x-echo", "")),
        ("PUT", "/echo", b"0123456789", (201, "text/x-echo", "PUT /echo  b'0123456789'")),
        (
            "PUT",
            "/echo",
            b"0123456789a",
            (413, "text/plain; charset=utf-8", "the body of the request exceeds 10 bytes\n"),
        ),
        ("DELETE", "/echo", None, (405, "text/plain; charset=utf-8", "a module proxy is only read\n")),
        ("GET", "/q.io/a/@v/list", None, (200, "text/plain; charset=utf-8", "v1.0.0\n")),
        ("PUT", "/q.io/a/@v/list", b"x", (405, "text/plain; charset=utf-8", "a module proxy is only read\n")),
    ],
)
def test_a_route_answers_its_paths(
    served: Served, method: str, path: str, body: bytes | None, want: tuple[int, str, str]
) -> None:
    assert ask(served, method, path, body) == want


def test_private_modules_in_paths_of_routes_are_not_in_the_log(served: Served) -> None:
    ask(served, "GET", "/echo/corp.example/secret")
    served.site.log.stop()
    text = Path(served.settings.access_log).read_text()
    assert "/echo" in text
    assert "secret" not in text
