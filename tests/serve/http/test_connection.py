# SPDX-License-Identifier: BSD-3-Clause
"""HTTP/1.1 by hand: requests in pieces and in a row, connections kept and closed, clients that are slow or greedy."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest

from govgo.serve.http import connection as module
from govgo.serve.http.site import Limits
from tests.property.edits import edited
from tests.simulators import campaigns
from tests.simulators.proxy import Drip, File, Stall
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

MOD = "/q.io/a/@v/v1.0.0.mod"
LIST = "/q.io/a/@v/list"
BODY = b"module q.io/a\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with World(tmp_path_factory.mktemp("fast")) as world:
        world.publish("q.io/a", "v1.0.0", files={"a.go": "package a\n// " + "x" * 5000 + "\n"})
        with Served(world) as served:
            for path in (MOD, LIST):
                served.get(path)
            yield served


@pytest.fixture(scope="module")
def alone(served: Served) -> Iterator[Served]:
    """A server of the same files without an upstream, which would be asked for each path that is changed."""
    with Served(served.world, env={"GOPROXY": "off"}, storage=str(served.storage)) as alone:
        for path in (MOD, LIST):
            assert alone.get(path).status == 200
        yield alone


def request(path: str = MOD, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: x", *lines, "", ""]).encode()


HOSTS = ("a.example:80", "127.0.0.1:", "[::1]", "[::1]:8080", "x_y.example", "xn--bcher-kva.example")
NO_HOSTS = ("x y", "a@x", "x/y", "x?", "x#", "[::1", "::1", "x:a", "<b>", '"x"', "x:80:80", "x\\y")
"""RFC 3986, 3.2.2 and 3.2.3."""
LAST = request(MOD, "Connection: close")


def answers(data: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """The responses in what came over the wire, by their lengths."""
    found = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = int(headers["content-length"])
        assert len(rest) >= size
        found.append((int(first.split()[1]), headers, rest[:size]))
        data = rest[size:]
    return found


def test_an_answer_from_memory(served: Served) -> None:
    before = served.counters.total("memory_hits")
    ((status, headers, body),) = answers(served.raw(LAST))
    assert (status, body) == (200, BODY)
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["date"])
    assert headers["connection"] == "close"
    served.site.memory.count()
    assert served.counters.total("memory_hits") == before + 1


PIECES = (
    *(b"Range: bytes=0-1\r\n", b"If-None-Match: *\r\n", b"Connection: keep-alive\r\n", b"Authorization: x\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Content-Length: 1\r\n", b"Expect: 100-continue\r\n", b"a: b\r\n"),
    *(
        b"HEAD",
        b"PUT ",
        b" HTTP/1.0",
        b"%61",
        b"?x=1",
        b"#",
        b"//",
        b"/",
        b".",
        b" ",
        b"\r\n",
        b"\n",
        b":",
        b"\0",
        b"\xff",
    ),
)
COUNTS = pytest.mark.parametrize(
    "count", [300, pytest.param(campaigns.size(1_000_000, least=300), marks=pytest.mark.slow)]
)


def _final(answer: bytes) -> bytes:
    """Without "100 Continue", which only comes where the answer has to be looked for."""
    return answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")


def _pair(data: bytes) -> tuple[bytes, bytes] | None:
    """A request, and the same with a header that means nothing and takes it to the application; None for no request."""
    first, mark, rest = data.partition(b"\r\n")
    head, end, more = rest.lower().partition(b"\r\n\r\n")
    if b"\r\nconnection: close\r\n" not in b"\r\n%b\r\n" % head or b"keep-alive" in head or not end or more:
        return None  # nobody would say where its answer ends
    if not first or rest.startswith(b"\r\n"):
        return None  # an empty line in front is passed over; behind the first line it ends the request
    if b"content-length" in head or b"transfer-encoding" in head:
        return None  # with another length it is another request
    return data, first + mark + b"Content-Length: 0\r\n" + rest


_OF_THE_TIME = re.compile(rb"(?i)\r\ndate: [^\r]*|\r\nconnection: close|max-age=(?:10|[0-9])\b|no-store")
"""A 404 that is remembered for less than a second more is not to be stored."""


CLOSE = "Connection: close"
REQUESTS = (
    *(request(MOD, CLOSE), request(LIST, "A: b", CLOSE), request(MOD, CLOSE, version="1.0")),
    *(request(MOD, CLOSE, method=method) for method in ("HEAD", "POST", "OPTIONS", "get")),
    *(request(MOD, "RANGE: bytes=0-1", CLOSE), request(LIST, "if-none-match: *", CLOSE)),
)


def _hits(served: Served) -> float:
    served.site.memory.count()
    return served.counters.total("memory_hits")


@COUNTS
def test_both_ways_give_one_answer(alone: Served, count: int) -> None:
    same = 0
    pairs = filter(None, map(_pair, edited(REQUESTS, PIECES, count)))
    while batch := list(islice(pairs, 60)):
        found = alone.raw_many([each for each, _ in batch])
        hits = _hits(alone)
        wanted = alone.raw_many([each for _, each in batch])
        assert _hits(alone) == hits, "the application is asked"
        for (data, _), fast, slow in zip(batch, found, wanted, strict=True):
            pair = [_OF_THE_TIME.sub(b"", _final(each)).partition(b"\r\n\r\n") for each in (fast, slow)]
            heads = [sorted(head.split(b"\r\n")) for head, _, _ in pair]
            assert heads[0] == heads[1], data
            assert pair[0][2] == pair[1][2], data
            same += fast.startswith(b"HTTP/1.1 200")
    assert same > count / 50


def test_requests_in_a_row(served: Served) -> None:
    got = answers(served.raw(request() * 500 + LAST))
    assert [(status, body) for status, _, body in got] == [(200, BODY)] * 501


def test_a_row_of_requests_of_both_ways_is_answered_in_order(served: Served) -> None:
    row = [MOD, "/healthz", LIST, "/q.io/a/@v/v1.0.0.info", MOD, "/nothing", MOD]
    got = answers(served.raw(b"".join(request(path) for path in row) + LAST))
    assert [status for status, _, _ in got] == [200, 200, 200, 200, 200, 404, 200, 200]
    assert [body for _, _, body in got][::2][:1] == [BODY]
    assert got[2][2] == b"v1.0.0\n"
    assert got[4][2] == got[6][2] == got[7][2] == BODY


def test_a_fast_request_waits_for_a_slow_one_before_it(served: Served) -> None:
    path = "/q.io/a/@v/v1.0.0.zip"
    served.world.proxy.script(path, Drip(((0.4, 100),)))
    begun_s = time.monotonic()
    got = answers(served.raw(request(path, "Range: bytes=0-9") + LAST))
    assert [len(body) for _, _, body in got] == [10, len(BODY)]
    assert time.monotonic() - begun_s > 0.3


def test_attack_thousands_of_requests_behind_one_that_waits(served: Served) -> None:
    """They are held as they came: as requests each of them would take a hundred times its bytes."""
    path = "/q.io/a/@v/v1.0.0.zip"
    served.world.proxy.script(path, Drip(((0.7, 100),)))
    served.renew()
    row = request("/nothing/@v/list") * 2000
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.setblocking(False)
        sent = connection.send(request(path) + row)
        eventually(lambda: served.site.requests == 1)
        (protocol,) = served.server.server_state.connections
        eventually(lambda: len(protocol._held) > 60_000)
        with suppress(BlockingIOError):
            while sent < 1 << 26:
                sent += connection.send(row)
        assert sent < 1 << 26
        assert len(protocol._held) < 1 << 20
        assert 0 < len(protocol.pipeline) < 200
    eventually(lambda: served.site.requests == 0)


def test_attack_nonsense_and_much_more_behind_a_request_that_waits(served: Served) -> None:
    path = "/q.io/a/@v/v1.0.0.zip"
    served.world.proxy.script(path, Stall())
    served.renew()
    with suppress(ConnectionError):
        assert served.raw(request(path) + request(LIST) + b"nonsense\r\n\r\n" + b"x" * 1_000_000) == b""
    eventually(lambda: served.site.requests == 0)
    served.world.proxy.script(path, File())


@pytest.mark.wide
def test_a_long_row_of_requests_behind_one_that_waits_is_answered_in_order(served: Served) -> None:
    path = "/q.io/a/@v/v1.0.0.zip"
    served.renew()
    served.world.proxy.script(path, Drip(((0.2, 100),)))
    row = [MOD, "/nothing/@v/list"] * 1000
    got = answers(served.raw(request(path, "Range: bytes=0-9") + b"".join(map(request, row)) + LAST))
    assert [status for status, _, _ in got] == [206, *[200, 404] * 1000, 200]


def test_a_client_that_leaves_while_its_second_request_waits_for_the_first(served: Served) -> None:
    """Nobody waits any more, so the fetch ends."""
    path = "/q.io/a/@v/v1.0.0.zip"
    served.renew()
    served.world.proxy.script(path, Stall())
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(request(path))
        eventually(lambda: served.site.library.flights == 1)
        connection.sendall(request("/nothing/@v/list"))
        (protocol,) = served.server.server_state.connections
        eventually(lambda: len(protocol.pipeline) == 1)
    eventually(lambda: served.site.requests == 0)
    eventually(lambda: served.site.library.flights == 0)
    served.world.proxy.script(path, File())


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_a_wish_for_another_protocol_is_passed_over(served: Served, protocol: str) -> None:
    """As with `curl --http2`: the answer is that of HTTP/1.1, and the connection is as good as before."""
    wish = request(MOD, "Connection: Upgrade, HTTP2-Settings", f"Upgrade: {protocol}", "HTTP2-Settings: AAMAAABkAAQ")
    got = answers(served.raw(wish + request(LIST) + wish + LAST))
    assert [body for _, _, body in got] == [BODY, b"v1.0.0\n", BODY, BODY]
    assert "connection" not in got[0][1]


@pytest.mark.parametrize("path", [MOD, "/healthz"])
@pytest.mark.parametrize("framing", ["Content-Length", "Transfer-Encoding"])
def test_attack_a_body_behind_a_wish_for_another_protocol(served: Served, path: str, framing: str) -> None:
    """Who stands before this server may have seen one request (RFC 9110, 7.8): its body is not the next one."""
    body = request(LIST)
    value = f"{len(body)}"
    if framing == "Transfer-Encoding":
        value, body = "chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    wish = request(path, "Connection: Upgrade", "Upgrade: websocket", f"{framing}: {value}")
    assert [status for status, _, _ in answers(served.raw(wish + body + LAST))] == [400]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"GET {MOD} HTTP/1.1\r\nConnection: close", 400),
        (f"GET {MOD} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nHost: x", 400),
        (f"GET {MOD} HTTP/1.0\r\nHost: x\r\nHost: y", 400),
        (f"GET {MOD} HTTP/1.0\r\nA: b", 200),
        (f"GET {MOD} HTTP/1.1\r\nHost:\r\nConnection: close", 200),
        (f"GET http://x{MOD} HTTP/1.1\r\nHost: y\r\nConnection: close", 200),
        *((f"GET {MOD} HTTP/1.1\r\nHost: {host}\r\nConnection: close", 200) for host in HOSTS),
        *((f"GET {MOD} HTTP/1.1\r\nHost: {host}", 400) for host in NO_HOSTS),
    ],
)
def test_the_host_is_one_host(served: Served, head: str, status: int) -> None:
    """RFC 9112, 3.2."""
    assert answers(served.raw(head.encode() + b"\r\n\r\n"))[0][0] == status


@pytest.mark.parametrize("refused", [f"GET {MOD} HTTP/1.1\r\n\r\n", f"GET /{'y' * 40_000} HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_nothing_behind_a_request_that_is_refused_is_answered(served: Served, refused: str) -> None:
    """The connection ends with the refusal, and to write any more would be a fault."""
    got = answers(served.raw(refused.encode() + request("/healthz") + request(MOD) + request("/nothing")))
    assert [status for status, _, _ in got] == [400 if "Host" not in refused else 431]
    assert served.faults.said == []


@pytest.mark.parametrize("pieces", [2, 7, 1000])
def test_requests_in_pieces(served: Served, pieces: int) -> None:
    got = answers(served.raw(request() + request(LIST) + LAST, pieces=pieces, pause_s=0.0005))
    assert [body for _, _, body in got] == [BODY, b"v1.0.0\n", BODY]


def test_connections_are_kept(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
        for _ in range(5):
            connection.sendall(request())
            data = b""
            while not data.endswith(BODY):
                data += connection.recv(4096)
            assert b"connection: close" not in data


@pytest.mark.parametrize("path", [MOD, "/healthz"])
def test_old_clients(served: Served, path: str) -> None:
    got = answers(served.raw(request(path, version="1.0") + request()))
    assert len(got) == 1, "the connection ends after the first answer"
    assert got[0][1]["connection"] == "close"


def test_head_from_memory(served: Served) -> None:
    data = served.raw(request(method="HEAD") + LAST)
    head, _, rest = data.partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(BODY) in head
    assert answers(rest)[0][2] == BODY


def test_conditions_and_ranges_go_the_other_way(served: Served) -> None:
    got = answers(served.raw(request(MOD, "Range: bytes=0-5") + LAST))
    assert [(status, body) for status, _, body in got] == [(206, BODY[:6]), (200, BODY)]
    tag = got[1][1]["etag"]
    data = served.raw(request(MOD, f"If-None-Match: {tag}") + LAST)
    head, _, rest = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 304 ")
    assert b"content-length" not in head
    assert answers(rest)[0][0] == 200


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (("Content-Length: 5",), b"hello"),
        (("Transfer-Encoding: chunked",), b"5\r\nhello\r\n0\r\n\r\n"),
        (("Transfer-Encoding: , Chunked",), b"5\r\nhello\r\n0\r\n\r\n"),  # RFC 9110, 5.6.1
    ],
)
def test_bodies_of_requests_are_passed_over(served: Served, lines: tuple[str, ...], body: bytes) -> None:
    got = answers(served.raw(request(MOD, *lines) + body + LAST))
    assert [status for status, _, _ in got] == [200, 200]


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_what_is_no_http(served: Served, data: bytes) -> None:
    assert served.raw(data).startswith(b"HTTP/1.1 400 ")


def test_attack_another_version_of_http(served: Served) -> None:
    """Its framing is not that of HTTP/1.1: nothing behind it is read as a request."""
    got = served.raw(request(version="2.0") + request())
    assert got.startswith(b"HTTP/1.1 505 ")
    assert got.count(b"HTTP/1.1") == 1


CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize("before", [b"", request()], ids=["first", "second"])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("xchunked", b"0\r\n\r\n"),
        ("identity", b"0\r\n\r\n"),
        ("gzip, chunked", CHUNKS),
        ("gzip\r\nTransfer-Encoding: chunked", CHUNKS),
        ("chunked, chunked", CHUNKS),
        ("chunked\r\nTransfer-Encoding: chunked", CHUNKS),
        ("chunked\r\nContent-Length: 15", CHUNKS),
        ("chunked", b"5\nhello\r\n0\r\n\r\n"),
        ("chunked", b"+5\r\nhello\r\n0\r\n\r\n"),
        ("chunked", b"5\r\nhelloX\r\n0\r\n\r\n"),
        ("chunked", b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    ],
)
def test_attack_a_body_of_which_nobody_knows_the_end(served: Served, before: bytes, coding: str, body: bytes) -> None:
    """RFC 9112, 6.1, 6.3 and 7.1: the request is refused, and what follows is no request."""
    data = before + request(MOD, f"Transfer-Encoding: {coding}", method="POST") + body + request("/healthz")
    assert [status for status, _, _ in answers(served.raw(data))] == [*([200] if before else []), 400]
    eventually(lambda: served.site.requests == 0)


def test_heads_that_are_too_large(served: Served) -> None:
    assert b" 431 " in served.raw(request("/healthz", "X: " + "x" * 40_000)).split(b"\r\n")[0]
    assert b" 431 " in served.raw(request("/" + "x" * 40_000)).split(b"\r\n")[0]


def test_a_head_without_end(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        sent = 0
        with pytest.raises(OSError):  # noqa: PT012 - it is cut somewhere on the way
            while sent < 1 << 26:
                sent += connection.send(b"x" * 65536)
    assert sent < 1 << 24


def test_a_client_that_reads_nothing_is_not_answered_for_ever(served: Served) -> None:
    """Answers that nobody takes do not pile up: the requests behind them wait in the socket."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=2) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent = 0
        with pytest.raises(TimeoutError):  # noqa: PT012 - it stops somewhere on the way
            while sent < 1 << 27:
                sent += connection.send(request() * 500)
        assert sent < 1 << 26
        held = [each.transport.get_write_buffer_size() for each in served.server.server_state.connections]
        assert max(held) < 1 << 23
        assert served.get(MOD).status == 200


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Served]:
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        with Served(world) as served:
            served.site.limits = Limits(connections=8, head_s=0.3, idle_s=0.3, stuck_s=0.3)
            served.get(MOD)
            yield served


