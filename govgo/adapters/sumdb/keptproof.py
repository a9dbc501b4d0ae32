# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database for `govgo verify`: it tells the size of its proved tree, can do without any network, and keeps
the proof of a whole go.sum.

To prove 600 records anew from kept tiles takes 180,000 hashes; from a proof bundle of the same records it takes 7,000.
So a bundle is kept beside the database's answers, for each directory that was verified. It gets no more trust than
any file: it counts if the database's key has signed its head, if its proof holds, and if its head is the newest one
that this client has accepted; else everything is proved from answers and tiles as if it were not there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from govgo.adapters.disk import atomic
from govgo.adapters.loop.network import NetworkOptions
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.adapters.sumdb.client import SumDb
from govgo.adapters.sumdb.session import SumClient, database_of, open_sumdb
from govgo.core.goenv import GoEnv
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.bundle import MAX_BUNDLE_BYTES, ProvedBundle, format_bundle, parse_bundle, prove_bundle
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.timeline import read_head
from govgo.errors import DiskError, Failure, GovgoError, LookupDisabledError
from govgo.ports.talk import Reporter

_Answer = tuple[str, ...] | GovgoError


class ProofClient(SumClient):
    """A `SumClient`. With `offline`, kept answers and tiles prove what they can; for the rest there is an error."""

    def __init__(
        self,
        env: GoEnv,
        report: Reporter,
        options: NetworkOptions | None = None,
        *,
        offline: bool = False,
        directory: str = "",
    ) -> None:
        """Begin without touching files or network; `directory` is the one that is verified, "" to keep no proof."""
        super().__init__(env, report, options)
        self._offline = offline
        self._directory = directory
        self._kept: ProvedBundle | None = None
        self._kept_read = False
        self._proved: dict[ModuleVersion, None] = {}
        self._is_new = False

    def __enter__(self) -> ProofClient:
        return self

    @property
    def tree_size(self) -> int:
        """Of the newest proved tree, 0 before anything was proved."""
        size = self._database.tree_size if self._database is not None else 0
        return max(size, self._kept.head.tree.size if self._kept is not None else 0)

    def lookup_many(self, mods: Iterable[ModuleVersion]) -> Mapping[ModuleVersion, _Answer]:
        """Look up all at once: what the kept proof has needs nothing else."""
        wanted = list(mods)
        kept = self._read_kept()
        found: dict[ModuleVersion, _Answer] = {}
        for mod in wanted:
            lines = kept.lines(mod) if kept is not None else None
            if lines:
                found[mod] = lines
        rest = [mod for mod in wanted if mod not in found]
        if rest:
            found.update(super().lookup_many(rest))
        proved = [mod for mod in wanted if isinstance(found[mod], tuple)]
        self._is_new = self._is_new or len(proved) > len(wanted) - len(rest)
        self._proved.update(dict.fromkeys(proved))
        return found

    def forget_kept(self) -> None:
        """Prove everything from answers and tiles, which are fetched again where they are damaged."""
        self._kept, self._kept_read = None, True

    def close(self) -> None:
        """Keep the proof of what was proved, write what is proved and end connections."""
        try:
            if self._is_new:
                self._keep()
        finally:
            super().close()

    def _open(self) -> SumDb:
        if self._offline and self._database is None:
            self._database = open_sumdb(self._env, _NoNetwork(), self._report.note, keep_rows=True)
        return super()._open()

    def _kept_path(self) -> str:
        """The file of the proof, "" where none is kept."""
        if not self._directory or not self._env.gomodcache:
            return ""
        name = hashlib.sha256(os.fsencode(self._directory)).hexdigest()[:16]
        return f"{self._env.gomodcache}/cache/download/sumdb/{self.name}/govgo/{name}.proof"

    def _read_kept(self) -> ProvedBundle | None:
        if self._kept_read:
            return self._kept
        self._kept_read = True
        path = self._kept_path()
        database = database_of(self._env)
        verifier = parse_verifier(database.key)
        first = self._env.gopath.split(os.pathsep)[0]
        try:
            with open(path or os.devnull, "rb") as file:
                data = file.read(MAX_BUNDLE_BYTES)
            if data and first:
                bundle = prove_bundle(parse_bundle(data), verifier)
                latest = SumDbCache("", f"{first}/pkg/sumdb/{database.name}/latest").read_latest()
                if latest and read_head(latest, verifier).tree == bundle.head.tree:
                    self._kept = bundle
        except (OSError, GovgoError):
            pass  # the answers and tiles are there, or at the database
        return self._kept

    def _keep(self) -> None:
        """Write the proof of all that was proved. Where that is not possible, nothing is lost."""
        path = self._kept_path()
        if not path:
            return
        try:
            data = format_bundle(self.bundle(self._proved))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            atomic.write_file(path, data)
        except (Failure, OSError):
            with suppress(OSError, DiskError):
                atomic.remove(path)


class _NoNetwork:
    async def get(self, url: str, limit_bytes: int) -> bytes:
        """Refuse."""
        raise LookupDisabledError("not in the cache, and --offline forbids to ask")
