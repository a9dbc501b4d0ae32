# SPDX-License-Identifier: BSD-3-Clause
"""What errors are told as. (What a proxy says, and a storage that fails: `test_readthrough`, `test_application`.)"""

from __future__ import annotations

import asyncio

import pytest

from govgo.adapters.http.client import Page
from govgo.adapters.http.engine import Fault, TransferError
from govgo.adapters.vcs.discovery import Discovery
from govgo.core.goenv import GoEnv
from govgo.errors import Failure, GovgoError, InvalidVersionError, NetworkError, NotFoundError
from govgo.serve.upstream.errorstatus import refusal_of


class Pages:
    """A web of one page: one that a server gives with a status, or that cannot be obtained."""

    def __init__(self, status: int, fault: Fault | None = None) -> None:
        self._status = status
        self._fault = fault

    async def page(self, url: str, limit_bytes: int) -> Page:
        if self._fault is not None:
            raise NetworkError(f'Get "{url}": {self._fault}', url=url, inner=TransferError(self._fault, "it failed"))
        text = f"reading {url}: {self._status}"
        missing = self._status in (404, 410)
        error: Failure = (
            NotFoundError(text, status=self._status) if missing else NetworkError(text, status=self._status)
        )
        return Page(url, b"sorry", error if self._status != 200 else None)

    async def ping(self, url: str) -> bool:
        return False


def lookup_error(pages: Pages, path: str = "q.io/a", govcs: str = "*:all") -> GovgoError:
    """Why direct mode finds no repository."""
    discovery = Discovery(GoEnv(govcs=govcs), lambda insecure: pages, pages.ping)
    with pytest.raises(NotFoundError) as caught:  # so go and govgo look elsewhere
        asyncio.run(discovery.find(path))
    return caught.value


@pytest.mark.parametrize(
    ("status", "told"),
    [(200, 404), (404, 404), (410, 404), (401, 404), (403, 404), (429, 429), (500, 500), (503, 503)],
)
def test_the_page_of_a_module_that_names_no_repository(status: int, told: int) -> None:
    """After 404 a client asks elsewhere, so a host that is in trouble is told as that."""
    assert refusal_of(lookup_error(Pages(status)), missing_s=10).status == told


@pytest.mark.parametrize(("fault", "told"), [(Fault.TIMEOUT, 504), (Fault.STALL, 504), (Fault.CUT, 502)])
def test_the_page_of_a_module_that_cannot_be_had(fault: Fault, told: int) -> None:
    refusal = refusal_of(lookup_error(Pages(0, fault)), missing_s=10)
    assert (refusal.status, refusal.fresh_s) == (told, 0)


def test_a_system_that_govcs_disallows() -> None:
    refusal = refusal_of(lookup_error(Pages(200), "github.com/q/a", govcs="*:off"), missing_s=10)
    assert (refusal.status, refusal.text) == (
        403,
        "GOVCS disallows using git for public github.com/q/a; see 'go help vcs'",
    )


def test_a_version_that_a_repository_cannot_have() -> None:
    """Whoever asks for the same is told for a while: it would cost a look into the repository each time."""
    text = "q.io/a@v1.0.1-0.20240102030405-0123456789ab: invalid pseudo-version: preceding tag (v1.0.0) not found"
    error = InvalidVersionError(text, reason="preceding tag (v1.0.0) not found", is_pseudo=True)
    refusal = refusal_of(error, missing_s=10)
    assert (refusal.status, refusal.text, refusal.fresh_s) == (404, text, 10)