def test_slow_and_idle_clients(strict: Served) -> None:
    with ThreadPoolExecutor() as clients:  # each waits until the server has had enough
        slow, silent, idle = clients.map(strict.raw, (b"GET / HTTP/1.1\r\nHost:", b"", request()))
    assert b" 408 " in slow.split(b"\r\n")[0]
    assert silent == b""
    assert answers(idle)[0][0] == 200  # answered, and closed when nothing more comes


@pytest.mark.wide
def test_attack_a_client_that_reads_nothing_of_a_large_zip(tmp_path: Path) -> None:
    """Its request ends, and with it the copy that it is sent from, whether or not another request waits behind it."""
    with World(tmp_path) as world, Served(world) as served:
        world.publish("q.io/a", "v1.0.0", files={"a.go": "// " + os.urandom(3 << 20).hex()})
        served.site.limits = Limits(stuck_s=0.05)
        path = "/q.io/a/@v/v1.0.0.zip"
        served.get(path)

        async def look() -> int:
            for each in list(served.server.server_state.connections):
                each.look(served._loop.time())
            return served.site.requests

        for more in (b"", request(MOD)):
            with socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.connect(("127.0.0.1", served.port))
                connection.sendall(request(path) + more)
                eventually(lambda: served.site.requests == 1)
                eventually(lambda: asyncio.run_coroutine_threadsafe(look(), served._loop).result() == 0)


