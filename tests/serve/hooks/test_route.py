# SPDX-License-Identifier: BSD-3-Clause
"""A pushed tag, from the message to what clients see."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from govgo.serve.hooks import route as module
from govgo.serve.policy import Policy, Rule
from govgo.serve.tables import Hook, Publishing, Vanity
from tests.simulators.proxy import Status
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

SECRET = "a secret of sixteen letters"
AT = "/q.io/a/@v/"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[str, bytes]]]:
    root: Path = tmp_path_factory.mktemp("hooks")
    (root / "secret").write_text(f"{SECRET}\nand a comment\n")
    token = hashlib.sha256(b"refresher").hexdigest()
    (root / "users").write_text(f"bot:sha256:{token}:refresh=q.io\n")
    with World(root) as world:
        world.publish("q.io/a", "v1.0.0")
        with Served(
            world,
            users=str(root / "users"),
            anonymous=("*",),
            hooks=(Hook(str(root / "secret"), ("q.io", "here.example", "blocked.example")),),
            vanity=(Vanity("q.io/a", "git", "https://git.example/corp/a.git"),),
            publishing=Publishing(("here.example",)),
            policy=Policy((Rule("blocked.example", "", "SEC-7"),)),
        ) as served:
            yield served, dict(world.proxy.files)


@pytest.fixture
def served(shared: tuple[Served, dict[str, bytes]]) -> Served:
    served, files = shared
    (hooks,) = (route.answer.__self__ for route in served.site.routes if route.kind == "hook")  # type: ignore[attr-defined]
    eventually(lambda: not hooks._fetching)  # of the test before
    hooks._lately.clear()
    served.world.calm()
    served.world.proxy.files = dict(files)
    served.renew()
    return served


def tell(
    served: Served, document: Any, *, secret: str = SECRET, method: str = "POST", **headers: str
) -> tuple[int, str]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    lines = {name.replace("_", "-"): text for name, text in headers.items()}
    if secret:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        lines["X-Hub-Signature-256"] = f"sha256={digest}"
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    try:
        with suppress(BrokenPipeError):  # it answers before the end of a body that is too large, and reads no more
            connection.request(method, "/hooks/refresh", body, lines)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def pushed(tag: str, url: str = "https://q.io/a") -> dict[str, Any]:
    return {"ref": f"refs/tags/{tag}", "after": "a" * 40, "repository": {"html_url": url}}


def push(served: Served, tag: str, **more: Any) -> tuple[int, str]:
    return tell(served, pushed(tag, **more), X_GitHub_Event="push")


def test_a_tag_is_seen_at_once_and_fetched(served: Served) -> None:
    assert served.get(AT + "list").body == b"v1.0.0\n"
    assert served.get(AT + "v1.1.0.info").status == 404
    served.world.publish("q.io/a", "v1.1.0")
    assert served.get(AT + "list").body == b"v1.0.0\n", "for a minute"
    assert served.get(AT + "v1.1.0.info").status == 404, "for ten seconds"
    status, told = push(served, "v1.1.0")
    assert (status, json.loads(told)) == (202, {"refreshed": ["q.io/a"], "fetching": ["q.io/a@v1.1.0"]})
    assert served.get(AT + "list").body == b"v1.0.0\nv1.1.0\n"
    assert served.get(AT + "v1.1.0.info").status == 200
    eventually(lambda: (served.storage / "q.io/a/@v/v1.1.0.zip").exists())
    served.world.proxy.asked.clear()
    assert served.get(AT + "v1.1.0.zip").status == 200
    assert [path for path in served.world.proxy.asked if not path.startswith("/sumdb")] == []


def test_other_forms_of_the_same(served: Served) -> None:
    for number, (document, headers) in enumerate(
        [
            ({"module": "q.io/a", "version": "v1.0.0"}, {}),
            ({"module": "q.io/a"}, {}),
            (pushed("v1.0.0", "https://git.example/corp/a"), {"X_Gitea_Event": "push"}),
            (
                {"object_kind": "tag_push", "ref": "refs/tags/v1.0.0", "project": {"web_url": "https://q.io/a"}},
                {"X_Gitlab_Event": "Tag Push Hook", "X_Gitlab_Token": SECRET, "secret": ""},
            ),
            ({"module": "q.io/a", "version": "v1.0.0"}, {"secret": "", "Authorization": "Bearer refresher"}),
        ]
    ):
        status, told = tell(served, document, **headers)
        assert (number, status, json.loads(told)["refreshed"]) == (number, 202, ["q.io/a"])


@pytest.mark.parametrize(
    ("document", "headers", "status", "text"),
    [
        (pushed("v1.0.0"), {"secret": "another secret"}, 401, "not signed"),
        (pushed("v1.0.0"), {"secret": ""}, 401, "not signed"),
        ({"module": "q.io/a"}, {"secret": "", "Authorization": "Bearer nobody"}, 401, "not signed"),
        ({"module": "x.io/a"}, {"secret": "", "Authorization": "Bearer refresher"}, 403, "it may not be about x.io/a"),
        (b"nonsense", {}, 400, "the payload is no JSON"),
        (pushed("v1.0.0", "https://evil.example/a"), {}, 403, "it may not be about evil.example/a"),
        (pushed("v1.0.0", "http://169.254.169.254/latest"), {}, 403, "it may not be about 169.254.169.254"),
        (pushed("v1.0.0", "http://localhost/q.io"), {}, 403, "it may not be about localhost"),
        (pushed("v1.0.0", "https://blocked.example/a"), {}, 403, "SEC-7"),
        (pushed("v1.0.0", "https://here.example/a"), {}, 403, "lives here alone"),
        ({"zen": "ping"}, {"X_GitHub_Event": "ping"}, 204, ""),
        (b"x" * (5 << 20), {}, 413, "exceeds"),
    ],
)
def test_what_is_refused(served: Served, document: Any, headers: dict[str, str], status: int, text: str) -> None:
    """Nobody is asked then: above all not whoever a payload names."""
    if isinstance(document, dict) and "repository" in document:
        headers = {"X_GitHub_Event": "push", **headers}
    got = tell(served, document, **headers)
    assert (got[0], text in got[1]) == (status, True), got
    assert served.world.proxy.asked == []


def test_an_answer_without_content_has_no_length(served: Served) -> None:
    """RFC 9110, 8.6."""
    body = b'{"zen": "ping"}'
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    got = served.raw(
        b"POST /hooks/refresh HTTP/1.1\r\nHost: x\r\nX-GitHub-Event: ping\r\nConnection: close\r\n"
        b"X-Hub-Signature-256: sha256=%b\r\nContent-Length: %d\r\n\r\n%b" % (digest.encode(), len(body), body)
    )
    head, _, rest = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 204 ")
    assert b"content-length" not in head
    assert b"transfer-encoding" not in head
    assert rest == b""


def test_other_methods(served: Served) -> None:
    got = served.get("/hooks/refresh")
    assert (got.status, got.headers["allow"]) == (405, "POST")
    assert tell(served, {}, method="PUT")[0] == 405


def test_a_message_counts_once(served: Served) -> None:
    """Whoever replays one a thousand times makes upstream be asked once."""
    for _ in range(20):
        assert push(served, "v1.0.0")[0] == 202
    eventually(lambda: (served.storage / "q.io/a/@v/v1.0.0.zip").exists())
    asked = [path for path in served.world.proxy.asked if path == AT + "list"]
    assert len(asked) == 1
    assert served.counters.total("refreshes") == 1


def test_attack_messages_that_never_end(served: Served) -> None:
    """However many there are, others are taken."""
    with ExitStack() as held:
        for _ in range(100):
            held.enter_context(begun(served, b"{"))
        assert push(served, "v1.0.0")[0] == 202


def begun(served: Served, body: bytes) -> socket.socket:
    """A connection on which the beginning of a message was sent."""
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
    connection.sendall(b"POST /hooks/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + body)
    return connection


def test_attack_messages_by_the_byte(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message has a time in all, however often a piece of it comes."""
    monkeypatch.setattr(module, "_BODY_S", 0.3)
    with begun(served, b"{") as connection:
        connection.settimeout(0.05)
        for _ in range(100):
            connection.sendall(b" ")
            with suppress(TimeoutError):
                assert connection.recv(100).startswith(b"HTTP/1.1 408 ")
                return
    raise AssertionError("it is still read")


