# SPDX-License-Identifier: BSD-3-Clause
"""A secret in every place where a server is told one, and everything that it says, stores and tells others.

The secrets are passwords and tokens of many shapes in URLs, those of clients, users, web hooks and GOAUTH's programs.
No part of one may be in what the operator is told, in the access log, in metrics, health, answers, pages, documents,
headers, in the storage, or in a request to a place that it is not for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.http.retry import RetryPolicy
from govgo.cli.main import invoke
from govgo.errors import GovgoError
from govgo.serve.policy import Policy
from govgo.serve.settings import Settings, parse_settings
from tests.attacks import verbs
from tests.attacks.test_secrets import HEAD, SECRET, SHAPES, TAIL
from tests.attacks.test_served_text import ASKED, everything
from tests.simulators import campaigns
from tests.simulators.eventlog import log_keys
from tests.simulators.proxy import Redirect, Status
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

FEW = ("password", "token", "query")
EACH = pytest.mark.parametrize(
    "shape",
    [
        *campaigns.one_in(len(FEW), FEW),
        *(pytest.param(shape, marks=pytest.mark.slow) for shape in SHAPES if shape not in FEW),
    ],
)
PAGES = ("/", "/search?q=q", "/mod/q.io/a", "/mod/q.io/a@v1.0.0", "/api/1/modules", "/api/1/modules/q.io/a", "/index")
VANITY = ("/x?go-get=1", "/x")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "pause_for_fault", lambda *_: None)
    monkeypatch.setattr(RetryPolicy, "pause_for_status", lambda *_: None)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        verbs.publish(world)
        yield world


def has_secret(text: str | bytes) -> bool:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return HEAD.encode() in data or TAIL.encode() in data


def check_error(error: GovgoError, where: object) -> None:
    assert not has_secret(str(error)), where


def check(served: Served, root: Path, **headers: str) -> None:
    """Ask for everything; nothing that is said or stored has a part of the secret."""
    for path in (*ASKED, *PAGES, *VANITY):
        got = served.get(path, Host="here.example", **headers)
        assert not has_secret(got.body), path
        assert not has_secret(repr(got.headers)), path
    assert not has_secret("".join(served.said))
    access = root / "s/access"
    eventually(lambda: not served.site.log._lines and access.stat().st_size > 0)  # taken by the writer, then written
    assert not has_secret(access.read_bytes())
    for file in (root / "s/served").rglob("*"):
        assert not has_secret(str(file))
        assert not file.is_file() or not has_secret(file.read_bytes()), file


PLACES: Mapping[str, str] = {
    "upstream": 'upstream = "{url}"\n',
    "redirecting": 'upstream = "{url}"\n[policy]\nmode = "redirect"\n',
    "follow": 'follow = [{{ url = "{url}", since = "all", every = "100ms" }}]\n',
    "peer": 'peers = [{{ url = "{url}", key = "{key}", every = "100ms" }}]\n',
    "advisories": '[registry]\nadvisories = ["{url}"]\nrefresh = "100ms"\n',
    "registry": '[registry]\nurl = "{url}"\n',
    "vanity": '[[vanity]]\nprefix = "here.example/x"\nrepo = "{url}"\n',
    "vanity-proxy": '[[vanity]]\nprefix = "here.example/x"\nrepo = "https://q.io/a"\nproxy = "{url}"\n',
    "storage": 'storage = "{url}"\n',
    "publish-sumdb": '[publish]\nmodules = ["q.io/here"]\nsumdb = "{url}"\n',
}
"""Settings that are URLs."""


def url_of(world: World, shape: str) -> str:
    # Without "scheme:/" before it, a place is taken to be behind https, which the simulator is not.
    host = world.proxy.url.partition("//")[2] if ":/" in SHAPES[shape] else "127.0.0.1:1"
    return SHAPES[shape].format(scheme="http", host=host)


@EACH
def test_attack_a_secret_in_a_setting(shape: str, world: World, tmp_path: Path) -> None:
    """Each setting alone, as far as it is accepted; those that are, all at once."""
    url = url_of(world, shape)
    merged: dict[str, Any] = {}
    for place, text in PLACES.items():
        line = text.format(url=url, key=log_keys("b.example")[2])
        try:
            settings = parse_settings("serve.toml", line.encode())
        except GovgoError as error:
            check_error(error, place)
            continue
        given = {name: value for name, value in settings._asdict().items() if value != getattr(Settings(), name)}
        if place in ("storage", "publish-sumdb", "redirecting", "upstream"):
            start(world, tmp_path, given)
        else:
            merged |= given
    start(world, tmp_path, merged)


def start(world: World, root: Path, settings: Mapping[str, Any]) -> None:
    try:
        with everything(world, root / "s", **settings) as served:
            eventually(lambda: all(each.status.trouble or each.status.synced_s for each in served.site.followers))
            check(served, root)
    except GovgoError as error:
        check_error(error, settings)


@EACH
def test_attack_a_secret_in_the_environment_of_a_server(shape: str, world: World, tmp_path: Path) -> None:
    url = url_of(world, shape)
    for number, env in enumerate(
        (
            {"GOPROXY": url, "GOSUMDB": f"{world.log.key} {url}"},
            {"GOPROXY": "http://q.example", "GOSUMDB": "off", "HTTP_PROXY": url.replace("127.0.0.1:", "127.0.0.1:1")},
            {"GOPROXY": f"{url}|{world.proxy.url}", "GOAUTH": f"/nosuch --token {SECRET}"},
        )
    ):
        (tmp_path / str(number)).mkdir()
        try:
            with everything(world, tmp_path / str(number) / "s", env=env) as served:
                check(served, tmp_path / str(number))
        except GovgoError as error:
            check_error(error, env)


@pytest.mark.wide
@pytest.mark.parametrize(
    "action",
    campaigns.one_in(
        3,
        [
            Redirect(f"http://me:{SECRET}@127.0.0.1:1/x?y={SECRET}"),
            Redirect(f"http://127.0.0.1:1/x?X-Amz-Signature={SECRET}"),
            Redirect(f"ftp://{SECRET}@h/x"),
            Redirect(f"http://me:{HEAD}/{TAIL}@127.0.0.1:1/"),
            Status(403),
        ],
    ),
    ids=range(5),
)
def test_attack_secrets_of_requests_and_redirects(action: Redirect | Status, world: World, tmp_path: Path) -> None:
    """What a client says of itself stays here, and where an upstream leads is not told with its secrets."""
    (tmp_path / "s").mkdir()
    (tmp_path / "hashes").write_text(f"ci:sha256:{hashlib.sha256(SECRET.encode()).hexdigest()}:read:publish:refresh\n")
    world.proxy.script("*", action)
    with everything(world, tmp_path / "s", users=str(tmp_path / "hashes"), anonymous=()) as served:
        for headers in (
            {"Authorization": f"Bearer {SECRET}"},
            {"Authorization": f"Basic {SECRET}", "Cookie": f"a={SECRET}"},
            {"Authorization": f"Bearer x{SECRET}", "Referer": f"https://{SECRET}@h/"},
            {"Authorization": f"Digest {SECRET}", "X_Hub_Signature_256": SECRET},
        ):
            check(served, tmp_path, **headers)
            for path in (f"/q.io/a/@v/list?token={SECRET}", f"/search?q=q&token={SECRET}", f"/x?token={SECRET}"):
                served.get(path, **headers)
        got = served.raw(
            f"GET http://me:{SECRET}@127.0.0.1/q.io/a/@v/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        assert not has_secret(got)
        check(served, tmp_path)
    assert not [path for path in world.proxy.asked if SECRET in path]


def test_attack_a_redirect_that_hands_on_a_secret(world: World, tmp_path: Path) -> None:
    """Where a client is sent to upstream itself, it is not given what this server knows of it."""
    for number, url in enumerate((f"http://me:{SECRET}@{{}}", f"http://{{}}/?token={SECRET}", f"http://{{}}#{SECRET}")):
        upstream = url.format(world.proxy.url.partition("//")[2])
        (tmp_path / str(number)).mkdir()
        with everything(
            world, tmp_path / str(number) / "s", upstream=upstream, policy=Policy(mode="redirect")
        ) as served:
            for path in ASKED[:6]:
                got = served.get(path)
                assert not has_secret(got.body + repr(got.headers).encode())


@EACH
def test_attack_a_secret_in_a_flag_of_serve(
    shape: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("govgo.serve.server.server.run_worker", lambda *_, **__: None)
    world.use(monkeypatch)
    url = url_of(world, shape)
    for flag in ("-upstream", "-follow", "-storage", "-listen"):
        code = invoke(["serve", "-listen=127.0.0.1:0", f"{flag}={url}"])
        printed = "".join(capsys.readouterr())
        assert code != 70, printed
        assert not has_secret(printed), flag
