# SPDX-License-Identifier: BSD-3-Clause
"""Text of strangers in every field that reaches a server, and everything that the server says.

Strangers are an upstream, a database, places that are followed, whoever asks, whoever sends a web hook or a version,
and whoever has published a module. What is said: to the operator, in the access log, in metrics and health, in answers
and refusals, on pages and in documents. The canary is that of `test_foreign_text`.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote as percent

import pytest

from govgo.adapters.http.retry import RetryPolicy
from govgo.cli.main import invoke
from govgo.core.golib.quote import quote
from govgo.core.sumdb.signer import make_keys
from govgo.serve.policy import Policy, Rule
from govgo.serve.tables import Events, Follow, Hook, Publishing, RegistrySettings
from tests.attacks import verbs
from tests.attacks.test_foreign_text import CANARY, COMMENT, FIELDS, GO, LINE, LINES, WORD, faults
from tests.cli.commands.trust.test_audit import advisory
from tests.simulators import campaigns
from tests.simulators.eventlog import EventLogSimulator
from tests.simulators.proxy import Body, Status
from tests.simulators.served import Got, Served, eventually
from tests.simulators.world import World

ASKED = (
    *("/q.io/a/@v/list", "/q.io/a/@latest", "/q.io/a/@v/main.info", "/q.io/a/@v/v1.1.0.info", "/q.io/a/@v/v1.0.0.mod"),
    *("/q.io/a/@v/v1.0.0.zip", "/sumdb/sum.example.org/supported", "/sumdb/sum.example.org/latest"),
    *("/sumdb/sum.example.org/lookup/q.io/a@v1.0.0", "/sumdb/sum.example.org/tile/8/0/000"),
    *("/healthz", "/readyz", "/metrics"),
)
FILES = re.compile(r"\.(mod|zip|info)$|/tile/")
"""Files are handed on as they are."""
SECRET = "a secret of sixteen letters"
TOKEN = "a long and random token"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "pause_for_fault", lambda *_: None)  # nothing here is mended by another try
    monkeypatch.setattr(RetryPolicy, "pause_for_status", lambda *_: None)


class Place(NamedTuple):
    served: Served
    log: Path

    def check(self) -> None:
        """What the operator is told, and the access log, are lines without commands."""
        eventually(lambda: not self.served.site.log._lines)
        for text in ("".join(self.served.said), self.log.read_text()):
            assert faults(text) == []
        for line in self.log.read_text().splitlines():
            json.loads(line)


def check_answer(path: str, got: Got) -> None:
    """An answer or a refusal has no controls and no commands, in its body and in its headers."""
    for name, value in got.headers.items():
        assert faults(f"{name}: {value}") == [], path
    if got.status == 200 and FILES.search(path):
        return
    text = got.body.decode()
    ours = "zq one"  # a body of upstream keeps the lines that it has
    assert faults(text, ours) == [], path
    if got.headers["content-type"].startswith("application/json"):
        json.loads(text)


# Upstream and database.


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, dict[str, bytes]]]:
    root = tmp_path_factory.mktemp("text")
    with World(root) as world:
        verbs.publish(world)
        with Served(world, access_log=str(root / "access")) as served:
            yield Place(served, root / "access"), dict(world.proxy.files)


SLICES = 4
UPSTREAM = [
    pytest.param(field, ASKED[part::SLICES], marks=() if part == number % SLICES else pytest.mark.slow)
    for number, field in enumerate(FIELDS)
    for part in range(SLICES)
]


@pytest.mark.parametrize(("field", "paths"), campaigns.one_in(3, UPSTREAM))
def test_attack_text_of_an_upstream(field: str, paths: Sequence[str], upstream: tuple[Place, dict[str, bytes]]) -> None:
    place, files = upstream
    served = place.served
    served.world.calm()
    served.world.proxy.files = dict(files)
    served.renew()
    verbs.publish(served.world)
    FIELDS[field](served.world)
    for path in paths:
        check_answer(path, served.get(path))
    place.check()


# Whoever asks.

REQUESTS = (
    *(f"/{percent(CANARY)}", f"/q.io/{percent(CANARY)}/@v/list", f"/q.io/a/@v/{percent(LINE)}.info"),
    *(f"/q.io/a/@v/{percent(WORD)}.zip", f"/q.io/a/@v/list?{percent(CANARY)}", f"/sumdb/{percent(CANARY)}/supported"),
    *(f"/sumdb/sum.example.org/lookup/{percent(CANARY)}@v1.0.0", f"/sumdb/sum.example.org/tile/{percent(CANARY)}"),
    *(f"/mod/q.io/{percent(CANARY)}", f"/mod/q.io/a@{percent(CANARY)}", f"/search?q={percent(CANARY)}"),
    *(f"/search?after={percent(CANARY)}&q=x", f"/mod/q.io/a?skip={percent(CANARY)}", f"/static/{percent(CANARY)}"),
    *(f"/api/1/modules?q={percent(CANARY)}", f"/api/1/modules/q.io/{percent(CANARY)}", f"/api/1/{percent(CANARY)}"),
    *(f"/api/1/modules/q.io/a@{percent(CANARY)}", f"/api/1/modules?limit={percent(CANARY)}"),
    *(f"/index?since={percent(CANARY)}", f"/index?limit={percent(CANARY)}", f"/index?include={percent(CANARY)}"),
    *(f"/events/{percent(CANARY)}", f"/events/seen/{percent(CANARY)}", f"/publish/{percent(CANARY)}/@v/v1.0.0.zip"),
    *(f"/publish/q.io/here/@v/{percent(CANARY)}.zip", f"/publish/q.io/other/@v/v1.0.0-{percent(WORD)}.zip"),
    *(f"/{percent(CANARY)}?go-get=1", f"/hooks/{percent(CANARY)}", "/q.io/denied/@v/list", "/mod/q.io/denied"),
)  # fmt: skip


def everything(world: World, root: Path, **more: object) -> Served:
    """A server with all that can be switched on."""
    root.mkdir(exist_ok=True)
    (root / "users").write_text(f"ci:sha256:{hashlib.sha256(TOKEN.encode()).hexdigest()}:read:publish:refresh\n")
    (root / "secret").write_text(SECRET)
    private, _ = make_keys("a.example", b"a" * 32)
    (root / "key").write_text(f"{private}\n")
    (root / "key").chmod(0o600)
    settings: dict[str, object] = {
        "storage": str(root / "served"),
        "users": str(root / "users"),
        "anonymous": ("*",),
        "access_log": str(root / "access"),
        "policy": Policy((Rule("q.io/denied", "", "no reason"),)),
        "publishing": Publishing(("q.io/here",)),
        "hooks": (Hook(str(root / "secret"), ("q.io",)),),
        "events": Events("a.example", str(root / "key")),
        "registry": RegistrySettings(refresh_s=0.1, title="Modules"),
        **more,
    }
    return Served(world, **settings)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("full")
    with World(root) as world:
        verbs.publish(world)
        with everything(world, root / "s") as served:
            served.get("/q.io/a/@v/v1.0.0.zip")
            yield Place(served, root / "s/access")


class _Page(HTMLParser):
    """The elements and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or "zq" in name]
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def check_page(text: str) -> None:
    page = _Page(text)
    assert not page.tags & {"b", "script", "iframe", "img", "object", "style"}
    for link in page.links:
        assert re.match(r"/|\?|#|https?://[a-z0-9.:]+/?|data:,", link), link
        assert "e.example" not in link.split("?")[0], link


