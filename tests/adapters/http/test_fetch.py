# SPDX-License-Identifier: BSD-3-Clause
"""One body with several requests: what has come is kept, and late answers are not waited for alone. On each engine."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

import pytest

from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.engine import EngineOptions, Timeouts
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.retry import RetryPolicy
from govgo.errors import NetworkError, NotFoundError
from tests.simulators import campaigns
from tests.simulators.httpclients import PATIENT, MakeEngine, fetch, refusal, with_client
from tests.simulators.proxy import (
    Action,
    Body,
    Drip,
    File,
    ProxySimulator,
    Raw,
    Resumable,
    Stall,
    Status,
    Trickle,
)
from tests.simulators.served import eventually

ZIP = "/q.io/a/@v/v1.0.0.zip"
CONTENT = random.Random(11).randbytes(3_000_000)
TAG = '"strong"'
SMALL = CONTENT[:200_000]
"""Small enough to be late after 0.1 s of silence; large bodies get 1 s."""
ONCE = RetryPolicy(retries=0)
FEW = RetryPolicy(retries=3, base_s=0.01)
# About a hundredth of the usual limits: 6 s for an answer, late after 0.3 s, 0.6 s of silence within the body.
SCALED = Timeouts(2, 6, 0.6, 18, 0.3, least_rate=1000)


@pytest.fixture(params=[CurlEngine, HttpxEngine])
def engine(request: pytest.FixtureRequest) -> MakeEngine:
    made: MakeEngine = request.param
    return made


class Got:
    """What a stream brought."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.rewinds = 0

    def rewind(self) -> None:
        self.rewinds += 1
        self.data.clear()

    def stream(
        self,
        engine: MakeEngine,
        url: str,
        *,
        timeouts: Timeouts = SCALED,
        retry: RetryPolicy = FEW,
    ) -> int:
        async def work(client: HttpClient) -> int:
            return await client.stream(url, self.data.extend, self.rewind, 1 << 30)

        return with_client(engine, work, timeouts=timeouts, retry=retry)


def ranges(proxy: ProxySimulator) -> list[str]:
    """The Range of each request."""
    return [headers.get("range", "") for headers in proxy.headers]


def test_a_cold_proxy_is_waited_for(engine: MakeEngine) -> None:
    """0.3 s before the first byte and 0.1 s within the zip stand for 75 s and 25 s."""
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, Drip(((0.3, 1000), (0.1, 500_000))))
        got = Got()
        timeouts = SCALED._replace(late_s=60)
        assert got.stream(engine, proxy.url + ZIP, timeouts=timeouts, retry=ONCE) == len(CONTENT)
        assert got.data == CONTENT
        assert len(proxy.asked) == 1


def test_a_body_that_is_cut_goes_on_where_it_was(engine: MakeEngine) -> None:
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, Drip(((0, 1_000_000),), cuts=True, tag=TAG), Resumable(TAG))
        got = Got()
        assert got.stream(engine, proxy.url + ZIP) == len(CONTENT)
        assert got.data == CONTENT
        assert got.rewinds == 1
        assert ranges(proxy) == ["", "bytes=1000000-"]
        assert proxy.headers[1]["if-range"] == TAG


@pytest.mark.parametrize("tag", ["", 'W/"weak"', "bare"])
def test_without_a_strong_tag_the_rest_is_taken_from_a_whole_answer(engine: MakeEngine, tag: str) -> None:
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, Drip(((0, 1_000_000),), cuts=True, tag=tag), File())
        got = Got()
        assert got.stream(engine, proxy.url + ZIP) == len(CONTENT)
        assert got.data == CONTENT
        assert got.rewinds == 1
        assert ranges(proxy) == ["", ""]


OTHER = bytes(1_000_000) + CONTENT[1_000_000:]
PARTIAL = {"Content-Range": "bytes 1000000-2999999/3000000"}


@pytest.mark.parametrize(
    ("tag", "answer"),
    campaigns.one_in(
        3,
        [
            ("", Body(OTHER)),
            (TAG, Body(OTHER, {"ETag": '"another"'})),
            (TAG, Status(206, b"Partial Content", {"Content-Range": "bytes 0-2999999/3000000"}, OTHER)),
            (TAG, Status(206, b"Partial Content", {}, OTHER)),
            (TAG, Status(206, b"Partial Content", {**PARTIAL, "Content-Encoding": "x"}, OTHER[1_000_000:])),
            (TAG, Status(416, b"Range Not Satisfiable")),
            ("", Body(CONTENT[:500_000])),
        ],
    ),
    ids=["other bytes", "other tag", "other range", "no range", "other encoding", "no such range", "shorter"],
)
def test_attack_two_files_are_never_joined(engine: MakeEngine, tag: str, answer: Action) -> None:
    """Where the rest is not the rest of the same file, the file is fetched from its start."""
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, Drip(((0, 1_000_000),), cuts=True, tag=tag), answer, File())
        got = Got()
        assert got.stream(engine, proxy.url + ZIP) == len(CONTENT)
        assert got.data == CONTENT
        assert got.rewinds == 2
        assert ranges(proxy) == ["", "bytes=1000000-" if tag else "", ""]


