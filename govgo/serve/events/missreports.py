# SPDX-License-Identifier: BSD-3-Clause
"""Peers that want to know what was missing here: they are asked for the same go.mod, and so have it, too, and tell it.

Only a peer with `misses = true` is asked, and never for a private module. It is a hint: one that cannot be given is
forgotten.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from govgo.adapters.http.remote import Web
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.bounds import MAX_GO_MOD
from govgo.core.storage.keys import file_key
from govgo.errors import Failure

_MOST_WAITING = 1000
_BEAT_S = 0.2


class Misses:
    """Tells peers. `note` may be called from any thread, the rest belongs to the cold loop."""

    def __init__(self, urls: Sequence[str], web: Web, is_private: Callable[[str], bool]) -> None:
        self._remotes = [web.open(url) for url in urls]
        self._is_private = is_private
        self._waiting: deque[ModuleVersion] = deque(maxlen=_MOST_WAITING)
        self._task: asyncio.Task[None] | None = None

    def note(self, mod: ModuleVersion) -> None:
        """A version was fetched for somebody, and was not here before."""
        if self._remotes and not self._is_private(mod.path):
            self._waiting.append(mod)

    def start(self) -> None:
        """Begin, on the running loop."""
        if self._remotes:
            self._task = asyncio.ensure_future(self._run())

    async def aclose(self) -> None:
        """End; raises nothing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            while self._waiting:
                key = file_key(self._waiting.popleft(), "mod")
                for remote in self._remotes:
                    with suppress(Failure):
                        await remote.get(key, MAX_GO_MOD)
