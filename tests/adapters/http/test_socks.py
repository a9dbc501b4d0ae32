# SPDX-License-Identifier: BSD-3-Clause
"""What is said to a SOCKS proxy, and of it: testdata/socks.json, recorded from go 1.26.8.

python -m tests.adapters.http.test_socks      records the table anew
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.engine import Timeouts
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.send import Poster
from govgo.adapters.workspace.goenvfile import load_env
from govgo.core.goenv import NetworkEnv
from govgo.errors import Failure, NetworkError
from tests.adapters.http.test_proxies import INFO, ask
from tests.simulators import campaigns
from tests.simulators.httpclients import MakeEngine
from tests.simulators.server import Server

FILE = Path(__file__).parents[3] / "testdata" / "socks.json"
TABLE: dict[str, Any] = json.loads(FILE.read_text())
CASES: dict[str, Any] = TABLE["cases"]

LIBCURL = {
    "a way that was not offered": "unsupported authentication method 1",
    "another version": "unexpected protocol version",
    "a web server": "unexpected protocol version",
    "a reply in another version": "unexpected protocol version",
    "an address of another type": "unknown address type",
    "half an answer": "EOF",
    "half an answer to a login": "EOF",
    "half a reply": "EOF",
    "a reply without an address": "EOF",
    "a reply with half an address": "EOF",
    "a reply without its name": "EOF",
    "reply: the last code, without an address": "EOF",
    "a login in another version": "EOF",
}
"""Where libcurl does not tell a number, or whether the proxy had begun its reply, or what is wrong with it."""
SAYS_NOTHING = {"a long name"}
"""libcurl sees before the first byte that it is too long."""
OFFERS_NO_LOGIN = {"a password alone", "a long user", "a long password"}
"""Of a login that cannot be told libcurl is not told either."""


class Proxy(Server):
    """Says one thing after each that it hears, and keeps what it heard.

    Attributes:
        in_pieces: each byte is sent alone.
        stays: the connection is not ended after the last thing.
        ended: is set when both sides have ended it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.play([])

    def play(self, says: list[str]) -> None:
        """Forget what was heard, and say this (in hexadecimal digits) from now on."""
        self.says = [bytes.fromhex(each) for each in says]
        self.heard: list[bytes] = []
        self.in_pieces = self.stays = False
        self.ended = threading.Event()

    def serve(self, connection: socket.socket) -> None:
        ended = self.ended  # of this case: the client of the one before may be slow to leave
        with suppress(OSError), connection:
            for each in self.says:
                self._hear(connection)
                for piece in [bytes([byte]) for byte in each] if self.in_pieces else [each]:
                    connection.sendall(piece)
                    time.sleep(0.002 * self.in_pieces)
            if not self.stays:
                connection.shutdown(socket.SHUT_WR)
            while self._hear(connection):
                pass
        ended.set()

    def _hear(self, connection: socket.socket) -> bytes:
        data = connection.recv(4096)
        if data and b"HTTP/" not in data and data[:1] != b"\x16":
            self.heard.append(data)
        return data

    def variables(self, user: str) -> dict[str, str]:
        """The variables that name it."""
        url = f"socks5://{user}{'@' if user else ''}127.0.0.1:{self.port}"
        return {"HTTP_PROXY": url, "HTTPS_PROXY": url}

    def told(self) -> list[str]:
        """What was heard, in hexadecimal digits."""
        assert self.ended.wait(5)
        return [each.hex() for each in self.heard]


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        yield running


def network_of(proxy: Proxy, case: dict[str, Any]) -> NetworkEnv:
    proxy.play(case["says"])
    return load_env({"GOENV": "off", **proxy.variables(case["user"])}).network


def words(error: Failure, proxy: Proxy) -> str:
    return str(error).replace(f":{proxy.port}->", ":PORT->")


@pytest.mark.parametrize("name", campaigns.one_in(4, CASES))
def test_httpx_says_what_go_says(name: str, proxy: Proxy) -> None:
    case = CASES[name]
    network = network_of(proxy, case)
    with pytest.raises(Failure) as caught:
        ask(HttpxEngine, network, case["url"] + INFO)
    assert words(caught.value, proxy) == case["words"]
    assert proxy.told() == case["heard"]


