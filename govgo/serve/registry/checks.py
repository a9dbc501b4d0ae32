# SPDX-License-Identifier: BSD-3-Clause
"""What the checksum database says of stored files, by what is stored of the database: nobody is asked.

So whoever reads pages costs no upstream anything. A version whose record was not looked up through this server is "not
checked"; the proxy looks it up when it first serves the version.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from govgo.adapters.sumdb.route import NoNetwork
from govgo.core.goenv import OFF, GoEnv
from govgo.core.gosum.dirhash import hash_gomod, is_h1
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.bounds import MAX_GO_MOD
from govgo.core.registry.facts import PROVED, REFUSED, UNCHECKED, UNCOVERED, LogCheck
from govgo.core.safetext import one_line
from govgo.core.sumdb.record import lookup_path, parse_record, sum_lines
from govgo.core.sumdb.tlog import parse_tree
from govgo.errors import Failure, SecurityError
from govgo.ports.storage import Storage
from govgo.serve.protocol.question import file_key
from govgo.serve.upstream.coldloop import ColdLoop
from govgo.serve.upstream.sumdbproofs import Proofs


class Checker:
    """See the module's docstring. `check` runs on the cold loop."""

    def __init__(self, cold: ColdLoop, storage: Storage, env: GoEnv, log: Callable[[str], None]) -> None:
        """Nothing is read yet.

        Raises:
            UsageError: GOSUMDB makes no sense.
        """
        self._cold = cold
        self._storage = storage
        self._off = env.gosumdb == OFF
        self._proofs = Proofs(env, storage, NoNetwork(), log)

    @property
    def database(self) -> str:
        """The name of the database, "" where none is asked."""
        return "" if self._proofs.database is None else self._proofs.database.name

    async def check(self, mod: ModuleVersion, read_h1: str) -> LogCheck:
        """Compare a stored version with the database.

        Args:
            mod: the version.
            read_h1: the hash of its zip as it was read, "" where it was not read; then the one stored with it counts.

        Raises:
            StorageError: the storage cannot be asked.
        """
        name = self.database
        if not self._proofs.covers(mod.path):
            why = "GOSUMDB=off" if self._off else "the module matches GOPRIVATE or GONOSUMDB"
            return LogCheck(UNCOVERED, UNCOVERED, f"no checksum database is asked: {why}", when=time.time())
        found = LogCheck(database=name, when=time.time(), zip_was_read=read_h1 != "")
        storage = self._storage
        if await self._cold.stored(lambda: storage.head(f"sumdb/{name}/{lookup_path(mod)}")) is None:
            return found._replace(text=f"its record was not looked up in {name} through this server yet")
        try:
            record = parse_record(await self._proofs.answer(mod))
            size = parse_tree(await self._proofs.known()).size
        except Failure as error:
            why = f"the stored record cannot be proved by what is stored of {name}: {_short(error)}"
            return found._replace(text=why)
        except SecurityError as error:
            why = f"what is stored of {name} contradicts itself: {_short(error)}"
            return found._replace(gomod=REFUSED, zip=REFUSED, text=why)
        gomod = await self._cold.stored(lambda: storage.read(file_key(mod, "mod"), 0, MAX_GO_MOD))
        h1 = read_h1 or await self._recorded(mod)
        states = (
            _state(record.text, mod.gomod_key(), "" if gomod is None else hash_gomod(gomod)),
            _state(record.text, mod, h1),
        )
        found = found._replace(gomod=states[0], zip=states[1], number=record.number, tree_size=size)
        return found._replace(text=_told(found))

    async def aclose(self) -> None:
        """Give back what is held; raises nothing."""
        await self._proofs.aclose()

    async def _recorded(self, mod: ModuleVersion) -> str:
        """The hash that was stored with a zip, "" for none."""
        data = await self._cold.stored(lambda: self._storage.read(f"{file_key(mod, 'zip')}hash", 0, 100))
        text = (data or b"").decode("ascii", "replace").strip()
        return text if is_h1(text) else ""


def _state(record: bytes, key: ModuleVersion, h1: str) -> str:
    """What a proved record says of a hash, "" for none."""
    if not h1:
        return UNCHECKED
    return PROVED if f"{key.path} {key.version} {h1}" in sum_lines(record, key) else REFUSED


def _told(check: LogCheck) -> str:
    where = f"record {check.number:,} of {check.database}, in its tree of {check.tree_size:,} records"
    if REFUSED in (check.gomod, check.zip):
        what = " and ".join(name for name, state in (("go.mod", check.gomod), ("zip", check.zip)) if state == REFUSED)
        return f"the stored {what} contradicts {where}; it is not served, and fetched again when it is asked for"
    zip_ = {
        PROVED: "the zip was read and has its hash" if check.zip_was_read else "the hash stored with the zip is that",
        UNCHECKED: "no zip is stored",
    }[check.zip]
    if check.gomod == UNCHECKED:
        return f"no go.mod is stored; {zip_}: {where}"
    return f"the go.mod has the hash of {where}; {zip_}"


def _short(error: Exception) -> str:
    return one_line(str(error).partition("\n")[0])[:300]
