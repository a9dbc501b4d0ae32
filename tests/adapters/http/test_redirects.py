# SPDX-License-Identifier: BSD-3-Clause
"""Where redirects lead: as go follows them, and as it tells those that it does not; no secret, no other scheme."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.connect import engine_options
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.engine import Fault, Pacer, Timeouts, TransferError
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.workspace.goenvfile import load_env
from govgo.errors import NetworkError
from tests.attacks.test_hostile_answers import Engine, Honest, Hostile
from tests.simulators import campaigns
from tests.simulators.httpclients import MakeEngine, fetch, refusal, with_client
from tests.simulators.internet import Internet, Reply
from tests.simulators.proxy import (
    ProxySimulator,
    Raw,
    Redirect,
)

LIST = "/q.io/a/@v/list"


@pytest.fixture(params=[CurlEngine, HttpxEngine])
def engine(request: pytest.FixtureRequest) -> MakeEngine:
    made: MakeEngine = request.param
    return made


@pytest.mark.parametrize("location", ["http://[x/", "//[x]/", f"http://127.0.0.1:{'9' * 5000}/", "http:x/"])
def test_attack_a_redirect_to_no_url(engine: MakeEngine, location: str) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Redirect(location))
        error = refusal(engine, proxy.url + LIST)
        assert isinstance(error, NetworkError)
        assert len(str(error)) < 3000


def test_attack_redirect_loop(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Redirect(LIST))
        # As in Go, the Location of the last answer, relative where the server's was.
        assert str(refusal(engine, proxy.url + LIST)) == f'Get "{LIST}": stopped after 10 redirects'
        assert len(proxy.asked) == 10
        proxy.script(LIST, Redirect(proxy.url + LIST))
        assert str(refusal(engine, proxy.url + LIST)) == f'Get "{proxy.url}{LIST}": stopped after 10 redirects'


# What the go command prints where a second redirect has such a Location.
@pytest.mark.parametrize(
    ("location", "sentence"),
    campaigns.one_in(
        3,
        [
            ("/one", 'Get "/one": stopped after 10 redirects'),
            ("one", 'Get "one": stopped after 10 redirects'),
            ("./one", 'Get "./one": stopped after 10 redirects'),
            ("$SERVER/one", 'Get "$SERVER/one": stopped after 10 redirects'),
            ("http://127.0.0.1:1/x", 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused'),
            ("http://127.0.0.1:1", 'Get "http://127.0.0.1:1": dial tcp 127.0.0.1:1: connect: connection refused'),
            ("https://127.0.0.1:1/x", 'Get "https://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused'),
            ("http://127.0.0.1:99999/x", 'Get "http://127.0.0.1:99999/x": dial tcp: address 99999: invalid port'),
            ("http://h:" + "9" * 30, f'Get "http://h:{"9" * 30}": dial tcp: address {"9" * 30}: invalid port'),
            ("http:///x", 'Get "http:///x": http: no Host in request URL'),
            ("http:x", 'Get "http:x": http: no Host in request URL'),
            ("gopher://x/y", 'Get "gopher://x/y": unsupported protocol scheme "gopher"'),
            ("%zz", 'Get "$SERVER/one": failed to parse Location header "%zz": parse "%zz": invalid URL escape "%zz"'),
        ],
    ),
)
def test_a_redirect_is_told_as_go_tells_it(engine: MakeEngine, location: str, sentence: str) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Redirect("/one"))
        proxy.script("/one", Redirect(location.replace("$SERVER", proxy.url)))
        told = str(refusal(engine, proxy.url + LIST, retry=RetryPolicy(retries=0)))
        assert told == sentence.replace("$SERVER", proxy.url)


class Down(Engine):
    """No host can be connected to but for /moved, which leads to the host b."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def send(self, origin: str, target: str, headers: list[str], pace: Pacer) -> Hostile:
        self.asked.append(origin)
        if target != "/moved":
            raise TransferError(Fault.CONNECT, "connection refused")
        moved = Honest(b"")
        moved.status, moved._headers = 302, {"location": "http://b/x"}
        return moved


def test_a_host_that_is_down_is_the_one_that_was_asked() -> None:
    """The second request to such a host has one try, that to the host which led there has two."""
    engine = Down()

    async def work(client: HttpClient) -> list[int]:
        counts = []
        for url in ("http://a/moved", "http://a/x", "http://b/x"):
            engine.asked.clear()
            with pytest.raises(NetworkError):
                await client.get(url, 1000)
            counts.append(len(engine.asked))
        return counts

    assert with_client(lambda _: engine, work, retry=RetryPolicy(retries=2, base_s=0.0)) == [4, 2, 1]


@pytest.mark.parametrize("location", ["/one?token=secret", "one?token=secret#secret", "?secret"])
def test_attack_a_redirect_loop_with_a_secret(engine: MakeEngine, location: str) -> None:
    with ProxySimulator() as proxy:
        proxy.script("*", Redirect(location))
        assert "secret" not in str(refusal(engine, proxy.url + LIST))


