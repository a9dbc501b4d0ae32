# SPDX-License-Identifier: BSD-3-Clause
"""What the services need from the outside, as Protocols, and the frozen values that cross the border.

The rings `modfetch` (files, network) and `cli` (terminal) implement these; `app` sees nothing else of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from govgo.core.gosum.ledger import SumLedger
from govgo.core.module.info import Origin as Origin
from govgo.core.module.moduleversion import ModuleVersion

if TYPE_CHECKING:
    from govgo.core.gosource.buildtags import TagSet


class RevInfo(NamedTuple):
    """A .info answer: canonical version, commit time (None where it has none), name and short name of the revision."""

    version: str
    time: datetime | None = None
    name: str = ""
    short: str = ""
    origin: Origin | None = None


class Versions(NamedTuple):
    """The tagged versions of a module path in semver order, `+incompatible` filtered by the caller."""

    list: tuple[str, ...] = ()
    origin: Origin | None = None


class Ask(NamedTuple):
    """One thing to fetch: `kind` is "versions", "info", "latest", "gomod" or "zip".

    `version` is the revision for "info" and the version for "gomod" and "zip".
    """

    kind: str
    path: str
    version: str = ""


class Downloaded(NamedTuple):
    """What lies in the module cache for one module version; "" where a part was not asked for or failed."""

    mod: ModuleVersion
    info: str = ""
    gomod: str = ""
    zip: str = ""
    dir: str = ""
    sum: str = ""
    gomod_sum: str = ""
    origin: Origin | None = None
    error: Exception | None = None


class Loader(Protocol):
    """An ask/tell loader of go.mod files (`core.modgraph.GraphLoader`)."""

    def wanted(self) -> Sequence[ModuleVersion]:
        """What it lacks and has not asked for yet; each module version is handed out once."""
        ...

    def tell(self, mv: ModuleVersion, answer: bytes | Exception) -> None:
        """The go.mod bytes of `mv`, or why there are none.

        After bytes an error may follow, when the checksum database would not prove them; it takes their place.
        """
        ...

    def likely(self) -> Sequence[ModuleVersion]:
        """What will probably be asked for later, whether the loader wants it or not; for a line that is idle."""
        ...


class ModuleRepo(Protocol):
    """Modules as the GOPROXY chain and the module cache know them. Synchronous; every answer is remembered.

    What is not there raises NotFoundError; a failing source raises UnavailableError; bytes that contradict go.sum
    or the checksum database raise SecurityError. Every error text carries "path@version: " as go's does.
    """

    def versions(self, path: str, prefix: str = "") -> Versions: ...

    def info(self, path: str, rev: str) -> RevInfo:
        """Resolve a revision or version (go's Repo.Stat)."""
        ...

    def latest(self, path: str) -> RevInfo: ...

    def gomod(self, mv: ModuleVersion) -> bytes:
        """The go.mod of `mv`, checked against go.sum, else the checksum database, and recorded in the ledger."""
        ...

    def zip_dir(self, mv: ModuleVersion) -> str:
        """The extracted tree of `mv` (go's modfetch.Download): fetched, checked and extracted when absent."""
        ...

    def cached_dir(self, mv: ModuleVersion) -> str | None:
        """The extracted tree when it is there, whole; None otherwise. No network."""
        ...

    def download(self, mods: Sequence[ModuleVersion], *, extract: bool = True) -> list[Downloaded]:
        """.info, .mod, zip and tree of each, all at once; a failure stands in the entry, in the order asked.

        Without `extract` the zip alone (go's DownloadZip).
        """
        ...

    def warm(self, asks: Iterable[Ask]) -> None:
        """Fetch all at once; outcomes, errors too, are remembered for the calls above. Raises SecurityError alone."""
        ...

    def pump(self, loader: Loader) -> None:
        """Serve `loader` until it wants nothing: cache first, then the network, each answer told as it arrives."""
        ...

    def mod_sum(self, mv: ModuleVersion) -> str:
        """The h1: of the cached zip (from .ziphash), or "" when it is not in the cache."""
        ...

    def cache_file(self, mv: ModuleVersion, suffix: str) -> str:
        """Absolute path of `cache/download/<path>/@v/<version>.<suffix>` whether it exists or not."""
        ...

    def sum_from_database(self, mv: ModuleVersion) -> str | None:
        """The proved h1: of the database for `mv` (version may end in "/go.mod"), None where no database is asked."""
        ...

    @property
    def ledger(self) -> SumLedger: ...

    def reset(self, ledger: SumLedger) -> None:
        """Begin with another set of go.sum files (a change between module and workspace mode)."""
        ...

    def disable_lookup(self, reason: str) -> None:
        """Ask no source from now on (-mod=vendor); `reason` is go's sentence for it, "" ends that."""
        ...

    def close(self) -> None:
        """End connections and write what is still to be written; nothing may be asked afterwards."""
        ...


class Workspace(Protocol):
    """The files of main modules: read whole, replaced atomically under go's locks; directories listed."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when it does not exist. DiskError otherwise."""
        ...

    def replace(self, path: str, before: bytes | None, after: bytes) -> None:
        """Write `after` atomically if the file still holds `before`; ConflictError when it does not."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Create or replace atomically, making directories as needed."""
        ...

    def exists(self, path: str) -> bool: ...

    def is_dir(self, path: str) -> bool: ...

    def is_file(self, path: str) -> bool:
        """A regular file, or a link to one."""
        ...

    def listdir(self, path: str) -> Sequence[tuple[str, str]]:
        """(name, kind) in byte order; kind is "file", "dir", "link" or "other"; no link is followed."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Copy one regular file, making directories as needed."""
        ...

    def remove_tree(self, path: str) -> None: ...

    def new_tree(self, target: str) -> str:
        """An empty directory beside `target`, hidden, in which a tree is made that `move_tree` then puts there."""
        ...

    def move_tree(self, source: str, target: str) -> None:
        """Put the tree `source` in the place of `target`, and remove what was there."""
        ...

    def real_path(self, path: str) -> str: ...


class ImportIndex(Protocol):
    """What the directories of module trees import (of files, of tests), kept from one command to the next."""

    def recall(
        self, directory: str, names: Sequence[str], tags: TagSet
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """What was remembered for the source files `names`, None where nothing was or they have changed."""
        ...

    def remember(
        self, directory: str, names: Sequence[str], tags: TagSet, imports: tuple[tuple[str, ...], tuple[str, ...]]
    ) -> None: ...

    def flush(self) -> None:
        """Write what is new, as far as the disk allows."""
        ...


class Reporter(Protocol):
    """Talk, never data: sentences for people and progress events."""

    def note(self, sentence: str) -> None:
        """One sentence as go prints it after "go: " (printed after "govgo: ")."""
        ...

    def raw(self, text: str) -> None:
        """A line for stderr with no prefix (go's plain warnings and -v lists)."""
        ...

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Progress: `kind` is "downloading", "fetched", "request", "extracted", "proved", …"""
        ...


class Clock(Protocol):
    """Time as an argument."""

    def now(self) -> datetime: ...

    def monotonic_s(self) -> float: ...
