# SPDX-License-Identifier: BSD-3-Clause
"""What the commands of `govgo mirror` did and found."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.findings import Finding
from govgo.core.mirror.contents import Closure
from govgo.core.mirror.manifest import Difference, Manifest
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple


class Added(NamedTuple):
    """What a run has added to a mirror, or would.

    Attributes:
        closure: all that was asked for.
        gomods, zips: the module versions that the mirror lacked, in order.
        sizes: of those zips, in bytes, as far as they are known.
        database: the name of the database that has proved them, "" where none is asked.
        proved: how many module versions it has proved.
        private: those that no database is asked about.
        before, after: the manifests.
        is_plan: nothing was stored.
        faults: what could not be obtained; the mirror is without it.
        index_next: the time to go on from in a module index, "" where none was read.
        damaged: how many files of the mirror were not as its manifest says, where that was looked at.
        mended: how many of them are by now.
    """

    closure: Closure
    gomods: tuple[ModuleVersion, ...]
    zips: tuple[ModuleVersion, ...]
    sizes: Mapping[ModuleVersion, int]
    database: str
    proved: int
    private: tuple[ModuleVersion, ...]
    before: Manifest
    after: Manifest
    is_plan: bool
    faults: tuple[Finding, ...]
    index_next: str = ""
    damaged: int = 0
    mended: int = 0


class Checked(NamedTuple):
    """What the check of a mirror has found.

    Attributes:
        mirror: what names it.
        manifest: what it is to hold.
        files, zips: how many were read and are as the manifest says; of the zips, all rules hold as well.
        proved: how many module versions the checksum databases prove.
        private: how many there are no records of.
        unlisted: how many files no manifest names.
        findings: what is wrong, or could not be checked.
    """

    mirror: str
    manifest: Manifest
    files: int = 0
    zips: int = 0
    proved: int = 0
    private: int = 0
    unlisted: int = 0
    findings: tuple[Finding, ...] = ()


class Compared(NamedTuple):
    """Two mirrors, and what they do not share."""

    old: Manifest
    new: Manifest
    difference: Difference


class Shipped(NamedTuple):
    """Parts of a mirror that were written, or read.

    Attributes:
        parts: (file, bytes) of each.
        files: the keys that are in them.
        manifest: what the mirror has where all of them are.
        checked: what the check before an import has found; None for an export.
    """

    parts: tuple[tuple[str, int], ...]
    files: tuple[str, ...]
    manifest: Manifest
    checked: Checked | None = None