# What the go command prints for such answers.
@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"302 Found\r\n", "reading $URL: 302 Found"),
        (b"301 Moved Permanently\r\nLocation: \r\n", "reading $URL: 301 Moved Permanently"),
        (
            b"302 Found\r\nLocation: http://[::1\r\n",
            'Get "$URL": failed to parse Location header "http://[::1": parse "http://[::1": missing \']\' in host',
        ),
        (
            b"302 Found\r\nLocation: %zz\r\n",
            'Get "$URL": failed to parse Location header "%zz": parse "%zz": invalid URL escape "%zz"',
        ),
    ],
)
def test_redirects_to_nowhere(head: bytes, sentence: str) -> None:
    """With libcurl: httpx itself gives up where a Location does not parse, and calls it the end of the answer."""
    with ProxySimulator() as proxy:
        proxy.script(LIST, Raw(b"HTTP/1.1 " + head + b"Content-Length: 0\r\n\r\n"))
        assert str(refusal(CurlEngine, proxy.url + LIST)) == sentence.replace("$URL", proxy.url + LIST)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://h.example/x", "gopher://h.example/"])
def test_attack_redirect_to_another_scheme(engine: MakeEngine, target: str) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Redirect(target))
        scheme = target.partition(":")[0]
        assert f'unsupported protocol scheme "{scheme}"' in str(refusal(engine, proxy.url + LIST))


@pytest.mark.parametrize(
    "target", ["a" * 60_000 + "://h.example/", "x:" + "a" * 60_000, "http://h.example:a" + "/" * 60_000]
)
def test_attack_redirect_to_a_url_without_end(engine: MakeEngine, target: str) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Redirect(target))
        assert len(str(refusal(engine, proxy.url + LIST))) < 3_000


@pytest.mark.parametrize("location", ["//h.e\\x", "%zz", "ftp://h.example/", "https://["])
def test_attack_a_bad_redirect_behind_a_url_without_end(engine: MakeEngine, location: str) -> None:
    """The error names the URL that had the bad Location: one that a server has made up."""
    long = "/" + "9" * 20_000
    with ProxySimulator() as proxy:
        proxy.script(LIST, Redirect(long))
        proxy.script(long, Redirect(location))
        assert len(str(refusal(engine, proxy.url + LIST))) < 3_000


@pytest.mark.parametrize("name", campaigns.one_in(2, ["\u202eexample", "\x85example", "\xff", "\u200b\xe9"]))
def test_attack_a_name_that_no_certificate_is_for(engine: MakeEngine, name: str, tmp_path: Path) -> None:
    """The sentences of TLS libraries have the name as it stands in the redirect."""
    host = name.encode("utf-8" if name > "\xff" else "latin-1").decode("latin-1")
    with Internet(tmp_path, {"http://corp.test/": Reply(302, {"Location": f"https://{host}.test/"})}) as net:
        places = {"HTTP_PROXY": net.url, "HTTPS_PROXY": net.url, "SSL_CERT_FILE": net.roots}
        network = load_env({"GOENV": "off", "SSL_CERT_DIR": net.no_more_roots, **places}).network

        async def ask() -> None:
            client = HttpClient(engine(engine_options(network, Timeouts())))
            try:
                await client.get("http://corp.test/", 100)
            finally:
                await client.aclose()

        with pytest.raises(NetworkError) as caught:
            asyncio.run(ask())
    assert str(caught.value).isprintable(), ascii(str(caught.value))


def test_a_redirect_is_followed(engine: MakeEngine) -> None:
    with ProxySimulator({"/moved": b"here"}) as proxy:
        proxy.script(LIST, Redirect("/moved", 307))
        assert fetch(engine, proxy.url + LIST) == b"here"


# Where go is led from /q.io/a/@v/list.
@pytest.mark.parametrize(
    ("location", "asked"),
    [("one//two", "/q.io/a/@v/one//two"), ("$SERVER/a/../b//c", "/b//c"), ("/x?", "/x?"), ("?y#z", LIST + "?y")],
)
def test_empty_and_dot_segments_of_a_redirect(engine: MakeEngine, location: str, asked: str) -> None:
    with ProxySimulator({asked: b"here"}) as proxy:
        proxy.script(LIST, Redirect(location.replace("$SERVER", proxy.url)))
        fetch(engine, proxy.url + LIST)
        assert proxy.asked == [LIST, asked]


def test_attack_redirect_away_from_tls_at_the_end_of_a_long_url() -> None:
    from govgo.adapters.http.client import _resolve

    with pytest.raises(NetworkError) as caught:
        _resolve("https://h.example/" + "a" * 60_000, "http://h.example/", "https://h.example/a", anywhere=False)
    assert len(str(caught.value)) < 3_000


def test_attack_redirect_away_from_tls_is_refused() -> None:
    from govgo.adapters.http.client import _resolve

    with pytest.raises(NetworkError) as caught:
        _resolve("https://h.example/a", "http://h.example/a", "https://h.example/a", anywhere=False)
    assert str(caught.value) == (
        'Get "http://h.example/a": redirected from secure URL https://h.example/a to insecure URL http://h.example/a'
    )
