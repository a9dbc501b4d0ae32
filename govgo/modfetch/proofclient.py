# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database for `govgo verify`: it tells the size of its proved tree, and can do without any network."""

from __future__ import annotations

from govgo.core.goenv import GoEnv
from govgo.errors import LookupDisabledError
from govgo.modfetch.network import NetworkOptions
from govgo.modfetch.sumclient import SumClient, open_sumdb
from govgo.modfetch.sumdb import SumDb
from govgo.ports import Reporter


class ProofClient(SumClient):
    """A `SumClient`. With `offline`, kept answers and tiles prove what they can; for the rest there is an error."""

    def __init__(
        self, env: GoEnv, report: Reporter, options: NetworkOptions | None = None, *, offline: bool = False
    ) -> None:
        """Begin without touching files or network."""
        super().__init__(env, report, options)
        self._offline = offline

    def __enter__(self) -> ProofClient:
        return self

    @property
    def tree_size(self) -> int:
        """Of the newest proved tree, 0 before anything was proved."""
        return self._database.tree_size if self._database is not None else 0

    def _open(self) -> SumDb:
        if self._offline and self._database is None:
            self._database = open_sumdb(self._env, _NoNetwork(), self._report.note)
        return super()._open()


class _NoNetwork:
    async def get(self, url: str, limit_bytes: int) -> bytes:
        """Refuse."""
        raise LookupDisabledError("not in the cache, and --offline forbids to ask")
