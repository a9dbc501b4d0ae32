# SPDX-License-Identifier: BSD-3-Clause
"""The HTTP client against a server that does everything wrong, once on each engine; texts are those of go 1.26."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress

import pytest

from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.credentials import Credentials, Login
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.engine import Answer, EngineOptions, Fault, Pacer, Timeouts, TransferError
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.http.timeouts import Patience
from govgo.errors import NetworkError, NotFoundError, TooLargeError
from tests.simulators import campaigns
from tests.simulators.httpclients import FAST, PATIENT, QUICK, MakeEngine, fetch, refusal, with_client
from tests.simulators.proxy import (
    Action,
    Body,
    Endless,
    File,
    GzipBomb,
    ProxySimulator,
    Raw,
    Redirect,
    Reset,
    Stall,
    Status,
    Truncate,
)
from tests.simulators.server import full_queue

LIST = "/q.io/a/@v/list"


@pytest.fixture(params=[CurlEngine, HttpxEngine])
def engine(request: pytest.FixtureRequest) -> MakeEngine:
    made: MakeEngine = request.param
    return made


def test_an_honest_body(engine: MakeEngine) -> None:
    with ProxySimulator({LIST: b"v1.0.0\n", "/big": b"x" * 3_000_000}) as proxy:
        assert fetch(engine, proxy.url + LIST) == b"v1.0.0\n"
        assert fetch(engine, proxy.url + "/big", 3_000_000) == b"x" * 3_000_000
        assert "accept-encoding" not in proxy.headers[0] or proxy.headers[0]["accept-encoding"] == "identity"


def test_a_url_without_a_path(engine: MakeEngine) -> None:
    with ProxySimulator({"/": b"a", "/?b=/c": b"d"}) as proxy:
        assert (fetch(engine, proxy.url), fetch(engine, proxy.url + "?b=/c")) == (b"a", b"d")
        # RFC 9112, section 3.2.1: an empty path is sent as "/".
        assert proxy.asked == ["/", "/?b=/c"]


def test_attack_a_query_that_is_not_ascii(engine: MakeEngine) -> None:
    """In the URL of the user, in a Location, there perhaps of bytes that are not text; servers read %XX as the byte."""
    with ProxySimulator() as proxy:
        proxy.script("/x?%C3%B6", Redirect("/y?\xff\xc3\xb6[#x"))
        assert isinstance(refusal(engine, f"{proxy.url}/x?\xf6"), NotFoundError)
        assert proxy.asked == ["/x?%C3%B6", "/y?%FF%C3%B6["]


def test_not_found_tells_what_the_server_says(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        error = refusal(engine, proxy.url + LIST)
        assert isinstance(error, NotFoundError)
        assert str(error) == (f"reading {proxy.url}{LIST}: 404 Not Found\n\tserver response: not found: no such file")
        assert len(proxy.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 501])
def test_a_final_status_is_asked_for_once(engine: MakeEngine, status: int) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Status(status, b"No"))
        error = refusal(engine, proxy.url + LIST)
        assert str(error) == f"reading {proxy.url}{LIST}: {status} No"
        assert isinstance(error, NotFoundError) is (status in (404, 410))
        assert len(proxy.asked) == 1


@pytest.mark.parametrize(
    "fault",
    campaigns.one_in(
        3,
        [Status(408), Status(429), Status(500), Status(502), Status(503), Truncate(), Reset(), Reset(after_half=True)],
    ),
    ids=str,
)
def test_a_passing_fault_is_retried(engine: MakeEngine, fault: Action) -> None:
    with ProxySimulator({LIST: b"v1.0.0\nv1.1.0\n"}) as proxy:
        proxy.script(LIST, fault, fault, File())
        assert fetch(engine, proxy.url + LIST) == b"v1.0.0\nv1.1.0\n"
        assert len(proxy.asked) == 3


def test_a_lasting_fault_ends(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Status(503, b"Service Unavailable"))
        error = refusal(engine, proxy.url + LIST)
        assert isinstance(error, NetworkError)
        assert error.status == 503
        assert str(error) == f"reading {proxy.url}{LIST}: 503 Service Unavailable"
        assert len(proxy.asked) == 1 + FAST.retries


def test_retry_after_is_waited_for() -> None:
    with ProxySimulator({LIST: b"v1.0.0\n"}) as proxy:
        proxy.script(LIST, Status(503, headers={"Retry-After": "1"}), File())
        start_s = time.monotonic()
        assert fetch(CurlEngine, proxy.url + LIST) == b"v1.0.0\n"
        assert time.monotonic() - start_s >= 1


def test_attack_retry_after_a_year(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Status(429, headers={"Retry-After": "31536000"}))
        assert isinstance(refusal(engine, proxy.url + LIST), NetworkError)
        assert len(proxy.asked) == 1


def test_attack_retry_after_a_date_that_is_none(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Status(503, headers={"Retry-After": f"Wed, 21 Oct 2026 07:28:{'9' * 50} GMT"}))
        assert isinstance(refusal(engine, proxy.url + LIST), NetworkError)
        assert len(proxy.asked) == 1 + FAST.retries


def test_attack_a_length_that_is_no_number_of_bytes(engine: MakeEngine) -> None:
    """The body begins and then stalls: the time-out holds all the same."""
    with ProxySimulator() as proxy:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"
        proxy.script(LIST, Raw(head + b"v1.0.0\n", keeps_open=True))
        error = refusal(engine, proxy.url + LIST, retry=RetryPolicy(retries=0), timeouts=QUICK)
        assert isinstance(error, NetworkError)


@pytest.mark.parametrize("fault", [Stall(), Stall(after_half=True)], ids=str)
def test_attack_silence_is_an_error_and_no_hang(engine: MakeEngine, fault: Action) -> None:
    with ProxySimulator({LIST: b"v1.0.0\n" * 10}) as proxy:
        proxy.script(LIST, fault)
        error = refusal(engine, proxy.url + LIST, retry=RetryPolicy(retries=0), timeouts=QUICK)  # it would never come
        assert isinstance(error, NetworkError)
        assert "context deadline exceeded" in str(error)


def test_a_connection_is_waited_for_once(engine: MakeEngine) -> None:
    """The server's system takes connections, and the server says nothing in the TLS handshake."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        timeouts = PATIENT._replace(connect_s=0.3)
        with pytest.raises(NetworkError, match=f"dial tcp {place}: i/o timeout$"):
            with_client(
                lambda options: engine(options._replace(insecure=True)),
                lambda client: client.get(f"https://{place}{LIST}", 1000),
                timeouts=timeouts,
            )
        server.setblocking(False)
        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_body_that_stalls_is_asked_for_again_soon() -> None:
    """After 0.1 and 0.4 s. A time-out, here of 2 s, allows one more try only."""
    with ProxySimulator({LIST: b"v1.0.0\n" * 10}) as proxy:
        proxy.script(LIST, Stall(after_half=True), Stall(after_half=True), File())

        async def work(client: HttpClient) -> bytes:
            return await client.get(proxy.url + LIST, 1000)

        assert with_client(CurlEngine, work, timeouts=Timeouts(2, 2, 2, 10)) == b"v1.0.0\n" * 10
        assert len(proxy.asked) == 3