def test_attack_messages_that_fill_the_memory(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that are on their way the oldest gives way, and whoever sends a message in one go has room."""
    monkeypatch.setattr(module, "_MOST_HELD", 1000)
    monkeypatch.setattr(module, "_BODY_S", 1000.0)  # it is not this limit that ends them
    (hooks,) = (route.answer.__self__ for route in served.site.routes if route.kind == "hook")  # type: ignore[attr-defined]
    with ExitStack() as held:
        first = held.enter_context(begun(served, b"{" * 600))
        eventually(lambda: sum(hooks._reading.values()) == 600)
        second = held.enter_context(begun(served, b"{" * 600))
        assert first.recv(100).startswith(b"HTTP/1.1 408 ")
        assert push(served, "v1.0.0")[0] == 202
        second.sendall(b"{" * 400)
        assert second.recv(100).startswith(b"HTTP/1.1 401 ")


def test_attack_more_messages_than_are_remembered(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten, so that nobody fills the memory; it counts anew then."""
    monkeypatch.setattr(module, "_MOST_KNOWN", 2)
    for path in ("q.io/a", "q.io/b", "q.io/c", "q.io/c", "q.io/a"):
        assert tell(served, {"module": path})[0] == 202
    assert served.counters.total("refreshes") == 4


def test_attack_tags_of_a_slow_upstream(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than some are fetched at once; a client that asks for one of the others has it fetched."""
    monkeypatch.setattr(module, "_FETCHES", 1)
    served.world.publish("q.io/b", "v1.0.0")
    served.world.proxy.delay_s = 0.2
    try:
        assert push(served, "v1.0.0")[0] == 202
        eventually(lambda: AT + "list" in served.world.proxy.asked)
        assert tell(served, {"module": "q.io/b", "version": "v1.0.0"})[0] == 202
    finally:
        served.world.proxy.delay_s = 0.0
    eventually(lambda: (served.storage / "q.io/a/@v/v1.0.0.zip").exists())
    assert not [path for path in served.world.proxy.asked if "q.io/b" in path]


def test_a_list_that_was_asked_for_before_the_tag_is_not_kept(served: Served) -> None:
    """The message overtakes an answer of upstream that does not have the tag yet."""
    served.world.proxy.delay_s = 0.5
    try:
        first: list[bytes] = []
        asking = threading.Thread(target=lambda: first.append(served.get(AT + "list").body))
        asking.start()
        eventually(lambda: AT + "list" in served.world.proxy.asked)
        served.world.publish("q.io/a", "v1.1.0")
        assert tell(served, {"module": "q.io/a"})[0] == 202
        asking.join()
    finally:
        served.world.proxy.delay_s = 0.0
    eventually(lambda: served.get(AT + "list").body == b"v1.0.0\nv1.1.0\n")


def test_upstream_that_is_down_makes_nothing_worse(served: Served) -> None:
    assert served.get(AT + "list").body == b"v1.0.0\n"
    served.world.proxy.script("*", Status(503))
    assert tell(served, {"module": "q.io/a"})[0] == 202
    assert served.get(AT + "list").body == b"v1.0.0\n"
