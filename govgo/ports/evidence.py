# SPDX-License-Identifier: BSD-3-Clause
"""What `verify` looks at: the module cache, zips and trees, every proxy, kept proofs, and files of the past."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from govgo.core.module.moduleversion import ModuleVersion

if TYPE_CHECKING:
    from govgo.core.goproxy.answers import Answer
    from govgo.core.vcs.worktree import GitState


class Cached(Protocol):
    """The cached files of one module version, their hashes and faults (`adapters.modcache.verify.CachedModule`)."""

    @property
    def zip(self) -> str: ...
    @property
    def zip_hash(self) -> str: ...
    @property
    def zip_fault(self) -> str: ...
    @property
    def recorded(self) -> str: ...
    @property
    def recorded_fault(self) -> str: ...
    @property
    def dir(self) -> str: ...
    @property
    def dir_hash(self) -> str: ...
    @property
    def dir_fault(self) -> str: ...
    @property
    def gomod(self) -> str: ...
    @property
    def gomod_hash(self) -> str: ...
    @property
    def disk_fault(self) -> str: ...
    @property
    def zip_layout(self) -> str: ...


class Looking(Protocol):
    """A look at the module cache that was begun (`adapters.modcache.verify.CacheLook`)."""

    def facts(self, advanced: Callable[[int], object] = ...) -> Sequence[Cached]:
        """Wait for the cached files of each module version, in the order given when it was begun.

        `advanced` is called several times a second with how many more are done, 0 if none are; what it raises ends the
        look, and is raised.
        """
        ...

    def stop(self) -> None:
        """End it, if it has not ended."""
        ...


class Facts(Protocol):
    """Looks at the module cache (`adapters.modcache.verify.CacheFacts`)."""

    def begin(self, mods: Sequence[ModuleVersion]) -> Looking:
        """Begin to look at the cached files of module versions, in other processes where there is much to do.

        To be called before there is an event loop: a process with threads is not forked.
        """
        ...

    def look(self, mods: Sequence[ModuleVersion], advanced: Callable[[int], object] = ...) -> Sequence[Cached]:
        """The cached files of each module version, in the order given; `advanced` gets how many more are done."""
        ...


class CachedZip(Protocol):
    """The zip of one module version in the module cache (`adapters.modcache.verify.CachedZip`)."""

    @property
    def h1(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def fault(self) -> str: ...


class ZipFacts(Protocol):
    """Hashes the zips in the module cache (`adapters.modcache.verify.CacheFacts`)."""

    def zips(self, mods: Sequence[ModuleVersion], advanced: Callable[[int], object] = ...) -> Sequence[CachedZip]:
        """The zip of each module version, in the order given; `advanced` as in `Looking.facts`."""
        ...


class WorkTrees(Protocol):
    """Looks at the git repositories around main modules (`adapters.vcs.worktree.GitWorkTrees`)."""

    def state(self, directory: str, path: str, ignored: Collection[str] = ()) -> GitState | None:
        """The work tree around the directory of a module; None where there is none, or nothing was committed.

        Changes of `ignored` files, absolute, do not count.  Raises Failure where git cannot say.
        """
        ...


class Damage(Protocol):
    """A kept file of the checksum database that is not part of its signed tree, or cannot be read.

    See `adapters.sumdb.audit.Damage`.
    """

    @property
    def path(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def module(self) -> ModuleVersion | None: ...
    @property
    def is_unread(self) -> bool: ...


class Sighting(Protocol):
    """What one proxy serves for a go.sum key (`adapters.proxy.compare.Seen`)."""

    @property
    def url(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def fault(self) -> str: ...
    @property
    def file(self) -> str: ...


class Sources(Protocol):
    """Looks at every proxy (`adapters.proxy.compare.SecondSources`)."""

    def proxies(self, key: ModuleVersion) -> Sequence[Sighting]:
        """What each proxy serves for the key of a go.sum line."""
        ...


class Tagged(Protocol):
    """What a repository has for a module version (`adapters.vcs.origins.Tagged`)."""

    @property
    def repository(self) -> str: ...
    @property
    def ref(self) -> str: ...
    @property
    def commit(self) -> str: ...
    @property
    def time(self) -> datetime | None: ...
    @property
    def digest(self) -> str: ...
    @property
    def fault(self) -> str: ...
    @property
    def is_gone(self) -> bool: ...
    @property
    def file(self) -> str: ...


class Origins(Protocol):
    """Asks the repositories of modules (`adapters.vcs.origins.Origins`)."""

    def look(self, mods: Sequence[ModuleVersion], advanced: Callable[[int], object] = ...) -> Sequence[Tagged]:
        """What there is for each module version, in the order given; `advanced` gets how many more are done."""
        ...


class Peers(Protocol):
    """Asks several proxies the same (`adapters.proxy.peers.ProxyPeers`)."""

    def files(self, wanted: Sequence[tuple[str, str]]) -> Sequence[Answer]:
        """The answers for (proxy URL, path below it), in the order given."""
        ...

    def zips(self, wanted: Sequence[tuple[str, ModuleVersion, bytes | None]]) -> Sequence[Answer]:
        """The zips for (proxy URL, module version, the go.mod that the proxy has for it), checked by every rule."""
        ...


class FileReader(Protocol):
    """Reads module zips and trees (`adapters.proxy.compare.ModuleFiles`)."""

    def zip_hashes(self, path: str) -> Mapping[str, bytes]:
        """The SHA-256 of each file in a zip, by its whole name."""
        ...

    def tree_hashes(self, directory: str, prefix: str, known: Iterable[str]) -> Mapping[str, bytes | None]:
        """The SHA-256 of each file below a directory, as if it lay in one named `prefix`; None for an unreadable one.

        `known` are names that may be there, although the directory that holds them cannot be listed.
        """
        ...

    def zip_contents(self, path: str, names: frozenset[str]) -> Mapping[str, bytes]:
        """The content of some files of a zip, by their whole names."""
        ...


class KeptProofs(Protocol):
    """The kept answers and tiles of the database (`adapters.sumdb.audit.SumAudit`)."""

    def damage(self, mods: Sequence[ModuleVersion]) -> Sequence[Damage]:
        """The damaged files among the kept answers for `mods` and among all kept tiles."""
        ...


class OldFiles(Protocol):
    """Files as they were at a git reference (`adapters.vcs.gitshow.GitFiles`)."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file then, by its absolute path now; None where there was none.

        Raises:
            UsageError: the reference cannot be resolved, or the file is in no repository.
        """
        ...