def ended(served: Served, data: bytes) -> bytes:
    """What a client gets that says at once that it will send no more."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


@pytest.mark.parametrize("behind", [b"", request()[:20], request(), request() * 2, request() * 300])
def test_a_client_that_sends_no_more_is_answered(strict: Served, behind: bytes) -> None:
    """RFC 9112, 9.6: a client may close its half of the connection; also one whose answer has to be waited for."""
    strict.world.proxy.script(LIST, Drip(((0.2, 100),)))
    strict.site.limits = Limits()
    strict.renew()
    strict.get(MOD)
    found = answers(ended(strict, request(LIST) + behind))
    assert [(status, body) for status, _, body in found] == [(200, b"v1.0.0\n")] + [(200, BODY)] * behind.count(
        b"\r\n\r\n"
    )


def test_a_client_that_sends_no_more_of_a_body_is_not_waited_for(strict: Served) -> None:
    strict.world.proxy.script(LIST, Stall())
    assert ended(strict, request(LIST, "Content-Length: 5") + b"body") == b""
    eventually(lambda: strict.site.requests == 0)


def test_a_client_that_may_have_left_is_not_waited_for_without_end(strict: Served) -> None:
    strict.world.proxy.script(LIST, Stall())
    strict.site.limits = Limits(ended_s=0.05)
    strict.renew()
    assert ended(strict, request(LIST)) == b""
    eventually(lambda: strict.site.requests == 0 and strict.site.library.flights == 0)


def opened(served: Served, count: int, data: bytes) -> list[socket.socket]:
    """Connections on which something was sent."""
    held = [socket.create_connection(("127.0.0.1", served.port), timeout=10) for _ in range(count)]
    for each in held:
        each.sendall(data)
    return held


def test_too_many_connections(strict: Served) -> None:
    strict.site.limits = Limits(connections=8)
    strict.world.proxy.script(LIST, Stall())
    held = opened(strict, 8, request(LIST))
    try:
        eventually(lambda: strict.site.requests == 8)
        assert strict.raw(request()).startswith(b"HTTP/1.1 503 ")
    finally:
        for each in held:
            each.close()
    eventually(lambda: strict.get(MOD).status == 200)


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\nHost", request()], ids=["silent", "slow", "idle"])
def test_attack_idle_connections_keep_nobody_out(strict: Served, data: bytes) -> None:
    strict.site.limits = Limits(connections=8)
    held = opened(strict, 8, data)
    try:
        eventually(lambda: len(strict.server.server_state.connections) == 8)
        assert strict.raw(LAST).startswith(b"HTTP/1.1 200 ")
        left = [each for each in strict.server.server_state.connections if not each.transport.is_closing()]
        assert len(left) >= 7, "no more give way than have to"
    finally:
        for each in held:
            each.close()


def test_attack_more_connections_than_can_be_refused(strict: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each that is told so has a file open for a moment, of which there is an end."""
    monkeypatch.setattr(module, "_MOST_REFUSED", 2)
    strict.site.limits = Limits(connections=1)
    strict.world.proxy.script(LIST, Stall())
    held = opened(strict, 1, request(LIST))
    try:
        eventually(lambda: strict.site.requests == 1)
        held += opened(strict, 2, b"")
        with suppress(ConnectionError):
            assert strict.raw(request()) == b""
    finally:
        for each in held:
            each.close()