@pytest.mark.parametrize("fault", [Endless(), Endless(declared=1 << 40), GzipBomb(5_000_000)], ids=str)
def test_attack_an_endless_body_stops_at_the_cap(engine: MakeEngine, fault: Action) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, fault)
        error = refusal(engine, proxy.url + LIST, 100_000)
        assert isinstance(error, TooLargeError)
        assert error.limit_bytes == 100_000
        assert str(error) == f"reading {proxy.url}{LIST}: response exceeds 100000 bytes"
        assert len(proxy.asked) == 1


def test_attack_an_endless_error_body(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        head = b"HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nContent-Length: 99999999\r\n\r\n"
        proxy.script(LIST, Raw(head + b"spam " * 100_000))
        error = refusal(engine, proxy.url + LIST)
        assert len(str(error).encode()) < 1000
        assert "\n\tserver response: [Truncated: too long.]" in str(error)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"plain words\n", " plain words"),
        (b"two\nlines\n\nand no more\n", "\n\ttwo\n\tlines"),
        (b"\x1b[31mred\x1b[0m", ""),
        (b"null \x00 byte", ""),
        (b"bad \xff\xfe utf-8", ""),
        ("rechts ‮links".encode(), ""),
    ],
)
def test_attack_server_text_with_terminal_escapes(engine: MakeEngine, body: bytes, shown: str) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Status(404, b"Not Found", {"Content-Type": "text/plain"}, body))
        text = str(refusal(engine, proxy.url + LIST))
        detail = f"\n\tserver response:{shown}" if shown else ""
        assert text == f"reading {proxy.url}{LIST}: 404 Not Found{detail}"


