# SPDX-License-Identifier: BSD-3-Clause
"""What the services need to know of modules: the repository of all modules, and the values that it answers with.

`adapters/repository` implements `ModuleRepo` over the GOPROXY list, version control and the module cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from govgo.core.gosum.ledger import SumLedger
from govgo.core.modfile.summary import Summary
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING, Protocol, TypeVar
from govgo.errors import Failure

if TYPE_CHECKING:
    from datetime import datetime

_T = TypeVar("_T")


class RevInfo(NamedTuple):
    """A .info answer: canonical version, commit time (None where it has none), full and short name of the revision."""

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
    """One thing to fetch: `kind` is "versions", "probe", "info", "latest", "gomod" or "zip".

    "sumdb" is the way to the database, where that is asked about `path`, and "record" what the database proves of a
    version, where that is not in go.sum; they count as there when they are begun. `version` is the revision for "info",
    and the version for "gomod", "zip" and "record".
    """

    kind: str
    path: str
    version: str = ""


Then = Callable[[object], object]
"""Takes the answer to an `Ask`, None where it failed or is no value; must not wait, but may begin what follows."""


class Downloaded(NamedTuple):
    """The files of one module version in the module cache; "" where a part was not asked for or failed."""

    mod: ModuleVersion
    info: str = ""
    gomod: str = ""
    zip: str = ""
    dir: str = ""
    sum: str = ""
    gomod_sum: str = ""
    origin: Origin | None = None
    error: Failure | None = None

    def check(self) -> None:
        """Raise what kept a part from being fetched."""
        if self.error is not None:
            raise self.error


class Loader(Protocol):
    """An ask/tell loader of go.mod files (`core.modgraph.GraphLoader`)."""

    def wanted(self) -> Sequence[ModuleVersion]:
        """The module versions whose go.mod it lacks and has not asked for yet; each is returned once."""
        ...

    def tell(self, mv: ModuleVersion, answer: bytes | Summary | Exception) -> None:
        """The go.mod bytes of `mv`, or what they say where that is known, or why there are none.

        An error may follow the bytes, when the checksum database does not confirm them; it takes their place.
        """
        ...

    def likely(self) -> Sequence[ModuleVersion]:
        """Module versions whose go.mod will probably be needed later: worth fetching while the network is idle."""
        ...


class VersionView(Protocol):
    """What a query asks: the whole repository, or one entry of the GOPROXY list."""

    def versions(self, path: str, prefix: str = "") -> Versions: ...

    def info(self, path: str, rev: str) -> RevInfo: ...

    def latest(self, path: str) -> RevInfo: ...


class ModuleRepo(Protocol):
    """Modules as the GOPROXY chain and the module cache know them. Synchronous; every answer is remembered.

    What is not there raises NotFoundError; a failing source raises UnavailableError; bytes that contradict go.sum
    or the checksum database raise SecurityError. Every error text carries "path@version: " as go's does.
    """

    def versions(self, path: str, prefix: str = "") -> Versions: ...

    def probe(self, path: str) -> Versions:
        """The tagged versions of a module that there may well not be.

        As `versions`, but what a proxy does not know is not looked for in a repository, which takes seconds.
        """
        ...

    def info(self, path: str, rev: str) -> RevInfo:
        """Resolve a revision or version (go's Repo.Stat)."""
        ...

    def latest(self, path: str) -> RevInfo: ...

    def try_sources(self, ask: Callable[[VersionView], _T]) -> _T:
        """Do a query of several steps with one source after another, by the rules of the GOPROXY list.

        A version list from one proxy says nothing about what another one could serve (go's TryProxies).

        Raises:
            GovgoError: as `ask` does; the most helpful of what the sources raised.
        """
        ...

    def check_reuse(self, path: str, origin: Origin) -> bool:
        """Whether the source still looks as `origin` says. Proxies cannot tell, so False for them."""
        ...

    def gomod(self, mv: ModuleVersion) -> bytes:
        """The go.mod of `mv`, checked against go.sum, else the checksum database, and recorded in the ledger."""
        ...

    def recalled(self, mv: ModuleVersion) -> Summary | None:
        """What the go.mod of `mv` says, where that was kept by an earlier command and its file is the same.

        It is checked against go.sum and recorded in the ledger as by `gomod`, which is to be asked otherwise.
        """
        ...

    def summarized(self, mv: ModuleVersion, data: bytes, summary: Summary) -> None:
        """Keep for commands to come what the go.mod of `mv` says, whose bytes `gomod` or `pump` has given."""
        ...

    def foreseen_gomod(self, mv: ModuleVersion) -> bytes | None:
        """The go.mod of `mv` if it is at hand, checked, for who may not need it: nothing is recorded. No network."""
        ...

    def zip_dir(self, mv: ModuleVersion) -> str:
        """The extracted tree of `mv` (go's modfetch.Download): fetched, checked and extracted when absent."""
        ...

    def cached_dir(self, mv: ModuleVersion) -> str | None:
        """The extracted tree when the cache has it completely, else None. No network."""
        ...

    def download(self, mods: Sequence[ModuleVersion], *, extract: bool = True) -> list[Downloaded]:
        """.info, .mod, zip and tree of each, all at once; a failure stands in its entry; in the order given.

        Without `extract` the zip alone (go's DownloadZip).
        """
        ...

    def warm(self, asks: Iterable[Ask]) -> None:
        """Fetch all at once; results and errors are remembered for the calls above. Raises only SecurityError."""
        ...

    def at_hand(self, ask: Ask) -> bool:
        """Whether the call that `ask` stands for can be answered, be it by an error, without waiting for a source."""
        ...

    def begin(self, asks: Iterable[Ask], then: Then | None = None) -> None:
        """Start to fetch, and return at once; `arrivals` says what is there, and `then` is told each answer.

        Directories are not asked ahead: they answer just as fast later.
        """
        ...

    def arrivals(self) -> Sequence[Ask]:
        """What was begun and is at hand by now: waits for at least one, () when nothing is on its way.

        Raises only SecurityError.
        """
        ...

    def pump(self, loader: Loader) -> None:
        """Give `loader` what it asks for until it needs nothing more: from the cache first, then from the network."""
        ...

    def begin_pump(self, loader: Loader) -> None:
        """Begin with that, and return at once; `pump` with the same loader waits for the rest.

        In between, `loader` is told answers whenever another call waits for a source.
        """
        ...

    def cache_file(self, mv: ModuleVersion, suffix: str) -> str:
        """Absolute path of `cache/download/<path>/@v/<version>.<suffix>` whether it exists or not."""
        ...

    def zip_bytes(self, mv: ModuleVersion) -> int | None:
        """The size of the zip of `mv` where a file says it: in the cache, or in a directory of GOPROXY; else None."""
        ...

    def zip_sizes(self, mods: Iterable[ModuleVersion], *, patience_s: float | None = None) -> dict[ModuleVersion, int]:
        """The sizes of zips as far as a file says them, else a proxy, which is asked for no more than that.

        What has not been answered after `patience_s` is left out.
        """
        ...

    def sum_from_database(self, mv: ModuleVersion) -> str | None:
        """The proved h1: of the database for `mv` (version may end in "/go.mod"), None where no database is asked."""
        ...

    @property
    def ledger(self) -> SumLedger: ...

    def reset(self, ledger: SumLedger) -> None:
        """Use another set of go.sum files, as when a command enters a workspace."""
        ...

    def disable_lookup(self, reason: str) -> None:
        """Ask no source from now on (-mod=vendor); `reason` is go's sentence for it, "" allows sources again."""
        ...

    def close(self) -> None:
        """Close connections and write what is pending; the repository must not be used afterwards."""
        ...
