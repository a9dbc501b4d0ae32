# SPDX-License-Identifier: BSD-3-Clause
"""The entries of GOPROXY, asked by a server.

No failure is remembered, and of answers only the last ones that may change and that a proxy can be asked for by their
validators: what is the same is not sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from govgo.adapters.http.remote import HttpRemote, Remote, Web
from govgo.adapters.loop.network import Network
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.proxy.proxy import Proxy, Source
from govgo.adapters.repository.chain import ModuleSource, try_sources
from govgo.core.goenv import DIRECT, NOPROXY, OFF, GoEnv
from govgo.core.golib import url as gourl
from govgo.errors import InputError
from govgo.ports.reporter import Reporter
from govgo.serve.counters import Counters
from govgo.serve.protocol.question import LASTING_KINDS, parse_question
from govgo.serve.upstream.validators import Answers, RevalidatedRemote

_T = TypeVar("_T")

_DIRECT_S = 60.0
"""How long what is known of repositories is used. (`Direct` remembers tags and pages for one command.)"""


class Sources:
    """The GOPROXY chain. Belongs to the loop of its network."""

    def __init__(self, env: GoEnv, network: Network, web: Web, report: Reporter, counters: Counters) -> None:
        """Raises UsageError for a GOPROXY that makes no sense."""
        self._env = env
        self._network = network
        self._web = web
        self._report = report
        self._counters = counters
        self._answers = Answers()
        self._specs = env.proxies()
        self._nowhere = ModCache("", writable_dirs=False)
        self._direct: tuple[float, Any] | None = None
        self._users: dict[int, int] = {}

    async def ask(self, question: Callable[[ModuleSource], Coroutine[Any, Any, _T]]) -> _T:
        """Ask one source after another, by the rules of GOPROXY (`chain.try_sources`)."""
        return await try_sources([self._source(spec) for spec in self._specs], question)

    def url_of(self, path: str, key: str, proxy: str = "") -> str:
        """Where a client finds a file of a module itself: at `proxy`, else at the first that everybody may ask.

        "" for nowhere. The proxies of GOPROXY are not told of private modules (GONOPROXY), by no client either.
        """
        if proxy:
            return str(gourl.parse(proxy).join(key))
        if not self._env.uses_proxy(path):
            return ""
        for spec in self._specs:
            if spec.url.startswith(("http:", "https:")):
                is_open = gourl.mask(spec.url) == spec.url  # a token may stand in the query, too
                return str(gourl.parse(spec.url).join(key)) if is_open else ""
        return ""

    def warm(self) -> None:
        """Load the HTTP client, before the first question needs it; no connection is made."""
        for spec in self._specs:
            if spec.url.startswith(("http:", "https:")):
                self._network.client()
                return

    def forget(self) -> None:
        """Look at repositories anew. What is under way ends with what was known."""
        self._direct = None

    def close(self) -> None:
        """End the commands of version control that are under way."""
        if self._direct is not None:
            self._direct[1].close()
            self._direct = None

    def _source(self, spec: Any) -> ModuleSource:
        named = spec.url in (DIRECT, OFF, NOPROXY)
        proxy = None if named else Proxy(spec.url, self._open(spec.url), strict=True)
        return ModuleSource(spec, proxy, self._env, self._nowhere, self._report, lambda: None, self._repositories)

    def _open(self, url: str) -> Remote:
        """The files of a proxy. Lists, @latest and branches are asked for again by what is known of them."""
        remote = self._web.open(url)
        if not isinstance(remote, HttpRemote):
            return remote
        return RevalidatedRemote(remote, self._answers, _may_change, lambda: self._counters.add("unchanged_upstream"))

    def _repositories(self) -> Source:
        from govgo.adapters.vcs.direct import Direct

        now_s = time.monotonic()
        if self._direct is None or now_s - self._direct[0] > _DIRECT_S:
            # The one before ends with the questions that it still answers; its commands have time limits.
            self._direct = now_s, Direct(self._env, self._network, self._web, None)
        found: Source = self._direct[1]
        return found


def _may_change(path: str) -> bool:
    """Whether what a proxy has at a path can be another answer later."""
    try:
        return parse_question(f"/{path}").kind not in LASTING_KINDS
    except InputError:
        return False