@pytest.mark.parametrize("path", campaigns.one_in(3, REQUESTS), ids=range(len(REQUESTS)))
def test_attack_text_of_whoever_asks(path: str, full: Place) -> None:
    method = "PUT" if path.startswith("/publish/") else "POST" if path.startswith("/hooks/") else "GET"
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}", "Host": 'x"><b>zq', "User_Agent": "zq##[error]"}):
        got = full.served.get(path, method=method, **headers)
        if got.headers["content-type"].startswith("text/html"):
            assert faults(got.text) == []
            check_page(got.text)
        else:
            check_answer(path, got)
    check_answer("/metrics", full.served.get("/metrics"))
    full.check()


def test_attack_bytes_of_whoever_asks(full: Place) -> None:
    """What is not an HTTP request is shown to nobody as it is."""
    for line in (
        b"GET /\x1b[31m HTTP/1.1",
        b"GET /\xff\xe2\x80\xae HTTP/1.1",
        b"\x1b]0;zq\x07 / HTTP/1.1",
        b"GET http://[ HTTP/1.1",
    ):
        got = full.served.raw(line + b"\r\nHost: zq\x1b[31m\r\nConnection: close\r\n\r\n")
        assert b"\x1b" not in got
        assert b"\xe2\x80\xae" not in got
        assert got[:9] == b"HTTP/1.1 "
    full.check()