def test_attack_reason_phrase_with_control_bytes() -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Raw(b"HTTP/1.1 403 \x1b[2JForbidden\r\nContent-Length: 0\r\n\r\n"))
        assert str(refusal(CurlEngine, proxy.url + LIST)) == f"reading {proxy.url}{LIST}: 403 Forbidden"


@pytest.mark.parametrize(
    "data", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 9999999999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 400_000]
)
def test_attack_malformed_answers(engine: MakeEngine, data: bytes) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Raw(data))
        assert isinstance(refusal(engine, proxy.url + LIST, retry=RetryPolicy(retries=0)), NetworkError)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nv1.0\n"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n3\r\nno\n\r\n0\r\n"


@pytest.mark.parametrize("name", [b"Content-Encoding: gzip", b"ETag: x", b"Location: /elsewhere"])
def test_headers_of_an_answer_that_announces_another_are_not_its_own(engine: MakeEngine, name: bytes) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Raw(b"HTTP/1.1 103 Early Hints\r\n" + name + b"\r\n\r\n" + OK))
        assert fetch(engine, proxy.url + LIST) == b"v1.0\n"


def test_trailers_are_no_headers(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Raw(b"HTTP/1.1 200 OK\r\n" + CHUNKS + b"Content-Encoding: gzip\r\n\r\n"))
        assert fetch(engine, proxy.url + LIST) == b"no\n"
        head = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n"
        proxy.script(LIST, Raw(head + CHUNKS + b"Content-Type: text/html\r\n\r\n"))
        assert str(refusal(engine, proxy.url + LIST)).endswith("404 Not Found\n\tserver response: no")


def test_attack_compressed_garbage(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Body(b"no gzip", {"Content-Encoding": "gzip"}))
        assert str(refusal(engine, proxy.url + LIST)) == f'read "{proxy.url}{LIST}": gzip: invalid header'
        proxy.script(LIST, Body(b"?", {"Content-Encoding": "zstd"}))
        assert str(refusal(engine, proxy.url + LIST)) == f"reading {proxy.url}{LIST}: unexpected Content-Encoding"


@pytest.mark.parametrize("coding", ["identity", "utf-8", "binary", "none", "gzip, gzip", "*", "x"])
def test_a_coding_that_is_none_counts_for_nothing(engine: MakeEngine, coding: str) -> None:
    """What servers write there besides codings; go 1.26.8 looks for gzip alone, and takes all else as it is."""
    with ProxySimulator() as proxy:
        proxy.script(LIST, Body(b"v1.0.0\n", {"Content-Encoding": coding}))
        assert fetch(engine, proxy.url + LIST) == b"v1.0.0\n"


ONE, TWO, NONE = (gzip.compress(each, mtime=0) for each in (b"one ", b"two", b""))


@pytest.mark.parametrize(
    ("body", "read"),
    campaigns.one_in(
        3,
        [
            (ONE + TWO, b"one two"),
            (ONE + NONE + TWO, b"one two"),
            (NONE, b""),
            (b"", b""),
            (ONE + b"garbage garbage", "gzip: invalid header"),
            (ONE + TWO[:-3], "unexpected EOF"),
            (ONE + TWO[:5], "unexpected EOF"),
            (ONE[:-9], "unexpected EOF"),
            (ONE + TWO[:-8] + b"\0" + TWO[-7:], "gzip: invalid checksum"),
        ],
    ),
    ids=["two", "three", "empty", "nothing", "garbage", "cut", "cut-header", "cut-first", "spoilt"],
)
def test_members_of_a_gzip_body(engine: MakeEngine, body: bytes, read: bytes | str) -> None:
    """Texts as compress/gzip gives them."""
    with ProxySimulator() as proxy:
        proxy.script(LIST, Body(body, {"Content-Encoding": "gzip"}))
        if isinstance(read, bytes):
            assert fetch(engine, proxy.url + LIST) == read
        else:
            assert str(refusal(engine, proxy.url + LIST)) == f'read "{proxy.url}{LIST}": {read}'


