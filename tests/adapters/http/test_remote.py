# SPDX-License-Identifier: BSD-3-Clause
"""Files below a base URL: paths as go joins and escapes them, and directories read as a proxy is."""

from __future__ import annotations

import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.remote import FileRemote, HttpRemote, Remote, Web
from govgo.errors import GovgoError, NetworkError, NotFoundError, TooLargeError, UsageError
from tests.simulators.coroutines import finish


def no_client() -> HttpClient:
    raise AssertionError("nothing is to be requested")


def refusal(work: Coroutine[Any, Any, object]) -> GovgoError:
    with pytest.raises(GovgoError) as caught:
        work.send(None)
    return caught.value


@pytest.fixture
def files(tmp_path: Path) -> Remote:
    return Web(no_client).open(f"file://{tmp_path}")


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://h.example", "q.io/a/@v/list", "https://h.example/q.io/a/@v/list"),
        ("https://h.example/", "q.io/a/@v/list", "https://h.example/q.io/a/@v/list"),
        ("https://h.example/proxy/", "q.io/a/@latest", "https://h.example/proxy/q.io/a/@latest"),
        ("https://me:pw@h.example/p", "x", "https://me:xxxxx@h.example/p/x"),
        ("https://h.example/p?q=1", "x", "https://h.example/p/x?xxxxx"),
    ],
)
def test_urls(base: str, path: str, url: str) -> None:
    remote = Web(no_client).open(base)
    assert isinstance(remote, HttpRemote)
    assert not remote.is_local
    assert remote.url(path) == url


def test_a_url_without_a_host() -> None:
    """As go 1.26.8 writes it; the request fails with "no Host in request URL"."""
    remote = Web(no_client).open("https:")
    assert isinstance(remote, HttpRemote)
    assert remote._wire("a/@v/list") == remote.url("a/@v/list") == "https:///a/@v/list"


def test_schemes() -> None:
    with pytest.raises(UsageError, match=r"^unsupported scheme: ftp://me:xxxxx@h\.example$"):
        Web(no_client).open("ftp://me:pw@h.example")


def test_a_file_whole_and_in_chunks(files: Remote, tmp_path: Path) -> None:
    assert isinstance(files, FileRemote)
    assert files.is_local
    data = bytes(range(256)) * 10_000
    (tmp_path / "f").write_bytes(data)
    assert finish(files.get("f", len(data))) == data
    parts = [b"of a try before"]
    assert finish(files.copy("f", parts.append, parts.clear, len(data))) == len(data)
    assert b"".join(parts) == data


def test_a_whole_url(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    assert finish(Web(no_client).get(f"file://{tmp_path}/f", 1)) == b"x"


def test_a_file_that_is_too_large(files: Remote, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 100_000)
    for error in (
        refusal(files.get("f", 99_999)),
        refusal(files.copy("f", lambda data: None, lambda: None, 99_999)),
    ):
        assert isinstance(error, TooLargeError)
        assert str(error) == f"reading file://{tmp_path}/f: file exceeds 99999 bytes"
        assert error.limit_bytes == 99_999


def test_files_that_cannot_be_read(files: Remote, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").touch()
    missing = refusal(files.get("none", 1))
    assert isinstance(missing, NotFoundError)
    assert str(missing) == f"reading file://{tmp_path}/none: no such file or directory"
    directory = refusal(files.get("d", 1))
    assert isinstance(directory, NetworkError)
    assert str(directory) == f'read "file://{tmp_path}/d": read {tmp_path}/d: is a directory'
    below_a_file = refusal(files.get("f/x", 1))
    assert isinstance(below_a_file, NetworkError)
    assert str(below_a_file) == f"open {tmp_path}/f/x: not a directory"
    os.mkfifo(tmp_path / "p")
    pipe = refusal(files.get("p", 1))
    assert isinstance(pipe, NetworkError)
    assert str(pipe) == f"open {tmp_path}/p: not a regular file", "go waits at it for ever"
