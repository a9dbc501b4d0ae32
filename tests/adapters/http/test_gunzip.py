# SPDX-License-Identifier: BSD-3-Clause
"""Bodies that came compressed. The sentences are those that go 1.26.8 prints for the same bodies of a proxy."""

from __future__ import annotations

import gzip

import pytest

from govgo.adapters.http.gunzip import Gunzip, beginning, is_coded
from govgo.errors import NetworkError

URL = "http://p.example/x"
CONTENT = bytes(range(256)) * 300
ONE = gzip.compress(CONTENT)
WRONG_SUM = ONE[:-8] + bytes([ONE[-8] ^ 1]) + ONE[-7:]

BODIES = {
    "one member": (ONE, CONTENT),
    "three members, one of them empty": (ONE + gzip.compress(b"") + ONE, CONTENT * 2),
    "named": (gzip.compress(b"")[:3] + b"\x08" + ONE[4:10] + b"name\0" + ONE[10:], CONTENT),
    "no body": (b"", b""),
}
FAULTS = {
    "no gzip": (b"no gzip", "gzip: invalid header"),
    "garbage behind": (ONE + b"garbage", "gzip: invalid header"),
    "zeros behind": (ONE + bytes(20), "gzip: invalid header"),
    "cut": (ONE[:-3], "unexpected EOF"),
    "cut in the second header": (ONE + ONE[:5], "unexpected EOF"),
    "wrong checksum": (WRONG_SUM, "gzip: invalid checksum"),
    "corrupt stream": (ONE[:10] + b"\x07\xff" + ONE[12:], "flate: corrupt input"),
}


def whole(body: bytes) -> bytes:
    stream = Gunzip("gzip", URL)
    content = b"".join(stream.feed(body))
    stream.finish()
    return content


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize(("body", "content"), BODIES.values(), ids=BODIES)
def test_content_of_any_number_of_members(body: bytes, content: bytes, step: int) -> None:
    stream = Gunzip("gzip", URL)
    pieces = [piece for at in range(0, len(body), step) for piece in stream.feed(body[at : at + step])]
    stream.finish()
    assert b"".join(pieces) == content
    assert beginning("GZIP", body, len(content), URL) == content


@pytest.mark.parametrize(("body", "text"), FAULTS.values(), ids=FAULTS)
def test_faults(body: bytes, text: str) -> None:
    with pytest.raises(NetworkError) as caught:
        whole(body)
    assert str(caught.value) == f'read "{URL}": {text}'


@pytest.mark.parametrize("rest", [b"garbage", bytes(20), ONE[:5], ONE[:-3]], ids=["garbage", "zeros", "header", "cut"])
def test_the_beginning_of_a_page_is_what_comes_before_a_fault(rest: bytes) -> None:
    """go reads a page as far as its tags are."""
    assert beginning("gzip", ONE + rest, 10 * len(CONTENT), URL).startswith(CONTENT)
    with pytest.raises(NetworkError):
        beginning("gzip", b"garbage", 1000, URL)


@pytest.mark.parametrize("coding", ["br", "Deflate", "zstd", "compress", "GZIP", "x-gzip"])
def test_codings(coding: str) -> None:
    assert is_coded(coding)
    assert not is_coded(coding + " ")


def test_another_coding() -> None:
    with pytest.raises(NetworkError, match=r"^reading http://p.example/x: unexpected Content-Encoding$"):
        Gunzip("br", URL)


@pytest.mark.wide
def test_attack_a_bomb_is_inflated_as_far_as_it_is_read() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    assert beginning("gzip", bomb, 1000, URL) == bytes(1000)
    assert len(next(Gunzip("gzip", URL).feed(bomb))) == 1 << 18


def test_attack_members_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.adapters.http.gunzip._MAX_MEMBERS", 100)
    assert beginning("gzip", gzip.compress(b"") * 99 + ONE, len(CONTENT), URL) == CONTENT
    with pytest.raises(NetworkError, match="gzip: too many members"):
        whole(gzip.compress(b"") * 101)