def test_attack_a_body_of_empty_members(engine: MakeEngine) -> None:
    """Two megabytes of members of 20 bytes: what is left after each of them must not be copied whole."""
    with ProxySimulator() as proxy:
        proxy.script(LIST, Body(NONE * 100_000 + TWO, {"Content-Encoding": "gzip"}))
        assert fetch(engine, proxy.url + LIST, 4 << 20, timeouts=Timeouts()) == b"two"


def test_an_unasked_for_gzip_body_is_read(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, GzipBomb(1000))
        assert fetch(engine, proxy.url + LIST) == bytes(1000)


@pytest.mark.parametrize("size", campaigns.one_in(2, [16 << 20, 64 << 20]))
def test_attack_a_gzip_bomb_costs_no_more_than_what_it_may_hold(engine: MakeEngine, size: int) -> None:
    """A go.mod may have 16 MiB: the content comes in pieces and is joined once, so twice that and some buffers."""
    limit = 16 << 20
    body = gzip.compress(bytes(size), compresslevel=1)
    with ProxySimulator() as proxy:
        proxy.script(LIST, Body(body, {"Content-Encoding": "gzip"}))

        async def work(client: HttpClient) -> int:
            tracemalloc.start()
            try:
                with suppress(TooLargeError):
                    assert len(await client.get(proxy.url + LIST, limit)) == size
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        assert with_client(engine, work) < (40 << 20)


def test_a_page_is_the_beginning_of_what_is_packed(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Body(gzip.compress(bytes(1_000_000)), {"Content-Encoding": "gzip"}))
        page = with_client(engine, lambda client: client.page(proxy.url + LIST, 300_000))
        assert page.body == bytes(300_000)


def test_a_page_that_breaks_off_is_asked_for_again(engine: MakeEngine) -> None:
    page, half = b"<html><head></head></html>", b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n<html>"
    with ProxySimulator({LIST: page}) as proxy:
        proxy.script(LIST, Raw(half), File())
        found = with_client(engine, lambda client: client.page(proxy.url + LIST, 1000))
        assert (found.body, found.error) == (page, None)
        proxy.script(LIST, *[Raw(half)] * 4)
        found = with_client(engine, lambda client: client.page(proxy.url + LIST, 1000))
        assert found.body == b"<html>"
        assert str(found.error) == f'read "{proxy.url}{LIST}": unexpected EOF'
        assert len(proxy.asked) == 6
        proxy.script(LIST, Stall(after_half=True))
        found = with_client(engine, lambda client: client.page(proxy.url + LIST, 1000), timeouts=QUICK)
        assert found.body == page[:12]  # it was waited for long enough
        assert "while reading body" in str(found.error)
        assert len(proxy.asked) == 7


@pytest.mark.parametrize("cookie", ["a=b", "\xe9\xff=\x80; Path=/"])
def test_attack_a_cookie_is_neither_kept_nor_the_end_of_later_requests(engine: MakeEngine, cookie: str) -> None:
    with ProxySimulator({"/next": b"v1.0.0\n"}) as proxy:
        proxy.script(LIST, Body(b"", {"Set-Cookie": cookie}))

        async def work(client: HttpClient) -> bytes:
            await client.get(proxy.url + LIST, 1000)
            return await client.get(proxy.url + "/next", 1000)

        assert with_client(engine, work) == b"v1.0.0\n"
        assert all("cookie" not in headers for headers in proxy.headers)


def test_an_unasked_for_gzip_body_is_passed_on_unpacked(engine: MakeEngine) -> None:
    """A zip through a box that compresses everything, in two members; a bomb ends at the limit of what it holds."""
    body = gzip.compress(b"zip" * 100_000) + gzip.compress(b"end")
    with ProxySimulator() as proxy:
        url = proxy.url + "/zip"
        got = bytearray()
        proxy.script("/zip", Body(body, {"Content-Encoding": "gzip"}))
        size = with_client(engine, lambda client: client.stream(url, got.extend, got.clear, 1 << 30))
        assert (size, bytes(got)) == (300_003, b"zip" * 100_000 + b"end")
        proxy.script("/zip", Body(gzip.compress(bytes(16 << 20)), {"Content-Encoding": "gzip"}))
        with pytest.raises(TooLargeError):
            with_client(engine, lambda client: client.stream(url, got.extend, got.clear, 1_000_000))
        assert len(got) <= 1_000_000
        proxy.script("/zip", Body(body[:-4], {"Content-Encoding": "gzip"}))
        with pytest.raises(NetworkError, match="unexpected EOF"):
            with_client(engine, lambda client: client.stream(url, got.extend, got.clear, 1 << 30))


