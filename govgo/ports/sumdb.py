# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database as services see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError

if TYPE_CHECKING:
    from govgo.core.sumdb.bundle import Bundle

Lookups = Mapping[ModuleVersion, tuple[str, ...] | GovgoError]
"""For each version asked for ("/go.mod" at its end as in go.sum), its proved go.sum lines or why there are none."""


class SumDatabase(Protocol):
    """Proved go.sum lines (`adapters.sumdb.keptproof.ProofClient`, `app.sum.database.BundleDatabase`)."""

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


class Prover(SumDatabase, Protocol):
    """A checksum database that knows how large its proved tree is."""

    @property
    def tree_size(self) -> int:
        """Of the newest tree that everything was proved in, 0 before anything was."""
        ...


class BundleSource(Protocol):
    """A database that makes proof bundles (`adapters.sumdb.keptproof.ProofClient`)."""

    def covers(self, path: str) -> bool:
        """Whether the database is asked about a module path."""
        ...

    def lookup_many(self, mods: Iterable[ModuleVersion]) -> Lookups:
        """Look up all at once."""
        ...

    def bundle(self, mods: Iterable[ModuleVersion]) -> Bundle:
        """A bundle of the records of `mods`, all of which have been looked up with success."""
        ...
