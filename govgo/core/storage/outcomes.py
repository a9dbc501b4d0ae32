# SPDX-License-Identifier: BSD-3-Clause
"""What the commands of `govgo storage` did and found."""

from __future__ import annotations

from govgo.core.findings import Finding
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple


class StoredVersion(NamedTuple):
    """A module version in a storage.

    Attributes:
        suffixes: of its files, such as "info", "mod", "zip", in order.
        size: the bytes of all of them.
        modified: when the last of them was written, in seconds since the epoch.
    """

    mod: ModuleVersion
    suffixes: tuple[str, ...]
    size: int
    modified: float


class Listing(NamedTuple):
    """The module versions of a storage, in order."""

    versions: tuple[StoredVersion, ...]


class Kind(NamedTuple):
    """How many files of a kind there are, and their bytes."""

    name: str
    files: int
    size: int


class Span(NamedTuple):
    """How many versions were stored or asked for within so many days, and their bytes."""

    days: int
    versions: int
    size: int


class Stats(NamedTuple):
    """What is in a storage, in numbers.

    Attributes:
        kinds: zips, go.mod files and so on, the largest first.
        modules, versions: of how many modules and versions there are files.
        noted: of how many versions servers have noted when they were asked for.
        used: by the age of the last use, growing spans.
    """

    kinds: tuple[Kind, ...]
    modules: int
    versions: int
    noted: int = 0
    used: tuple[Span, ...] = ()

    @property
    def files(self) -> int:
        """How many there are."""
        return sum(each.files for each in self.kinds)

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(each.size for each in self.kinds)


class Removal(NamedTuple):
    """What was removed, or would be.

    Attributes:
        versions: with the files that went.
        size: their bytes.
        left: the bytes that are left; -1 where they were not counted.
        is_plan: nothing was removed.
        limit: for an eviction, the limit; 0 otherwise.
    """

    versions: tuple[StoredVersion, ...]
    size: int
    left: int
    is_plan: bool
    limit: int = 0


class StorageCheck(NamedTuple):
    """What the check of a storage has found.

    Attributes:
        versions: how many were checked.
        zips: of how many of them the zip was hashed.
        proved: how many the checksum database has confirmed.
        repaired: what was damaged and is whole again.
        findings: what is damaged, or could not be checked.
    """

    versions: int
    zips: int
    proved: int
    repaired: tuple[ModuleVersion, ...]
    findings: tuple[Finding, ...]
