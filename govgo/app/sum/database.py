# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database as services see it, and a proof bundle in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from govgo.core.gosum.mismatch import absent_from_database
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.bundle import ProvedBundle
from govgo.errors import GovgoError, LookupDisabledError
from govgo.ports.sumdb import Lookups


class NotInBundleError(LookupDisabledError):
    """A proof bundle has no record of a module version, and nothing else is asked."""

    code = "not-in-bundle"


class BundleDatabase:
    """A proof bundle in the place of the database: no network, no clock, no files."""

    def __init__(self, name: str, bundle: ProvedBundle, covers: Callable[[str], bool]) -> None:
        """`name` is that of the key that proved the bundle."""
        self._name = name
        self._covers = covers
        self.bundle = bundle

    @property
    def name(self) -> str:
        """The database's name."""
        return self._name

    @property
    def tree_size(self) -> int:
        """The size of the tree that the bundle is proved in."""
        return self.bundle.head.tree.size

    def covers(self, path: str) -> bool:
        """Whether the database would be asked about a module path."""
        return self._covers(path)

    def lookup_many(self, mods: Iterable[ModuleVersion]) -> Lookups:
        """What the bundle proves."""
        return {mod: self._lookup(mod) for mod in mods}

    def _lookup(self, mod: ModuleVersion) -> tuple[str, ...] | GovgoError:
        lines = self.bundle.lines(mod)
        if lines is None:
            return NotInBundleError(f"{mod.path}@{mod.version}: not in the proof bundle")
        return lines or absent_from_database(self._name, mod)


def listed_hash(lines: Sequence[str]) -> str:
    """The `h1:` hash of proved go.sum lines for one version; "" where they have none."""
    return next((words[2] for line in lines if len(words := line.split(" ")) == 3 and words[2].startswith("h1:")), "")
