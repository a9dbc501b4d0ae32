# SPDX-License-Identifier: BSD-3-Clause
"""Object stores on loopback: each a context that gives the URL of an empty bucket and the environment that reaches it.

with STARTERS["moto"](tmp_path) as (url, environ):
    open_storage(url, environ)
"""

from __future__ import annotations

import http.client
import logging
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
AZURE_ACCOUNT = "devstoreaccount1"
#: The key of that account, which Azurite's documentation publishes.
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_READY_S = 60.0

Reached = tuple[str, Mapping[str, str]]
App = Callable[..., Iterable[bytes]]
"""A WSGI application."""


class NoSuchProgram(Exception):
    """The program of an object store is not installed here."""


def _s3(port: int, bucket: str = "modules") -> Reached:
    return f"s3://{bucket}/pre/fix", {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }


@contextmanager
def moto(root: Path, around: Callable[[App], App] = lambda app: app) -> Iterator[Reached]:
    """moto's S3, in threads of this process; `around` may put something before its WSGI application."""
    import moto.server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        assert server._server is not None
        server._server.app = around(_one_write_at_a_time(server._server.app))
        port = server.get_host_and_port()[1]
        _ask(port, "POST", "/moto-api/reset", {})  # what it stores belongs to the process, not to the server
        scope = f"Credential={KEY}/20260101/us-east-1/s3/aws4_request"
        _ask(port, "PUT", "/modules", {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=x"})
        yield _s3(port)
    finally:
        server.stop()


def _one_write_at_a_time(app: App) -> App:
    """moto compares If-Match with what there is and then writes, which in its threads lets two of many writers win."""
    lock = threading.Lock()

    def answer(environ: Mapping[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return app(environ, start)
        with lock:
            return app(environ, start)

    return answer


@contextmanager
def gofakes3(root: Path) -> Iterator[Reached]:
    """gofakes3, in memory."""
    port = _free_port()
    command = [_program("gofakes3"), "-backend", "memory", "-host", f"127.0.0.1:{port}", "-initialbucket", "modules"]
    with _running(command, port, root):
        yield _s3(port)


@contextmanager
def versitygw(root: Path) -> Iterator[Reached]:
    """versitygw over a directory; it checks signatures."""
    port = _free_port()
    (root / "gw/modules").mkdir(parents=True)
    command = [_program("versitygw"), "--access", KEY, "--secret", SECRET, "--port", f"127.0.0.1:{port}"]
    with _running([*command, "posix", str(root / "gw")], port, root):
        yield _s3(port)


@contextmanager
def azurite(root: Path) -> Iterator[Reached]:
    """Azurite's blob service."""
    port = _free_port()
    command = [_program("azurite-blob"), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--silent"]
    with _running([*command, "--inMemoryPersistence", "--skipApiVersionCheck"], port, root):
        endpoint = f"http://127.0.0.1:{port}/{AZURE_ACCOUNT}"
        _ask(port, "PUT", f"/{AZURE_ACCOUNT}/modules?restype=container", _azure_signed("/modules", "restype:container"))
        account = f"AccountName={AZURE_ACCOUNT};AccountKey={AZURE_KEY}"
        yield (
            "az://modules/pre/fix",
            {"AZURE_STORAGE_CONNECTION_STRING": f"DefaultEndpointsProtocol=http;{account};BlobEndpoint={endpoint};"},
        )


STARTERS: Mapping[str, Callable[[Path], AbstractContextManager[Reached]]] = {
    "moto": moto,
    "gofakes3": gofakes3,
    "versitygw": versitygw,
    "azurite": azurite,
}


def _azure_signed(path: str, query: str) -> dict[str, str]:
    """The headers of a PUT without a body, signed with the account's key ("Authorize with Shared Key")."""
    import base64
    import hashlib
    import hmac
    from email.utils import formatdate

    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    named = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    text = "PUT" + "\n" * 12 + f"{named}/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}{path}\n{query}"
    digest = hmac.new(base64.b64decode(AZURE_KEY), text.encode(), hashlib.sha256).digest()
    return {**headers, "Authorization": f"SharedKey {AZURE_ACCOUNT}:{base64.b64encode(digest).decode()}"}


def _ask(port: int, method: str, path: str, headers: Mapping[str, str]) -> None:
    """A request without a body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, b"", dict(headers))
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status in (200, 201), (answer.status, re.sub(rb"\s+", b" ", body)[:500])
    finally:
        connection.close()


def _program(name: str) -> str:
    places = os.pathsep.join([os.environ.get("GOVGO_TEST_STORES", ""), os.environ.get("PATH", "")])
    found = shutil.which(name, path=places)
    if found is None:
        raise NoSuchProgram(f"{name} is not installed here")
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def _running(command: Sequence[str], port: int, root: Path) -> Iterator[None]:
    """A program that listens to `port`, ended at the end."""
    log = root / "store.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=root)
    try:
        end = time.monotonic() + _READY_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < end, log.read_text()[-2000:]
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:  # Azurite waits for connections that nobody closes
            process.kill()
            process.wait(20)