def part_of(begin: int, end: int, size: str = str(len(CONTENT))) -> Status:
    """A range that a server with the tag `TAG` sends."""
    headers = {"Content-Range": f"bytes {begin}-{end - 1}/{size}", "ETag": TAG}
    return Status(206, b"Partial Content", headers, CONTENT[begin:end])


def test_less_than_the_range_that_was_asked_for(engine: MakeEngine) -> None:
    """RFC 9110, section 15.3.7: a server may send only a part of it."""
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, Drip(((0, 1_000_000),), cuts=True, tag=TAG), part_of(1_000_000, 2_000_000), Resumable(TAG))
        got = Got()
        assert got.stream(engine, proxy.url + ZIP) == len(CONTENT)
        assert got.data == CONTENT
        assert got.rewinds == 1
        assert ranges(proxy) == ["", "bytes=1000000-", "bytes=2000000-"]


def test_a_range_that_does_not_say_of_how_much(engine: MakeEngine) -> None:
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, Drip(((0, 1_000_000),), cuts=True, tag=TAG), part_of(1_000_000, 2_000_000, "*"), File())
        got = Got()
        assert got.stream(engine, proxy.url + ZIP) == len(CONTENT)
        assert got.data == CONTENT
        assert ranges(proxy) == ["", "bytes=1000000-", ""]


def test_attack_a_file_that_is_always_another_one(engine: MakeEngine) -> None:
    """Each answer is cut after more than a megabyte, and the next one is of another file."""
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        files = [bytes([n]) * 2_000_000 for n in range(20)]
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n"
        proxy.script(ZIP, *(Raw(head + data) for data in files))
        with pytest.raises(NetworkError):
            Got().stream(engine, proxy.url + ZIP)
        assert len(proxy.asked) <= 6


def test_a_try_that_brought_much_does_not_count(engine: MakeEngine) -> None:
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        # Skipping what has come, each answer brings 100,000 bytes more than a megabyte.
        cuts = [Drip(((0, 1_148_576 * n),), cuts=True) for n in (1, 2)]
        proxy.script(ZIP, *cuts, File())
        got = Got()
        got.stream(engine, proxy.url + ZIP, retry=RetryPolicy(retries=1, base_s=0.01))
        assert got.data == CONTENT


def test_a_body_that_is_late_and_goes_on_is_kept(engine: MakeEngine) -> None:
    """The request beside it is not answered, and is dropped."""
    with ProxySimulator({ZIP: SMALL}) as proxy:
        proxy.script(ZIP, Drip(((0, 1000), (0.6, 1000))), Stall())
        got = Got()
        assert got.stream(engine, proxy.url + ZIP, timeouts=SCALED._replace(stall_s=5)) == len(SMALL)
        assert got.data == SMALL
        assert got.rewinds == 1
        eventually(lambda: len(proxy.asked) == 2)


@pytest.mark.parametrize("beside", [File(), Resumable(TAG)], ids=str)
def test_a_body_that_is_late_is_overtaken(engine: MakeEngine, beside: Action) -> None:
    with ProxySimulator({ZIP: SMALL}) as proxy:
        tag = TAG if isinstance(beside, Resumable) else ""
        proxy.script(ZIP, Drip(((0, 100_000), (30, 1000)), tag=tag), beside)
        got = Got()
        assert got.stream(engine, proxy.url + ZIP, timeouts=Timeouts()) == len(SMALL)
        assert got.data == SMALL
        assert got.rewinds == 1
        assert ranges(proxy) == ["", "bytes=100000-" if tag else ""]


def test_another_file_beside_a_late_one_is_not_used(engine: MakeEngine) -> None:
    with ProxySimulator({ZIP: SMALL}) as proxy:
        proxy.script(ZIP, Drip(((0, 100_000), (0.4, 1000))), Body(bytes(200_000)))
        got = Got()
        assert got.stream(engine, proxy.url + ZIP, timeouts=Timeouts()) == len(SMALL)
        assert got.data == SMALL
        assert got.rewinds == 1


