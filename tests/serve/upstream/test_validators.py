# SPDX-License-Identifier: BSD-3-Clause
"""Answers asked for again by what is known of them (RFC 9110, sections 8.8 and 13.1). On each engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.fetch import Condition, Validators
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.remote import HttpRemote
from govgo.adapters.http.retry import RetryPolicy
from govgo.core.golib import url as gourl
from govgo.errors import NetworkError
from govgo.serve.upstream.validators import Answers, RevalidatedRemote
from tests.simulators.httpclients import MakeEngine, with_client
from tests.simulators.proxy import Action, Body, Drip, ProxySimulator, Status, Truncate, Validated

LIST = "/q.io/a/@v/list"
OLD, NEW = b"v1.0.0\n", b"v1.0.0\nv1.1.0\n"
TAG = '"one"'
TIME = "Thu, 01 Jan 2026 00:00:00 GMT"
BEFORE = "Wed, 31 Dec 2025 23:59:59 GMT"
FEW = RetryPolicy(retries=2, base_s=0.01)


@pytest.fixture(params=[CurlEngine, HttpxEngine])
def engine(request: pytest.FixtureRequest) -> MakeEngine:
    made: MakeEngine = request.param
    return made


def ask(
    engine: MakeEngine, proxy: ProxySimulator, count: int, between: Callable[[int], object] = lambda turn: None
) -> tuple[list[bytes], int]:
    """The answers to the same question so many times, and how often it was said that nothing has changed."""
    unchanged: list[bool] = []

    async def work(client: HttpClient) -> list[bytes]:
        base = HttpRemote(gourl.parse(proxy.url), lambda: client)
        remote = RevalidatedRemote(base, Answers(), lambda path: True, lambda: unchanged.append(True))
        found = []
        for turn in range(count):
            between(turn)
            found.append(await remote.get(LIST[1:], 1000))
        return found

    return with_client(engine, work, retry=FEW), len(unchanged)


def conditions(proxy: ProxySimulator) -> list[tuple[str, str]]:
    """If-None-Match and If-Modified-Since of each request."""
    return [(each.get("if-none-match", ""), each.get("if-modified-since", "")) for each in proxy.headers]


@pytest.mark.parametrize(
    ("action", "asked"),
    [
        (Validated(tag=TAG), (TAG, "")),
        (Validated(tag='W/"weak"'), ('W/"weak"', "")),
        (Validated(modified=BEFORE), ("", BEFORE)),
        (Validated(tag=TAG, modified=BEFORE), (TAG, BEFORE)),
    ],
)
def test_what_is_the_same_is_not_sent_again(engine: MakeEngine, action: Action, asked: tuple[str, str]) -> None:
    with ProxySimulator({LIST: OLD}) as proxy:
        proxy.script(LIST, action)
        assert ask(engine, proxy, 3) == ([OLD, OLD, OLD], 2)
        assert conditions(proxy) == [("", ""), asked, asked]


def test_another_answer_takes_its_place(engine: MakeEngine) -> None:
    with ProxySimulator({LIST: OLD}) as proxy:
        proxy.script(LIST, Validated(tag=TAG), Validated(tag='"two"'))

        def publish(turn: int) -> None:
            if turn == 1:
                proxy.files[LIST] = NEW

        assert ask(engine, proxy, 3, publish) == ([OLD, NEW, NEW], 1)
        assert conditions(proxy) == [("", ""), (TAG, ""), ('"two"', "")]


@pytest.mark.parametrize(
    "action",
    [
        Validated(modified=TIME),  # within the second of the answer: another file may have the same time
        Validated(modified=BEFORE, date=""),
        Validated(modified="yesterday"),
        Validated(tag="bare"),
        Validated(tag='"' + "x" * 300 + '"'),
        Validated(tag='"a b"'),
    ],
)
def test_what_cannot_be_asked_by_is_asked_for_whole(engine: MakeEngine, action: Action) -> None:
    with ProxySimulator({LIST: OLD}) as proxy:
        proxy.script(LIST, action)
        assert ask(engine, proxy, 2) == ([OLD, OLD], 0)
        assert conditions(proxy) == [("", ""), ("", "")]


def test_attack_unchanged_where_nothing_was_known(engine: MakeEngine) -> None:
    with ProxySimulator({LIST: OLD}) as proxy:
        proxy.script(LIST, Status(304))
        with pytest.raises(NetworkError, match="304"):
            ask(engine, proxy, 1)


def test_attack_unchanged_after_half_of_another_answer(engine: MakeEngine) -> None:
    """The tag of what broke off is not a tag of what is known."""
    with ProxySimulator({LIST: OLD}) as proxy:
        proxy.script(LIST, Validated(tag=TAG), Drip(((0, 3),), cuts=True, tag='"two"'), Validated(tag='"two"'))

        def publish(turn: int) -> None:
            if turn == 1:
                proxy.files[LIST] = NEW

        assert ask(engine, proxy, 2, publish) == ([OLD, NEW], 0)


def test_a_fault_and_then_the_same(engine: MakeEngine) -> None:
    with ProxySimulator({LIST: OLD}) as proxy:
        proxy.script(LIST, Validated(tag=TAG), Status(503), Truncate(), Validated(tag=TAG))
        found, _ = ask(engine, proxy, 2)
        assert found == [OLD, OLD]
        assert conditions(proxy)[1:3] == [(TAG, "")] * 2


def test_an_answer_without_validators_is_forgotten(engine: MakeEngine) -> None:
    with ProxySimulator({LIST: OLD}) as proxy:
        proxy.script(LIST, Validated(tag=TAG), Body(NEW))
        assert ask(engine, proxy, 3) == ([OLD, NEW, NEW], 0)
        assert conditions(proxy) == [("", ""), (TAG, ""), ("", "")]


def test_memory_is_bounded() -> None:
    answers = Answers(limit_bytes=10_000)
    for number in range(100):
        answers.learn(f"u{number}", b"x" * 500, Validators(TAG))
        assert answers.bytes <= 10_000
        answers.get("u0")  # used, so it stays
    assert 8 <= len(answers) <= 11
    assert answers.get("u0") is not None
    assert answers.get("u50") is None
    answers.learn("u0", b"x" * (2 << 20), Validators(TAG))  # too large to be remembered
    assert answers.get("u0") is None
    for number in range(100):
        answers.learn(f"u{number}", b"", Validators())
    assert (len(answers), answers.bytes) == (0, 0)


def test_a_condition_is_that_of_what_is_known_whatever_comes() -> None:
    condition = Condition(Validators(TAG, BEFORE))
    condition.learn({"etag": '"two"', "last-modified": "", "date": ""}.__getitem__)
    assert condition.lines == (f"If-None-Match: {TAG}", f"If-Modified-Since: {BEFORE}")
    assert condition.found == Validators('"two"')
