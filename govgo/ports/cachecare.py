# SPDX-License-Identifier: BSD-3-Clause
"""The care of a module cache: what is in it, what is damaged, what can go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from govgo.core.modcache import Contents, Fault, Held
from govgo.core.module.moduleversion import ModuleVersion


class CacheCare(Protocol):
    """Looks at a module cache and removes parts of it (`adapters.modcache.care.DiskCare`)."""

    def contents(self) -> Contents:
        """All that is in it, with sizes and ages; nothing is read but directories.

        Raises:
            DiskError: a directory could not be read.
        """
        ...

    def check(
        self, mods: Sequence[ModuleVersion], advanced: Callable[[int], object] = ...
    ) -> Sequence[tuple[Fault, ...]]:
        """What is damaged in each module version, in the order given."""
        ...

    def remove(self, held: Held, *, keeps_small: bool = False) -> None:
        """Remove what the cache holds of a module version, under the lock that go takes.

        Raises:
            DiskError: something could not be removed.
        """
        ...

    def remove_damaged(self, mod: ModuleVersion, faults: Sequence[Fault]) -> None:
        """Remove the damaged parts of a module version, so that they are fetched anew.

        Raises:
            DiskError: something could not be removed.
        """
        ...

    def remove_leftovers(self, paths: Sequence[str]) -> None:
        """Remove what interrupted downloads left."""
        ...

    def remove_all(self) -> None:
        """Remove the whole cache, after every download that is under way.

        Raises:
            DiskError: something could not be removed.
        """
        ...