def test_attack_connections_that_never_begin_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no connections yet that are counted, and take a file each."""
    from tests.simulators.proxy import certificate

    certificate(tmp_path)
    monkeypatch.setattr("govgo.serve.server.server._HANDSHAKE_S", 0.2)
    with (
        World(tmp_path / "world") as world,
        Served(world, tls_cert=str(tmp_path / "server.pem")) as served,
        socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection,
    ):
        connection.sendall(b"\x16\x03")
        with suppress(ConnectionError):
            assert connection.recv(1) == b""


def test_tls(tmp_path: Path) -> None:
    import http.client
    import ssl

    from tests.simulators.proxy import certificate

    _, roots = certificate(tmp_path)
    with World(tmp_path / "world") as world:
        world.publish("q.io/a", "v1.0.0", files={"a.go": "package a\n//" + "abc" * 400_000})
        with Served(world, tls_cert=str(tmp_path / "server.pem")) as served:
            context = ssl.create_default_context(cafile=roots)
            for path in (MOD, MOD, "/q.io/a/@v/v1.0.0.zip", "/q.io/a/@v/v1.0.0.zip"):
                connection = http.client.HTTPSConnection("127.0.0.1", served.port, context=context, timeout=10)
                connection.request("GET", path)
                assert connection.getresponse().read() == world.proxy.files[path]
                connection.close()
