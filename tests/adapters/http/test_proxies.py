# SPDX-License-Identifier: BSD-3-Clause
"""Which proxy stands before a host, and what it is told: testdata/proxies.json, recorded from go 1.26.8.

python -m tests.adapters.http.test_proxies      records the table anew
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

import govgo
from govgo.adapters.hostname import ascii_host
from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.connect import engine_options
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.curl_transfer import CurlTransfer
from govgo.adapters.http.engine import Timeouts, TransferError
from govgo.adapters.http.httpx_engine import HttpxEngine, _translate
from govgo.adapters.http.proxies import proxy_chooser
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.http.send import Poster
from govgo.adapters.workspace.goenvfile import load_env
from govgo.core.goenv import NetworkEnv
from govgo.core.golib import url as gourl
from govgo.errors import NetworkError, NotFoundError
from tests.simulators import campaigns
from tests.simulators.httpclients import MakeEngine
from tests.simulators.internet import Internet
from tests.simulators.server import Server

DATA = Path(__file__).parents[3] / "testdata"
FILE = DATA / "proxies.json"
TABLE: dict[str, Any] = json.loads(FILE.read_text())
PROXY = "http://proxy.test:3128"
INFO = "/q.io/a/@v/v1.0.0.info"
REFUSED = "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused"
CGI = "refusing to use HTTP_PROXY value in CGI environment; see golang.org/s/cgihttpproxy"


def environ_of(name: str) -> dict[str, str]:
    """The environment of a case: one entry of NO_PROXY, or the variables themselves."""
    if name in TABLE["variables"]:
        variables: dict[str, str] = TABLE["variables"][name]
        return variables
    return {"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY, "NO_PROXY": name}


def ask_govgo(name: str) -> list[str]:
    choose = proxy_chooser(load_env({"GOENV": "off", **environ_of(name)}).network)
    answers = []
    for each in TABLE["urls"]:
        url = gourl.parse(each)
        try:
            answers.append(choose(url.scheme, ascii_host(url.hostname), url.port) if choose else "")
        except TransferError as err:
            answers.append(f"error: {err}")
    return answers


def ask_go(program: Path, name: str) -> list[str]:
    urls = "\n".join(TABLE["urls"])
    ran = subprocess.run([program], input=urls, env=environ_of(name), capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()


def shortened(name: str, answers: list[str]) -> str | list[str]:
    """For an entry of NO_PROXY, a letter for each URL: p for the proxy, - for none."""
    if name in TABLE["variables"]:
        return answers
    assert set(answers) <= {PROXY, ""}
    return "".join("p" if answer else "-" for answer in answers)


@pytest.mark.parametrize("name", campaigns.one_in(3, [*TABLE["no_proxy"], *TABLE["variables"]]))
def test_the_proxy_that_go_asks(name: str) -> None:
    assert shortened(name, ask_govgo(name)) == TABLE["answers"][name]


def build(directory: Path) -> Path:
    env = {**os.environ, "GOFLAGS": "-modcacherw", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    program = directory / "proxies"
    subprocess.run(["go", "build", "-o", program, DATA / "gooracle/proxies.go"], env=env, check=True)
    return program


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with Internet(tmp_path_factory.mktemp("internet")) as running:
        yield running


def set_up(net: Internet, way: str) -> tuple[str, dict[str, str]]:
    """Play; the base URL and the environment. The last variable would make libcurl leave the proxy out."""
    scheme, _, proxy = way.partition(" through ")
    net.play({})
    proxy = proxy.replace("PROXY", f"127.0.0.1:{net.port}")
    return scheme if ":" in scheme else f"{scheme}://corp.test", {
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        "NO_PROXY": "*corp.test,.orp.test",
    }


def told(net: Internet) -> list[str]:
    """What the proxy was asked, once each, with what is for it alone."""
    lines = []
    for what, headers in net.asked:
        names = ("Proxy-Authorization", "Login", "Authorization")
        given = [f"{name}: {headers[name]}" for name in names if name in headers]
        lines.append(" | ".join([what, *given]))
    return list(dict.fromkeys(lines))


def ask(engine: MakeEngine, network: NetworkEnv, url: str, timeouts: Timeouts | None = None) -> None:
    """Ask for a URL once."""

    async def once() -> None:
        client = HttpClient(engine(engine_options(network, timeouts or Timeouts())), retry=RetryPolicy(retries=0))
        try:
            await client.get(url, 100)
        finally:
            await client.aclose()

    asyncio.run(once())


def hostile(monkeypatch: pytest.MonkeyPatch, net: Internet) -> None:
    """Variables and files that the engines would look at if they were let; those of govgo are given to it as values."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "socks_proxy"):
        for each in (name, name.upper()):
            monkeypatch.setenv(each, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "corp.test")
    home = Path(net.no_more_roots).with_name("hostile")
    home.mkdir(exist_ok=True)
    login = "".join(f"machine {host} login x password y\n" for host in ("corp.test", "127.0.0.1", "xn--bcher-kva.test"))
    for name, text in {".netrc": login, ".curlrc": "proxy = http://127.0.0.1:1\nnetrc\nuser = x:y\n"}.items():
        (home / name).write_text(text)
        (home / name).chmod(0o600)
    for name in ("HOME", "CURL_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))


# What golang.org/x/net/http/httpproxy answers: an entry with a zone names nothing, one without names every zone.
@pytest.mark.parametrize(
    ("entry", "covers"), [("fe80::1%eth0", False), ("[fe80::1%eth0]:80", False), ("fe80::1", True)]
)
def test_an_address_with_a_zone(entry: str, covers: bool) -> None:
    choose = proxy_chooser(NetworkEnv(http_proxy=PROXY, no_proxy=entry))
    assert choose is not None
    assert choose("http", "fe80::1%eth0", 80) == ("" if covers else PROXY)


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_without_a_proxy_none_is_asked_and_no_login_found(
    engine: MakeEngine, scheme: str, net: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands in variables and files that libcurl, curl, httpx and requests know."""
    hostile(monkeypatch, net)
    network = load_env({"GOENV": "off", "SSL_CERT_FILE": net.roots, "SSL_CERT_DIR": net.no_more_roots}).network
    net.play({})
    # A single host plays both: over TLS it is a proxy that is spoken to as a server.
    with pytest.raises(NotFoundError):
        ask(engine, network, f"{scheme}://127.0.0.1:{net.port}{INFO}")
    [(what, headers)] = net.asked
    assert what == f"GET {INFO}"
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("way", "engine"),
    [
        *campaigns.one_in(3, ((way, CurlEngine) for way in TABLE["told"])),
        *campaigns.one_in(4, ((way, HttpxEngine) for way in TABLE["told"])),
    ],
)
def test_the_proxy_is_told_what_go_tells_it(
    engine: MakeEngine, way: str, net: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, variables = set_up(net, way)
    hostile(monkeypatch, net)
    network = load_env(
        {"GOENV": "off", "SSL_CERT_FILE": net.roots, "SSL_CERT_DIR": net.no_more_roots, **variables}
    ).network

    with pytest.raises(NotFoundError):
        ask(engine, network, base + INFO)
    assert told(net) == TABLE["told"][way]


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
@pytest.mark.parametrize("way", [way for way in TABLE["told"] if way.startswith("https through http")])
def test_a_proxy_is_told_who_asks_and_nothing_of_libraries(
    engine: MakeEngine, way: str, net: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libcurl would name itself, Python's module and five libraries, with their versions."""
    test_the_proxy_is_told_what_go_tells_it(engine, way, net, monkeypatch)
    what, headers = net.asked[0]
    assert what == "CONNECT corp.test:443"
    assert headers["User-Agent"] == govgo.AGENT
    assert set(headers) <= {"Host", "User-Agent", "Accept", "Proxy-Authorization"}


class Rude(Server):
    """A proxy that reads once, says something and closes the connection."""

    says = b""

    def serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.recv(4096)
            connection.sendall(self.says)


def met(case: str) -> tuple[str, bytes, str]:
    """The proxy, what it says, and the URL of a case, which is written `proxy answer scheme`, with - for no answer."""
    proxy, answer, scheme = case.split()
    says = b"" if answer == "-" else f"HTTP/1.1 {answer.replace('_', ' ')}\r\nContent-Length: 0\r\n\r\n".encode()
    return proxy, says, f"{scheme}://corp.test"


@pytest.fixture(scope="module")
def rude() -> Iterator[Rude]:
    with Rude() as running:
        yield running


@pytest.mark.parametrize(
    ("case", "engine"),
    [
        *campaigns.one_in(2, ((case, CurlEngine) for case in TABLE["words"])),
        *campaigns.one_in(4, ((case, HttpxEngine) for case in TABLE["words"])),
    ],
)
def test_a_proxy_that_cannot_be_reached_is_told_in_the_words_of_go(engine: MakeEngine, case: str, rude: Rude) -> None:
    proxy, rude.says, base = met(case)
    proxy = proxy.replace("RUDE", f"127.0.0.1:{rude.port}")
    network = load_env({"GOENV": "off", "HTTP_PROXY": proxy, "HTTPS_PROXY": proxy}).network

    with pytest.raises(NetworkError) as caught:
        ask(engine, network, base + INFO)
    assert str(caught.value).replace(f":{rude.port}", ":PORT") == TABLE["words"][case]


def test_the_words_for_a_name_that_is_unknown() -> None:
    """Those of go without the name server's address, which neither engine knows."""
    unknown = httpx.ConnectError("[Errno -2] Name or service not known")
    unknown.__cause__ = socket.gaierror(-2, "Name or service not known")
    told = _translate(unknown, httpx.URL("https://corp.test/a"), "http://no.such:3128")
    assert str(told) == "proxyconnect tcp: dial tcp: lookup no.such: no such host"
    assert str(_translate(unknown, httpx.URL("https://corp.test/a"))) == "dial tcp: lookup corp.test: no such host"


@pytest.mark.parametrize("way", TABLE["told"])
def test_what_is_posted_takes_the_same_way(way: str, net: Internet) -> None:
    base, variables = set_up(net, way)
    trusted = {"SSL_CERT_FILE": net.roots, "SSL_CERT_DIR": net.no_more_roots}
    poster = Poster(load_env({"GOENV": "off", **trusted, **variables}).network, Timeouts())
    assert poster.post(base + INFO, b"", "text/plain", 100).status == 404
    assert [line.replace("POST ", "GET ") for line in told(net)] == TABLE["told"][way]


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
@pytest.mark.parametrize(
    ("proxy", "error"),
    [
        ("PROXY", 'Get "http://corp.test/": ' + CGI),
        ("foo://127.0.0.1", 'Get "http://corp.test/": proxyconnect tcp: dial tcp: address 127.0.0.1:0: invalid port'),
        ("http://:80", 'Get "http://corp.test/": proxyconnect tcp: dial tcp: address :80: invalid port'),
        ("a b", 'Get "http://corp.test/": proxyconnect tcp: dial tcp: address :0: invalid port'),
    ],
)
def test_a_variable_with_which_nothing_is_sent(engine: MakeEngine, proxy: str, error: str, net: Internet) -> None:
    net.play({})
    url = proxy.replace("PROXY", net.url)
    network = load_env({"GOENV": "off", "HTTP_PROXY": url, "REQUEST_METHOD": "GET" if url == net.url else ""}).network

    with pytest.raises(NetworkError) as caught:
        ask(engine, network, "http://corp.test/")
    assert str(caught.value) == error
    assert net.asked == []


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
@pytest.mark.parametrize(
    ("base", "error"),
    [
        ("https://h.test:99999", 'Get "https://h.test:99999/": dial tcp: address 99999: invalid port'),
        ("http://h.test:", f'Get "http://h.test/": {REFUSED}'),
        ("https://u:p@h.test:", f'Get "https://u:***@h.test/": {REFUSED}'),
    ],
)
def test_ports_of_urls_are_told_in_the_words_of_go(engine: MakeEngine, base: str, error: str) -> None:
    """What go 1.26.8 says of such servers in GOPROXY, the last two behind a proxy where nothing listens."""
    proxy = {} if "99999" in base else {"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    with pytest.raises(NetworkError) as caught:
        ask(engine, load_env({"GOENV": "off", **proxy}).network, base + "/")
    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("origin", "target"),
    [
        ("https://[::1]", "[::1]:443"),
        ("https://[::1]:", "[::1]:443"),
        ("https://[::1]:8443", "[::1]:8443"),
        ("http://h.test", "h.test:80"),
        ("http://h.test:", "h.test:80"),
        ("http://h.test:8080", "h.test:8080"),
    ],
)
def test_the_port_that_libcurl_dials(origin: str, target: str) -> None:
    transfer = CurlTransfer([], lambda _: None, list, lambda _origin, _peer: (socket.socket(), False))
    transfer.origin = origin
    assert transfer._target() == target


def run_go(net: Internet, way: str, directory: Path) -> list[str]:
    base, variables = set_up(net, way)
    env = {"PATH": os.environ["PATH"], "HOME": str(directory), "GOENV": "off", "GOTOOLCHAIN": "local", "GOPROXY": base}
    env |= {"GOMODCACHE": str(directory / "mod"), "GOCACHE": str(directory / "cache"), "GOFLAGS": "-modcacherw"}
    env |= {"SSL_CERT_FILE": net.roots, "GOSUMDB": "off", **variables}
    subprocess.run(["go", "list", "-m", "q.io/a@v1.0.0"], cwd=directory, env=env, capture_output=True, check=False)
    return told(net)


def words_of_go(rude: Rude, case: str, directory: Path) -> str:
    proxy, rude.says, base = met(case)
    proxy = proxy.replace("RUDE", f"127.0.0.1:{rude.port}")
    env = {"PATH": os.environ["PATH"], "HOME": str(directory), "GOENV": "off", "GOTOOLCHAIN": "local", "GOPROXY": base}
    env |= {"GOMODCACHE": str(directory / "mod"), "GOFLAGS": "-modcacherw", "GOSUMDB": "off"}
    env |= {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy}
    command = ["go", "list", "-m", "q.io/a@v1.0.0"]
    ran = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, check=False)
    return ran.stderr.strip().removeprefix("go: q.io/a@v1.0.0: ").replace(f":{rude.port}", ":PORT")


@pytest.mark.wide  # it changes with a release of Go alone
@pytest.mark.go
def test_go_still_says_so(rude: Rude, tmp_path: Path) -> None:
    assert {case: words_of_go(rude, case, tmp_path) for case in TABLE["words"]} == TABLE["words"]


@pytest.mark.go
@pytest.mark.slow
def test_go_still_asks_it(net: Internet, tmp_path: Path) -> None:
    for way, lines in TABLE["told"].items():
        assert run_go(net, way, tmp_path) == lines
    program = build(tmp_path)
    for name, answers in TABLE["answers"].items():
        assert shortened(name, ask_go(program, name)) == answers


def record() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        program = build(Path(name))
        names = [*TABLE["no_proxy"], *TABLE["variables"]]
        TABLE["answers"] = {each: shortened(each, ask_go(program, each)) for each in names}
        with Internet(Path(name)) as net:
            TABLE["told"] = {way: run_go(net, way, Path(name)) for way in TABLE["told"]}
        with Rude() as rude:
            TABLE["words"] = {case: words_of_go(rude, case, Path(name)) for case in TABLE["words"]}
    FILE.write_text(json.dumps(TABLE, indent=1) + "\n")


if __name__ == "__main__":
    record()