def hook(served: Served, document: object) -> tuple[int, str]:
    body = json.dumps(document).encode()
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    try:
        headers = {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Event": "push"}
        connection.request("POST", "/hooks/refresh", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "tag", campaigns.one_in(2, [CANARY, f"v1.0.0-{WORD}", f"refs/tags/{CANARY}", "v1.0.0"]), ids=range(4)
)
@pytest.mark.parametrize(
    "url", ["https://q.io/a", f"https://q.io/{CANARY}", f"https://q.io/{WORD}", CANARY], ids=range(4)
)
def test_attack_text_of_a_web_hook(tag: str, url: str, full: Place) -> None:
    for document in (
        {"ref": f"refs/tags/{tag}", "after": "a" * 40, "repository": {"html_url": url, "name": CANARY}},
        {"module": url.removeprefix("https://"), "version": tag},
        {CANARY: CANARY},
        [CANARY],
    ):
        status, text = hook(full.served, document)
        assert status in (202, 204, 400, 403)
        assert faults(text) == []
    full.check()


def put(served: Served, path: str, data: bytes) -> Got:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    try:
        connection.request("PUT", path, data, {"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        return Got(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    finally:
        connection.close()


@pytest.mark.parametrize(
    "gomod",
    [f"module {GO}\n", f"module q.io/here\n{LINE}\n", f"({CANARY}", f"module q.io/here\ngo {GO}\n"],
    ids=range(4),
)
@pytest.mark.parametrize(
    "name", campaigns.one_in(2, [CANARY, "a.go", "\u202ezq[x](http:e)##[error]", WORD]), ids=range(4)
)
def test_attack_text_of_whoever_publishes(gomod: str, name: str, full: Place) -> None:
    from tests.simulators.zips import module_zip

    data = module_zip("q.io/here@v1.0.0", {"go.mod": gomod.encode(), name: b"package a\n"})
    got = put(full.served, "/publish/q.io/here/@v/v1.0.0.zip", data)
    assert got.status == 422, got.text
    check_answer("/publish", got)
    full.check()


# Places that are followed.


@pytest.mark.parametrize(
    "body",
    campaigns.one_in(
        4,
        [
            CANARY,
            LINES,
            json.dumps({"Path": CANARY, "Version": CANARY, "Timestamp": CANARY}) + "\n",
            json.dumps({"Path": f"q.io/{WORD}", "Version": f"v1.0.0-{WORD}", "Timestamp": "2024-01-02T03:04:05Z"})
            + "\n",
            json.dumps({CANARY: CANARY}),
            Status(403, b"zq \x1b[31m##[error]zq", {"Content-Type": "text/plain"}, LINES.encode()),
            Status(501, b"zq", {"Content-Type": "text/plain"}, CANARY.encode()),
            Body(b"zq", {"Content-Encoding": "zq ##[error][x](http://e)"}),
        ],
    ),
    ids=range(8),
)
def test_attack_text_of_places_that_are_followed(body: str | Status | Body, tmp_path: Path) -> None:
    action = Body(body.encode()) if isinstance(body, str) else body
    peer = EventLogSimulator()
    with World(tmp_path) as world:
        verbs.publish(world)
        for path in ("/index", "/events/checkpoint"):
            world.proxy.script(path, action)
        follows = (
            Follow(f"{world.proxy.url}/index", since="all", every_s=0.05),
            Follow(f"{world.proxy.url}/{percent(CANARY)}", every_s=0.05),
        )
        peers = (Follow(world.proxy.url, peer.key, every_s=0.05),)
        with everything(world, tmp_path / "s", follow=follows, peers=peers) as served:
            eventually(lambda: len([path for path in world.proxy.asked if path.startswith("/index")]) > 1)
            eventually(lambda: served.site.followers[0].status.trouble or served.site.followers[0].status.fault)
            for path in ("/readyz", "/metrics", "/index"):
                check_answer(path, served.get(path))
            Place(served, tmp_path / "s/access").check()


# Whoever has published a module that is stored here.

PUBLISHED = {
    "deprecated": f"// Deprecated: zq\n{COMMENT}module q.io/x\n",
    "retract": f"module q.io/x\nretract (\n{COMMENT}v1.0.0\n)\n",
    "require": f"module q.io/x\nrequire {quote('q.io/' + CANARY)} v1.0.0\n",
    "version": f"module q.io/x\nrequire q.io/b {quote('v1.0.0-' + CANARY)}\n",
    "replace": f"module q.io/x\nreplace {GO} => ./{GO}\n",
    "go": f"module q.io/x\ngo {GO}\n",
    "toolchain": f"module q.io/x\ntoolchain {GO}\n",
    "garbage": f"({CANARY}",
    "plain": "module q.io/x\n",
}
TEXTS = {
    "a.go": f"// Package a is zq{CANARY}\npackage a\n\nimport _ {quote('q.io/' + CANARY)}\n",
    "LICENSE": CANARY,
    "COPYING": f"SPDX-License-Identifier: {LINE}\n",
    "README.md": f"# {CANARY}\n",
    "zq[x](http;e)##[error]/b.go": "package \u202e\x1bzq\n",
}


def test_attack_text_of_who_has_published_what_is_stored(tmp_path: Path) -> None:
    about = {
        "summary": CANARY,
        "details": LINES,
        "aliases": [CANARY],
        "references": [{"type": CANARY, "url": CANARY}],
    }
    (tmp_path / "db").mkdir()
    (tmp_path / "db/GO-1.json").write_text(advisory("GO-1", "q.io/plain", "introduced=0", **about))
    with World(tmp_path) as world:
        for name, gomod in PUBLISHED.items():
            world.publish(f"q.io/{name}", "v1.0.0", gomod.replace("q.io/x", f"q.io/{name}"), TEXTS)
        registry = RegistrySettings(refresh_s=0.1, advisories=(str(tmp_path / "db"),))
        with everything(world, tmp_path / "s", registry=registry) as served:
            for name in PUBLISHED:
                for suffix in ("info", "mod", "zip"):
                    served.get(f"/q.io/{name}/@v/v1.0.0.{suffix}")
            parts = served.running.parts.registry
            assert parts is not None
            catalogue = parts._filled
            eventually(lambda: catalogue.totals().versions >= 4 and catalogue.unlooked() is None, 15)
            pages = ["/", "/search?q=q.io"]
            for name in PUBLISHED:
                pages += [f"/mod/q.io/{name}{rest}" for rest in ("", "@v1.0.0", "/requiredby")]
            seen = ""
            for path in pages:
                got = served.get(path)
                assert faults(got.text) == [], path
                check_page(got.text)
                seen += got.text
                if path.startswith("/mod/"):
                    path = path.replace("/mod/", "/api/1/modules/")
                    check_answer(path, served.get(path))
            for path in ("/api/1/modules", "/api/1/modules/q.io/plain/importedby", "/metrics", "/readyz", "/index"):
                check_answer(path, served.get(path))
            assert "zq one" in seen, "the canary is shown"
            Place(served, tmp_path / "s/access").check()


# The operator's own files.


@pytest.mark.parametrize(
    "text",
    [
        *(f"{key} = {json.dumps(CANARY)}\n" for key in ("listen", "storage", "upstream", "users", "memory")),
        f"verify_storage = {json.dumps(CANARY)}\n",
        *(f"{key} = {json.dumps(CANARY)}\n" for key in ("timeout", "tls_cert", "access_log", CANARY)),
        *(f"follow = [{json.dumps(text)}]\n" for text in (CANARY, f"http://{CANARY}", f"https://h/{CANARY}\x7f")),
        f'peers = [{{ url = "http://h", key = {json.dumps(CANARY)} }}]\n',
        f"[policy]\nmode = {json.dumps(CANARY)}\n",
        f"[policy]\nfilter = {json.dumps(CANARY)}\n",
        f"[policy]\ncheck = {json.dumps(CANARY)}\n",
        f"[events]\nname = {json.dumps(CANARY)}\n",
        f"[[vanity]]\nprefix = {json.dumps(CANARY)}\n",
        f'[[vanity]]\nprefix = "q.io/a"\nrepo = {json.dumps(CANARY)}\n',
        f"[registry]\nrefresh = {json.dumps(CANARY)}\n",
        CANARY,
    ],
    ids=range(22),
)  # fmt: skip
def test_attack_text_of_settings(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Settings may come from a repository that many write to."""
    monkeypatch.setattr("govgo.serve.server.server.run_worker", lambda *_, **__: None)
    with World(tmp_path) as world:
        world.use(monkeypatch)
        (tmp_path / "serve.toml").write_text(text)
        code = invoke(["serve", "-listen=127.0.0.1:0", "-config", str(tmp_path / "serve.toml")])
    printed = capsys.readouterr()
    assert code != 70
    assert faults(printed.err) == []
    assert printed.out == ""
