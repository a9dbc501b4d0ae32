# SPDX-License-Identifier: BSD-3-Clause
"""An HTTP client on either engine, for as long as one call takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from govgo.adapters.http.client import Auth, HttpClient
from govgo.adapters.http.credentials import Credentials, Login
from govgo.adapters.http.engine import Engine, EngineOptions, Roots, Timeouts
from govgo.adapters.http.retry import RetryPolicy
from govgo.errors import GovgoError

_T = TypeVar("_T")
FAST = RetryPolicy(retries=3, base_s=0.01)
QUICK = Timeouts(connect_s=2, answer_s=0.4, stall_s=0.4, total_s=3)
"""For servers that say nothing."""
PATIENT = Timeouts(connect_s=30, answer_s=30, stall_s=30, total_s=90)
"""For all others, however busy the machine is."""

MakeEngine = Callable[[EngineOptions], Engine]


def fetch(
    make: MakeEngine,
    url: str,
    limit_bytes: int = 1 << 20,
    *,
    retry: RetryPolicy = FAST,
    timeouts: Timeouts = PATIENT,
    trace: list[str] | None = None,
) -> bytes:
    return with_client(make, lambda client: client.get(url, limit_bytes), retry=retry, timeouts=timeouts, trace=trace)


def with_client(
    make: MakeEngine,
    work: Callable[[HttpClient], Awaitable[_T]],
    *,
    retry: RetryPolicy = FAST,
    timeouts: Timeouts = PATIENT,
    trace: list[str] | None = None,
    ca_file: str = "",
    logins: tuple[Login, ...] = (),
    requests: int = 0,
) -> _T:
    async def run() -> _T:
        engine = make(EngineOptions(timeouts=timeouts, roots=lambda: Roots(ca_file), requests=requests))
        say = trace.append if trace is not None else None
        auth = Auth(Credentials(logins))
        client = HttpClient(engine, auth=lambda: auth, retry=retry, timeouts=timeouts, trace=say)
        try:
            return await work(client)
        finally:
            await client.aclose()

    return asyncio.run(run())


def refusal(
    make: MakeEngine,
    url: str,
    limit_bytes: int = 1 << 20,
    retry: RetryPolicy = FAST,
    timeouts: Timeouts = PATIENT,
) -> GovgoError:
    with pytest.raises(GovgoError) as caught:
        fetch(make, url, limit_bytes, retry=retry, timeouts=timeouts)
    return caught.value