def test_an_answer_that_is_late_is_overtaken(engine: MakeEngine) -> None:
    with ProxySimulator({ZIP: SMALL}) as proxy:
        proxy.script(ZIP, Stall(), File())
        assert fetch(engine, proxy.url + ZIP, 1 << 30, timeouts=SCALED) == SMALL
        assert len(proxy.asked) == 2


def test_an_answer_beside_a_late_one_may_be_that_there_is_none(engine: MakeEngine) -> None:
    with ProxySimulator() as proxy:
        proxy.script(ZIP, Stall(), File())
        with pytest.raises(NotFoundError):
            fetch(engine, proxy.url + ZIP, timeouts=SCALED)
        assert len(proxy.asked) == 2


def test_a_late_answer_is_waited_for_although_the_one_beside_it_fails(engine: MakeEngine) -> None:
    with ProxySimulator({ZIP: SMALL}) as proxy:
        proxy.script(ZIP, Drip(((0.5, 1000),)), Status(503))
        assert fetch(engine, proxy.url + ZIP, 1 << 30, timeouts=SCALED) == SMALL
        assert len(proxy.asked) == 2


def test_the_answer_beside_is_used_where_the_late_one_fails(engine: MakeEngine) -> None:
    with ProxySimulator({ZIP: SMALL}) as proxy:
        proxy.script(ZIP, Drip(((0, 100_000), (0.3, 1)), cuts=True), Drip(((0.4, 1000),)))
        got = Got()
        assert got.stream(engine, proxy.url + ZIP, timeouts=SCALED._replace(stall_s=5)) == len(SMALL)
        assert got.data == SMALL


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Trickle(0.02), "while reading body"),
        (Trickle(0.02, headers=True), "while awaiting headers"),
        (Stall(), "while awaiting headers"),
        (Stall(after_half=True), "while reading body"),
    ],
    ids=str,
)
def test_attack_an_answer_that_trickles_ends(engine: MakeEngine, answer: Action, says: str) -> None:
    """One byte every 0.02 s is far below the least rate of 1,000 bytes per second."""
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, answer)
        answer_s = 0.3 if says == "while awaiting headers" else 30.0
        timeouts = Timeouts(30, answer_s, 0.3, 60, least_rate=1000)
        error = refusal(engine, proxy.url + ZIP, 1 << 30, retry=ONCE, timeouts=timeouts)
        assert isinstance(error, NetworkError)
        assert says in str(error)
        assert ("-timeout" in error.hint) == (says == "while awaiting headers")


def test_attack_no_request_lasts_longer_than_its_total(engine: MakeEngine) -> None:
    """Each try brings a little more than the least rate."""
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, Trickle(0.02))
        error = refusal(engine, proxy.url + ZIP, retry=ONCE, timeouts=Timeouts(2, 9, 9, 0.3, least_rate=1))
        assert "Client.Timeout exceeded in all" in str(error)


def test_an_interrupt_while_two_requests_are_under_way(engine: MakeEngine) -> None:
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, Stall())

        async def work(client: HttpClient) -> None:
            getting = asyncio.ensure_future(client.get(proxy.url + ZIP, 1 << 30))
            async with asyncio.timeout(30):
                while len(proxy.asked) < 2:
                    await asyncio.sleep(0.01)
            getting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await getting

        with_client(engine, work, timeouts=Timeouts(2, 9, 9, 9, 0.2))
        assert len(proxy.asked) == 2


def test_what_is_waited_for_is_told(engine: MakeEngine) -> None:
    told: list[tuple[str, Mapping[str, object]]] = []
    with ProxySimulator({ZIP: CONTENT}) as proxy:
        proxy.script(ZIP, Drip(((0, 100_000),), cuts=True), File())
        url = proxy.url + ZIP

        async def run() -> None:
            client = HttpClient(
                engine(EngineOptions()), event=lambda kind, facts: told.append((kind, facts)), timeouts=PATIENT
            )
            await client.get(url, 1 << 30)
            await client.aclose()

        asyncio.run(run())
    kinds = [kind for kind, _ in told]
    assert (kinds[0], kinds[-1]) == ("started", "finished")
    assert told[0][1] == {"what": "request", "name": url}
    assert [facts for kind, facts in told if kind == "again"] == [
        {"name": url, "why": "unexpected EOF", "pause_s": 0.0}
    ]
    sizes = [facts["bytes"] for kind, facts in told if kind in ("received", "finished")]
    assert sum(size for size in sizes if isinstance(size, int)) == len(CONTENT)
