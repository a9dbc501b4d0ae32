# SPDX-License-Identifier: BSD-3-Clause
"""The versions of "go" and "toolchain", made from those of the module golang.org/toolchain.

That module has a version for each release and platform: v0.0.1-go1.21.3.linux-amd64. Source: go.dev/doc/toolchain;
cmd/go/internal/modfetch (toolchainRepo).
"""

from __future__ import annotations

from typing import Protocol

from govgo.core.module.moduleversion import compare_versions
from govgo.core.version import goversion
from govgo.errors import QueryError
from govgo.ports.modules import RevInfo, Versions

MODULE = "golang.org/toolchain"


class _Source(Protocol):
    """What is asked for the versions of golang.org/toolchain (`repository.chain.ModuleSource`)."""

    async def versions(self, path: str, prefix: str = "") -> Versions: ...

    async def stat(self, path: str, rev: str) -> RevInfo: ...


class Toolchains:
    """Answers for the paths "go" and "toolchain"; `local` is the Go version that is answered for."""

    def __init__(self, local: str, source: _Source) -> None:
        self._local = local
        self._source = source

    async def versions(self, path: str) -> tuple[str, ...]:
        """The released versions and the local one, in order."""
        listed = (await self._source.versions(MODULE)).list
        found = {go_version(v) for v in listed} - {""} | {self._local}
        prefix = "go" if path == "toolchain" else ""
        return tuple(prefix + v for v in sorted(found, key=goversion.key))

    async def stat(self, path: str, rev: str) -> RevInfo:
        """The version itself, if it exists; the forms of "go" and "toolchain" are read as each other.

        Raises:
            QueryError: not a Go version, or a language version that is newer than the local one.
        """
        version = rev.removeprefix("go")
        prefix = "go" if path == "toolchain" else ""
        if not goversion.is_valid(version):
            raise QueryError(f"invalid {path} version {rev}")
        # What the local toolchain can do already needs no other one, so none is looked for.
        if path == "go" and goversion.compare(version, self._local) <= 0:
            return RevInfo(version)
        if path == "toolchain" and version == self._local:
            return RevInfo(prefix + version)
        if goversion.is_lang(version):
            raise QueryError(f"go language version {rev} is not a toolchain version")
        # As cmd/go: a release exists for all platforms or for none, so that for linux-amd64 speaks for it.
        info = await self._source.stat(MODULE, f"v0.0.1-go{version}.linux-amd64")
        return RevInfo(prefix + version, info.time)

    async def latest(self, path: str) -> RevInfo:
        """The highest version that is known."""
        best = ""
        for version in await self.versions(path):
            if not best or compare_versions(path, version, best) > 0:
                best = version
        return await self.stat(path, best)


def go_version(v: str) -> str:
    """The Go version in a version of golang.org/toolchain, "" where there is none."""
    _, dash, rest = v.partition("-")
    release, dot, platform = rest.rpartition(".")
    return release.removeprefix("go") if dash and dot and "-" in platform else ""