def test_a_truncated_body_is_reported_as_by_go(engine: MakeEngine) -> None:
    with ProxySimulator({LIST: b"v1.0.0\n" * 10}) as proxy:
        proxy.script(LIST, Truncate())
        assert str(refusal(engine, proxy.url + LIST)) == f'read "{proxy.url}{LIST}": unexpected EOF'


def test_a_refused_connection_is_reported_as_by_go() -> None:
    url = f"http://127.0.0.1:1{LIST}"
    assert str(refusal(CurlEngine, url)) == f'Get "{url}": dial tcp 127.0.0.1:1: connect: connection refused'


def test_an_http_proxy_that_refuses_is_reported_as_by_go(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script("h.example:443", Status(403, b"Forbidden"))

        async def run() -> None:
            client = HttpClient(engine(EngineOptions(proxy_for=lambda _scheme, _host, _port: proxy.url)), retry=FAST)
            try:
                await client.get("https://h.example/x", 100)
            finally:
                await client.aclose()

        with pytest.raises(NetworkError) as caught:
            asyncio.run(run())
        assert str(caught.value) == 'Get "https://h.example/x": Forbidden'
        assert set(proxy.asked) == {"h.example:443"}


def test_credentials_in_a_plain_url_are_refused_and_masked(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        url = proxy.url.replace("//", "//user:hunter2@") + LIST
        shown = proxy.url.replace("//", "//user:xxxxx@") + LIST
        assert str(refusal(engine, url)) == f"refusing to pass credentials to insecure URL: {shown}"
        assert proxy.asked == []


def test_trace_lines_are_those_of_go(engine: MakeEngine) -> None:
    with ProxySimulator({LIST: b"v1.0.0\n"}) as proxy:
        lines: list[str] = []
        fetch(engine, proxy.url + LIST, trace=lines)
        assert lines[0] == f"# get {proxy.url}{LIST}"
        assert lines[1].startswith(f"# get {proxy.url}{LIST}: 200 OK (0.")


def test_a_stream_is_handed_on_in_pieces_and_begins_anew_after_a_fault(engine: MakeEngine) -> None:
    content = bytes(range(256)) * 20_000
    with ProxySimulator({"/zip": content}) as proxy:
        proxy.script("/zip", Truncate(), File())
        got = bytearray()

        size = with_client(engine, lambda client: client.stream(proxy.url + "/zip", got.extend, got.clear, 1 << 30))
        assert (size, bytes(got)) == (len(content), content)


def test_attack_an_endless_zip_stops_at_the_cap(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script("/zip", Endless())
        got = bytearray()
        with pytest.raises(TooLargeError):
            with_client(engine, lambda client: client.stream(proxy.url + "/zip", got.extend, got.clear, 1_000_000))
        assert len(got) <= 1_000_000


@pytest.mark.parametrize(("engine", "count"), [(CurlEngine, 300), (HttpxEngine, 40)])
def test_many_requests_share_few_connections(engine: MakeEngine, count: int) -> None:
    with ProxySimulator({f"/{i}": str(i).encode() for i in range(count)}) as proxy:

        async def all_of_them(client: HttpClient) -> list[bytes]:
            return list(await asyncio.gather(*(client.get(f"{proxy.url}/{i}", 100) for i in range(count))))

        assert with_client(engine, all_of_them, timeouts=Timeouts()) == [str(i).encode() for i in range(count)]
        assert proxy.connections <= 256  # 128, and twice as many after a round of answers


def test_a_bound_on_requests_holds() -> None:
    with ProxySimulator({f"/{i}": b"x" for i in range(60)}) as proxy:

        async def all_of_them(client: HttpClient) -> list[bytes]:
            return list(await asyncio.gather(*(client.get(f"{proxy.url}/{i}", 100) for i in range(60))))

        assert with_client(CurlEngine, all_of_them, timeouts=Timeouts(), requests=7) == [b"x"] * 60
        assert proxy.connections <= 7


def test_a_dead_host_gets_one_try_for_each_further_url() -> None:
    base = "http://127.0.0.1:1"

    async def ask(client: HttpClient) -> float:
        start_s = time.monotonic()
        for i in range(20):
            with pytest.raises(NetworkError):
                await client.get(f"{base}/{i}", 100)
        return time.monotonic() - start_s

    assert with_client(CurlEngine, ask, retry=RetryPolicy(retries=3, base_s=0.2)) < 2


def test_netrc_credentials_go_to_their_https_host_only() -> None:
    credentials = Credentials([Login("h.example", "me", "secret"), Login("p.example/team", "you", "other")])
    assert credentials.lines("https://h.example/x")[0].startswith("Authorization: Basic ")
    assert credentials.lines("https://h.example:8443/x") == ()
    assert credentials.lines("https://evil.example/h.example") == ()
    assert credentials.lines("https://p.example/team/mod")[0].startswith("Authorization: Basic ")
    assert credentials.lines("https://p.example/other") == ()
    assert "secret" not in repr(Login("h.example", "me", "secret"))


def body_of(url: str, make: Callable[[], HttpClient]) -> bytes:
    """What a client gets, made and closed in a loop of its own."""

    async def run() -> bytes:
        client = make()
        try:
            return await client.get(url, 100)
        finally:
            await client.aclose()

    return asyncio.run(run())


@contextmanager
def silent_handshake() -> Iterator[str]:
    """A server that takes connections, and says nothing, so that no TLS begins."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("place", [full_queue, silent_handshake])
def test_attack_a_server_without_a_sign(engine: MakeEngine, place: Callable[[], AbstractContextManager[str]]) -> None:
    """Who fails soon knows in three fifths of the time there is, here 0.24 s; and asks the same server no more."""
    times: list[float] = []

    async def run(base: str) -> None:
        client = HttpClient(engine(EngineOptions(insecure=True)), patience=Patience(0.4))
        try:
            for _ in range(2):
                start_s = time.monotonic()
                with pytest.raises(NetworkError, match="before any sign of the server") as caught:
                    await client.get(base + LIST, 100)
                times.append(time.monotonic() - start_s)
                assert "-timeout=1m" in caught.value.hint
        finally:
            await client.aclose()

    with place() as base:
        asyncio.run(run(base))
    assert times[0] >= 0.24  # less would not wait for a sign
    assert times[1] < times[0]


def test_who_fails_soon_waits_for_a_proxy_that_fetches_the_module(engine: MakeEngine) -> None:
    """It has acknowledged the request, and answers after twice the time in which its sign was due."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                connection.recv(1000)
                time.sleep(0.4)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nv1")

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}{LIST}"
        assert body_of(url, lambda: HttpClient(engine(EngineOptions()), patience=Patience(0.4))) == b"v1"
        thread.join()


def test_a_connection_that_a_server_never_took_is_made_anew() -> None:
    """Its queue is full when the request comes, and as long as Linux believes that the connection is on its way."""
    again: list[str] = []
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as first:
        first.connect(server.getsockname())
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

        def serve() -> None:
            while not again:
                time.sleep(0.01)
            for _ in range(2):
                connection = server.accept()[0]
                with connection:
                    if connection.recv(1000):
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nv1")

        def event(kind: str, facts: Mapping[str, object]) -> None:
            if kind == "again":
                again.append(str(facts["why"]))
                first.close()

        thread = threading.Thread(target=serve)
        thread.start()
        make = lambda: HttpClient(CurlEngine(), retry=RetryPolicy(retries=0), event=event)  # noqa: E731
        assert body_of(url + LIST, make) == b"v1"
        thread.join()
    assert again[0].endswith("while the server takes no connection)")


class Failing:
    """An engine whose library names a proxy with its password."""

    async def send(self, origin: str, target: str, headers: list[str], pace: Pacer) -> Answer:
        raise TransferError(Fault.PROTOCOL, "dial http://me:hunter2@proxy.example:1: refused")

    async def aclose(self) -> None:
        pass


def test_attack_a_password_in_the_words_of_a_library() -> None:
    lines: list[str] = []
    client = HttpClient(Failing(), retry=RetryPolicy(retries=0), trace=lines.append)
    with pytest.raises(NetworkError) as caught:
        asyncio.run(client.get("http://h.example/x", 100))
    assert lines[-1] == "# get http://h.example/x: dial http://me:xxxxx@proxy.example:1: refused"
    assert "hunter2" not in str(caught.value)
