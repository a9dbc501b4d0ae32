# SPDX-License-Identifier: BSD-3-Clause
"""A module repository and a workspace in memory, for services that need no network and no disk."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar

from govgo.core.goenv import GoEnv
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.gosum.ledger import SumLedger
from govgo.core.modfile.summary import Summary
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import ConflictError, DiskError, GovgoError, NotFoundError
from govgo.load.session.policy import LIST, Policy
from govgo.load.session.session import Session, Settings
from govgo.ports.files import Workspace
from govgo.ports.modules import Ask, Downloaded, Loader, RevInfo, Then, Versions, VersionView

_T = TypeVar("_T")

PROXY = "$PROXY"
"""Where the go.mod files would lie, in error texts."""


class MemoryRepo:
    """A `ports.ModuleRepo` over go.mod texts; errors read as those of a file:// proxy.

    Attributes:
        asked: the module versions whose go.mod was asked for, in order.
        damage: errors to raise for some module versions.
        dates: times of .info files, where they are not 2020-01-01; None for none.
    """

    def __init__(self, mods: Mapping[str, str | bytes]) -> None:
        self.mods = {
            ModuleVersion(*name.split("@")): text if isinstance(text, bytes) else text.encode()
            for name, text in mods.items()
        }
        self.asked: list[ModuleVersion] = []
        self.damage: dict[ModuleVersion, GovgoError] = {}
        self.dates: dict[ModuleVersion, datetime | None] = {}
        self._ledger = SumLedger()

    def versions(self, path: str, prefix: str = "") -> Versions:
        found = [mv.version for mv in self.mods if mv.path == path and not is_pseudo(mv.version)]
        return Versions(tuple(sorted((v for v in found if v.startswith(prefix)), key=semver.key)))

    def probe(self, path: str) -> Versions:
        return self.versions(path)

    def info(self, path: str, rev: str) -> RevInfo:
        if ModuleVersion(path, rev) not in self.mods:
            raise self._missing(ModuleVersion(path, rev), "info")
        return RevInfo(rev, self.dates.get(ModuleVersion(path, rev), datetime(2020, 1, 1, tzinfo=UTC)))

    def latest(self, path: str) -> RevInfo:
        raise NotFoundError(f"module {path}: no latest version")

    def try_sources(self, ask: Callable[[VersionView], _T]) -> _T:
        return ask(self)

    def check_reuse(self, path: str, origin: Origin) -> bool:
        return False

    def _missing(self, mv: ModuleVersion, suffix: str) -> NotFoundError:
        return NotFoundError(f"{mv}: reading {PROXY}/{mv.path}/@v/{mv.version}.{suffix}: no such file or directory")

    def gomod(self, mv: ModuleVersion) -> bytes:
        self.asked.append(mv)
        if mv in self.damage:
            raise self.damage[mv]
        data = self.mods.get(mv)
        if data is None:
            raise self._missing(mv, "mod")
        key, digest = mv.gomod_key(), hash_gomod(data)
        if not self._ledger.check(key, digest):
            self._ledger.add(key, digest)
        return data

    def recalled(self, mv: ModuleVersion) -> None:
        """There is no index."""

    def summarized(self, mv: ModuleVersion, data: bytes, summary: Summary) -> None:
        """There is no index."""

    def foreseen_gomod(self, mv: ModuleVersion) -> bytes | None:
        return self.mods.get(mv)

    def at_hand(self, ask: Ask) -> bool:
        return True

    def begin(self, asks: Iterable[Ask], then: Then | None = None) -> None:
        pass

    def arrivals(self) -> Sequence[Ask]:
        return ()

    def begin_pump(self, loader: Loader) -> None:
        pass

    def pump(self, loader: Loader) -> None:
        while asks := list(loader.wanted()):
            for mv in asks:
                try:
                    answer: bytes | Exception = self.gomod(mv)
                except GovgoError as error:
                    answer = error
                loader.tell(mv, answer)

    def warm(self, asks: Iterable[Ask]) -> None:
        pass

    @property
    def ledger(self) -> SumLedger:
        return self._ledger

    def reset(self, ledger: SumLedger) -> None:
        self._ledger = ledger

    def zip_dir(self, mv: ModuleVersion) -> str:
        raise NotFoundError(f"{mv}: no zip")

    def cached_dir(self, mv: ModuleVersion) -> str | None:
        return None

    def download(self, mods: Sequence[ModuleVersion], *, extract: bool = True) -> list[Downloaded]:
        return [Downloaded(mv) for mv in mods]

    def cache_file(self, mv: ModuleVersion, suffix: str) -> str:
        return f"/cache/{mv.path}/@v/{mv.version}.{suffix}"

    def disable_lookup(self, reason: str) -> None:
        pass

    def close(self) -> None:
        pass

    def zip_bytes(self, mv: ModuleVersion) -> int | None:
        return None

    def zip_sizes(self, mods: Iterable[ModuleVersion], *, patience_s: float | None = None) -> dict[ModuleVersion, int]:
        return {}

    def sum_from_database(self, mv: ModuleVersion) -> str | None:
        return None


class MemoryFiles:
    """A `ports.Workspace` over a dictionary of absolute paths."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.data = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}

    def read(self, path: str) -> bytes | None:
        if self.is_dir(path):
            raise DiskError(f"read {path}: is a directory", path=path)
        return self.data.get(posixpath.normpath(path))

    read_source = read

    def replace(self, path: str, before: bytes | None, after: bytes) -> None:
        if (self.data.get(path) or b"") != (before or b""):
            raise ConflictError("existing contents have changed since last read")
        self.data[path] = after

    def write(self, path: str, data: bytes) -> None:
        self.data[path] = data

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def exists(self, path: str) -> bool:
        return path in self.data or self.is_dir(path)

    def is_dir(self, path: str) -> bool:
        return any(name.startswith(path.rstrip("/") + "/") for name in self.data)

    def is_file(self, path: str) -> bool:
        return path in self.data

    is_file_on_disk = is_file

    def actual(self, path: str) -> str:
        return path

    def stat_error(self, path: str) -> DiskError | None:
        if self.exists(path.rstrip("/")):
            return None
        return DiskError(f"stat {path}: no such file or directory", path=path, inner=FileNotFoundError())

    def is_fresh(self, path: str) -> bool:
        return True

    def listdir(self, path: str) -> Sequence[tuple[str, str]]:
        base = path.rstrip("/") + "/"
        found: dict[str, str] = {}
        for name in self.data:
            if name.startswith(base):
                first, slash, _ = name[len(base) :].partition("/")
                found[first] = "dir" if slash else "file"
        return sorted(found.items())

    def copy(self, source: str, target: str) -> None:
        self.data[target] = self.data[source]

    def remove_tree(self, path: str) -> None:
        for name in [name for name in self.data if name == path or name.startswith(path + "/")]:
            del self.data[name]

    def new_tree(self, target: str) -> str:
        return f"{posixpath.dirname(target)}/.{posixpath.basename(target)}.new"

    def move_tree(self, source: str, target: str) -> None:
        self.remove_tree(target)
        for name in [name for name in self.data if name.startswith(source + "/")]:
            self.data[target + name[len(source) :]] = self.data.pop(name)

    def real_path(self, path: str) -> str:
        return posixpath.normpath(path)


class Transcript:
    """A `ports.Reporter` that keeps the events and sentences it gets."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, sentence: str) -> None:
        self.lines.append(f"go: {sentence}")

    def raw(self, text: str) -> None:
        self.lines.append(text)

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        pass


class StoppedClock:
    """A `ports.Clock` that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic_s(self) -> float:
        return 0.0


def memory_session(
    files: Workspace, repo: MemoryRepo, *, policy: Policy = LIST, cwd: str = "/main", mod: str = "", **env: Any
) -> Session:
    """A session over files and modules in memory."""
    return Session(
        settings=Settings(
            cwd=cwd,
            env=GoEnv(**env),
            mod=mod,
            mod_explicit=mod != "",
        ),
        repo=repo,
        files=files,
        report=Transcript(),
        clock=StoppedClock(),
        policy=policy,
    )
