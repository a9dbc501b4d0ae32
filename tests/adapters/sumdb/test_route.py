# SPDX-License-Identifier: BSD-3-Clause
"""Where a checksum database is asked: GOSUMDB's address, a proxy that supports it, or itself (rule 8)."""

from __future__ import annotations

import asyncio
import gc

import pytest

from govgo.adapters.sumdb.route import MAX_SUPPORTED_BYTES, SumDbRoute
from govgo.core.goenv import parse_goproxy
from govgo.core.sumdb.gosumdb import Database
from govgo.errors import BadSignatureError, GovgoError, NetworkError, NotFoundError, TooLargeError

DATABASE = Database("sum.example.org", "key")
DIRECT = "https://sum.example.org/latest"
OK = b"ok"


class Web:
    """Answers by URL; what is not listed is not found."""

    def __init__(self, **hosts: bytes | GovgoError) -> None:
        self.answers = {
            f"https://{host}.example/sumdb/sum.example.org/supported": answer for host, answer in hosts.items()
        }
        self.asked: list[str] = []

    async def get(self, url: str, limit_bytes: int) -> bytes:
        self.asked.append(url)
        await asyncio.sleep(0)
        if url.endswith("/latest"):
            return url.encode()
        assert limit_bytes == MAX_SUPPORTED_BYTES
        answer = self.answers.get(url, NotFoundError("404 Not Found"))
        if isinstance(answer, GovgoError):
            raise answer
        return answer


def route(goproxy: str, web: Web, database: Database = DATABASE, gonoproxy: str = "") -> str:
    fetch = SumDbRoute(database, parse_goproxy(goproxy, gonoproxy), web).fetch

    async def main() -> list[bytes]:
        return await asyncio.gather(*(fetch("/latest", 1000) for _ in range(3)))

    (url,) = set(asyncio.run(main()))
    return url.decode()


def proxied(host: str) -> str:
    return f"https://{host}.example/sumdb/sum.example.org/latest"


DOWN = NetworkError("503 Service Unavailable", status=503)


@pytest.mark.parametrize(
    ("goproxy", "hosts", "want"),
    [
        ("https://a.example", {"a": OK}, proxied("a")),
        ("https://a.example,direct", {"a": b""}, proxied("a")),
        ("https://a.example", {}, DIRECT),
        ("https://a.example,https://b.example", {"b": OK}, proxied("b")),
        ("https://a.example|https://b.example", {"a": DOWN, "b": OK}, proxied("b")),
        ("https://a.example,https://b.example,direct", {}, DIRECT),
        ("https://a.example|direct", {"a": DOWN}, DIRECT),
        ("direct", {}, DIRECT),
        ("off", {}, DIRECT),
        ("direct,https://a.example", {"a": OK}, DIRECT),
        ("off,https://a.example", {"a": OK}, DIRECT),
    ],
)
def test_route(goproxy: str, hosts: dict[str, bytes | GovgoError], want: str) -> None:
    assert route(goproxy, Web(**hosts)) == want


def test_supported_is_asked_once() -> None:
    web = Web(a=OK)
    route("https://a.example", web)
    assert len([url for url in web.asked if url.endswith("supported")]) == 1


def test_gonoproxy_does_not_hide_the_proxies() -> None:
    assert route("https://a.example", Web(a=OK), gonoproxy="*.corp") == proxied("a")


@pytest.mark.parametrize("goproxy", ["https://a.example,https://b.example", "https://a.example,direct"])
def test_failing_proxy_makes_the_database_unavailable(goproxy: str) -> None:
    """A proxy that could support the database must not be passed by because it stumbles."""
    web = Web(a=DOWN, b=OK)
    with pytest.raises(NetworkError, match="503"):
        route(goproxy, web)
    assert len(web.asked) == 1


@pytest.mark.parametrize("goproxy", ["https://a.example|https://b.example", "https://a.example|off"])
def test_no_proxy_left_after_a_failure(goproxy: str) -> None:
    with pytest.raises(NetworkError, match="503"):
        route(goproxy, Web(a=DOWN))


def test_security_error_is_not_passed_by() -> None:
    with pytest.raises(BadSignatureError):
        route("https://a.example|https://b.example", Web(a=BadSignatureError("pinned key"), b=OK))


def test_endless_answer_of_supported() -> None:
    with pytest.raises(TooLargeError):
        route("https://a.example,direct", Web(a=TooLargeError("too much", limit_bytes=MAX_SUPPORTED_BYTES)))


def test_address_in_gosumdb_is_the_only_one() -> None:
    web = Web(a=OK)
    database = Database("sum.example.org", "key", "https://mirror.example/some/path/")
    assert route("https://a.example", web, database) == "https://mirror.example/some/path/latest"
    assert not [url for url in web.asked if "supported" in url]


def test_a_search_in_vain_that_nobody_waits_for_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """The loop may end in any of its turns, also in the one in which the search does."""
    for turns in range(6):
        loop = asyncio.new_event_loop()

        async def main(turns: int = turns) -> None:
            web = Web(a=NetworkError("503 Service Unavailable", status=503))
            SumDbRoute(DATABASE, parse_goproxy("https://a.example", ""), web).begin()
            for _ in range(turns):
                await asyncio.sleep(0)

        loop.run_until_complete(main())
        loop.close()
    gc.collect()
    assert not [record.message for record in caplog.records if "never retrieved" in record.message]
