# SPDX-License-Identifier: BSD-3-Clause
"""What the repositories of modules have today for versions: the commit that a tag names, and the zip made of it.

It serves `verify -tags`. Clones are made anew in a directory of their own: one in the module cache knows the tags of
the day when it was made, and a tag that was moved since would not be noticed. Nothing that is fetched here is trusted,
kept, or written to the module cache.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from govgo.adapters.disk.temporary import new_directory, new_file, start_over
from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import Visit
from govgo.adapters.modzip.hash import hash_zip
from govgo.adapters.modzip.read import Rules
from govgo.adapters.vcs.direct import Direct
from govgo.core.golib import url as gourl
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import Failure, InvalidVersionError, NotFoundError, find

_AT_ONCE = 8
"""Modules that are looked at at the same time."""


class Tagged(NamedTuple):
    """What a repository has for a module version (`ports.evidence.Tagged`).

    Attributes:
        repository: its URL, a password in it masked; "" where none was found.
        ref: the tag, without "refs/tags/"; "" for a commit that a pseudo-version names.
        commit: the full hash, "" where there is none.
        time: when it was committed.
        digest: the `h1:` of the zip made of it, "" where there is none.
        fault: why there is none.
        is_gone: the repository has answered, and has no such version.
        file: the path of the zip, which exists until the `Origins` are closed.
    """

    repository: str = ""
    ref: str = ""
    commit: str = ""
    time: datetime | None = None
    digest: str = ""
    fault: str = ""
    is_gone: bool = False
    file: str = ""


class Origins(Visit):
    """Asks the repositories of modules, whatever GOPROXY says. Use it in a `with`, or close it."""

    def look(
        self, mods: Sequence[ModuleVersion], advanced: Callable[[int], object] = lambda count: None
    ) -> tuple[Tagged, ...]:
        """What there is for each module version, in the order given; `advanced` gets how many more are done."""
        directory = self._held.enter_context(new_directory("govgo-tags-"))
        direct = Direct(self._env._replace(gomodcache=directory), self._network, Web(self._network.client), None)
        self._held.callback(direct.close)
        self._network.loop()

        async def all_of_them() -> list[Tagged]:
            gate = asyncio.Semaphore(_AT_ONCE)

            async def one(mod: ModuleVersion) -> Tagged:
                async with gate:
                    found = await _look(direct, mod, directory)
                advanced(1)
                return found

            return list(await asyncio.gather(*map(one, mods)))

        return tuple(self._network.run(all_of_them()))


async def _look(direct: Direct, mod: ModuleVersion, directory: str) -> Tagged:
    found = Tagged()
    try:
        info = await direct.stat(mod.path, mod.version)
        if info.origin is None or info.origin.vcs != "git":
            return found._replace(fault="a proxy serves it in place of a repository")
        origin = info.origin
        found = Tagged(gourl.mask(origin.url), origin.ref.removeprefix("refs/tags/"), info.name, info.time)
        with new_file(directory) as (path, file):
            await direct.zip(mod.path, mod.version, file.write, partial(start_over, file))
        return found._replace(digest=hash_zip(path, Rules.STRICT), file=path)
    except Failure as error:
        # If the repository has answered, its state is known: there is no such revision, or it is not a version of this
        # module, since its go.mod names another one, or the tag is gone that a pseudo-version is based on.
        asked = error.origin if isinstance(error.origin, Origin) else None
        is_no = find(error, NotFoundError) is not None or find(error, InvalidVersionError) is not None
        repository = gourl.mask(asked.url) if asked is not None else found.repository
        # git's error names the clone, which is gone by the time that somebody reads this, and another one each time.
        fault = re.sub(rf" in {re.escape(directory)}/[^\s:]*", "", str(error))
        return found._replace(fault=fault, is_gone=asked is not None and is_no, repository=repository)
