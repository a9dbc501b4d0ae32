# SPDX-License-Identifier: BSD-3-Clause
"""The answers of one proxy, checked for form. The proxy is a directory here; over HTTP: `test_repository.py`."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from govgo.adapters.http.remote import FileRemote
from govgo.adapters.proxy.proxy import MAX_LIST_BYTES, Listing, Proxy, parse_list
from govgo.adapters.proxy.revinfo import format_time
from govgo.core.golib import url as gourl
from govgo.errors import InputError, NetworkError, NotFoundError, TooLargeError
from tests.simulators.coroutines import finish


@pytest.fixture
def proxy(tmp_path: Path) -> Proxy:
    url = f"file://{tmp_path}"
    (tmp_path / "q.io/!big/@v").mkdir(parents=True)
    return Proxy(url, FileRemote(gourl.parse(url)))


def put(root: Path, name: str, data: bytes) -> None:
    (root / "q.io/!big" / name).write_bytes(data)


@pytest.mark.parametrize(
    ("text", "listing"),
    [
        ("", Listing((), "", ())),
        ("v1.10.0\nv1.9.0\r\n", Listing(("v1.9.0", "v1.10.0"), "", ())),
        ("v1\nv1.0\nv1.0.0\n", Listing(("v1", "v1.0", "v1.0.0"), "", ("v1", "v1.0"))),
        ("1.0.0\nmaster\n<html>\n\n v1.0.0 \r\n", Listing(("v1.0.0",), "", ())),
        ("v2.0.0+incompatible\n", Listing(("v2.0.0+incompatible",), "", ())),
        # Pseudo-versions are not tagged versions; the newest is kept for modules that have nothing else.
        (
            "v0.0.0-20240102030405-0123456789ab\nv0.0.0-20250102030405-0123456789ab\n",
            Listing((), "v0.0.0-20250102030405-0123456789ab", ()),
        ),
        ("v1.0.0 2024-01-02T03:04:05Z\nv0.9.0 2025-01-02T03:04:05Z\n", Listing(("v0.9.0", "v1.0.0"), "v0.9.0", ())),
        ("v1.0.0 yesterday\n", Listing(("v1.0.0",), "", ())),
        # Go's white space is Unicode's, which has not the separators U+001C to U+001F.
        ("v1.0.0\x1cv1.1.0\n\x1fv1.2.0\n\x85v1.3.0\xa0x\n", Listing(("v1.3.0",), "", ())),
    ],
)
def test_lists(text: str, listing: Listing) -> None:
    assert parse_list(text.encode()) == listing


def test_names_are_escaped(proxy: Proxy, tmp_path: Path) -> None:
    put(tmp_path, "@v/v1.0.0-!r!c1.mod", b"module q.io/Big\n")
    assert finish(proxy.gomod("q.io/Big", "v1.0.0-RC1")) == b"module q.io/Big\n"


def test_a_revision_has_a_version(proxy: Proxy, tmp_path: Path) -> None:
    put(tmp_path, "@v/main.info", b'{"Version":"v1.2.0","Time":"2024-01-02T03:04:05.10Z"}')
    found = finish(proxy.stat("q.io/Big", "main"))
    assert found.version == "v1.2.0"
    assert format_time(found.time) == "2024-01-02T03:04:05.1Z"


def test_attack_info_for_another_version(proxy: Proxy, tmp_path: Path) -> None:
    put(tmp_path, "@v/v1.0.0.info", b'{"Version":"v1.0.1"}')
    text = "q.io/Big@v1.0.0: proxy returned info for version v1.0.1 instead of requested version"
    with pytest.raises(InputError) as caught:
        finish(proxy.stat("q.io/Big", "v1.0.0"))
    assert str(caught.value) == text


def test_an_answer_that_is_no_json(proxy: Proxy, tmp_path: Path) -> None:
    put(tmp_path, "@latest", b"<html>")
    with pytest.raises(NetworkError, match=r"^module q\.io/Big: invalid response from proxy .*: invalid character '<'"):
        finish(proxy.latest("q.io/Big"))


def test_a_proxy_need_not_know_the_latest(proxy: Proxy) -> None:
    assert finish(proxy.latest("q.io/Big")) is None
    with pytest.raises(NotFoundError, match=r"^module q\.io/Big: reading .*/@v/list: no such file or directory$"):
        finish(proxy.list("q.io/Big"))


def test_versions_that_are_not_canonical_are_not_asked_for(proxy: Proxy) -> None:
    with pytest.raises(InputError, match="version passed to GoMod is not canonical"):
        finish(proxy.gomod("q.io/Big", "v1.0"))
    with pytest.raises(InputError, match="version passed to Zip is not canonical"):
        finish(proxy.zip("q.io/Big", "main", lambda data: None, lambda: None))


def test_attack_a_version_of_megabytes_in_a_list() -> None:
    """Nothing can be downloaded for it: the file system has no such name. (Its sort key took 2 GB.)"""
    longest = "v1.0.0-" + "a" * 248
    text = f"v1.0.0-{'a.' * (1 << 20)}b\n{longest}\n{longest}a\nv1.0.0 {'x ' * (1 << 20)}\n"
    assert parse_list(text.encode()).versions == (longest, "v1.0.0")


def test_attack_a_list_of_megabytes() -> None:
    """A server reads it on the loop that answers others."""
    begin = time.process_time()
    for line in (b"v1\n", b"\n", b"x\n"):
        assert parse_list(line * (MAX_LIST_BYTES // len(line))).versions[1:2] == (("v1",) if line == b"v1\n" else ())
    assert time.process_time() - begin < 2


def test_attack_answers_that_are_too_large(proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "@v/list", b"v1.0.0\n" * (MAX_LIST_BYTES // 7 + 1))
    with pytest.raises(TooLargeError):
        finish(proxy.list("q.io/Big"))
    monkeypatch.setattr("govgo.adapters.proxy.proxy.MAX_ZIP_FILE", 10)
    put(tmp_path, "@v/v1.0.0.zip", b"x" * 11)
    with pytest.raises(TooLargeError, match=r"^q\.io/Big@v1\.0\.0: downloaded zip file too large$"):
        finish(proxy.zip("q.io/Big", "v1.0.0", lambda data: None, lambda: None))


def test_a_zip_comes_in_chunks(proxy: Proxy, tmp_path: Path) -> None:
    put(tmp_path, "@v/v1.0.0.zip", b"zip")
    parts: list[bytes] = []
    assert finish(proxy.zip("q.io/Big", "v1.0.0", parts.append, parts.clear)) == 3
    assert b"".join(parts) == b"zip"
