# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database as services see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError

if TYPE_CHECKING:
    from govgo.core.mirror.contents import LogProofs
    from govgo.core.sumdb.bundle import Bundle
    from govgo.core.sumdb.heads import Head

Lookups = Mapping[ModuleVersion, tuple[str, ...] | GovgoError]
"""For each version asked for ("/go.mod" at its end as in go.sum), its proved go.sum lines or why there are none."""


class SumDatabase(Protocol):
    """Proved go.sum lines (`adapters.sumdb.session.ProofClient`, `app.sum.database.BundleDatabase`)."""

    @property
    def name(self) -> str:
        """The database's name, for texts.

        Raises:
            UsageError: a GOSUMDB that names none, or `off`.
        """
        ...

    def covers(self, path: str) -> bool:
        """Whether the database is asked about a module path (GONOSUMDB, GOPRIVATE, GOSUMDB=off)."""
        ...

    def lookup_many(self, mods: Iterable[ModuleVersion]) -> Lookups:
        """Look up all at once.

        An error among the answers is a NotInDatabaseError where the database says that it has no such version, a
        SumMismatchError where its proved record lacks the line, another UnavailableError or IntegrityError where no
        proof was found.

        Raises:
            ForkError, BadSignatureError: the database misbehaves.
            UsageError: there is no database.
        """
        ...


class KeepingDatabase(SumDatabase, Protocol):
    """A checksum database that remembers the history that it has seen (`adapters.sumdb.session.SumClient`)."""

    def keep(self) -> None:
        """Keep the newest tree head; to be called before what was looked up is written into a go.sum.

        Raises:
            DiskError: it cannot be kept.
            SecurityError: the one that is kept contradicts it.
        """
        ...


class Prover(SumDatabase, Protocol):
    """A checksum database that knows how large its proved tree is."""

    @property
    def tree_size(self) -> int:
        """Of the newest tree that everything was proved in, 0 before anything was."""
        ...


class BundleSource(Protocol):
    """A database that makes proof bundles (`adapters.sumdb.session.ProofClient`)."""

    def covers(self, path: str) -> bool:
        """Whether the database is asked about a module path."""
        ...

    def lookup_many(self, mods: Iterable[ModuleVersion]) -> Lookups:
        """Look up all at once."""
        ...

    def bundle(self, mods: Iterable[ModuleVersion]) -> Bundle:
        """A bundle of the records of `mods`, all looked up with success before."""
        ...


class HeadDatabase(Protocol):
    """A database whose tree heads can be compared (`adapters.sumdb.session.SumClient`)."""

    def compare_place(self, place: str) -> Head:
        """The newest head at a URL, proved to be of the same history as ours.

        Raises:
            ForkError: it is not.
            GovgoError: it could not be obtained, or not be compared.
        """
        ...

    def compare_note(self, note: bytes) -> Head:
        """The head of a signed note, proved to be of the same history as ours.  Raises as `compare_place`."""
        ...


class ProofSource(Protocol):
    """A database whose proofs can be taken along (`adapters.sumdb.session.SumClient`)."""

    @property
    def name(self) -> str:
        """The database's name."""
        ...

    def covers(self, path: str) -> bool:
        """Whether the database is asked about a module path."""
        ...

    def lookup_many(self, mods: Iterable[ModuleVersion]) -> Lookups:
        """Look up all at once."""
        ...

    def proofs(self, mods: Iterable[ModuleVersion], *, numbers: Iterable[int], sizes: Iterable[int]) -> LogProofs:
        """The records of `mods`, all looked up with success before, and the tiles that prove them.

        The tiles prove other records, by their `numbers`, and older trees of these `sizes`, too.
        """
        ...
