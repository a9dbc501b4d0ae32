# SPDX-License-Identifier: BSD-3-Clause
"""What lies in a module cache, and what becomes of it, as values for `govgo cache`.

Sizes are those of files in bytes, not the blocks that they take on the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple

TOOLCHAIN = "golang.org/toolchain"
"""The module whose versions are Go releases that the go command has downloaded."""


class Held(NamedTuple):
    """What the cache holds of one module version.

    Attributes:
        mod: the module version.
        small: bytes of .info and .mod.  zip: bytes of the zip and its hash.  tree: bytes of the extracted tree.
        used_s: seconds since the epoch when one of the files was last written or read, as far as the system keeps that.
    """

    mod: ModuleVersion
    small: int = 0
    zip: int = 0
    tree: int = 0
    used_s: float = 0.0

    @property
    def bytes(self) -> int:
        """All of it."""
        return self.small + self.zip + self.tree


class Contents(NamedTuple):
    """A whole module cache.

    Attributes:
        root: its directory.
        held: by module path and version.
        others: bytes of what belongs to no version, by kind: "database" (records and tiles of checksum databases),
            "repositories" (clones for `direct`), "leftovers" (of interrupted downloads) and "other".
        leftovers: their paths.
    """

    root: str
    held: Sequence[Held]
    others: Mapping[str, int]
    leftovers: Sequence[str] = ()

    @property
    def bytes(self) -> int:
        """All of it."""
        return sum(each.bytes for each in self.held) + sum(self.others.values())


class Removal(NamedTuple):
    """What is removed of one module version: everything, or with `keeps_small` all but .info and .mod."""

    held: Held
    keeps_small: bool = False

    @property
    def bytes(self) -> int:
        """How much."""
        return self.held.bytes - (self.held.small if self.keeps_small else 0)


class Pruned(NamedTuple):
    """What was removed, or with `is_dry` would be.

    Attributes:
        root: the cache.
        removals: of module versions.
        others: bytes that belonged to none.
        kept: how many versions stay.
    """

    root: str
    removals: Sequence[Removal]
    others: int
    kept: int
    is_dry: bool

    @property
    def bytes(self) -> int:
        """All of it."""
        return self.others + sum(each.bytes for each in self.removals)


class Needs(NamedTuple):
    """What main modules need: whole versions, and versions whose go.mod is enough."""

    whole: Collection[ModuleVersion]
    small: Collection[ModuleVersion]


def removals(held: Iterable[Held], needs: Needs | None, before_s: float | None) -> tuple[Removal, ...]:
    """What can go.

    Args:
        held: what is there.
        needs: what must stay; None where nobody has said what is needed, and age alone decides. Toolchains are no
            dependency of anything, so they stay wherever needs are given.
        before_s: only what was not used since then; None for any age.
    """
    found: list[Removal] = []
    for each in held:
        if before_s is not None and each.used_s >= before_s:
            continue
        if needs is None:
            found.append(Removal(each))
        elif each.mod in needs.whole or each.mod.path == TOOLCHAIN:
            continue
        elif each.mod not in needs.small:
            found.append(Removal(each))
        elif each.zip or each.tree:
            found.append(Removal(each, keeps_small=True))
    return tuple(found)


UNREAD = "disk"
"""The code of a part that the disk does not let anybody look at, which says nothing about its content."""


class Fault(NamedTuple):
    """A damaged part of a cached module version.

    Attributes:
        code: "zip-modified", "dir-modified", "missing-ziphash", "cache-file-damaged", or `UNREAD`.
        text: one sentence.
        path: the file or directory; "" for what could not be read, which the sentence names.
    """

    code: str
    text: str
    path: str


class Checked(NamedTuple):
    """A module version in which something is damaged, and what a repair came to.

    Attributes:
        mod: the module version.
        faults: what is damaged.
        is_repaired: it was fetched again and is sound.
        failure: why it could not be repaired, with its code; ("", "") where that was not tried or has succeeded.
    """

    mod: ModuleVersion
    faults: Sequence[Fault]
    is_repaired: bool = False
    failure: tuple[str, str] = ("", "")


class CacheCheck(NamedTuple):
    """A check of a whole cache: how many versions were looked at, and those in which something is damaged."""

    root: str
    versions: int
    damaged: Sequence[Checked]

    @property
    def is_finished(self) -> bool:
        """Whether all could be looked at, and all be repaired that was to be."""
        return not any(
            each.failure[0] or (not each.is_repaired and any(fault.code == UNREAD for fault in each.faults))
            for each in self.damaged
        )


RULES = {
    "missing-ziphash": "A zip in the module cache has lost its recorded hash.",
    "zip-modified": "A zip in the module cache is not as it was downloaded.",
    "dir-modified": "An extracted module is not as it was downloaded.",
    "cache-file-damaged": "A .info or .mod file in the module cache is damaged.",
    UNREAD: "A part of the module cache could not be read.",
}
"""What each code of `cache verify` means."""