@pytest.mark.parametrize(
    "name", campaigns.one_in(3, [name for name in CASES if name != "a reply with something reserved"])
)
def test_libcurl_says_what_go_says(name: str, proxy: Proxy) -> None:
    """But for what it does not tell; and a reserved byte of a reply it does not look at."""
    case = CASES[name]
    network = network_of(proxy, case)
    with pytest.raises(Failure) as caught:
        ask(CurlEngine, network, case["url"] + INFO)
    want = case["words"]
    if name in LIBCURL:
        want = want[: want.index("->")] + f"->corp.test:80: {LIBCURL[name]}"
    assert words(caught.value, proxy) == want
    if name not in SAYS_NOTHING:
        assert proxy.told()[0] == ("050100" if name in OFFERS_NO_LOGIN else case["heard"][0])


@pytest.mark.parametrize("name", campaigns.one_in(4, [name for name, case in CASES.items() if "->" in case["words"]]))
def test_what_is_posted_fails_in_the_same_words(name: str, proxy: Proxy) -> None:
    case = CASES[name]
    poster = Poster(network_of(proxy, case), Timeouts())
    with pytest.raises(NetworkError) as caught:
        poster.post(case["url"] + INFO, b"x", "text/plain", 100)
    assert words(caught.value, proxy) == case["words"].replace("Get ", "Post ")
    assert proxy.told() == case["heard"]


def test_attack_kerberos_is_not_offered(proxy: Proxy) -> None:
    """libcurl would log in to whatever proxy asks, as whoever has a ticket here."""
    for user in ("", "me:pw"):
        with pytest.raises(NetworkError):
            ask(CurlEngine, network_of(proxy, {"says": ["0501"], "user": user}), "http://corp.test" + INFO)
        assert proxy.told() == ["05020002" if user else "050100"]


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
@pytest.mark.parametrize("name", ["connected, from a name", "a login", "reply: refused"])
def test_a_reply_may_come_in_pieces(engine: MakeEngine, name: str, proxy: Proxy) -> None:
    """httpcore takes each piece for a whole reply."""
    network = network_of(proxy, CASES[name])
    proxy.in_pieces = True
    with pytest.raises(Failure) as caught:
        ask(engine, network, CASES[name]["url"] + INFO)
    assert words(caught.value, proxy) == CASES[name]["words"]


@pytest.mark.parametrize("says", [[], ["0500"], ["0500", "05000003"]])
def test_a_silent_proxy_is_not_waited_for_without_end(says: list[str], proxy: Proxy) -> None:
    """go would wait; for libcurl it is part of its limit for the connection."""
    network = network_of(proxy, {"says": says, "user": ""})
    proxy.stays = True
    with pytest.raises(NetworkError, match=r"socks connect tcp .*->corp\.test:80: i/o timeout"):
        ask(HttpxEngine, network, "http://corp.test" + INFO, Timeouts(connect_s=0.1))
    assert proxy.ended.wait(5)  # httpx would forget the connection


def words_of_go(proxy: Proxy, case: dict[str, Any], directory: Path) -> str:
    proxy.play(case["says"])
    env = {"PATH": os.environ["PATH"], "HOME": str(directory), "GOENV": "off", "GOTOOLCHAIN": "local"}
    env |= {"GOMODCACHE": str(directory / "mod"), "GOFLAGS": "-modcacherw", "GOSUMDB": "off", "GOPROXY": case["url"]}
    env |= proxy.variables(case["user"])
    command = ["go", "list", "-m", "q.io/a@v1.0.0"]
    ran = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, check=False)
    words = ran.stderr.strip().removeprefix("go: q.io/a@v1.0.0: ").replace(f":{proxy.port}->", ":PORT->")
    # Of one end go says either: it may come before the request is written (net/http, errServerClosedIdle), or after.
    return words.replace("http: server closed idle connection", "EOF")


@pytest.mark.wide
@pytest.mark.go
def test_go_still_says_so(proxy: Proxy, tmp_path: Path) -> None:
    for name, case in CASES.items():
        assert words_of_go(proxy, case, tmp_path) == case["words"], name
        assert proxy.told() == case["heard"], name


def record() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name, Proxy() as proxy:
        for case in CASES.values():
            case["words"] = words_of_go(proxy, case, Path(name))
            case["heard"] = proxy.told()
    FILE.write_text(json.dumps(TABLE, indent=1) + "\n")


if __name__ == "__main__":
    record()
