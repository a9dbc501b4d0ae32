# SPDX-License-Identifier: BSD-3-Clause
"""Heads of answers, and what lies between the pieces of a body, that go refuses: once on each engine.

The sentences are those of go 1.26, recorded from net/http. h11 has words of its own for what it refuses itself.
"""

from __future__ import annotations

import pytest

from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.errors import NetworkError
from tests.simulators import campaigns
from tests.simulators.httpclients import MakeEngine, fetch, refusal
from tests.simulators.proxy import Action, ProxySimulator, Raw

LIST = "/q.io/a/@v/list"
LENGTH = b"Content-Length: 5"
CHUNKED = b"Transfer-Encoding: chunked"
OK = b"HTTP/1.1 200 OK"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


@pytest.fixture(params=[CurlEngine, HttpxEngine])
def engine(request: pytest.FixtureRequest) -> MakeEngine:
    made: MakeEngine = request.param
    return made


def head(*lines: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in (*lines, b""))


REFUSED = {
    "a space before the first name": (
        head(OK, b" X: a", LENGTH) + b"hello",
        'malformed MIME header initial line: " X: a"',
    ),
    "no name": (head(OK, b": a", LENGTH) + b"hello", 'malformed MIME header line: ": a"'),
    "a control character in a name": (
        head(OK, b"X\x01: a", LENGTH) + b"hello",
        r'malformed MIME header line: "X\x01: a"',
    ),
    "a byte above ASCII in a name": (
        head(OK, b"X\xe9: a", LENGTH) + b"hello",
        r'malformed MIME header line: "X\xe9: a"',
    ),
    "a quotation mark in a name": (head(OK, b'X": a', LENGTH) + b"hello", r'malformed MIME header line: "X\": a"'),
    "a control character in a value": (
        head(OK, b"X: a\x01b", LENGTH) + b"hello",
        r'malformed MIME header line: "X: a\x01b"',
    ),
    "DEL in a value": (head(OK, b"X: a\x7fb", LENGTH) + b"hello", r'malformed MIME header line: "X: a\x7fb"'),
    "ESC in a value": (head(OK, b"X: a\x1b[2Jb", LENGTH) + b"hello", r'malformed MIME header line: "X: a\x1b[2Jb"'),
    "a status of four digits": (
        head(b"HTTP/1.1 2000 OK", LENGTH) + b"hello",
        'malformed HTTP status code "2000"',
    ),
    "a status and no space": (head(b"HTTP/1.1 200OK", LENGTH) + b"hello", 'malformed HTTP status code "200OK"'),
    "a tab before the status": (head(b"HTTP/1.1\t200 OK", LENGTH) + b"hello", 'malformed HTTP status code "OK"'),
    "a version in small letters": (head(b"http/1.1 200 OK", LENGTH) + b"hello", 'malformed HTTP version "http/1.1"'),
    "a length past 2^63": (
        head(OK, b"Content-Length: 9223372036854775808") + b"hello",
        'bad Content-Length "9223372036854775808"',
    ),
    "two codings": (head(OK, CHUNKED, CHUNKED) + CHUNKS, 'too many transfer encodings: ["chunked" "chunked"]'),
    "the coding identity": (
        head(OK, b"Transfer-Encoding: identity") + b"hello",
        'unsupported transfer encoding: "identity"',
    ),
    "an empty coding": (head(OK, b"Transfer-Encoding:", LENGTH) + b"hello", 'unsupported transfer encoding: ""'),
    "a head without its end": (head(OK, b"Content-Length: 0")[:-2], "unexpected EOF"),
}
LENIENT = {
    "lines that end in LF": head(OK, LENGTH).replace(b"\r\n", b"\n") + b"hello",
    "a value on two lines": head(OK, b"X: a", b" b", LENGTH) + b"hello",
    "bytes above ASCII in a value": head(OK, b"X: \xff\xe9", LENGTH) + b"hello",
    "a length twice": head(OK, LENGTH, LENGTH) + b"hello",
    "a length and chunks": head(OK, LENGTH, CHUNKED) + CHUNKS,
    "trailers": head(OK, CHUNKED) + b"5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "hints before the answer": head(b"HTTP/1.1 103 Early Hints", b"Link: <x>") + head(OK, LENGTH) + b"hello",
    "no reason": head(b"HTTP/1.1 200", LENGTH) + b"hello",
    "no length": head(OK) + b"hello",
}


def served(make: MakeEngine, raw: bytes) -> bytes:
    with ProxySimulator() as proxy:
        proxy.script(LIST, Raw(raw))
        return fetch(make, proxy.url + LIST)


@pytest.mark.parametrize("name", campaigns.one_in(4, REFUSED))
def test_attack_a_head_that_go_refuses(engine: MakeEngine, name: str) -> None:
    raw, sentence = REFUSED[name]
    with ProxySimulator() as proxy:
        proxy.script(LIST, Raw(raw))
        error = refusal(engine, proxy.url + LIST)
        assert isinstance(error, NetworkError)
        if engine is CurlEngine:
            text = f"net/http: HTTP/1.x transport connection broken: {sentence}"
            assert str(error) == f'Get "{proxy.url}{LIST}": {text}'


@pytest.mark.parametrize("name", campaigns.one_in(4, LENIENT))
def test_what_go_takes(engine: MakeEngine, name: str) -> None:
    assert served(engine, LENIENT[name]) == b"hello"


@pytest.mark.parametrize("end", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_attack_a_head_that_breaks_off_is_no_empty_file(engine: MakeEngine, end: bytes) -> None:
    """As whoever cuts a connection would have it: the list of versions is empty."""
    with ProxySimulator({LIST: b"v1.0.0\n"}) as proxy:
        proxy.script(LIST, Raw(end), Raw(head(OK, LENGTH) + b"hello"))
        assert fetch(engine, proxy.url + LIST) == b"hello"
        assert len(proxy.asked) == 2


def test_the_first_of_two_values_counts(engine: MakeEngine) -> None:
    """net/http, Header.Get."""
    assert served(engine, head(OK, b"Content-Encoding: ", b"Content-Encoding: gzip", LENGTH) + b"hello") == b"hello"


class Flood(Action):
    """Chunks in whose middle something comes that is no part of the body, without end."""


class Flooding(ProxySimulator):
    def _fail(self, connection, body, action) -> None:  # type: ignore[no-untyped-def]
        connection.sendall(head(OK, CHUNKED) + b"2\r\nhe\r\n3;")
        while not self.ending.is_set():
            connection.sendall(b"a" * 65536)


def test_attack_a_chunk_extension_without_end(engine: MakeEngine) -> None:
    with Flooding() as proxy:
        proxy.script(LIST, Flood())
        error = refusal(engine, proxy.url + LIST)
        sentence = "header line too long" if engine is CurlEngine else "Receive buffer too long"
        assert str(error) == f'read "{proxy.url}{LIST}": {sentence}'
