# SPDX-License-Identifier: BSD-3-Clause
"""One module version at every proxy of GOPROXY: the hash of its zip or go.mod at each, and the files in it.

It serves `verify --explain`, which shows how the sources differ after a mismatch. Nothing that is fetched here is
trusted, kept, or written to the module cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import partial

from govgo.adapters.disk.diskerror import is_in_the_way
from govgo.adapters.disk.lockfile import reading
from govgo.adapters.disk.temporary import new_directory, new_file, start_over
from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import NetworkOptions, Visit
from govgo.adapters.modzip.hash import hash_zip, tree_files
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.adapters.proxy.proxy import Proxy
from govgo.core.goenv import DIRECT, NOPROXY, OFF, GoEnv
from govgo.core.golib import url as gourl
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import Failure
from govgo.ports.reporter import Reporter


class Seen(NamedTuple):
    """What a proxy has.

    Attributes:
        url: of the proxy, its password masked.
        digest: the `h1:` hash as go.sum has it, "" where there is none.
        fault: why there is none.
        file: the path of the zip, which exists until the `SecondSources` are closed; "" for a go.mod.
    """

    url: str
    digest: str
    fault: str
    file: str


class SecondSources(Visit):
    """Fetches from every proxy that GOPROXY names, whatever their order. Use it in a `with`, or close it."""

    def __init__(self, env: GoEnv, report: Reporter, options: NetworkOptions | None = None) -> None:
        """No file or network is touched yet."""
        super().__init__(env, report, options)
        self._directory = ""

    def proxies(self, key: ModuleVersion) -> tuple[Seen, ...]:
        """What each proxy has for the key of a go.sum line; () for a module that no proxy may see (GONOPROXY)."""
        if not self._env.uses_proxy(key.path):
            return ()
        urls = [spec.url for spec in self._env.proxies() if spec.url not in (DIRECT, OFF, NOPROXY)]
        if not urls:
            return ()
        self._network.loop()
        return tuple(self._look(url, key) for url in urls)

    def _look(self, url: str, key: ModuleVersion) -> Seen:
        masked = gourl.mask(url)
        try:
            proxy = Proxy(url, Web(self._network.client).open(url))
            if key.is_gomod_key:
                data = self._network.run(proxy.gomod(key.path, key.without_gomod().version))
                return Seen(masked, hash_gomod(data), "", "")
            file = self._fetch_zip(proxy, key)
            return Seen(masked, hash_zip(file, Rules.STRICT), "", file)
        except Failure as error:
            return Seen(masked, "", str(error).partition("\n")[0], "")

    def _fetch_zip(self, proxy: Proxy, mv: ModuleVersion) -> str:
        if not self._directory:
            self._directory = self._held.enter_context(new_directory("govgo-verify-"))
        with new_file(self._directory) as (path, file):
            self._network.run(proxy.zip(mv.path, mv.version, file.write, partial(start_over, file)))
        return path


class ModuleFiles:
    """Reads files of zips and trees, whole archives at a time."""

    def zip_hashes(self, path: str) -> dict[str, bytes]:
        """The SHA-256 of each file in a zip, by its whole name.

        Raises:
            BadZipError, DiskError: it cannot be read.
        """
        with open_archive(path, Rules.GO) as archive:
            return {entry.name: _digest(archive.contents(entry)) for entry in archive.entries if not entry.is_dir}

    def zip_contents(self, path: str, names: frozenset[str]) -> dict[str, bytes]:
        """The content of some files of a zip, by their whole names.

        Raises:
            BadZipError, DiskError: it cannot be read.
        """
        with open_archive(path, Rules.GO) as archive:
            return {e.name: b"".join(archive.contents(e)) for e in archive.entries if e.name in names}

    def tree_hashes(self, directory: str, prefix: str, known: Iterable[str]) -> dict[str, bytes | None]:
        """The SHA-256 of each file below a directory, as if it lay in one named `prefix`.

        What the disk does not let us read has None, and what is no file b"", which equals no hash.

        Args:
            directory: the tree.
            prefix: begins every name.
            known: names that may be there, although the directory that holds them cannot be listed.

        Raises:
            DiskError: it cannot be read.
        """
        found: dict[str, bytes | None] = {f"{prefix}/{name}": b"" for name in tree_files(directory, passes_over=True)}
        for name in {*found, *known}:
            try:
                with reading(directory + name.removeprefix(prefix)) as file:
                    found[name] = hashlib.file_digest(file, "sha256").digest()
            except OSError as error:
                if not is_in_the_way(error):
                    found[name] = None
        return found


def _digest(pieces: Iterable[bytes]) -> bytes:
    content = hashlib.sha256()
    for piece in pieces:
        content.update(piece)
    return content.digest()
