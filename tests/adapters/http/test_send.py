# SPDX-License-Identifier: BSD-3-Clause
"""Requests that send something, to servers that answer with anything, or too slowly."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from govgo.adapters.http import send
from govgo.adapters.http.engine import Timeouts
from govgo.adapters.http.send import Posted, Poster, Uploader
from govgo.adapters.workspace.goenvfile import load_env
from govgo.errors import NetworkError, TooLargeError, UsageError
from tests.simulators.proxy import certificate


@contextmanager
def serving(listener: socket.socket, serve: Callable[[], None], ending: threading.Event) -> Iterator[str]:
    """Runs `serve` in a thread, which looks at `ending`; host and port of the listener."""
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ending.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        listener.close()


@contextmanager
def server(answer: bytes, *, more: bytes = b"", tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Answers one request, then sends `more` again and again; its host and port."""
    listener = socket.create_server(("127.0.0.1", 0))
    ending = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with tls.wrap_socket(connection, server_side=True) if tls else connection as opened:
                opened.recv(1 << 16)
                opened.sendall(answer)
                for _ in range(150 if more else 0):  # then it ends by itself
                    if ending.wait(0.02):
                        break
                    opened.sendall(more)

    with serving(listener, serve, ending) as host:
        yield host


def poster(**environ: str) -> Poster:
    return Poster(load_env({"HOME": "/nowhere", "GOENV": "off", "PATH": "", **environ}).network, Timeouts())


def get(url: str, token: str = "", **environ: str) -> Posted:
    return Uploader(poster(**environ), url, token, "").get("publish/x")


@contextmanager
def reader(*, size: int, pause_s: float, answer_s: float = 0.0) -> Iterator[str]:
    """Takes `size` bytes of a request at a time, and answers so long after the last of them; its host and port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    ending = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                head, _, body = connection.recv(512).partition(b"\r\n\r\n")
                left = int(head.lower().partition(b"content-length: ")[2].split()[0]) - len(body)
                while left > 0 and not ending.wait(pause_s):
                    left -= len(connection.recv(size))
                if not ending.wait(answer_s):
                    connection.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")

    with serving(listener, serve, ending) as host:
        yield host


def put(host: str, file: Path, timeouts: Timeouts) -> Posted:
    network = load_env({"HOME": "/nowhere", "GOENV": "off", "PATH": ""}).network
    return Uploader(Poster(network, timeouts), f"http://{host}", "", "").put("publish/x", str(file))


HEAD = b"HTTP/1.1 200 OK\r\n"


def test_an_answer() -> None:
    with server(HEAD + b"Content-Length: 2\r\n\r\nok") as host:
        assert get(f"http://{host}") == (200, b"ok")


@pytest.mark.parametrize(
    ("answer", "more"),
    [(HEAD, b"X: y\r\n"), (HEAD + b"Content-Length: 60000\r\n\r\n", b"x"), (b"", b"H")],
    ids=["headers", "body", "status"],
)
@pytest.mark.parametrize("secure", [False, True])
def test_attack_an_answer_that_trickles(
    answer: bytes, more: bytes, secure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, and they are never all there."""
    monkeypatch.setattr(send, "_LIMIT_S", 0.3)
    context, trusted = certificate(tmp_path)
    environ = {"SSL_CERT_FILE": trusted, "SSL_CERT_DIR": str(tmp_path / "none")} if secure else {}
    scheme = "https" if secure else "http"
    with (
        server(answer, more=more, tls=context if secure else None) as host,
        pytest.raises(NetworkError, match=r"no answer in time|illegal status line"),
    ):
        get(f"{scheme}://{host}", **environ)


def test_attack_a_server_that_takes_a_file_by_the_byte(tmp_path: Path) -> None:
    """Each write ends in time, and the file would be sent for years."""
    (tmp_path / "f").write_bytes(bytes(8 << 20))
    with (
        reader(size=1, pause_s=0.01) as host,
        pytest.raises(NetworkError, match=r": what is sent is taken too slowly$") as caught,
    ):
        put(host, tmp_path / "f", Timeouts(stall_s=0.3))
    assert str(caught.value).startswith(f'Put "http://{host}/publish/x": ')


def test_a_slow_server_takes_a_file_and_looks_at_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece now and then, and an answer after more than the limit of small requests: as long as something moves."""
    monkeypatch.setattr(send, "_LIMIT_S", 0.3)
    (tmp_path / "f").write_bytes(bytes(1 << 20))
    with reader(size=1 << 20, pause_s=0.002, answer_s=0.9) as host:
        assert put(host, tmp_path / "f", Timeouts(stall_s=0.5)) == (200, b"ok")


@pytest.mark.parametrize("location", [b"http:x/", b"//[", b"http://[x/", b"http://h:" + b"9" * 5000, b"\xff\xfe://"])
def test_attack_a_redirect_to_no_url(location: bytes) -> None:
    """It is not followed: what it says is nobody's business, or ends in an error of the network."""
    with server(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n") as host:
        try:
            assert get(f"http://{host}").status == 302
        except NetworkError as error:
            told = str(error)
            if not told.startswith(f'Get "http://{host}/publish/x": '):
                raise


def test_an_answer_without_end_is_read_to_its_limit() -> None:
    with server(HEAD + b"\r\n" + b"x" * 70_000) as host:
        assert get(f"http://{host}").body == b"x" * 65_536
    with server(HEAD + b"\r\n" + b"x" * 70_000) as host, pytest.raises(TooLargeError):
        poster().post(f"http://{host}/", b"{}", "application/json", 60_000)


@pytest.mark.parametrize("host", ["xn--a", "a" * 70 + ".example", "a..example"])
def test_a_host_that_no_name_can_be(host: str) -> None:
    with pytest.raises(NetworkError):
        get(f"https://{host}")
    with pytest.raises(NetworkError):
        poster().post(f"https://{host}/", b"", "application/json", 10)


@pytest.mark.parametrize("token", ["s3cr3t\u00e9", "s3cr3t\nX: y", "s3 cr3t", "s3cr3t\x7f", "s3cr3t\udcff"])
def test_attack_a_token_that_is_no_header(token: str) -> None:
    with pytest.raises(UsageError) as error:
        get("https://127.0.0.1:1", token)
    assert "s3" not in str(error.value)


def test_a_line_end_behind_a_token_is_none_of_it() -> None:
    """So editors and `echo` write the files that tokens are read from."""
    with server(HEAD + b"Content-Length: 2\r\n\r\nok") as host:
        assert get(f"http://{host}", "s3cr3t\n").status == 200
