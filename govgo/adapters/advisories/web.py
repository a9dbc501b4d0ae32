# SPDX-License-Identifier: BSD-3-Clause
"""The Go vulnerability database over HTTP, or a copy of it below any URL.

    index/db.json         {"modified": "2026-11-20T20:53:59Z"}
    index/modules.json    [{"path": "golang.org/x/text", "vulns": [{"id": "GO-2021-0113", "modified": …, "fixed": …}]}]
    ID/GO-2021-0113.json  an advisory

Only the advisories about the modules at hand are fetched. The database learns from that which of them a user needs,
as far as they are vulnerable. What has not changed since an earlier run is not fetched again.

Source: go.dev/security/vuln/database, "API".
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from govgo.adapters.advisories.files import MAX_ADVISORY_BYTES
from govgo.adapters.disk.usercache import KeptFiles
from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import Network
from govgo.core.advisory.osv import parse_advisory
from govgo.core.safetext import why_malformed
from govgo.errors import InputError, OfflineError
from govgo.ports.advisories import Snapshot

_STATE, _MODULES = "index/db.json", "index/modules.json"
_MAX_INDEX_BYTES = 64 << 20
_LONGEST_NAME = 128
"""Characters; GHSA-xxxx-xxxx-xxxx has 19."""


class WebSource:
    """A database below a URL (`ports.advisories.AdvisorySource`)."""

    def __init__(self, url: str, network: Network, kept: KeptFiles, *, offline: bool = False) -> None:
        """Nothing is fetched yet.

        Args:
            url: the base URL: https, http or file.
            network: to fetch with; the caller closes it.
            kept: what was fetched before.
            offline: ask nobody; what was kept must do.

        Raises:
            UsageError: not a URL.
        """
        self._base = url.rstrip("/")
        self._network = network
        self._remote = Web(network.client).open(self._base)
        self._kept = kept
        self._offline = offline
        self._index: tuple[datetime, dict[str, list[tuple[str, str]]]] | None = None

    def about(self, paths: Collection[str]) -> Snapshot:
        """The advisories about module paths; the state of the database is asked once."""
        self._network.loop()
        return self._network.run(self._about(frozenset(paths)))

    async def _about(self, paths: frozenset[str]) -> Snapshot:
        if self._index is None:
            state = await self._get(_STATE, fresh=True)
            modified = _modified(self._remote.url(_STATE), state)
            index = await self._get(_MODULES, version=str(modified))
            self._index = modified, _listed(self._remote.url(_MODULES), index)
        modified, listed = self._index
        wanted = {name: changed for path in paths for name, changed in listed.get(path, ())}
        files = await asyncio.gather(
            *(self._get(f"ID/{name}.json", version=changed) for name, changed in sorted(wanted.items()))
        )
        found = (
            parse_advisory(self._remote.url(f"ID/{name}.json"), data)
            for name, data in zip(sorted(wanted), files, strict=True)
        )
        return Snapshot(
            self._remote.url("").rstrip("/"),
            tuple(found),
            len({name for rows in listed.values() for name, _ in rows}),
            modified,
            is_kept=self._offline,
        )

    async def _get(self, path: str, version: str = "", *, fresh: bool = False) -> bytes:
        """A file; as it was kept, where it is that `version` of it."""
        key = f"{self._base}/{path} {version}"
        known = self._kept.read(key) if self._offline or not fresh else None
        if known is not None:
            return known
        if self._offline:
            raise OfflineError(f"{self._remote.url(path)}: not kept of an earlier run, and --offline asks nobody")
        data = await self._remote.get(path, _MAX_INDEX_BYTES if path == _MODULES else MAX_ADVISORY_BYTES)
        self._kept.write(key, data)
        return data


def _modified(url: str, data: bytes) -> datetime:
    with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
        time = datetime.fromisoformat(json.loads(data)["modified"])
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    raise InputError(f"{url}: no database of advisories: its state cannot be read")


def _listed(url: str, data: bytes) -> dict[str, list[tuple[str, str]]]:
    """By module path the names of the advisories about it, with the time when each was changed."""
    try:
        return {module["path"]: list(_rows(module["vulns"])) for module in json.loads(data)}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(f"{url}: no index of advisories: {why_malformed(error)}") from error


def _rows(vulnerabilities: Iterable[Any]) -> Iterable[tuple[str, str]]:
    for each in vulnerabilities:
        name, changed = each["id"], each["modified"]
        if not isinstance(name, str) or not isinstance(changed, str):
            raise TypeError("a name or time is not a string")
        if len(name) > _LONGEST_NAME or not name.replace("-", "").isalnum() or not name.isascii():
            raise ValueError(f"invalid name {name[:_LONGEST_NAME]}")
        yield name, changed
