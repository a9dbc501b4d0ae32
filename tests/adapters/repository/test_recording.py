# SPDX-License-Identifier: BSD-3-Clause
"""A record of answers: what is on it, what is asked for, and what is not a record."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

from govgo.adapters.http.remote import Web
from govgo.adapters.repository.recording import SCHEMA, Recording, masked_proxies
from govgo.errors import Failure, InputError, NetworkError, NotFoundError, OfflineError, TooLargeError
from tests.simulators.proxy import ProxySimulator, Status

NOW = datetime(2024, 5, 6, tzinfo=UTC)


def recording() -> Recording:
    return Recording(NOW, "https://proxy.example", "", {"sum.example": "a head\n"})


def no_client() -> object:
    raise AssertionError("somebody was asked")


def outcome(recording: Recording, url: str, base: str = "", limit: int = 100) -> object:
    """What the recording and the network behind it give for a URL."""

    async def ask() -> object:
        from govgo.adapters.loop.network import Network, NetworkOptions
        from govgo.core.goenv import GoEnv
        from govgo.wiring.session import SilentReporter

        network = Network(GoEnv(), SilentReporter(), NetworkOptions(), local=False)
        web = recording.tap(Web(network.client if recording.asks else no_client))  # type: ignore[arg-type]
        try:
            return await (web.open(base).get(url, limit) if base else web.get(url, limit))
        except Failure as error:
            return type(error), str(error), getattr(error, "status", 0)

    return asyncio.run(ask())


def test_answers_and_errors_are_repeated_from_the_file() -> None:
    with ProxySimulator({"/m/@v/list": b"v1.0.0\n", "/m/@v/v1.0.0.zip": b"PK\xff\x00"}) as proxy:
        proxy.script("/m/@latest", *[Status(403)] * 9)
        first = recording()
        names = ["m/@v/list", "m/@v/v1.0.0.zip", "m/@latest", "m/@v/gone"]
        told = [outcome(first, name, proxy.url) for name in names]
        assert told[:2] == [b"v1.0.0\n", b"PK\xff\x00"]
        assert [kind[0] for kind in told[2:]] == [NetworkError, NotFoundError]  # type: ignore[index]
        asked = len(proxy.asked)
        assert [outcome(first, name, proxy.url) for name in names] == told  # nothing is asked for twice
        assert len(proxy.asked) == asked
        second = Recording.decode(first.encode(), "record")
        assert [outcome(second, name, proxy.url) for name in names] == told
        assert outcome(second, f"{proxy.url}/m/@v/list") == b"v1.0.0\n"
        assert len(proxy.asked) == asked
    assert (second.time, second.goproxy, second.heads) == (NOW, "https://proxy.example", {"sum.example": "a head\n"})
    assert second.encode() == first.encode()


def test_what_is_missing_is_named() -> None:
    replayed = Recording.decode(recording().encode(), "audit.jsonl")
    assert outcome(replayed, "m/@v/list", "https://u:secret@proxy.example") == (
        OfflineError,
        "https://u:xxxxx@proxy.example/m/@v/list is not in the record audit.jsonl, and nobody is asked",
        0,
    )


def test_a_body_on_the_record_has_its_limit_too() -> None:
    with ProxySimulator({"/m/@v/list": b"v1.0.0\n"}) as proxy:
        first = recording()
        outcome(first, "m/@v/list", proxy.url)
    found = outcome(Recording.decode(first.encode(), "record"), "m/@v/list", proxy.url, limit=3)
    assert found[0] is TooLargeError  # type: ignore[index]


def test_passwords_are_not_recorded() -> None:
    assert masked_proxies("https://u:secret@a.example,https://b.example|direct") == (
        "https://u:xxxxx@a.example,https://b.example|direct"
    )
    with ProxySimulator({"/m/@v/list": b"v1.0.0\n"}) as proxy:
        first = recording()
        outcome(first, "m/@v/list", proxy.url.replace("://", "://user:secret@"))
    assert b"secret" not in first.encode()
    assert b"user:xxxxx@" in first.encode()


HEAD = {"schema": SCHEMA, "time": "2024-05-06T00:00:00Z", "goproxy": "off", "gonoproxy": "", "heads": {}}


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ([], 0),
        (["nonsense"], 1),
        ([{**HEAD, "schema": "govgo.record/2"}], 1),
        ([{**HEAD, "time": "now"}], 1),
        ([{**HEAD, "heads": []}], 1),
        ([HEAD, {"url": "x"}], 2),
        ([HEAD, {"url": "x", "base64": "?"}], 2),
        ([HEAD, {"url": "x", "error": "network", "status": "no", "text": ""}], 2),
        ([HEAD, {"url": "x", "body": ""}, []], 3),
    ],
)
def test_what_is_no_record(lines: list[object], number: int) -> None:
    data = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    what = "no record of govgo" if number == 1 else "the record is damaged or cut off"
    with pytest.raises(InputError, match=rf"file:{number}: {what}"):
        Recording.decode(data.encode(), "file")
